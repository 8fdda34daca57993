"""Content under a patient's own data key: destroying that key erases all of it at once."""

from __future__ import annotations

from clinic import encryption
from clinic.models import Patient


def seal_for_patient(patient: Patient, content: bytes, *, binding: str) -> bytes:
    """Encrypt `content` for this patient; `binding` names its place, such as `consent.document:<uuid>`.

    Raises `ErasedError` for an erased patient.
    """
    return encryption.seal(patient.data_key, content, binding=_bound(patient, binding))


def open_for_patient(patient: Patient, sealed: bytes, *, binding: str) -> bytes:
    """What `seal_for_patient` sealed at this place; `SealBrokenError` where it was changed or belongs elsewhere."""
    return encryption.open_sealed(patient.data_key, bytes(sealed), binding=_bound(patient, binding))


def check_is_there(patient: Patient) -> None:
    """Refuse with `ErasedError` where the key is gone, before anything is said about a file that cannot be there any more."""
    _ = patient.data_key


def _bound(patient: Patient, binding: str) -> str:
    return f"{binding}:patient:{patient.pk}"
