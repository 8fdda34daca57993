"""Versions of the rule table that a clinic imported, what two people decided on them, and reviews by professionals."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization
from products import rules
from products.models.claim import Evidence


class RuleSetVersionQuerySet(AppendOnlyQuerySet):
    def at(self, organization: Organization) -> RuleSetVersionQuerySet:
        """Those that this clinic imported."""
        return self.filter(organization=organization)

    def waiting(self) -> RuleSetVersionQuerySet:
        """Those that nobody has decided on."""
        return self.filter(decision=None)

    def in_force(self) -> RuleSetVersion | None:
        """The one approved last; None where the rules that come with Candour are in force."""
        approved = self.filter(decision__is_approved=True).select_related("decision")
        found: RuleSetVersion | None = approved.order_by("decision__decided_at", "decision__id").last()
        return found


class RuleSetVersion(AppendOnlyModel, RecordedModel):
    """One rule table exactly as it was imported. It counts from the day when a second person approved it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    content = models.TextField(help_text="the JSON as it was imported")
    source = models.CharField(max_length=300, help_text="where it comes from, in the importer's words")
    imported_by = models.CharField(max_length=64)
    imported_by_name = models.CharField(max_length=120)
    imported_at = models.DateTimeField()

    objects: ClassVar[RuleSetVersionQuerySet] = RuleSetVersionQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["imported_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("organization", "sha256", name="rule_set_once"),
            models.CheckConstraint(condition=~Q(source=""), name="rule_set_has_source"),
        ]

    def __str__(self) -> str:
        return self.rule_set.version

    @property
    def rule_set(self) -> rules.RuleSet:
        """The rules as a verdict uses them."""
        return rules.parsed(self.content)


class RuleSetDecision(AppendOnlyModel, RecordedModel):
    """A second person approved an imported version, or refused it, and why."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    version = models.OneToOneField(RuleSetVersion, on_delete=models.PROTECT, related_name="decision")
    is_approved = models.BooleanField()
    reason = models.CharField(max_length=500)
    decided_by = models.CharField(max_length=64)
    decided_by_name = models.CharField(max_length=120)
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{'approved' if self.is_approved else 'refused'} by {self.decided_by_name}"


class RuleReviewQuerySet(AppendOnlyQuerySet):
    def at(self, organization: Organization) -> RuleReviewQuerySet:
        """Those that this clinic has on file."""
        return self.filter(organization=organization)


class RuleReview(AppendOnlyModel, RecordedModel):
    """A qualified professional read one row of one version of the rules; the newest counts."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    rule_set_sha256 = models.CharField(max_length=64)
    rule_id = models.CharField(max_length=20, help_text="empty for the whole set")
    reviewer_name = models.CharField(max_length=120)
    profession = models.CharField(max_length=120)
    reviewed_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[RuleReviewQuerySet] = RuleReviewQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]

    def __str__(self) -> str:
        return f"{self.rule_id or 'all rules'} reviewed by {self.reviewer_name}"

    @property
    def words(self) -> str:
        """Who it was: Ann Advocate, solicitor, 3 December 2026."""
        day = f"{self.reviewed_on.day} {self.reviewed_on:%B %Y}"
        return f"{self.reviewer_name}, {self.profession}, {day}"


def rule_set_for(organization_id: UUID) -> rules.RuleSet:
    """The rules in force at a clinic, with the reviews that it has on file: two queries, whatever the rules."""
    imported = RuleSetVersion.objects.filter(organization_id=organization_id).in_force()
    in_force = imported.rule_set if imported else rules.current_rule_set()
    reviews = RuleReview.objects.filter(organization_id=organization_id, rule_set_sha256=in_force.sha256)
    return rules.reviewed(in_force, {review.rule_id: review.words for review in reviews})
