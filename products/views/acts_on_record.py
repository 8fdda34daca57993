"""What was recorded about a batch's way, origin and life, as rows of the page that says where everything comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.models import RecordedModel
from products.fields import day_words
from products.models import Batch, Evidence


@dataclass(frozen=True)
class ActOnRecord:
    """One row: what it is, what it says, the file behind it, who recorded it and when."""

    row: RecordedModel
    what: str
    said: str
    evidence: Evidence | None
    who: str
    at: datetime


def acts_of(batch: Batch) -> list[ActOnRecord]:
    """Everything of this kind that is on record about a batch, the earliest first; superseded entries as well."""
    acts = [*_custody(batch), *_origin(batch), *_temperatures(batch), *_moves(batch), *_counts(batch)]
    return sorted(acts, key=lambda act: act.at)


def _custody(batch: Batch) -> list[ActOnRecord]:
    events = batch.custody_events.select_related("party", "evidence")
    return [
        ActOnRecord(
            event,
            "Custody",
            f"{event.party.name if event.party else 'This clinic'}: {event.get_act_display().lower()}, "
            f"{day_words(event.happened_on)}{_because(event.correction_reason)}",
            event.evidence,
            event.recorded_by_name,
            event.recorded_at,
        )
        for event in events
    ]


def _origin(batch: Batch) -> list[ActOnRecord]:
    edges = batch.lot_statements.select_related("upstream", "downstream", "evidence")
    return [
        ActOnRecord(
            edge,
            "Origin",
            f"{edge.downstream} {edge.get_link_display().lower()} {edge.upstream}",
            edge.evidence,
            edge.recorded_by_name,
            edge.recorded_at,
        )
        for edge in edges
    ]


def _temperatures(batch: Batch) -> list[ActOnRecord]:
    found = []
    for record in batch.temperatures.select_related("evidence", "decision"):
        words = f"{record}, {'outside' if record.is_excursion else 'within'} the limits on record"
        found.append(
            ActOnRecord(record, "Temperature", words, record.evidence, record.recorded_by_name, record.recorded_at)
        )
        decision = getattr(record, "decision", None)
        if decision:
            said = f"{decision.get_outcome_display()}: {decision.reason}"
            found.append(ActOnRecord(decision, "Decision", said, None, decision.decided_by_name, decision.decided_at))
    return found


def _moves(batch: Batch) -> list[ActOnRecord]:
    return [
        ActOnRecord(
            move,
            "State",
            f"{move.get_from_status_display()} to {move.get_to_status_display()}{_because(move.reason)}",
            None,
            move.moved_by_name,
            move.moved_at,
        )
        for move in batch.moves.all()
    ]


def _counts(batch: Batch) -> list[ActOnRecord]:
    return [
        ActOnRecord(count, "Vials", f"{count}{_because(count.reason)}", None, count.recorded_by_name, count.recorded_at)
        for count in batch.unit_counts.all()[:500]
    ]


def _because(reason: str) -> str:
    return f". {reason}" if reason else ""
