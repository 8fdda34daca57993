"""Batches, their vials, and the size that an instrument measured."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from audit.models import AppendOnlyModel, RecordedModel
from clinic.models import Organization
from products.models.claim import Evidence
from products.models.product import MOST_WORDS, SHORTEST_NUMBER, Product, begins
from products.text import searchable
from products.vocabulary import BatchStatus, ProvenanceState, SizeMethod

# No vesicle is a millimetre wide. The upper bound also keeps NaN out: PostgreSQL sorts it above every number.
LARGEST_NM = Decimal(1_000_000)
# So many rows are asked for by their keys; more are found soon enough by reading along the list.
FEW = 300
NEWEST_FIRST = ("-received_on", "lot_number", "id")


class BatchQuerySet(models.QuerySet["Batch"]):
    def at(self, organization: Organization) -> BatchQuerySet:
        """Those that this clinic received."""
        return self.filter(product__organization=organization)

    def newest_first(self) -> BatchQuerySet:
        """By the day of receipt; needed by name where a question counts, because then no order is kept."""
        return self.order_by(*NEWEST_FIRST)

    def matching(self, organization: Organization, words: str) -> BatchQuerySet:
        """Those at this clinic for which every word begins the lot or a serial number, or is part of the product's name, maker or GTIN.

        Two short questions for each word come first: what few rows they find is then asked for by key, and a word
        that finds many is left to the order of the list, where the first page is soon full.
        """
        found = self.at(organization)
        for word in words.split()[:MOST_WORDS]:
            found = found.filter(_of_product(organization, word) | _numbered(organization, word))
        return found

    def usable_on(self, day: date) -> BatchQuerySet:
        """Those released and not expired on that day (the clinic's local day)."""
        return self.filter(status=BatchStatus.RELEASED, expiration_date__gte=day)

    def in_quarantine_on(self, day: date) -> BatchQuerySet:
        """Those that still wait to be released and are not expired on that day."""
        return self.filter(status=BatchStatus.QUARANTINE, expiration_date__gte=day)


def _of_product(organization: Organization, word: str) -> Q:
    held = searchable(word)
    products = Product.objects.at(organization).filter(search_text__contains=held)
    keys = list(products.order_by().values_list("pk", flat=True)[:FEW])
    return Q(product__in=keys) if len(keys) < FEW else Q(product__search_text__contains=held)


def _numbered(organization: Organization, word: str) -> Q:
    if len(word) < SHORTEST_NUMBER:
        return Q(pk__in=[])
    lots = Batch.objects.at(organization).filter(begins("lot_number", word)).order_by().values_list("pk")
    vials = Unit.objects.filter(begins("serial_number", word), product__organization=organization).order_by()
    keys = [key for (key,) in lots.union(vials.values_list("batch_id"), all=True)[:FEW]]
    if len(keys) < FEW:
        return Q(pk__in=keys)
    return begins("lot_number", word) | Q(pk__in=vials.values("batch_id"))


class Batch(RecordedModel):
    """One production run of a product, as received by the clinic."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="batches")
    lot_number = models.CharField(max_length=20, db_index=True)
    expiration_date = models.DateField()
    production_date = models.DateField(null=True)
    status = models.CharField(max_length=12, choices=BatchStatus.choices, default=BatchStatus.QUARANTINE)
    status_reason = models.CharField(max_length=500, blank=True)
    received_on = models.DateField()
    received_by = models.CharField(max_length=64)
    received_by_name = models.CharField(max_length=120)
    released_by = models.CharField(max_length=64, blank=True)
    released_by_name = models.CharField(max_length=120, blank=True)
    released_at = models.DateTimeField(null=True)
    label_scan = models.CharField(max_length=400, blank=True, help_text="what the scanner gave; empty when typed")
    snapshot = models.JSONField(default=dict)
    # What follows from the record by the checks, kept so that lists are fast: `services.refresh_findings` writes it.
    # What depends on the day or on other batches (QB011, EV022) is not in it: it is found when asked.
    findings = models.JSONField(default=list, help_text="code, severity, found and digest of each")
    provenance_state = models.CharField(
        max_length=16, choices=ProvenanceState.choices, default=ProvenanceState.INCOMPLETE
    )
    gravity = models.PositiveSmallIntegerField(default=0, help_text="of the gravest finding that nobody answered")
    measured_key = models.CharField(max_length=64, blank=True, help_text="equal for batches that measure alike")
    judged_under = models.CharField(max_length=64, blank=True, help_text="names the checks and numbers used")

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset(
        {"findings", "provenance_state", "gravity", "measured_key", "judged_under"}
    )

    objects: ClassVar[BatchQuerySet] = BatchQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = [*NEWEST_FIRST]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("product", "lot_number", name="batch_lot_once_per_product"),
            models.CheckConstraint(condition=~Q(lot_number=""), name="batch_has_lot_number"),
            models.CheckConstraint(
                condition=~Q(status=BatchStatus.RELEASED) | (~Q(released_by="") & Q(released_at__isnull=False)),
                name="batch_released_by_someone",
            ),
            # Expiry follows from the date and the clinic's day, so that it is never late; see docs/reference/states.md.
            models.CheckConstraint(condition=~Q(status=BatchStatus.EXPIRED), name="batch_expiry_is_not_stored"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=NEWEST_FIRST, name="batch_newest_first"),
            models.Index(fields=("status", *NEWEST_FIRST), name="batch_by_status"),
            models.Index("product", "measured_key", name="batch_measured_alike"),
            models.Index("product", "gravity", name="batch_gravity"),
            models.Index("product", condition=Q(judged_under=""), name="batch_waits_to_be_judged"),
        ]

    def __str__(self) -> str:
        return self.lot_number

    def state_on(self, day: date) -> BatchStatus:
        """Where the batch stands on the clinic's local day: as it was moved, or expired where its last day is over."""
        is_open = self.status in (BatchStatus.QUARANTINE, BatchStatus.RELEASED, BatchStatus.ON_HOLD)
        return BatchStatus.EXPIRED if is_open and self.is_expired_on(day) else BatchStatus(self.status)

    def is_expired_on(self, day: date) -> bool:
        """Whether its last day lies before `day` (the clinic's local day)."""
        return self.expiration_date < day

    def value_of(self, field: str) -> Any:
        """The value of the claim in force, or None where it is not stated."""
        return (self.snapshot.get(field) or {}).get("value")

    @property
    def particles_per_ml(self) -> int | None:
        """The count on record: the dossier's own, else that of the size measurement, else None."""
        own = self.value_of("particles_per_ml")
        return own if own is not None else (self.value_of("size") or {}).get("particles_per_ml")


class Unit(RecordedModel):
    """One vial with its own serial number."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="units")
    serial_number = models.CharField(max_length=20, db_index=True)
    is_labelled_here = models.BooleanField(
        default=False, help_text="the serial number is ours, from a label printed here"
    )
    received_on = models.DateField()

    class Meta:
        ordering: ClassVar[list[str]] = ["serial_number", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("product", "serial_number", name="unit_serial_once_per_product"),
            models.CheckConstraint(condition=~Q(serial_number=""), name="unit_has_serial_number"),
        ]

    def __str__(self) -> str:
        return self.serial_number


def _diameter() -> models.DecimalField[Any, Any]:
    return models.DecimalField(max_digits=9, decimal_places=3)


class SizeMeasurement(AppendOnlyModel, RecordedModel):
    """What one instrument export says about one batch. Diameters in nm, density in percent of particles per class."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="measurements")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=12, choices=SizeMethod.choices)
    instrument = models.CharField(max_length=80, blank=True)
    d10_nm = _diameter()
    d50_nm = _diameter()
    d90_nm = _diameter()
    mode_nm = _diameter()
    particles_per_ml = models.BigIntegerField(null=True)
    tracks = models.PositiveIntegerField(null=True)
    warnings = models.JSONField(default=list)
    distribution = models.JSONField(default=dict, help_text='{"diameter_nm": [...], "density": [...]}')
    facts = models.JSONField(default=dict, help_text="everything else that the export says")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(d10_nm__gt=0, d50_nm__gte=F("d10_nm"), d90_nm__gte=F("d50_nm"), d90_nm__lt=LARGEST_NM),
                name="size_percentiles_in_order",
            ),
            models.CheckConstraint(condition=Q(mode_nm__gt=0, mode_nm__lt=LARGEST_NM), name="size_mode_in_range"),
            models.CheckConstraint(
                condition=Q(particles_per_ml__isnull=True) | Q(particles_per_ml__gt=0), name="size_particles_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method}, D50 {self.d50_nm} nm"
