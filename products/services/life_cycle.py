"""Move a batch through its life: hold, use up, recall, return, destroy. Each move says who, when and why."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from audit.records import Agent
from products import rules
from products.errors import BatchRefusedError
from products.models import Batch, BatchMove
from products.services.judging import append
from products.services.units import stock_of, take_out_of_stock
from products.text import clean_note
from products.vocabulary import BatchStatus, UnitAct

LONGEST_REASON = 500


@transaction.atomic
def hold_batch(batch: Batch, *, reason: str, today: date, agent: Agent, at: datetime) -> Batch:
    """Stop the use of a batch until a named person decides. `today` is the clinic's local day. Raises `BatchRefusedError`."""
    batch, moved = _moved(batch, BatchStatus.ON_HOLD, reason, today=today, agent=agent, at=at)
    append("products.batch_held", agent=agent, occurred_at=at, records=[batch, moved])
    return batch


@transaction.atomic
def deplete_batch(batch: Batch, *, reason: str, today: date, agent: Agent, at: datetime) -> Batch:
    """Say that every vial is used. Raises `BatchRefusedError`, also while vials are in stock by the count."""
    batch = locked_batch(batch)
    left = stock_of(batch).in_stock
    if left:
        raise BatchRefusedError(
            f"{left} {'vial is' if left == 1 else 'vials are'} in stock by the count. Record first what became of "
            f"{'it' if left == 1 else 'them'}.",
            code="batch.in_stock",
        )
    batch, moved = _moved(batch, BatchStatus.DEPLETED, reason, today=today, agent=agent, at=at)
    append("products.batch_depleted", agent=agent, occurred_at=at, records=[batch, moved])
    return batch


@transaction.atomic
def recall_batch(batch: Batch, *, reason: str, today: date, agent: Agent, at: datetime) -> Batch:
    """Call a batch back, in whatever state it is: its use stops at once. Raises `BatchRefusedError`."""
    batch, moved = _moved(batch, BatchStatus.RECALLED, reason, today=today, agent=agent, at=at)
    append("products.batch_recalled", agent=agent, occurred_at=at, records=[batch, moved])
    return batch


@transaction.atomic
def return_batch(batch: Batch, *, reason: str, today: date, agent: Agent, at: datetime) -> Batch:
    """Send what is left of a batch back to its supplier. Raises `BatchRefusedError`."""
    batch, moved = _moved(batch, BatchStatus.RETURNED, reason, today=today, agent=agent, at=at)
    gone = take_out_of_stock(batch, UnitAct.RETURNED, moved.reason, today=today, agent=agent, at=at)
    append("products.batch_returned", agent=agent, occurred_at=at, records=[batch, moved, *gone])
    return batch


@transaction.atomic
def destroy_batch(batch: Batch, *, reason: str, today: date, agent: Agent, at: datetime) -> Batch:
    """Destroy what is left of a batch. Raises `BatchRefusedError`."""
    batch, moved = _moved(batch, BatchStatus.DESTROYED, reason, today=today, agent=agent, at=at)
    gone = take_out_of_stock(batch, UnitAct.DESTROYED, moved.reason, today=today, agent=agent, at=at)
    append("products.batch_destroyed", agent=agent, occurred_at=at, records=[batch, moved, *gone])
    return batch


def locked_batch(batch: Batch) -> Batch:
    """The batch's row under its lock, with its product and clinic."""
    found: Batch = (
        Batch.objects.select_for_update(of=("self",)).select_related("product__organization").get(pk=batch.pk)
    )
    return found


def write_move(
    batch: Batch,
    to: BatchStatus,
    reason: str,
    *,
    agent: Agent,
    at: datetime,
    findings_read: list[str] | None = None,
) -> BatchMove:
    """Set the state of a locked batch and write the move down; the act around it has checked it and logs both."""
    move = BatchMove.objects.create(
        batch=batch,
        from_status=batch.status,
        to_status=to,
        reason=reason,
        findings_read=findings_read,
        moved_by=agent.id,
        moved_by_name=agent.name or agent.id,
        moved_at=at,
    )
    batch.status = to
    batch.status_reason = reason
    batch.save(update_fields=["status", "status_reason", "released_by", "released_by_name", "released_at"])
    return move


def _moved(
    batch: Batch, to: BatchStatus, reason: str, *, today: date, agent: Agent, at: datetime
) -> tuple[Batch, BatchMove]:
    batch = locked_batch(batch)
    why = clean_note(reason, field="reason", most=LONGEST_REASON)
    if not why:
        raise BatchRefusedError("Say in a few words why.", field="reason", code="batch.reason")
    rules.check_batch_move(batch.state_on(today), to)
    return batch, write_move(batch, to, why, agent=agent, at=at)
