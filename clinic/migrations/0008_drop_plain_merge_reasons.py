"""The columns that held reasons of merges as plain text go, once what stood there is sealed."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("clinic", "0007_seal_merge_reasons")]

    operations = [
        migrations.RemoveField("patientmerge", "reason"),
        migrations.RemoveField("patientmerge", "undo_reason"),
    ]
