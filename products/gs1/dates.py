"""Dates in GS1 codes: YYMMDD with a sliding century, and day 00 for the last day of the month."""

from __future__ import annotations

import calendar
from datetime import date

from products.gs1.check_digits import is_digits


def parse_gs1_date(digits: str, *, today: date) -> date:
    """Read six digits YYMMDD as seen on `today`. Raises `ValueError` where they are no real date.

    A year 51 or more ahead lies in the last century, one 50 or more behind in the next (GS1 General Specifications,
    section 7.12). Day 00 means the last day of the month.
    """
    if len(digits) != 6 or not is_digits(digits):
        raise ValueError(f"expected six digits, found {digits!r}")
    year, month, day = _full_year(int(digits[:2]), today), int(digits[2:4]), int(digits[4:])
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month:02}")
    last = calendar.monthrange(year, month)[1]
    if day > last:
        raise ValueError(f"month {month:02} of {year} has {last} days, not {day}")
    return date(year, month, day or last)


def _full_year(two_digits: int, today: date) -> int:
    century = today.year - today.year % 100
    ahead = two_digits - today.year % 100
    if ahead >= 51:
        return century - 100 + two_digits
    if ahead <= -50:
        return century + 100 + two_digits
    return century + two_digits
