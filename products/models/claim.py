"""Claims, and the evidence that they rest on. Neither is ever changed: a newer claim supersedes an older one."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization
from products.vocabulary import Basis


class EvidenceQuerySet(AppendOnlyQuerySet):
    def at(self, organization: Organization) -> EvidenceQuerySet:
        """Those that this clinic filed."""
        return self.filter(organization=organization)


class Evidence(AppendOnlyModel, RecordedModel):
    """One file as it came, named by its SHA-256; the bytes lie in the file store, once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=80, help_text="decided by content, never by name")
    size_bytes = models.PositiveIntegerField()
    original_name = models.CharField(max_length=120)
    filed_by = models.CharField(max_length=64)
    filed_by_name = models.CharField(max_length=120)
    filed_at = models.DateTimeField()

    objects: ClassVar[EvidenceQuerySet] = EvidenceQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["filed_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("organization", "sha256", name="evidence_once"),
            models.CheckConstraint(condition=Q(size_bytes__gt=0), name="evidence_not_empty"),
        ]

    def __str__(self) -> str:
        return self.original_name


class ClaimQuerySet(AppendOnlyQuerySet):
    def in_force(self) -> ClaimQuerySet:
        """Those that no later claim supersedes."""
        return self.filter(superseded_by=None)


class Claim(AppendOnlyModel, RecordedModel):
    """One thing said about a product or a batch, and how we know."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey("products.Product", on_delete=models.PROTECT, null=True, related_name="claims")
    batch = models.ForeignKey("products.Batch", on_delete=models.PROTECT, null=True, related_name="claims")
    field = models.CharField(max_length=40)
    value = models.JSONField(null=True)
    unit = models.CharField(max_length=20, blank=True)
    basis = models.CharField(max_length=16, choices=Basis.choices)
    reason = models.CharField(max_length=500, blank=True, help_text="why it does not apply")
    correction_reason = models.CharField(max_length=500, blank=True, help_text="why an earlier value was replaced")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="claims")
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[ClaimQuerySet] = ClaimQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(product__isnull=False, batch__isnull=True) | Q(product__isnull=True, batch__isnull=False),
                name="claim_has_one_subject",
            ),
            models.UniqueConstraint(
                "product", "field", condition=Q(supersedes__isnull=True), name="claim_one_first_per_product_field"
            ),
            models.UniqueConstraint(
                "batch", "field", condition=Q(supersedes__isnull=True), name="claim_one_first_per_batch_field"
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.NOT_APPLICABLE) | ~Q(reason=""), name="claim_not_applicable_says_why"
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(correction_reason=""), name="claim_correction_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} ({self.basis})"
