"""What a supplier promises, word for word, where it was said, and what stands behind it."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from products.models.claim import Evidence
from products.models.product import Product
from products.rules.claims_guard import ClaimFlag, claim_flags
from products.vocabulary import ClaimPlace, ClaimSupport


class MarketingClaimQuerySet(AppendOnlyQuerySet):
    def in_force(self) -> MarketingClaimQuerySet:
        """Those that are still made, in their newest reading."""
        return self.filter(superseded_by=None, is_withdrawn=False)


class MarketingClaim(AppendOnlyModel, RecordedModel):
    """One promise made for a product. Its flags follow from its words."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="marketing_claims")
    text = models.CharField(max_length=500, help_text="word for word")
    place = models.CharField(max_length=12, choices=ClaimPlace.choices)
    place_detail = models.CharField(max_length=200, blank=True, help_text="web address, page, name of the leaflet")
    seen_on = models.DateField(null=True)
    support = models.CharField(max_length=12, choices=ClaimSupport.choices, default=ClaimSupport.NONE)
    support_detail = models.CharField(max_length=200, blank=True, help_text="which study, where it was published")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="+")
    is_withdrawn = models.BooleanField(default=False, help_text="the supplier no longer says it")
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    correction_reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[MarketingClaimQuerySet] = MarketingClaimQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(text=""), name="marketing_claim_says_something"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(correction_reason=""),
                name="marketing_claim_correction_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def flags(self) -> frozenset[ClaimFlag]:
        """What to look at: whether it says approved, cures, treats, or live cells."""
        return claim_flags(self.text)
