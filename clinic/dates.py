"""Dates that two people read alike: three boxes, or ISO 8601. Never 01/02/2026."""

from __future__ import annotations

import re
from datetime import date

from django.utils.translation import gettext

from clinic.errors import DateRefusedError

EARLIEST_YEAR = 1850
LATEST_YEAR = 2200
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def read_iso_date(text: str, *, field: str = "") -> date:
    """A date written 2026-11-23; anything else is refused with `date.format`, `date.invalid` or `date.range`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
        raise DateRefusedError(
            f"A date is written year-month-day, such as 2026-11-23, but this is “{text[:40]}”.",
            field=field,
            code="date.format",
        )
    year, month, day = text.strip().split("-")
    return read_date(day, month, year, field=field)


def read_date(day: str, month: str, year: str, *, field: str = "") -> date:
    """A date from three boxes; the month may be a number or its English name (`mar`, `March`)."""
    day_number = _number(day, "day", field)
    month_number = _month(month, field)
    year_number = _number(year, "year", field)
    if len(year.strip()) < 4:
        raise DateRefusedError(
            gettext("The year needs four digits, such as 1984, but is “{typed}”.").format(typed=year.strip()),
            field=field,
            code="date.format",
        )
    if not EARLIEST_YEAR <= year_number <= LATEST_YEAR:
        raise DateRefusedError(
            gettext("The year must lie between {first} and {last}, but is {typed}.").format(
                first=EARLIEST_YEAR, last=LATEST_YEAR, typed=year_number
            ),
            field=field,
            code="date.range",
        )
    try:
        return date(year_number, month_number, day_number)
    except ValueError:
        raise DateRefusedError(
            _impossible(day_number, month_number, year_number),
            field=field,
            code="date.invalid",
        ) from None


def age_on(birth_date: date, on: date) -> int:
    """Completed years of life. Somebody born on 29 February completes a year on 1 March, as in English law."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def _number(text: str, box: str, field: str) -> int:
    text = text.strip()
    if not text:
        raise DateRefusedError(
            {
                "day": gettext("The day is missing."),
                "month": gettext("The month is missing."),
                "year": gettext("The year is missing."),
            }[box],
            field=field,
            code="date.incomplete",
        )
    if "/" in text or "." in text:
        raise DateRefusedError(
            gettext(
                "Type day, month and year each in its own box, without “/” or “.”, but this holds “{typed}”."
            ).format(typed=text[:20]),
            field=field,
            code="date.format",
        )
    if not (text.isascii() and text.isdigit()) or len(text) > 4:
        raise DateRefusedError(
            gettext("A date is written in the digits 0 to 9, but this is “{typed}”.").format(typed=text[:20]),
            field=field,
            code="date.format",
        )
    return int(text)


def _month(text: str, field: str) -> int:
    word = text.strip().lower()
    if len(word) >= 3 and word.isascii() and word.isalpha():
        for number, name in enumerate(MONTHS, start=1):
            if name.startswith(word):
                return number
        raise DateRefusedError(
            gettext("“{typed}” is not the name of a month.").format(typed=text[:20]),
            field=field,
            code="date.format",
        )
    return _number(text, "month", field)


def _impossible(day: int, month: int, year: int) -> str:
    if not 1 <= month <= 12:
        return gettext("The month must lie between 1 and 12, but is {typed}.").format(typed=month)
    name = MONTHS[month - 1].capitalize()
    if month == 2 and day == 29:
        return gettext("{year} is not a leap year, so it has no 29 February.").format(year=year)
    return gettext("There is no {day} {month} {year}.").format(day=day, month=gettext(name), year=year)
