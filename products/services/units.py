"""Count vials: what came, what went, what is on the shelf. Every event is added; none is changed."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products import rules
from products.errors import UnitCountError
from products.models import Batch, Unit, UnitCount
from products.services.judging import append
from products.text import clean_note
from products.vocabulary import BatchStatus, UnitAct

LONGEST_REASON = 500
MOST_VIALS = 1_000_000
_NEEDS_REASON = frozenset({UnitAct.RETURNED, UnitAct.DESTROYED, UnitAct.MISSING, UnitAct.FOUND})


def stock_of(batch: Batch) -> rules.Tally:
    """Where the vials of a batch are, by every event on record."""
    return rules.tally(batch.unit_counts.values_list("act", "quantity"))


def place_of(unit: Unit) -> str:
    """The last thing that happened to one vial: RECEIVED or FOUND is in stock."""
    last = unit.counts.last()
    return last.act if last else UnitAct.RECEIVED.value


@transaction.atomic
def state_received(batch: Batch, total: int, *, today: date, agent: Agent, at: datetime) -> UnitCount | None:
    """Say how many vials of the batch came in all. Raises `UnitCountError` where it is fewer than are known."""
    batch = _locked(batch)
    known = stock_of(batch).received
    if not 0 < total <= MOST_VIALS:
        raise UnitCountError(f"Enter a whole number from 1 to {MOST_VIALS:,}.", field="quantity", code="units.range")
    if total < known:
        raise UnitCountError(
            f"{known} vials are on record as received already, by serial number or by count. Enter all that came; "
            "what is not there any more is recorded as used, returned, destroyed or not found.",
            field="quantity",
            code="units.fewer",
        )
    if total == known:
        return None
    count = write_count(batch, UnitAct.RECEIVED, total - known, batch.received_on, agent=agent, at=at)
    append("products.units_counted", agent=agent, occurred_at=at, records=[count])
    return count


@transaction.atomic
def record_units(
    batch: Batch,
    act: str,
    quantity: int,
    *,
    happened_on: date,
    today: date,
    agent: Agent,
    at: datetime,
    reason: str = "",
    unit: Unit | None = None,
) -> UnitCount:
    """Say that vials were used, returned, destroyed, not found or found again. Raises `UnitCountError`.

    A use of a batch that was not released is recorded too, with the reason why it happened.
    """
    batch = _locked(batch)
    if act not in UnitAct.values or act == UnitAct.RECEIVED:
        raise UnitCountError("Choose what happened to them.", field="act", code="units.act")
    why = clean_note(reason, field="reason", most=LONGEST_REASON)
    if act in _NEEDS_REASON and not why:
        raise UnitCountError("Say in a few words why.", field="reason", code="units.reason")
    if not batch.received_on <= happened_on <= today:
        raise UnitCountError(
            "Enter the day on which it happened: not before the batch came, and not in the future.",
            field="happened_on",
            code="units.day",
        )
    if act == UnitAct.USED and batch.state_on(happened_on) != BatchStatus.RELEASED and not why:
        raise UnitCountError(
            f"This batch is “{batch.state_on(happened_on).label}”, and only a released one may be used. "
            "If a vial was used all the same, say why it happened: the record must not hide it.",
            field="reason",
            code="units.not_released",
        )
    if unit:
        _check_unit(batch, unit, act)
    else:
        _check_unnamed(batch, act, quantity)
    stock_of(batch).after(act, quantity)
    count = write_count(batch, act, quantity, happened_on, reason=why, unit=unit, agent=agent, at=at)
    append("products.units_counted", agent=agent, occurred_at=at, records=[count])
    return count


@transaction.atomic
def count_stock(batch: Batch, found: int, *, today: date, agent: Agent, at: datetime) -> UnitCount | None:
    """Compare the shelf with the record: what is short becomes unknown, what was missing is found again.

    Raises `UnitCountError` where more is on the shelf than ever came.
    """
    batch = _locked(batch)
    stock = stock_of(batch)
    if found < 0 or found > stock.in_stock + stock.unknown:
        raise UnitCountError(
            f"You found {found} on the shelf, but by the record at most {stock.in_stock + stock.unknown} can be there. "
            "Count once more; if more vials came than are on record, correct the number received first.",
            field="quantity",
            code="units.too_many",
        )
    difference = found - stock.in_stock
    if not difference:
        return None
    act = UnitAct.FOUND if difference > 0 else UnitAct.MISSING
    words = f"Counted {found} on the shelf, {stock.in_stock} expected"
    count = write_count(batch, act, abs(difference), today, reason=words, agent=agent, at=at)
    append("products.units_counted", agent=agent, occurred_at=at, records=[count])
    return count


def take_out_of_stock(
    batch: Batch, act: UnitAct, reason: str, *, today: date, agent: Agent, at: datetime
) -> list[RecordedModel]:
    """Write down that every vial in stock left with its batch: those with a serial number one by one."""
    stock = stock_of(batch).in_stock
    named = [unit for unit in named_in_stock(batch) if stock][:stock]
    written: list[RecordedModel] = [
        write_count(batch, act, 1, today, reason=reason, unit=unit, agent=agent, at=at) for unit in named
    ]
    if stock > len(named):
        written.append(write_count(batch, act, stock - len(named), today, reason=reason, agent=agent, at=at))
    return written


def count_new_unit(batch: Batch, unit: Unit, *, agent: Agent, at: datetime) -> list[RecordedModel]:
    """Count a vial that its serial number made known, unless the number received includes it already."""
    if stock_of(batch).received >= batch.units.count():
        return []
    return [write_count(batch, UnitAct.RECEIVED, 1, unit.received_on, unit=unit, agent=agent, at=at)]


def write_count(
    batch: Batch,
    act: str,
    quantity: int,
    happened_on: date,
    *,
    agent: Agent,
    at: datetime,
    reason: str = "",
    unit: Unit | None = None,
) -> UnitCount:
    """Insert one event; the act around it has checked it and logs it."""
    return UnitCount.objects.create(
        batch=batch,
        unit=unit,
        act=act,
        quantity=quantity,
        happened_on=happened_on,
        reason=reason,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )


def _locked(batch: Batch) -> Batch:
    return Batch.objects.select_for_update().get(pk=batch.pk)


def named_in_stock(batch: Batch) -> list[Unit]:
    """The vials with a serial number that are in stock."""
    units = batch.units.prefetch_related("counts")
    return [unit for unit in units if _is_in_stock(unit)]


def _is_in_stock(unit: Unit) -> bool:
    counts = list(unit.counts.all())
    return not counts or counts[-1].act in (UnitAct.RECEIVED, UnitAct.FOUND)


def _check_unit(batch: Batch, unit: Unit, act: str) -> None:
    if unit.batch_id != batch.pk:
        raise UnitCountError("This vial is not of this batch.", field="unit", code="units.other_batch")
    place = UnitAct(place_of(unit))
    if act == UnitAct.FOUND and place == UnitAct.MISSING:
        return
    if act == UnitAct.FOUND or not _is_in_stock(unit):
        raise UnitCountError(
            f"Vial {unit.serial_number} is on record as “{place.label.lower()}”.", field="unit", code="units.place"
        )


def _check_unnamed(batch: Batch, act: str, quantity: int) -> None:
    """Vials without a name can only be those that have no serial number: one with its own is named."""
    if act == UnitAct.FOUND or quantity < 1:
        return
    unnamed = stock_of(batch).in_stock - len(named_in_stock(batch))
    if quantity > unnamed >= 0 and batch.units.exists():
        raise UnitCountError(
            f"{unnamed} of the vials in stock {'has' if unnamed == 1 else 'have'} no serial number. "
            "Choose the vial by its serial number.",
            field="unit",
            code="units.name_the_vial",
        )
