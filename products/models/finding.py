"""What people did about findings: answers, readings, and the numbers that a clinic set. None is ever changed."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization
from products.models.batch import Batch
from products.models.product import Product


class FindingAnswer(AppendOnlyModel, RecordedModel):
    """A named person's reason why a finding is as it is. It holds for this very finding: `digest` names its words.

    When a fact changes, the finding says something else, has another digest, and is open again.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, related_name="finding_answers")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="finding_answers")
    code = models.CharField(max_length=5)
    digest = models.CharField(max_length=64)
    found = models.TextField(help_text="what the finding said when it was answered")
    reason = models.CharField(max_length=500)
    answered_by = models.CharField(max_length=64)
    answered_by_name = models.CharField(max_length=120)
    answered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["answered_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(product__isnull=False, batch__isnull=True) | Q(product__isnull=True, batch__isnull=False),
                name="finding_answer_has_one_subject",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="finding_answer_says_why"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("batch", "digest", name="finding_answer_of_batch"),
            models.Index("product", "digest", name="finding_answer_of_product"),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}"


class FindingsReading(AppendOnlyModel, RecordedModel):
    """A named person read all findings of a batch, as they were: `digest` is that of the whole list."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="findings_readings")
    digest = models.CharField(max_length=64)
    codes = models.JSONField(default=list)
    read_by = models.CharField(max_length=64)
    read_by_name = models.CharField(max_length=120)
    read_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["read_at", "id"]

    def __str__(self) -> str:
        return f"read by {self.read_by_name}"


class ThresholdSettingQuerySet(AppendOnlyQuerySet):
    def at(self, organization: Organization) -> ThresholdSettingQuerySet:
        """Those that this clinic made."""
        return self.filter(organization=organization)

    def in_force(self) -> ThresholdSettingQuerySet:
        """Those that no later one supersedes."""
        return self.filter(superseded_by=None)


class ThresholdSetting(AppendOnlyModel, RecordedModel):
    """A clinic set one number of the checks; a later one supersedes it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    value = models.DecimalField(max_digits=20, decimal_places=4)
    reason = models.CharField(max_length=500)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    set_by = models.CharField(max_length=64)
    set_by_name = models.CharField(max_length=120)
    set_at = models.DateTimeField()

    objects: ClassVar[ThresholdSettingQuerySet] = ThresholdSettingQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["set_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "organization", "name", condition=Q(supersedes__isnull=True), name="threshold_one_first_per_name"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="threshold_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
