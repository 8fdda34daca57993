from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    """SQLite rebuilt the table for its new column, and dropped what keeps its rows from being changed."""

    dependencies = [
        ("consent", "0034_signed_on_staff_network"),
    ]

    operations = [
        append_only("consent_signature"),
    ]
