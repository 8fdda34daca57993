"""File what a temperature logger says; an excursion holds the batch at once, until a named person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from audit.records import Agent
from products import rules
from products.errors import TemperatureRefusedError
from products.models import Batch, ExcursionDecision, TemperatureRecord
from products.services.evidence import file_if_any
from products.services.judging import append
from products.services.life_cycle import locked_batch, write_move
from products.text import clean_line, clean_note
from products.uploads import Upload
from products.vocabulary import BatchStatus, ExcursionOutcome

LONGEST_NOTE = 500
COLDEST_C, WARMEST_C = Decimal(-200), Decimal(100)


@dataclass(frozen=True)
class TemperatureDraft:
    """A logger's summary as a person reads it. Degrees Celsius; None is not stated. Limits are the label's."""

    highest_c: Decimal
    lowest_c: Decimal | None = None
    mean_kinetic_c: Decimal | None = None
    limit_low_c: Decimal | None = None
    limit_high_c: Decimal | None = None
    excursion_minutes: int | None = None
    device_id: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    note: str = ""
    upload: Upload | None = None


@transaction.atomic
def record_temperature(batch: Batch, draft: TemperatureDraft, *, agent: Agent, at: datetime) -> TemperatureRecord:
    """File a logger's summary. Raises `TemperatureRefusedError`, `UploadRefusedError`.

    Where the batch left the limits of its label, it goes on hold in the same act (facts B.7).
    """
    batch = locked_batch(batch)
    _check(draft, at)
    words = rules.excursion_words(
        lowest_c=draft.lowest_c,
        highest_c=draft.highest_c,
        limit_low_c=draft.limit_low_c,
        limit_high_c=draft.limit_high_c,
        minutes=draft.excursion_minutes,
    )
    evidence, written = file_if_any(batch.product.organization, draft.upload, agent=agent, at=at)
    record = TemperatureRecord.objects.create(
        batch=batch,
        device_id=clean_line(draft.device_id, field="device_id", most=60),
        started_at=draft.started_at,
        ended_at=draft.ended_at,
        lowest_c=draft.lowest_c,
        highest_c=draft.highest_c,
        mean_kinetic_c=draft.mean_kinetic_c,
        limit_low_c=draft.limit_low_c,
        limit_high_c=draft.limit_high_c,
        excursion_minutes=draft.excursion_minutes,
        is_excursion=bool(words),
        note=clean_note(draft.note, field="note", most=LONGEST_NOTE),
        evidence=evidence,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    if words and batch.status in (BatchStatus.QUARANTINE, BatchStatus.RELEASED):
        written += [write_move(batch, BatchStatus.ON_HOLD, words, agent=agent, at=at), batch]
    append("products.temperature_recorded", agent=agent, occurred_at=at, records=[record, *written])
    return record


@transaction.atomic
def decide_excursion(
    record: TemperatureRecord, outcome: str, *, reason: str, agent: Agent, at: datetime
) -> ExcursionDecision:
    """Decide, by name and with a reason, whether a batch may be used after an excursion. It stays on hold until released.

    Raises `TemperatureRefusedError`.
    """
    batch = locked_batch(record.batch)
    if not record.is_excursion:
        raise TemperatureRefusedError("There was no excursion, so there is nothing to decide.", code="temperature.none")
    if ExcursionDecision.objects.filter(record=record).exists():
        raise TemperatureRefusedError(
            "This was decided already. A decision is not changed.", code="temperature.decided"
        )
    if outcome not in ExcursionOutcome.values:
        raise TemperatureRefusedError("Choose one of the two.", field="outcome", code="temperature.outcome")
    if agent.kind != "user" or not agent.name:
        raise TemperatureRefusedError("A named person decides this.", code="temperature.person")
    why = clean_note(reason, field="reason", most=LONGEST_NOTE)
    if not why:
        raise TemperatureRefusedError(
            "Say what the decision rests on, for example the maker's stability data.",
            field="reason",
            code="temperature.reason",
        )
    decision = ExcursionDecision.objects.create(
        record=record,
        outcome=outcome,
        reason=why,
        decided_by=agent.id,
        decided_by_name=agent.name,
        decided_at=at,
    )
    append("products.excursion_decided", agent=agent, occurred_at=at, records=[decision, batch])
    return decision


def excursions_against(batch: Batch) -> list[str]:
    """Why its temperature keeps a batch from being released, in words."""
    said = []
    for record in batch.temperatures.filter(is_excursion=True).select_related("decision"):
        decision = getattr(record, "decision", None)
        if decision is None:
            said.append("A temperature excursion waits for a named person's decision.")
        elif decision.outcome == ExcursionOutcome.REJECT:
            said.append(f"{decision.decided_by_name} decided after a temperature excursion that it may not be used.")
    return list(dict.fromkeys(said))


def _check(draft: TemperatureDraft, at: datetime) -> None:
    for name in ("lowest_c", "highest_c", "mean_kinetic_c", "limit_low_c", "limit_high_c"):
        value: Decimal | None = getattr(draft, name)
        if value is not None and not COLDEST_C <= value <= WARMEST_C:
            raise TemperatureRefusedError(
                f"Enter degrees Celsius from {COLDEST_C} to {WARMEST_C}. We found {value:f}.",
                field=name,
                code="temperature.range",
            )
    _check_rises(draft)
    for name in ("started_at", "ended_at"):
        moment: datetime | None = getattr(draft, name)
        if moment and moment > at:
            raise TemperatureRefusedError("This lies in the future.", field=name, code="temperature.future")
    if draft.started_at and draft.ended_at and draft.ended_at < draft.started_at:
        raise TemperatureRefusedError("The end is before the start.", field="ended_at", code="temperature.order")


def _check_rises(draft: TemperatureDraft) -> None:
    low, mean, high = draft.lowest_c, draft.mean_kinetic_c, draft.highest_c
    if low is not None and low > high:
        raise TemperatureRefusedError(
            "The lowest temperature is above the highest. Check both.", field="lowest_c", code="temperature.order"
        )
    if mean is not None and not (low if low is not None else mean) <= mean <= high:
        raise TemperatureRefusedError(
            "The mean kinetic temperature lies between the lowest and the highest. Check all three.",
            field="mean_kinetic_c",
            code="temperature.order",
        )
    if draft.limit_low_c is not None and draft.limit_high_c is not None and draft.limit_low_c > draft.limit_high_c:
        raise TemperatureRefusedError(
            "The lower limit is above the upper one. Check both on the label.",
            field="limit_low_c",
            code="temperature.order",
        )
