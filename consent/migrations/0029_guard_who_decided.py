from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    """SQLite rebuilt the tables for their new column, and dropped what keeps their rows from being changed."""

    dependencies = [
        ("consent", "0028_who_decided"),
    ]

    operations = [
        append_only("consent_decline"),
        append_only("consent_withdrawal"),
        append_only("consent_choicewithdrawal"),
    ]
