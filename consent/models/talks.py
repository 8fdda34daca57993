"""The practitioner's conversation with the patient, and the pause while somebody doubts that the patient can decide."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from clinic.models import Practitioner
from clinic.services import open_for_patient
from consent.models.consents import Consent
from consent.models.documents import Document, SealedText, digest
from consent.vocabulary import CapacityOutcome, TalkOutcome


class Talk(SealedText, AppendOnlyModel, RecordedModel):
    """One conversation about one text: capacity, voluntariness and needs as the practitioner found them, and what follows."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_needs", "sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="talks")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=200)
    is_able = models.BooleanField(help_text="no doubt that the patient can make this decision")
    is_free = models.BooleanField(help_text="nobody presses the patient")
    outcome = models.CharField(max_length=12, choices=TalkOutcome)
    sealed_needs = models.BinaryField()
    sealed_reason = models.BinaryField()
    held_at = models.DateTimeField()

    class Meta:
        ordering = ("held_at",)

    def __str__(self) -> str:
        return f"{self.outcome} after talking, {self.consent_id}"

    @property
    def needs(self) -> str:
        """What was found on vulnerability and psychological needs."""
        return self._open(self.sealed_needs, "needs")

    @property
    def reason(self) -> str:
        """Why the patient is not treated, or is referred."""
        return self._open(self.sealed_reason, "reason")

    def record_values(self) -> dict[str, JSON]:
        """The row with the digests of its words."""
        words = {"needs": digest(self.needs.encode()), "reason": digest(self.reason.encode())}
        return {**super().record_values(), **words}


class CapacityDoubt(SealedText, AppendOnlyModel, RecordedModel):
    """Somebody doubts that the patient can make this decision: nothing is signed, declared or treated before it is resolved."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="capacity_doubts")
    sealed_reason = models.BinaryField()
    raised_by = models.CharField(max_length=64)
    raised_by_name = models.CharField(max_length=200)
    raised_at = models.DateTimeField()

    class Meta:
        ordering = ("raised_at",)

    def __str__(self) -> str:
        return f"doubt about {self.consent_id}"

    @property
    def reason(self) -> str:
        """What was seen or heard."""
        return self._open(self.sealed_reason, "reason")

    @property
    def is_open(self) -> bool:
        """Whether no clinician has resolved it."""
        return not hasattr(self, "decision")

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class CapacityDecision(AppendOnlyModel, RecordedModel):
    """A named clinician assessed the patient and decided, once, with the reason.

    `again_on` is the day of the next assessment, where there is to be one: until then a doubt of its own keeps the pause.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})
    late_fields: ClassVar = {"again_on": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    doubt = models.OneToOneField(CapacityDoubt, on_delete=models.PROTECT, related_name="decision")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=200)
    registration = models.CharField(max_length=260)
    outcome = models.CharField(max_length=16, choices=CapacityOutcome)
    again_on = models.DateField(null=True)
    sealed_reason = models.BinaryField()
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.outcome} on {self.doubt_id}"

    @property
    def reason(self) -> str:
        """The clinician's words: how it was assessed, and what helped."""
        patient = self.doubt.consent.patient
        binding = f"consent.capacitydecision.reason:{self.pk}"
        return open_for_patient(patient, bytes(self.sealed_reason), binding=binding).decode()

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}
