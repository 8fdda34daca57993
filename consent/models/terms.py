"""A clinic's own terms: how long patients have to think, and how long a consent is good for; and what shortens the first."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from audit.records import JSON
from clinic.models import Organization
from consent.models.consents import Consent
from consent.models.documents import Document, PatientLink, SealedText, digest


class ConsentTermsQuerySet(AppendOnlyQuerySet):
    """Questions about terms."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(organization=organization)


class ConsentTerms(AppendOnlyModel, RecordedModel):
    """What a clinic decided, from a day on; the newest row counts. Days are whole local days of the clinic."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    days_intact = models.PositiveSmallIntegerField()
    days_breached = models.PositiveSmallIntegerField()
    days_injected = models.PositiveSmallIntegerField()
    days_systemic = models.PositiveSmallIntegerField()
    good_for_days = models.PositiveSmallIntegerField()
    needs_second_factor = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True)
    set_by = models.CharField(max_length=64)
    set_by_name = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    objects: ClassVar[ConsentTermsQuerySet] = ConsentTermsQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering = ("-set_at",)

    def __str__(self) -> str:
        return f"terms of {self.organization_id}"


class SoonerRequest(SealedText, AppendOnlyModel, RecordedModel):
    """The practitioner asks to treat before the time to think is over, with a reason. Without the patient's yes it is nothing."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="sooner_requests")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    treat_on = models.DateField(help_text="the first local day of treatment that is asked for")
    instead_of = models.DateField(help_text="the first local day after the time to think")
    sealed_reason = models.BinaryField()
    asked_by = models.CharField(max_length=64)
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ("asked_at",)

    def __str__(self) -> str:
        return f"{self.consent_id} sooner, on {self.treat_on}"

    @property
    def reason(self) -> str:
        """The practitioner's words."""
        return self._open(self.sealed_reason, "reason")

    @property
    def is_open(self) -> bool:
        """Whether the patient has not answered."""
        return not hasattr(self, "answer")

    @property
    def is_agreed(self) -> bool:
        """Whether the patient said yes."""
        return not self.is_open and self.answer.is_agreed

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class SoonerAnswer(AppendOnlyModel, RecordedModel):
    """The patient's own answer to it, on their own page."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.OneToOneField(SoonerRequest, on_delete=models.PROTECT, related_name="answer")
    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="+")
    is_agreed = models.BooleanField()
    answered_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{'yes' if self.is_agreed else 'no'} to {self.request_id}"
