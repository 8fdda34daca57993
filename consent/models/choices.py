"""Optional choices that a patient took back, one by one."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from consent.models.consents import Consent
from consent.models.documents import SealedText, digest
from consent.models.people import DecidedByOneOfTwo


class ChoiceWithdrawal(DecidedByOneOfTwo, SealedText, AppendOnlyModel, RecordedModel):
    """One choice that was agreed to in the signed record is not agreed to any more; everything else stays as it is.

    `received_by` names who took the message and how it came; empty where it was done on the patient's own page.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})
    late_fields: ClassVar = {"proxy_id": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="choice_withdrawals")
    choice = models.CharField(max_length=40)
    sealed_reason = models.BinaryField()
    received_by = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField()

    class Meta:
        ordering = ("withdrawn_at",)
        constraints = (models.UniqueConstraint(fields=["consent", "choice"], name="consent_choice_withdrawn_once"),)

    def __str__(self) -> str:
        return f"{self.choice} of {self.consent_id} taken back"

    @property
    def reason(self) -> str:
        """The words with which it was taken back."""
        return self._open(self.sealed_reason, "reason")

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}
