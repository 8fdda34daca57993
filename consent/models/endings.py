"""How a consent ended other than by the patient's own words, and every check on the day of treatment."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from consent.models.consents import Consent
from consent.models.decisions import Clearance
from consent.models.documents import SealedText, digest
from consent.vocabulary import BatchWay, EndKind
from products.models import Batch


class Ending(SealedText, AppendOnlyModel, RecordedModel):
    """Lapsed, replaced, voided or entered in error: by whom, when and why. A decline and a withdrawal are rows of their own."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="endings")
    kind = models.CharField(max_length=12, choices=EndKind)
    successor = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="+", null=True)
    sealed_reason = models.BinaryField()
    ended_by = models.CharField(max_length=64)
    ended_by_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField()

    class Meta:
        ordering = ("ended_at",)
        constraints = (models.UniqueConstraint(fields=["consent", "kind"], name="consent_ended_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.consent_id}"

    @property
    def reason(self) -> str:
        """Why."""
        return self._open(self.sealed_reason, "reason")

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class DayCheck(SealedText, AppendOnlyModel, RecordedModel):
    """The three answers of one check just before a treatment, and whether it was passed; `stopped_by` says why not."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_note"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="day_checks")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    batch_way = models.CharField(max_length=10, choices=BatchWay)
    still_wanted = models.BooleanField()
    nothing_changed = models.BooleanField()
    sealed_note = models.BinaryField()
    clearance = models.ForeignKey(Clearance, on_delete=models.PROTECT, related_name="checks", null=True)
    stopped_by = models.TextField(blank=True)
    checked_by = models.CharField(max_length=64)
    checked_by_name = models.CharField(max_length=200)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ("checked_at",)

    def __str__(self) -> str:
        return f"{'passed' if self.is_passed else 'stopped'}: {self.consent_id}"

    @property
    def is_passed(self) -> bool:
        """Whether the patient may be treated."""
        return self.clearance_id is not None

    @property
    def note(self) -> str:
        """What has changed, in the words of who asked."""
        return self._open(self.sealed_note, "note")

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "note": digest(self.note.encode())}
