"""What is refused at the desk: a batch after its last day, and dates that do not follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from products.errors import ChronologyError, ExpiredError


def check_not_expired(expiration_date: date | None, *, on: date) -> None:
    """Refuse a batch after its expiry date; on the date itself it may be used. `on` is the clinic's local day."""
    if expiration_date is not None and on > expiration_date:
        raise ExpiredError(
            f"This batch expired on {_day(expiration_date)}. It may not be used on {_day(on)}. Choose another batch."
        )


def check_chronology(dates: Sequence[tuple[str, date | None]], *, field: str = "") -> None:
    """Refuse named dates that do not rise from first to last; a date that is not known is passed over."""
    known = [(name, value) for name, value in dates if value is not None]
    for (first_name, first), (second_name, second) in pairwise(known):
        if second < first:
            raise ChronologyError(
                f"The {second_name} ({_day(second)}) is before the {first_name} ({_day(first)}). Check both on the pack "
                "and the certificate.",
                field=field,
            )


def _day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"
