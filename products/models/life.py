"""The life of a batch in the clinic: its moves from state to state, its temperature on the way, its vials counted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import F, Q

from audit.models import AppendOnlyModel, RecordedModel
from products.models.batch import Batch, Unit
from products.models.claim import Evidence
from products.vocabulary import BatchStatus, ExcursionOutcome, UnitAct

# A vial is kept in liquid nitrogen at the coldest. The bounds also keep NaN out: PostgreSQL sorts it above every number.
COLDEST_C, WARMEST_C = Decimal(-200), Decimal(100)


class BatchMove(AppendOnlyModel, RecordedModel):
    """A batch went from one state to another. Expiry is no move: it follows from the date alone."""

    id = models.BigAutoField(primary_key=True)  # in the order of writing, under the batch's lock
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="moves")
    from_status = models.CharField(max_length=12, choices=BatchStatus.choices)
    to_status = models.CharField(max_length=12, choices=BatchStatus.choices)
    reason = models.CharField(max_length=500, blank=True)
    findings_read = models.JSONField(
        null=True, help_text="codes of the findings that the person read before a release; null for other moves"
    )
    moved_by = models.CharField(max_length=64)
    moved_by_name = models.CharField(max_length=120)
    moved_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(from_status=F("to_status")), name="batch_move_goes_somewhere"),
            models.CheckConstraint(
                condition=Q(to_status=BatchStatus.RELEASED) | ~Q(reason=""), name="batch_move_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} to {self.to_status}"


def _celsius(**options: Any) -> models.DecimalField[Any, Any]:
    return models.DecimalField(max_digits=6, decimal_places=2, **options)


def _in_range(name: str) -> Q:
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": COLDEST_C, f"{name}__lte": WARMEST_C})


class TemperatureRecord(AppendOnlyModel, RecordedModel):
    """What a temperature logger says of a batch on its way or in store. Degrees Celsius; null is not stated.

    The limits are those of the label. `is_excursion` is decided when it is recorded, by `rules.excursion_words`.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="temperatures")
    device_id = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    lowest_c = _celsius(null=True)
    highest_c = _celsius()
    mean_kinetic_c = _celsius(null=True)
    limit_low_c = _celsius(null=True)
    limit_high_c = _celsius(null=True)
    excursion_minutes = models.PositiveIntegerField(null=True)
    is_excursion = models.BooleanField()
    note = models.CharField(max_length=500, blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="temperatures")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=_in_range("lowest_c")
                & _in_range("highest_c")
                & _in_range("mean_kinetic_c")
                & _in_range("limit_low_c")
                & _in_range("limit_high_c"),
                name="temperature_in_range",
            ),
            models.CheckConstraint(
                condition=Q(lowest_c__isnull=True) | Q(lowest_c__lte=F("highest_c")), name="temperature_low_below_high"
            ),
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="temperature_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"at most {self.highest_c.normalize():f} °C"


class ExcursionDecision(AppendOnlyModel, RecordedModel):
    """What a named person decided about a batch after a temperature excursion, and why."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    record = models.OneToOneField(TemperatureRecord, on_delete=models.PROTECT, related_name="decision")
    outcome = models.CharField(max_length=8, choices=ExcursionOutcome.choices)
    reason = models.CharField(max_length=500)
    decided_by = models.CharField(max_length=64)
    decided_by_name = models.CharField(max_length=120)
    decided_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["decided_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(reason=""), name="excursion_decision_says_why"),
        ]

    def __str__(self) -> str:
        return self.get_outcome_display()


class UnitCount(AppendOnlyModel, RecordedModel):
    """Some vials of a batch came, went or were found missing. With a serial number it is about that one vial."""

    id = models.BigAutoField(primary_key=True)  # in the order of writing, under the batch's lock
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="unit_counts")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="counts")
    act = models.CharField(max_length=12, choices=UnitAct.choices)
    quantity = models.PositiveIntegerField()
    happened_on = models.DateField()
    reason = models.CharField(max_length=500, blank=True)
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="unit_count_of_something"),
            models.CheckConstraint(condition=Q(unit__isnull=True) | Q(quantity=1), name="unit_count_of_one_vial"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} {self.get_act_display().lower()}"
