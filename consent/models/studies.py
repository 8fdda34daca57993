"""Research studies that a clinic takes part in: what is on record of each, version by version, and its end."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel
from clinic.models import Organization
from consent.records import StudyEdit, StudyFacts


class StudyQuerySet(models.QuerySet["Study"]):
    """Questions about studies."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic, with what is on record of each."""
        return self.filter(organization=organization).prefetch_related("versions")

    def open(self) -> Self:
        """Those that somebody can still join."""
        return self.filter(closed_at=None)


class Study(RecordedModel):
    """A research study at one clinic. Once closed it stays closed, and nobody joins it any more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=64, blank=True)
    closed_by_name = models.CharField(max_length=200, blank=True)
    closed_reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[Any] = StudyQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"study {self.pk}"

    @property
    def is_closed(self) -> bool:
        """Whether nobody joins it any more."""
        return self.closed_at is not None

    @property
    def current(self) -> StudyVersion:
        """What is on record now: its newest version."""
        newest: StudyVersion = max(self.versions.all(), key=lambda row: row.number)
        return newest

    @property
    def facts(self) -> StudyFacts:
        """As a Document tells it."""
        return StudyFacts(str(self.pk), self.current.number, self.is_closed, self.current.said)


class StudyVersion(AppendOnlyModel, RecordedModel):
    """What was on record of a study from a moment on. What is not known yet is empty, and is never made up."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=300)
    sponsor = models.CharField(max_length=300, blank=True)
    duration = models.CharField(max_length=300, blank=True)
    committee = models.CharField(max_length=300, blank=True)
    committee_reference = models.CharField(max_length=100, blank=True)
    approved_on = models.DateField(null=True)
    records_seen_by = models.CharField(max_length=500, blank=True)
    compensation = models.CharField(max_length=500, blank=True)
    injury_treatment = models.CharField(max_length=500, blank=True)
    contact_study = models.CharField(max_length=300, blank=True)
    contact_rights = models.CharField(max_length=300, blank=True)
    contact_injury = models.CharField(max_length=300, blank=True)
    what_changed = models.CharField(max_length=500, blank=True)
    written_by = models.CharField(max_length=64)
    written_by_name = models.CharField(max_length=200)
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["study", "number"], name="consent_study_version"),)

    def __str__(self) -> str:
        return f"{self.title}, version {self.number}"

    @property
    def said(self) -> StudyEdit:
        """What it says of the study."""
        return StudyEdit(**{name: getattr(self, name) for name in StudyEdit.__dataclass_fields__})
