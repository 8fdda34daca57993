from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    """SQLite rebuilt the table of texts, and dropped what keeps its rows from being changed; a study's versions are kept as they are."""

    dependencies = [
        ("consent", "0032_research"),
    ]

    operations = [
        append_only("consent_consenttemplate"),
        append_only("consent_studyversion"),
    ]
