"""Who had a batch when, and where the record of it has gaps. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from products.vocabulary import CustodyAct


@dataclass(frozen=True)
class Handover:
    """One event on the way: `party` is None where it is this clinic."""

    party: Hashable | None
    name: str
    act: str
    day: date


@dataclass(frozen=True)
class Gap:
    """What is not on record before the event at `place` (counted from 0), or after the last one."""

    place: int
    words: str


def custody_gaps(
    events: Sequence[Handover],
    *,
    manufacturer: tuple[Hashable, str] | None,
    importer: tuple[Hashable, str] | None,
) -> list[Gap]:
    """Every gap between the manufacturer and this clinic, in the order of the way. `events` are ordered by day."""
    gaps = [*_start_gaps(events, manufacturer)]
    for place, (before, after) in enumerate(pairwise(events), start=1):
        if words := _between(before, after):
            gaps.append(Gap(place, words))
    if importer and importer != manufacturer and importer[0] not in {event.party for event in events}:
        clinic = next((place for place, event in enumerate(events) if event.party is None), len(events))
        gaps.append(Gap(clinic, f"{importer[1]} imports this product but is not on record on the way."))
    if events and events[-1].party is not None:
        gaps.append(Gap(len(events), f"How it came here from {events[-1].name} is not on record."))
    return sorted(gaps, key=lambda gap: gap.place)


def _start_gaps(events: Sequence[Handover], manufacturer: tuple[Hashable, str] | None) -> list[Gap]:
    if manufacturer is None:
        return [Gap(0, "The manufacturer is not stated, so where the way began is not known.")]
    if not events or events[0].party != manufacturer[0]:
        return [Gap(0, f"When it left {manufacturer[1]} is not on record.")]
    return []


def _between(before: Handover, after: Handover) -> str:
    same = before.party == after.party
    match (before.act, after.act):
        case (CustodyAct.SHIPPED, CustodyAct.RECEIVED) if not same:
            return ""
        case (CustodyAct.RECEIVED, CustodyAct.SHIPPED) if same:
            return ""
        case (CustodyAct.SHIPPED, _) if same:
            return f"Where it was after {before.name} shipped it is not on record."
        case (CustodyAct.SHIPPED, CustodyAct.SHIPPED):
            return f"When {after.name} received it is not on record."
        case (CustodyAct.RECEIVED, CustodyAct.RECEIVED) if not same:
            return f"When {before.name} shipped it is not on record."
        case (CustodyAct.RECEIVED, CustodyAct.RECEIVED):
            return f"{before.name} is on record as receiving it twice."
    return f"Nothing is on record between {before.name} and {after.name}."
