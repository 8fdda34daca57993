"""Why two records were merged, and why that was undone, is sealed under the patient's key. The next migration drops the old columns."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from clinic import encryption

COLUMNS = ("reason", "undo_reason")


def _merges(apps: Any) -> Any:
    return apps.get_model("clinic", "PatientMerge").objects.select_related("source").iterator()


def _key(patient: Any) -> bytes:
    return encryption.unwrap(bytes(patient.wrapped_key), binding=f"clinic_patient:wrapped_key:{patient.pk}")


def seal(apps: Any, schema_editor: Any) -> None:
    """Seal what stands there. Of an erased patient nothing is kept."""
    for merge in _merges(apps):
        for column in COLUMNS:
            words = getattr(merge, column)
            if words and merge.source.wrapped_key is not None:
                binding = f"clinic_patientmerge:{column}:{merge.pk}"
                sealed = encryption.seal(_key(merge.source), words.encode(), binding=binding)
                setattr(merge, f"sealed_{column}", sealed)
            setattr(merge, column, "")
        merge.save()


def open_again(apps: Any, schema_editor: Any) -> None:
    """Back to plain text."""
    for merge in _merges(apps):
        for column in COLUMNS:
            sealed = getattr(merge, f"sealed_{column}")
            if sealed is not None and merge.source.wrapped_key is not None:
                binding = f"clinic_patientmerge:{column}:{merge.pk}"
                words = encryption.open_sealed(_key(merge.source), bytes(sealed), binding=binding).decode()
                setattr(merge, column, words)
        merge.save()


class Migration(migrations.Migration):
    dependencies = [("clinic", "0006_contact_notices")]

    operations = [
        migrations.AddField("patientmerge", "sealed_reason", models.BinaryField(null=True)),
        migrations.AddField("patientmerge", "sealed_undo_reason", models.BinaryField(null=True)),
        # So that the next migration can be undone: its columns come back empty.
        migrations.AlterField("patientmerge", "reason", models.CharField(max_length=500, blank=True, default="")),
        migrations.AlterField("patientmerge", "undo_reason", models.CharField(max_length=500, blank=True, default="")),
        migrations.RunPython(seal, open_again),
    ]
