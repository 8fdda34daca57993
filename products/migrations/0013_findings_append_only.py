"""The database itself refuses to change or delete answers to findings, readings of them, and numbers that were set."""

from django.db import migrations

from audit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [("products", "0012_findings")]

    operations = [
        append_only("products_findinganswer"),
        append_only("products_findingsreading"),
        append_only("products_thresholdsetting"),
    ]
