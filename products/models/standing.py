"""What the law says of a product in one place and for one use, as far as this clinic has it on file."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization
from products.models.claim import Evidence
from products.models.product import Product
from products.vocabulary import RegStatus, Route, StatusEvidence


class RegulatoryRecordQuerySet(AppendOnlyQuerySet):
    def in_force(self) -> RegulatoryRecordQuerySet:
        """Those that no later record supersedes."""
        return self.filter(superseded_by=None)

    def at(self, organization: Organization) -> RegulatoryRecordQuerySet:
        """Those that this clinic filed."""
        return self.filter(product__organization=organization)

    def to_check_again_on(self, day: date) -> RegulatoryRecordQuerySet:
        """Those in force whose review is due, or that have run out, on that day (the clinic's local day)."""
        return self.in_force().filter(Q(review_due_on__lte=day) | Q(valid_until__lt=day))

    def for_use(self, jurisdiction: str, route: str) -> RegulatoryRecordQuerySet:
        """Those about this place and this route."""
        return self.filter(jurisdiction=jurisdiction, route=route)


class RegulatoryRecord(AppendOnlyModel, RecordedModel):
    """One version of what is on file for a jurisdiction and a route; a later version supersedes it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="regulatory_records")
    jurisdiction = models.CharField(max_length=6, help_text="ISO 3166: GB, GB-NIR, US, ...")
    route = models.CharField(max_length=16, choices=Route.choices)
    status = models.CharField(max_length=32, choices=RegStatus.choices)
    authority = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    evidence_level = models.CharField(max_length=20, choices=StatusEvidence.choices)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")
    register_url = models.URLField(max_length=400, blank=True)
    checked_on = models.DateField(null=True)
    review_due_on = models.DateField(null=True)
    valid_from = models.DateField(null=True)
    valid_until = models.DateField(null=True)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[RegulatoryRecordQuerySet] = RegulatoryRecordQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "product",
                "jurisdiction",
                "route",
                condition=Q(supersedes__isnull=True),
                name="regulatory_record_one_first_per_use",
            ),
            models.CheckConstraint(
                condition=~Q(evidence_level=StatusEvidence.REGISTER_CHECKED) | Q(checked_on__isnull=False),
                name="regulatory_record_register_check_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.jurisdiction} {self.route}: {self.status}"


class StandingRelease(RecordedModel):
    """A STOP lifted for one use by a record on file and two named people.

    It rests on its record alone: once a later record supersedes that one, the release is void.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="standing_releases")
    record = models.OneToOneField(RegulatoryRecord, on_delete=models.PROTECT, related_name="release")
    reason = models.CharField(max_length=500)
    proposed_by = models.CharField(max_length=64)
    proposed_by_name = models.CharField(max_length=120)
    proposed_at = models.DateTimeField()
    confirmed_by = models.CharField(max_length=64, blank=True)
    confirmed_by_name = models.CharField(max_length=120, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["proposed_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(confirmed_by=F("proposed_by")), name="standing_release_two_people"),
            models.CheckConstraint(
                condition=Q(confirmed_by="", confirmed_at__isnull=True)
                | (~Q(confirmed_by="") & Q(confirmed_at__isnull=False)),
                name="standing_release_confirmed_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"STOP lifted: {self.record}"
