"""The acts of the clinic room: the only writers of its tables."""

from clinic.services.patients import clean_identity, register_patient, rewrap_data_keys
from clinic.services.sealing import open_for_patient, seal_for_patient

__all__ = [
    "clean_identity",
    "open_for_patient",
    "register_patient",
    "rewrap_data_keys",
    "seal_for_patient",
]
