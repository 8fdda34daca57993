"""The life of a batch (facts B.8): which moves are legal, and what keeps one from being released. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from products.errors import BatchRefusedError
from products.vocabulary import BatchStatus

_S = BatchStatus
_LEAVES = frozenset({_S.RECALLED, _S.RETURNED, _S.DESTROYED})
BATCH_TRANSITIONS: Mapping[str, frozenset[str]] = {
    _S.QUARANTINE: frozenset({_S.RELEASED, _S.ON_HOLD, _S.EXPIRED}) | _LEAVES,
    _S.RELEASED: frozenset({_S.ON_HOLD, _S.DEPLETED, _S.EXPIRED}) | _LEAVES,
    _S.ON_HOLD: frozenset({_S.RELEASED, _S.EXPIRED}) | _LEAVES,
    _S.EXPIRED: _LEAVES,
    _S.DEPLETED: frozenset({_S.RECALLED}),
    # A recall reaches also what is gone: the patients who were treated with it must be found.
    _S.RETURNED: frozenset({_S.RECALLED}),
    _S.DESTROYED: frozenset({_S.RECALLED}),
    _S.RECALLED: frozenset({_S.RETURNED, _S.DESTROYED}),
}
"""The one table of legal moves; docs/reference/states.md is compared with it. The move to EXPIRED is the calendar's."""


def check_batch_move(now: str, then: str) -> None:
    """Refuse a move that the table does not name. `now` is the state on the clinic's local day."""
    if then in BATCH_TRANSITIONS[now]:
        return
    possible = sorted(BatchStatus(state).label.lower() for state in BATCH_TRANSITIONS[now] - {BatchStatus.EXPIRED})
    raise BatchRefusedError(
        f"This batch is “{BatchStatus(now).label}”, so it cannot become “{BatchStatus(then).label}”. "
        f"From here it can become: {', '.join(possible)}.",
        code="batch.transition",
    )


def excursion_words(
    *,
    lowest_c: Decimal | None,
    highest_c: Decimal,
    limit_low_c: Decimal | None,
    limit_high_c: Decimal | None,
    minutes: int | None,
) -> str:
    """Say how a batch left the labelled limits (degrees Celsius), or nothing where it did not (facts B.7)."""
    said = []
    if limit_high_c is not None and highest_c > limit_high_c:
        said.append(f"it was as warm as {highest_c:f} °C, and the label allows {limit_high_c:f} °C")
    if limit_low_c is not None and lowest_c is not None and lowest_c < limit_low_c:
        said.append(f"it was as cold as {lowest_c:f} °C, and the label allows {limit_low_c:f} °C")
    if minutes and not said:
        said.append("the logger counted time outside its limits")
    if not said:
        return ""
    lasted = f", for {minutes} minutes" if minutes else ""
    return f"Temperature excursion: {' and '.join(said)}{lasted}."
