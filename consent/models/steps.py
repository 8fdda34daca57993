"""What a patient answered in each step, what a clinician decided on it, and the clinic's screening policy."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar, Self, cast

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from audit.records import JSON
from clinic.models import Organization
from clinic.services import open_for_patient
from consent.models.consents import Consent
from consent.models.documents import Document, digest
from consent.vocabulary import NEEDS_DECISION, ReviewDecision, ScreeningPolicy, Step


class StepAnswers(AppendOnlyModel, RecordedModel):
    """One try at one step of one Document: canonical JSON of the answers by key, under the patient's key.

    A later attempt counts in place of the earlier ones, which stay. `is_passed` says that nothing of the step waits;
    `outcome` is the gravest screening policy that the answers meet, empty for none.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_answers"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="step_answers")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=12, choices=Step)
    attempt = models.PositiveIntegerField()
    is_passed = models.BooleanField()
    outcome = models.CharField(max_length=8, choices=ScreeningPolicy, blank=True)
    sealed_answers = models.BinaryField()
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ("answered_at", "attempt")
        indexes = (
            models.Index(
                fields=["consent"], condition=Q(outcome__in=sorted(NEEDS_DECISION)), name="consent_answers_to_decide"
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["document", "step", "attempt"], name="consent_step_attempt_once"),
        )

    def __str__(self) -> str:
        return f"{self.step} of {self.consent_id}, attempt {self.attempt}"

    @property
    def answers(self) -> dict[str, str]:
        """The answers by the keys of their prompts."""
        return cast("dict[str, str]", json.loads(self.canonical))

    @property
    def canonical(self) -> bytes:
        """The exact bytes of the answers."""
        return open_for_patient(
            self.consent.patient, bytes(self.sealed_answers), binding=f"consent.step_answers:{self.pk}"
        )

    def record_values(self) -> dict[str, JSON]:
        """The row with the digest of the answers as they read now."""
        return {**super().record_values(), "answers": digest(self.canonical)}


class AnswersReview(AppendOnlyModel, RecordedModel):
    """What a clinician decided on one set of answers: once, by name, with the reason."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answers = models.OneToOneField(StepAnswers, on_delete=models.PROTECT, related_name="review")
    decision = models.CharField(max_length=12, choices=ReviewDecision)
    sealed_reason = models.BinaryField()
    decided_by = models.CharField(max_length=64)
    decided_by_name = models.CharField(max_length=200)
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.decision} on {self.answers_id}"

    @property
    def reason(self) -> str:
        """The clinician's words."""
        patient = self.answers.consent.patient
        return open_for_patient(
            patient, bytes(self.sealed_reason), binding=f"consent.answers_review:{self.pk}"
        ).decode()

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class ScreeningRuleQuerySet(AppendOnlyQuerySet):
    """Questions about a clinic's screening policy."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(organization=organization)

    def in_force(self) -> dict[str, Any]:
        """The newest row for each group that the clinic has decided on."""
        return {row.group: row for row in self.order_by("set_at", "id")}


class ScreeningRule(AppendOnlyModel, RecordedModel):
    """What a yes to one health question means at one clinic, from a day on; the newest row counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    group = models.CharField(max_length=20)
    policy = models.CharField(max_length=8, choices=ScreeningPolicy)
    reason = models.CharField(max_length=500)
    set_by = models.CharField(max_length=64)
    set_by_name = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    objects: ClassVar[ScreeningRuleQuerySet] = ScreeningRuleQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    def __str__(self) -> str:
        return f"{self.group}: {self.policy}"
