"""A filed document that is missing or no longer the one that was filed: noticed once, until it is whole again."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import RecordedModel
from clinic.models import Membership, Organization
from clinic.vocabulary import Role
from products.models.claim import Evidence


class EvidenceAlarmQuerySet(models.QuerySet["EvidenceAlarm"]):
    def at(self, organization: Organization) -> EvidenceAlarmQuerySet:
        """Those on this clinic's documents."""
        return self.filter(evidence__organization=organization)

    def open(self) -> EvidenceAlarmQuerySet:
        """Those whose document is not whole again."""
        return self.filter(restored_at=None)

    def shown_to(self, membership: Membership) -> EvidenceAlarmQuerySet:
        """The open ones of the clinic, where the person answers for its papers: a lead or an auditor."""
        if not membership.roles & {Role.CLINIC_LEAD, Role.AUDITOR}:
            return self.none()
        return self.filter(evidence__organization_id=membership.organization_id).open().select_related("evidence")


class EvidenceAlarm(RecordedModel):
    """When it was noticed, by whose reading, what was found, and when the document was whole again."""

    class Problem(models.TextChoices):
        MISSING = "MISSING", "The file is missing or cannot be read"
        CHANGED = "CHANGED", "The file is not the one that was filed"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="alarms")
    problem = models.CharField(max_length=8, choices=Problem.choices)
    noticed_by = models.CharField(max_length=64)
    noticed_by_name = models.CharField(max_length=120)
    noticed_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)

    objects: ClassVar[EvidenceAlarmQuerySet] = EvidenceAlarmQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["noticed_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["evidence"], condition=Q(restored_at__isnull=True), name="evidence_alarm_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence}: {self.get_problem_display()}"
