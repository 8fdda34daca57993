"""Patients. Everything that names one is encrypted under that patient's own data key."""

from __future__ import annotations

import uuid
from datetime import date
from typing import ClassVar, Self

from django.db import models

from audit.models import RecordedModel
from audit.records import JSON
from clinic import encryption
from clinic.errors import ErasedError
from clinic.models.places import Organization, ScopedQuerySet
from clinic.records import PatientIdentity, comparable


class PatientQuerySet(ScopedQuerySet["Patient"]):
    """Exact search by blind index; there is no search by a part of a name, and that is the price of encryption."""

    def with_family_name(self, organization: Organization, family_name: str) -> Self:
        """Patients of this family name, whatever its case, accents' encoding or kind of apostrophe."""
        return self.at(organization).filter(family_name_index=family_name_index(organization.pk, family_name))

    def current(self) -> Self:
        """Those that stand for themselves: neither merged into another record nor erased."""
        return self.filter(merged_into=None).exclude(wrapped_key=None)

    def born_on(self, organization: Organization, birth_date: date) -> Self:
        """Patients of a clinic born on this day."""
        return self.at(organization).filter(birth_date_index=birth_date_index(organization.pk, birth_date))


class Patient(RecordedModel):
    """A person who is treated. `identity` decrypts; `wrapped_key` None means that the patient was erased."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset(
        {"wrapped_key", "sealed_identity", "family_name_index", "birth_date_index", "merged_into"}
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="patients")
    number = models.PositiveIntegerField()
    wrapped_key = models.BinaryField(null=True)
    sealed_identity = models.BinaryField()
    family_name_index = models.CharField(max_length=64)
    birth_date_index = models.CharField(max_length=64)
    registered_at = models.DateTimeField()
    # What the newest `PatientMerge` says, beside the row so that lists need not ask for it.
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, related_name="merged", null=True)

    objects: ClassVar = PatientQuerySet.as_manager()

    class Meta:
        ordering = ("-registered_at", "-number")
        constraints = (models.UniqueConstraint(fields=["organization", "number"], name="clinic_patient_number"),)
        indexes = (
            models.Index(
                fields=["organization", "family_name_index"],
                name="clinic_patient_family_name",
            ),
            models.Index(
                fields=["organization", "birth_date_index"],
                name="clinic_patient_birth_date",
            ),
            models.Index(fields=["organization", "-registered_at"], name="clinic_patient_newest"),
        )

    # The wrapped data key and what it holds.
    _unwrapped: tuple[bytes, bytes] | None = None

    def __str__(self) -> str:
        return f"patient {self.number}"

    @property
    def is_erased(self) -> bool:
        """Whether the data key was destroyed."""
        return self.wrapped_key is None

    @property
    def identity(self) -> PatientIdentity:
        """Who this is, decrypted; `ErasedError` after erasure."""
        sealed = encryption.open_sealed(
            self.data_key,
            bytes(self.sealed_identity),
            binding=self.binding("sealed_identity"),
        )
        return PatientIdentity.from_json(sealed)

    def set_identity(self, identity: PatientIdentity, data_key: bytes) -> None:
        """Seal `identity` and its search indexes into this row; the caller saves."""
        self.wrapped_key = encryption.wrap(data_key, binding=self.binding("wrapped_key"))
        self.sealed_identity = encryption.seal(data_key, identity.as_json(), binding=self.binding("sealed_identity"))
        self.family_name_index = family_name_index(self.organization_id, identity.family_name)
        self.birth_date_index = birth_date_index(self.organization_id, identity.birth_date)

    @property
    def data_key(self) -> bytes:
        """The data key of a patient; `ErasedError` after erasure."""
        if self.wrapped_key is None:
            raise ErasedError(f"patient {self.number} was erased; nothing of theirs can be read")
        wrapped = bytes(self.wrapped_key)
        # Many values of a patient are opened in one act, and each needs the key: it is unwrapped once for this object.
        if self._unwrapped is None or self._unwrapped[0] != wrapped:
            self._unwrapped = (wrapped, encryption.unwrap(wrapped, binding=self.binding("wrapped_key")))
        return self._unwrapped[1]

    def binding(self, column: str) -> str:
        """Associated data of an encrypted column of this row."""
        return f"clinic_patient:{column}:{self.pk}"

    def record_values(self) -> dict[str, JSON]:
        """The row with its decrypted identity; after erasure only what is left."""
        values = super().record_values()
        if not self.is_erased:
            values["identity"] = self.identity.as_values()
        return values


def family_name_index(organization_id: uuid.UUID, family_name: str) -> str:
    """Blind index of a family name."""
    return encryption.blind_index(organization_id, "family_name", comparable(family_name))


def birth_date_index(organization_id: uuid.UUID, birth_date: date) -> str:
    """Blind index of a birth date."""
    return encryption.blind_index(organization_id, "birth_date", birth_date.isoformat())
