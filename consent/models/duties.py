"""What a named member of staff has to see to on a consent: opened by an act, closed by the act that answers it or by hand."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from audit.models import RecordedModel
from audit.records import JSON
from clinic.models import Membership, Organization, User
from clinic.vocabulary import Role
from consent.models.consents import Consent
from consent.models.documents import SealedText, digest
from consent.vocabulary import TaskEnd, TaskKind


class StaffTaskQuerySet(models.QuerySet["StaffTask"]):
    """Questions about tasks."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(organization=organization)

    def open(self) -> Self:
        """Those that nobody has closed."""
        return self.filter(closed_at=None)

    def waiting_for(self, membership: Membership) -> Self:
        """Open ones of this person; a lead also has those of nobody, and of somebody who does not work here any more."""
        found = self.at(membership.organization).open()
        if not membership.has_role(Role.CLINIC_LEAD):
            return found.filter(owner=membership.user_id)
        others = Membership.objects.at(membership.organization).acting().exclude(user=membership.user_id)
        return found.exclude(owner__in=others.values("user"))


class StaffTask(SealedText, RecordedModel):
    """One thing to see to. `subject` is the id of the row that it is about (a question, a link), or empty.

    `owner` is who is responsible: the treating practitioner until somebody else takes it over. `note` is how it ended,
    in words, under the patient's key.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_note"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+", db_index=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="staff_tasks")
    kind = models.CharField(max_length=20, choices=TaskKind)
    subject = models.CharField(max_length=64, blank=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=64, blank=True)
    closed_by_name = models.CharField(max_length=200, blank=True)
    ended = models.CharField(max_length=10, choices=TaskEnd, blank=True)
    sealed_note = models.BinaryField(null=True)

    objects: ClassVar = StaffTaskQuerySet.as_manager()

    class Meta:
        ordering = ("opened_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["consent", "kind", "subject"], condition=Q(closed_at=None), name="consent_task_open_once"
            ),
            models.CheckConstraint(
                name="consent_task_closed_whole",
                condition=Q(closed_at=None, ended="") | Q(closed_at__isnull=False) & ~Q(ended=""),
            ),
        )
        indexes = (
            models.Index(
                fields=["organization", "owner", "opened_at"], condition=Q(closed_at=None), name="consent_task_open"
            ),
            models.Index(fields=["organization", "-closed_at"], name="consent_task_closed"),
        )

    def __str__(self) -> str:
        return f"{self.kind} on {self.consent_id}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits for somebody."""
        return self.closed_at is None

    @property
    def note(self) -> str:
        """How it ended, in words."""
        return self._open(self.sealed_note, "note")

    def record_values(self) -> dict[str, JSON]:
        """The row with its note's digest."""
        return {**super().record_values(), "note": digest(self.note.encode())}
