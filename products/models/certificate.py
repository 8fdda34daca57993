"""Certificates of analysis, item by item, as the laboratory reported them."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from products.models.batch import Batch
from products.models.claim import Evidence
from products.vocabulary import CoaItem, Stated


class CertificateQuerySet(AppendOnlyQuerySet):
    def in_force(self) -> CertificateQuerySet:
        """Those that were not read anew: a corrected reading takes the place of the first, both stay."""
        return self.filter(superseded_by=None)


class Certificate(AppendOnlyModel, RecordedModel):
    """One certificate as it was read: what it says of itself. `lot_number` is the lot that the certificate names."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="certificates")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=120, blank=True)
    lot_number = models.CharField(max_length=20)
    expiration_date = models.DateField(null=True)
    issued_on = models.DateField(null=True)
    laboratory = models.CharField(max_length=120, blank=True)
    signed = models.CharField(max_length=12, choices=Stated.choices, default=Stated.NOT_STATED)
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    correction_reason = models.CharField(max_length=500, blank=True, help_text="why it was read anew")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[CertificateQuerySet] = CertificateQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(lot_number=""), name="certificate_names_a_lot"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(correction_reason=""), name="certificate_correction_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.number or self.evidence.original_name


class CertificateResult(AppendOnlyModel, RecordedModel):
    """One line of a certificate. `result` is as printed; `number` with `comparator` where it is a number."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="results")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=8, choices=CoaItem.choices)
    detail = models.CharField(max_length=80, blank=True, help_text="what exactly, such as BSA among residuals")
    result = models.CharField(max_length=120)
    comparator = models.CharField(max_length=2, blank=True, help_text="<, <=, > or >=; empty where exact or no number")
    number = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    unit = models.CharField(max_length=20, blank=True)
    method = models.CharField(max_length=120, blank=True)
    limit = models.CharField(max_length=80, blank=True, help_text="as printed")
    sampled_on = models.DateField(null=True)
    reported_on = models.DateField(null=True)
    laboratory = models.CharField(max_length=120, blank=True, help_text="empty: the certificate's own")

    class Meta:
        ordering: ClassVar[list[str]] = ["certificate", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["certificate", "position"], name="certificate_result_place"),
            models.CheckConstraint(condition=~Q(result=""), name="certificate_result_says_something"),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(number__gte=-1_000_000, number__lt=10**17),
                name="certificate_result_number_in_range",
            ),
            models.CheckConstraint(
                condition=Q(sampled_on__isnull=True)
                | Q(reported_on__isnull=True)
                | Q(reported_on__gte=models.F("sampled_on")),
                name="certificate_result_reported_after_sampling",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.result}"
