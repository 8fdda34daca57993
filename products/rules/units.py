"""Vials counted: received = used + in stock + returned + destroyed + unknown, after every event. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from products.errors import UnitCountError
from products.vocabulary import UnitAct

_MOVES: Mapping[str, tuple[str, str]] = {
    UnitAct.RECEIVED: ("", "in_stock"),
    UnitAct.USED: ("in_stock", "used"),
    UnitAct.RETURNED: ("in_stock", "returned"),
    UnitAct.DESTROYED: ("in_stock", "destroyed"),
    UnitAct.MISSING: ("in_stock", "unknown"),
    UnitAct.FOUND: ("unknown", "in_stock"),
}
_PLACES = {"in_stock": "in stock", "unknown": "missing"}


@dataclass(frozen=True)
class Tally:
    """How many vials of a batch are where."""

    received: int = 0
    used: int = 0
    in_stock: int = 0
    returned: int = 0
    destroyed: int = 0
    unknown: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every vial that was received is accounted for, and none twice."""
        parts = (self.used, self.in_stock, self.returned, self.destroyed, self.unknown)
        return self.received == sum(parts) and min(parts) >= 0

    def after(self, act: str, quantity: int) -> Tally:
        """The tally after one event. Raises `UnitCountError` where more are to leave a place than are there."""
        source, target = _MOVES[act]
        there = getattr(self, source) if source else quantity
        if quantity < 1 or quantity > there:
            there_words = f"{there} {'is' if there == 1 else 'are'} {_PLACES.get(source, source)}"
            raise UnitCountError(
                f"You entered {quantity}, but {there_words} by the count so far. Count once more; "
                "if more vials came than are on record, correct the number received first.",
                field="quantity",
                code="units.too_many" if quantity > 0 else "units.none",
            )
        changes = {target: getattr(self, target) + quantity}
        if source:
            changes[source] = there - quantity
        else:
            changes["received"] = self.received + quantity
        return replace(self, **changes)


def tally(events: Iterable[tuple[str, int]]) -> Tally:
    """Add up events (act, quantity). What came out may not add up: `Tally.adds_up` says so."""
    counts: Counter[str] = Counter()
    for act, quantity in events:
        source, target = _MOVES[act]
        counts[target] += quantity
        counts[source or "received"] += -quantity if source else quantity
    return Tally(**{field.name: counts[field.name] for field in fields(Tally)})
