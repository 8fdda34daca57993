"""What was changed about who a patient is: corrections, and records found to be of one person."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from clinic import encryption
from clinic.models.patients import Patient
from clinic.models.places import Organization, ScopedQuerySet
from clinic.records import PatientIdentity
from clinic.vocabulary import ContactWay


class PatientCorrection(AppendOnlyModel, RecordedModel):
    """A correction: `before` is who the patient was on record as until then, sealed like the identity itself."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_before", "sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="corrections")
    changed = models.JSONField(help_text="the names of the values that were changed")
    sealed_before = models.BinaryField()
    sealed_reason = models.BinaryField()
    corrected_by = models.CharField(max_length=64)
    corrected_by_name = models.CharField(max_length=200)
    corrected_at = models.DateTimeField()

    class Meta:
        ordering = ("corrected_at",)

    def __str__(self) -> str:
        return f"correction of {self.patient_id}"

    def binding(self, column: str) -> str:
        """Associated data of an encrypted column of this row."""
        return f"clinic_patientcorrection:{column}:{self.pk}"

    def seal(self, before: PatientIdentity, reason: str) -> None:
        """Fill the sealed columns; the caller saves."""
        key = self.patient.data_key
        self.sealed_before = encryption.seal(key, before.as_json(), binding=self.binding("before"))
        self.sealed_reason = encryption.seal(key, reason.encode(), binding=self.binding("reason"))

    @property
    def before(self) -> PatientIdentity:
        """Who the patient was on record as; `ErasedError` after erasure."""
        sealed = encryption.open_sealed(
            self.patient.data_key, bytes(self.sealed_before), binding=self.binding("before")
        )
        return PatientIdentity.from_json(sealed)

    @property
    def reason(self) -> str:
        """Why it was corrected."""
        return encryption.open_sealed(
            self.patient.data_key, bytes(self.sealed_reason), binding=self.binding("reason")
        ).decode()

    def record_values(self) -> dict[str, JSON]:
        """The row with what it says; after erasure only what is left."""
        values = super().record_values()
        if not self.patient.is_erased:
            values |= {"before": self.before.as_values(), "reason": self.reason}
        return values


class ContactNotice(models.Model):
    """That an old address or number is told that it was taken off the record. The contact itself stays sealed in the correction.

    `answer` is what became of it: empty while it waits, then the code of the server's answer, or `late`.
    """

    correction = models.ForeignKey(PatientCorrection, on_delete=models.PROTECT, related_name="contact_notices")
    way = models.CharField(max_length=10, choices=ContactWay)
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("created_at", "pk")
        constraints = (models.UniqueConstraint(fields=["correction", "way"], name="clinic_contact_told_once"),)
        indexes = (models.Index(fields=["created_at"], condition=Q(ended_at=None), name="clinic_contact_waits"),)

    def __str__(self) -> str:
        return f"{self.way} of {self.correction_id}"

    @property
    def words(self) -> str:
        """What became of it, for a person."""
        what = "address" if self.way == ContactWay.EMAIL else "number"
        if self.answer == "accepted":
            return f"The old {what} was told."
        return f"The old {what} could not be told." if self.ended_at else f"The old {what} has not been told yet."


class PatientMerge(RecordedModel):
    """Two records are of one person: `source` is shown as merged into `target` until it is undone. Neither is changed.

    Why, and why it was undone, may speak of a person's health or papers: both are sealed under the key of `source`.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason", "sealed_undo_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    target = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges_into")
    # None: the source was erased before reasons were sealed.
    sealed_reason = models.BinaryField(null=True)
    merged_by = models.CharField(max_length=64)
    merged_by_name = models.CharField(max_length=200)
    merged_at = models.DateTimeField()
    undone_by = models.CharField(max_length=64, blank=True)
    undone_by_name = models.CharField(max_length=200, blank=True)
    undone_at = models.DateTimeField(null=True)
    sealed_undo_reason = models.BinaryField(null=True)

    objects: ClassVar = ScopedQuerySet["PatientMerge"].as_manager()

    class Meta:
        ordering = ("merged_at",)
        constraints = (
            models.UniqueConstraint(fields=["source"], condition=Q(undone_at=None), name="clinic_merged_once"),
            models.CheckConstraint(name="clinic_merged_into_another", condition=~Q(source=F("target"))),
        )

    def __str__(self) -> str:
        return f"{self.source_id} into {self.target_id}"

    def binding(self, column: str) -> str:
        """Associated data of an encrypted column of this row."""
        return f"clinic_patientmerge:{column}:{self.pk}"

    def sealed(self, column: str, words: str) -> bytes:
        """Words for one of the sealed columns, `reason` or `undo_reason`."""
        return encryption.seal(self.source.data_key, words.encode(), binding=self.binding(column))

    @property
    def reason(self) -> str:
        """How one knew that both are one person; `ErasedError` after erasure."""
        return self._opened("reason", self.sealed_reason)

    @property
    def undo_reason(self) -> str:
        """Why it was undone; empty while it was not."""
        return self._opened("undo_reason", self.sealed_undo_reason)

    def record_values(self) -> dict[str, JSON]:
        """The row with what it says, as before it was sealed; after erasure only what is left."""
        values = super().record_values()
        if not self.source.is_erased:
            values |= {"reason": self.reason, "undo_reason": self.undo_reason}
        return values

    def _opened(self, column: str, sealed: bytes | memoryview | None) -> str:
        if sealed is None:
            return ""
        return encryption.open_sealed(self.source.data_key, bytes(sealed), binding=self.binding(column)).decode()
