"""The life of a batch arranged for its page: where it may go, its vials, its temperatures, its way, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from products import rules
from products.models import Batch, CustodyEvent
from products.services import stock_of
from products.vocabulary import BatchStatus

MOVE_NAMES = {
    BatchStatus.DEPLETED: ("deplete", "All vials are used"),
    BatchStatus.RETURNED: ("return", "Send it back"),
    BatchStatus.DESTROYED: ("destroy", "Destroy it"),
    BatchStatus.RECALLED: ("recall", "Recall it"),
}


@dataclass(frozen=True)
class WayStep:
    """One event on the way, with what is missing before it."""

    gaps: list[str]
    event: CustodyEvent | None
    name: str
    act: str
    day: date


def life_of(batch: Batch, today: date) -> dict[str, Any]:
    """Everything that the page of a batch says about its life; a fixed number of questions to the database."""
    state = batch.state_on(today)
    steps, last_gaps = _way(batch)
    temperatures = list(batch.temperatures.select_related("decision", "evidence"))
    return {
        "state": state,
        "moves_open": [MOVE_NAMES[to] for to in MOVE_NAMES if to in rules.BATCH_TRANSITIONS[state]],
        "moves": list(batch.moves.order_by("-id")),
        "expired_after": batch.expiration_date if state == BatchStatus.EXPIRED else None,
        "stock": stock_of(batch),
        "counts": list(batch.unit_counts.select_related("unit").order_by("-id")[:20]),
        "temperatures": [(record, getattr(record, "decision", None)) for record in temperatures],
        "steps": steps,
        "last_gaps": last_gaps,
        "corrected": list(
            batch.custody_events.exclude(superseded_by=None)
            .select_related("party", "superseded_by")
            .order_by("recorded_at")
        ),
    }


def _way(batch: Batch) -> tuple[list[WayStep], list[str]]:
    product = batch.product
    clinic = product.organization.name
    events: list[CustodyEvent] = list(batch.custody_events.in_force().select_related("party", "evidence"))
    handovers: list[tuple[CustodyEvent | None, rules.Handover]] = [
        (
            event,
            rules.Handover(event.party_id, event.party.name if event.party else clinic, event.act, event.happened_on),
        )
        for event in events
    ]
    if not any(event.party_id is None and event.act == "RECEIVED" for event in events):
        handovers.append((None, rules.Handover(None, clinic, "RECEIVED", batch.received_on)))
        handovers.sort(key=lambda pair: pair[1].day)
    gaps = rules.custody_gaps(
        [handover for _, handover in handovers],
        manufacturer=(product.manufacturer_id, product.manufacturer_name) if product.manufacturer_id else None,
        importer=(product.importer_id, product.importer.name) if product.importer else None,
    )
    steps = [
        WayStep(
            gaps=[gap.words for gap in gaps if gap.place == place],
            event=event,
            name=handover.name,
            act=str(event.get_act_display() if event else "Received"),
            day=handover.day,
        )
        for place, (event, handover) in enumerate(handovers)
    ]
    return steps, [gap.words for gap in gaps if gap.place >= len(handovers)]
