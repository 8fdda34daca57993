"""A table on its way into the register. The row is the queue: a worker takes it up, and takes it up again if it was killed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from clinic.models import Organization
from products.models.claim import Evidence
from products.vocabulary import ImportKind, ImportState

OPEN = (ImportState.WAITING, ImportState.READY, ImportState.CONFIRMED)
WORK = (ImportState.WAITING, ImportState.CONFIRMED)


class ImportJobQuerySet(models.QuerySet["ImportJob"]):
    def at(self, organization: Organization) -> ImportJobQuerySet:
        """Those of this clinic."""
        return self.filter(organization=organization)

    def to_do(self, at: datetime) -> ImportJobQuerySet:
        """Those that wait for a worker, and those whose worker has not been heard of since its lease ran out."""
        return self.filter(state__in=WORK).filter(Q(leased_until=None) | Q(leased_until__lt=at))


class ImportJob(models.Model):
    """One uploaded table: first checked, row by row, then, once a person confirmed it, written whole or not at all.

    `content` is emptied as soon as it is no longer needed. `problems` are [row, column, found, message].
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=ImportKind.choices)
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.WAITING)
    original_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField(blank=True)
    refusal = models.TextField(blank=True, help_text="why the file cannot be read as a table")
    report = models.JSONField(default=dict, help_text="how it was read, columns, notes, counts, a preview")
    problems = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField(default=0)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    started_by = models.CharField(max_length=64)
    started_by_name = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=64, blank=True)
    confirmed_by_name = models.CharField(max_length=120, blank=True)
    finished_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar[ImportJobQuerySet] = ImportJobQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "organization", "kind", "sha256", condition=Q(state__in=OPEN), name="import_once_at_a_time"
            ),
            models.CheckConstraint(condition=Q(rows_done__lte=F("rows_total")), name="import_progress_within_total"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=("state", "leased_until"), name="import_to_do")]

    def __str__(self) -> str:
        return self.original_name

    @property
    def is_working(self) -> bool:
        """Whether something is still to be done without a person."""
        return self.state in WORK
