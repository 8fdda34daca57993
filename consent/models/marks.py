"""What a consent rested on and that is not so any more, what a person decided on it, and when it was last compared."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from audit.records import JSON
from clinic.models import Organization
from clinic.services import open_for_patient
from consent.models.consents import Consent
from consent.models.documents import Document, digest
from consent.vocabulary import ConsentStatus, MarkKind, MarkOutcome


class ReviewMarkQuerySet(AppendOnlyQuerySet):
    """Questions about marks."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(consent__organization=organization)

    def open(self) -> Self:
        """Those that nobody has decided on, about the text that counts, of a consent that is not closed."""
        return self.filter(
            decision=None,
            consent__status__in=(ConsentStatus.DRAFT, ConsentStatus.ACTIVE),
            document=models.F("consent__document"),
        )


class ReviewMark(AppendOnlyModel, RecordedModel):
    """One change of one kind since a Document was written. Until a person decides, the consent is no ground to treat.

    `lines` are {"key", "what", "then", "now", "data"}: words for staff, and the codes and values from which a patient who is
    asked again is told in their language. `told` is that paragraph in English; an older mark has no data, and is told in it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="review_marks")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=MarkKind)
    lines = models.JSONField()
    told = models.TextField()
    change_sha256 = models.CharField(max_length=64)
    marked_at = models.DateTimeField(db_index=True)

    objects: ClassVar[ReviewMarkQuerySet] = ReviewMarkQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering = ("marked_at", "kind")
        constraints = (
            models.UniqueConstraint(fields=["document", "kind", "change_sha256"], name="consent_marked_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} changed under {self.consent_id}"

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return not hasattr(self, "decision")

    @property
    def summary(self) -> str:
        """The first change in a line, and how many more there are."""
        first = self.lines[0]
        more = f" (and {len(self.lines) - 1} more)" if len(self.lines) > 1 else ""
        return f"{first['what']}: {first['now']}{more}"


class MarkDecision(AppendOnlyModel, RecordedModel):
    """A named person decided on a mark, once, with the reason."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mark = models.OneToOneField(ReviewMark, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=12, choices=MarkOutcome)
    sealed_reason = models.BinaryField()
    decided_by = models.CharField(max_length=64)
    decided_by_name = models.CharField(max_length=200)
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.outcome} on {self.mark_id}"

    @property
    def reason(self) -> str:
        """The person's words."""
        patient = self.mark.consent.patient
        return open_for_patient(patient, bytes(self.sealed_reason), binding=f"consent.mark_decision:{self.pk}").decode()

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class FactCheck(models.Model):
    """When a consent was last compared with the facts of the day, and with which: work to do, no evidence."""

    consent = models.OneToOneField(Consent, on_delete=models.CASCADE, primary_key=True, related_name="fact_check")
    facts_sha256 = models.CharField(max_length=64, blank=True)
    checked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.consent_id} compared at {self.checked_at}"
