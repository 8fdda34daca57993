"""How long records are kept, what keeps one longer, and what patients ask about theirs."""

from __future__ import annotations

import json
import uuid
from datetime import date
from typing import ClassVar, Self

from django.db import models

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from audit.records import JSON
from clinic import encryption, rules
from clinic.models.patients import Patient
from clinic.models.places import Organization
from clinic.vocabulary import RequestKind, RequestOutcome, RequestWay


class ClinicRowsQuerySet(AppendOnlyQuerySet):
    """Questions about rows of a clinic that are written once."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(organization=organization)


class RetentionPolicy(AppendOnlyModel, RecordedModel):
    """For how many years after the last entry a clinic keeps a patient's record; the newest row counts.

    `source` is what the decision rests on, in the clinic's own words: it is the clinic's choice and printed as such.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="retention_policies")
    years = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=300)
    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=64)
    set_by_name = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    objects: ClassVar[ClinicRowsQuerySet] = ClinicRowsQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering = ("-set_at", "-id")

    def __str__(self) -> str:
        return f"{self.years} years at {self.organization_id}"


class PatientWords(AppendOnlyModel, RecordedModel):
    """A row about a patient that holds words under their key; once the key is gone the rest of the row stays."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_words"})

    sealed_words = models.BinaryField()

    class Meta:
        abstract = True

    @property
    def about(self) -> Patient:
        """Whose key seals the words."""
        raise NotImplementedError

    def seal(self, words: str) -> None:
        """Fill the sealed column; the caller saves."""
        self.sealed_words = encryption.seal(self.about.data_key, words.encode(), binding=self._binding)

    @property
    def words(self) -> str:
        """What was written; `ErasedError` after erasure."""
        return encryption.open_sealed(self.about.data_key, bytes(self.sealed_words), binding=self._binding).decode()

    @property
    def _binding(self) -> str:
        return f"{self._meta.db_table}:words:{self.pk}"

    def record_values(self) -> dict[str, JSON]:
        """The row with its words; after erasure only what is left."""
        values = super().record_values()
        if not self.about.is_erased:
            values["words"] = self.words
        return values


class LegalHold(PatientWords):
    """Nothing of this patient is disposed of while it stands. `words` is why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="holds")
    set_by = models.CharField(max_length=64)
    set_by_name = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("set_at",)

    def __str__(self) -> str:
        return f"hold on {self.patient_id}"

    @property
    def about(self) -> Patient:
        """The patient whose record is held."""
        return self.patient

    @property
    def is_standing(self) -> bool:
        """Whether nobody has lifted it."""
        return not hasattr(self, "lift")


class LegalHoldLift(PatientWords):
    """A hold was lifted. `words` is why it is no longer needed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hold = models.OneToOneField(LegalHold, on_delete=models.PROTECT, related_name="lift")
    lifted_by = models.CharField(max_length=64)
    lifted_by_name = models.CharField(max_length=200)
    lifted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"lift of {self.hold_id}"

    @property
    def about(self) -> Patient:
        """The patient whose record was held."""
        return self.hold.patient


class PatientRequest(PatientWords):
    """What a patient asked about their record. `words` are what was asked, and from whom, in JSON."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=12, choices=RequestKind)
    way = models.CharField(max_length=10, choices=RequestWay)
    received_on = models.DateField()
    registered_by = models.CharField(max_length=64)
    registered_by_name = models.CharField(max_length=200)
    registered_at = models.DateTimeField()

    objects: ClassVar[ClinicRowsQuerySet] = ClinicRowsQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering = ("received_on", "registered_at")
        indexes = (models.Index(fields=["organization", "received_on"], name="clinic_request_by_day"),)

    def __str__(self) -> str:
        return f"{self.kind} asked by {self.patient_id}"

    @property
    def about(self) -> Patient:
        """The patient who asked."""
        return self.patient

    @property
    def asked(self) -> str:
        """What was asked."""
        return str(json.loads(self.words)["asked"])

    @property
    def asker(self) -> str:
        """Who asked, and how one knows that they may."""
        return str(json.loads(self.words)["asker"])

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return not hasattr(self, "answer")

    @property
    def is_extended(self) -> bool:
        """Whether more time was taken."""
        return hasattr(self, "extension")

    @property
    def due_on(self) -> date:
        """The last day on which it is answered in time."""
        return rules.due_on(self.received_on, is_extended=self.is_extended)


class RequestExtension(PatientWords):
    """More time was taken for a request. `words` is why, as the patient was told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(PatientRequest, on_delete=models.PROTECT, related_name="extension")
    extended_by = models.CharField(max_length=64)
    extended_by_name = models.CharField(max_length=200)
    extended_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"extension of {self.request_id}"

    @property
    def about(self) -> Patient:
        """The patient who asked."""
        return self.request.patient


class RequestAnswer(PatientWords):
    """How a request was answered, and what the patient was told. Disposing of a record answers an erasure by itself.

    `kept_until` is the day until which the record was said to be kept, where an erasure was refused.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(PatientRequest, on_delete=models.PROTECT, related_name="answer")
    outcome = models.CharField(max_length=10, choices=RequestOutcome)
    kept_until = models.DateField(null=True)
    answered_by = models.CharField(max_length=64)
    answered_by_name = models.CharField(max_length=200)
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.outcome}: {self.request_id}"

    @property
    def about(self) -> Patient:
        """The patient who asked."""
        return self.request.patient
