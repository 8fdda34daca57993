"""Frozen facts of this room, and the text rules by which a typed number or date becomes a value.

Nothing here imports Django, reads a file or knows the time.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from products.errors import DateError, QuantityError

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,30}(?:\.([0-9]{1,30}))?")
_NUMBER_WITH_UNIT = re.compile(r"(?P<number>-?[0-9.]+)(?P<gap> ?)(?P<unit>[^\W\d_][^\s\d]*|%)")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ISO_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2}| .+)?"
)
_DECIMALS = (
    "d10_nm",
    "d50_nm",
    "d90_nm",
    "mode_nm",
    "mean_nm",
    "span",
    "peak_nm",
    "dilution",
    "replicate_spread",
)
_RESULT = re.compile(r"(?P<sign>[<>]=?|[≤≥])? ?(?P<number>[0-9]{1,15}(?:\.[0-9]{1,6})?)")
_COMPARATORS = {"": "", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "≤": "<=", "≥": ">="}
LARGEST_COUNT = 2_147_483_647
"""The most that a counted field holds."""


@dataclass(frozen=True)
class ElementString:
    """What one scan of a GS1 code says.

    `form` is how it came: "gs1" (scanner data), "brackets" (typed with brackets), "digital_link" or "gtin" (a bare
    product number: lot and expiry are then unknown). `others` keeps every further (AI, value) pair untouched.
    """

    raw: str
    form: str
    gtin: str
    lot_number: str = ""
    expiration_date: date | None = None
    production_date: date | None = None
    serial_number: str = ""
    symbology: str = ""
    others: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Give the facts as canonical JSON values; dates in ISO 8601."""
        return {
            "raw": self.raw,
            "form": self.form,
            "gtin": self.gtin,
            "lot_number": self.lot_number,
            "expiration_date": self.expiration_date.isoformat() if self.expiration_date else None,
            "production_date": self.production_date.isoformat() if self.production_date else None,
            "serial_number": self.serial_number,
            "symbology": self.symbology,
            "others": [list(pair) for pair in self.others],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class SizeMeasurementResult:
    """One size distribution as an instrument wrote it.

    Diameters in nm, rounded to 0.1. `mode_nm` is the centre of the fullest class and `peak_nm` the instrument's own
    peak (None where the file has none). `particles_per_ml` is corrected for dilution; None where the file cannot say.
    `measured_at` is the instrument's clock and has no zone. `warnings` are sentences for staff: the instrument's own
    quality flags first, then ours. `diameter_nm` (class centres) and `density` (per class, unit in `density_unit`)
    are the whole distribution.
    """

    instrument: str
    software: str
    size_method: str
    file_format: str
    d10_nm: Decimal
    d50_nm: Decimal
    d90_nm: Decimal
    mode_nm: Decimal
    mean_nm: Decimal
    span: Decimal
    peak_nm: Decimal | None
    particles_per_ml: int | None
    dilution: Decimal | None
    tracks: int | None
    replicates: int
    replicate_spread: Decimal | None
    sample_name: str
    measured_at: datetime | None
    warnings: tuple[str, ...]
    diameter_nm: tuple[float, ...]
    density: tuple[float, ...]
    density_unit: str

    def as_json(self) -> dict[str, object]:
        """Give the facts as JSON values; decimals as text, so that nothing is rounded on the way."""
        values: dict[str, object] = {}
        for name, value in vars(self).items():
            if isinstance(value, Decimal):
                values[name] = str(value)
            elif isinstance(value, datetime):
                values[name] = value.isoformat()
            elif isinstance(value, tuple):
                values[name] = list(value)
            else:
                values[name] = value
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> SizeMeasurementResult:
        """What `as_json` gave, as it was."""
        made = dict(values)
        for name in _DECIMALS:
            made[name] = None if made[name] is None else Decimal(made[name])
        for name in ("warnings", "diameter_nm", "density"):
            made[name] = tuple(made[name])
        made["measured_at"] = datetime.fromisoformat(made["measured_at"]) if made["measured_at"] else None
        return cls(**made)

    def down_sampled(self, most: int = 120) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Give (diameters, densities) of the occupied part with at most `most` points, joining neighbours by sum."""
        occupied = [index for index, value in enumerate(self.density) if value > 0]
        first, last = max(occupied[0] - 1, 0), min(occupied[-1] + 1, len(self.density) - 1)
        diameters, densities = self.diameter_nm[first : last + 1], self.density[first : last + 1]
        step = -(-len(diameters) // most)
        starts = range(0, len(diameters), step)
        joined_diameters = tuple(
            round(sum(diameters[start : start + step]) / len(diameters[start : start + step]), 2) for start in starts
        )
        return joined_diameters, tuple(sum(densities[start : start + step]) for start in starts)


@dataclass(frozen=True)
class RuleMatch:
    """One row of the rule set that speaks about this place, source and route. Only `patient_sentence` is for patients."""

    id: str
    jurisdiction: str
    status: str
    severity: str
    warn_clinic: str
    patient_sentence: str
    what_would_change_it: str
    sources: tuple[str, ...]
    basis: str
    as_of: str
    confidence: str
    reviewed_by: str | None

    def as_json(self) -> dict[str, object]:
        """Give the row as JSON values."""
        return {**vars(self), "sources": list(self.sources)}


@dataclass(frozen=True)
class Verdict:
    """What the rule set says about one use: the most severe row wins.

    `jurisdiction` is the place as asked (ISO 3166), `rule_area` the set of rules that was applied to it.
    """

    severity: str
    status: str
    rules: tuple[RuleMatch, ...]
    jurisdiction: str
    rule_area: str
    route: str
    route_group: str
    rule_set_version: str
    rule_set_as_of: str
    rule_set_reviewed_by: str | None

    def as_json(self) -> dict[str, object]:
        """Give the verdict as JSON values, with `rule_set` as a Document carries it."""
        return {
            "severity": self.severity,
            "status": self.status,
            "rules": [rule.as_json() for rule in self.rules],
            "jurisdiction": self.jurisdiction,
            "rule_area": self.rule_area,
            "route": self.route,
            "route_group": self.route_group,
            "rule_set": {
                "version": self.rule_set_version,
                "as_of": self.rule_set_as_of,
                "reviewed_by": self.rule_set_reviewed_by,
            },
        }


@dataclass(frozen=True)
class ClinicRecord:
    """A regulatory record that a clinic keeps: one status for one product, place and route, with its evidence.

    `named_people` are the ids of those who vouch for it when it is to lift a STOP: two people may have one name.
    """

    product_id: str
    jurisdiction: str
    route: str
    status: str
    evidence: str
    reference: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    named_people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One thing that a check found, for staff: what was found, what was expected, why it matters, what to do.

    `basis` says what the check rests on, and where nobody has looked that up, it says so.
    """

    code: str
    severity: str
    found: str
    expected: str
    why: str
    what_to_do: str
    basis: str

    @property
    def digest(self) -> str:
        """Names this very finding: another fact or another limit gives another digest (SHA-256, hex)."""
        return hashlib.sha256(f"{self.code}\n{self.severity}\n{self.found}\n{self.expected}".encode()).hexdigest()


def rounded(value: float | Decimal, places: int) -> Decimal:
    """Round half up to a number of decimal places, as instruments print."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def parse_quantity(
    text: str, *, unit: str, least: Decimal | int, most: Decimal | int, places: int, field: str = ""
) -> Decimal:
    """Read a plain decimal number such as "120.5", or "120.5 nm" where `unit` is "nm".

    Digits 0-9 and one full stop only: no exponent, comma, space or other script, and nothing is rounded.
    Raises `QuantityError` with code number.format, number.unit, number.range or number.precision.
    """
    typed = text.strip(" ")
    with_unit = _NUMBER_WITH_UNIT.fullmatch(typed)
    if with_unit and not re.fullmatch(r"-?[0-9.]+[eE][0-9]+", typed):
        if with_unit["unit"] != unit or not with_unit["gap"]:
            raise QuantityError(
                f"Enter the number alone{f', in {unit}' if unit else ''}. We found “{_shown(typed)}”.",
                field=field,
                code="number.unit",
            )
        typed = with_unit["number"]
    match = _PLAIN_NUMBER.fullmatch(typed)
    if match is None:
        raise QuantityError(
            f"Enter a number with the digits 0 to 9 and, if needed, one full stop, such as {_example(places)}. "
            f"We found “{_shown(text)}”.",
            field=field,
            code="number.format",
        )
    value = Decimal(typed)
    if not least <= value <= most:
        raise QuantityError(
            f"Enter a number from {least:,} to {most:,}{f' {unit}' if unit else ''}. We found {_shown(typed)}.",
            field=field,
            code="number.range",
        )
    if len(match[1] or "") > places:
        wanted = (
            f"at most {places} digit{'s' if places > 1 else ''} after the full stop" if places else "a whole number"
        )
        raise QuantityError(
            f"Enter {wanted}. We found {_shown(typed)}, and we do not round for you.",
            field=field,
            code="number.precision",
        )
    return value


def parse_count(text: str, *, least: int = 0, most: int = LARGEST_COUNT, field: str = "") -> int:
    """Read a whole number. Raises `QuantityError` as `parse_quantity` does."""
    return int(parse_quantity(text, unit="", least=least, most=most, places=0, field=field))


def parse_result(text: str, *, needs_number: bool, unit: str, field: str = "") -> tuple[str, Decimal | None]:
    """Read a laboratory's result: ("<", 0.05) of "<0.05", ("", 7.2) of "7.2"; ("", None) where it is words.

    With `needs_number` words are refused, and so is a number that is not plain. Raises `QuantityError`.
    """
    match = _RESULT.fullmatch(text)
    if match:
        return _COMPARATORS[match["sign"] or ""], Decimal(match["number"])
    if needs_number:
        raise QuantityError(
            f"Enter the number in {unit}, such as 0.08 or <0.05. We found “{_shown(text)}”.",
            field=field,
            code="number.format",
        )
    return "", None


def check_ordered(values: Sequence[tuple[str, Decimal]], *, field: str = "") -> None:
    """Refuse named values that do not rise from first to last, with code number.order."""
    for (low_name, low), (high_name, high) in itertools.pairwise(values):
        if low > high:
            raise QuantityError(
                f"{low_name} ({low}) cannot be larger than {high_name} ({high}). Check both.",
                field=field,
                code="number.order",
            )


def size_question(diameter_nm: Decimal) -> str:
    """Ask back about a diameter that is possible but unusual for vesicles (below 30 or above 200 nm), or say nothing."""
    if Decimal(30) <= diameter_nm <= Decimal(200):
        return ""
    return f"{diameter_nm} nm is unusual for these particles: most are 30 to 200 nm. Is this number right, and in nm?"


def parse_date(text: str, *, least: date, most: date, field: str = "") -> date:
    """Read an ISO 8601 date (2026-11-23), as imports and the API write it.

    Raises `DateError` with code date.format, date.invalid or date.range.
    """
    match = _ISO_DATE.fullmatch(text.strip(" "))
    if match is None:
        raise DateError(
            f"Enter the date as year-month-day, such as 2026-11-23. We found “{_shown(text)}”.",
            field=field,
            code="date.format",
        )
    return _real_date(int(match[1]), int(match[2]), int(match[3]), least=least, most=most, field=field)


def date_from_fields(day: str, month: str, year: str, *, least: date, most: date, field: str = "") -> date:
    """Read one date from three fields. Raises `DateError` with code date.format, date.invalid or date.range."""
    numbers = [part.strip(" ") for part in (year, month, day)]
    shapes = (r"[0-9]{4}", r"[0-9]{1,2}", r"[0-9]{1,2}")
    if not all(re.fullmatch(shape, number) for shape, number in zip(shapes, numbers, strict=True)):
        raise DateError(
            "Enter day, month and year as numbers, the year with four digits, such as 23, 11 and 2026.",
            field=field,
            code="date.format",
        )
    return _real_date(*(int(number) for number in numbers), least=least, most=most, field=field)


def parse_moment(text: str, *, field: str = "") -> datetime:
    """Read an ISO 8601 date and time with its offset (2026-10-25T01:30+01:00).

    Raises `DateError` with code date.format or date.invalid, or date.ambiguous where no offset says which hour is meant.
    """
    typed = text.strip(" ")
    match = _ISO_MOMENT.fullmatch(typed)
    if match is None:
        raise DateError(
            f"Enter date and time as 2026-11-23T10:30+00:00. We found “{_shown(text)}”.",
            field=field,
            code="date.format",
        )
    zone = match["zone"]
    if zone is None or zone.startswith(" "):
        raise DateError(
            f"Add the difference from UTC, such as +00:00: “{_shown(text)}” can mean two moments when clocks change.",
            field=field,
            code="date.ambiguous",
        )
    try:
        return datetime.fromisoformat(typed)
    except ValueError as error:
        raise DateError(
            f"There is no such date or time: “{_shown(text)}”.", field=field, code="date.invalid"
        ) from error


def _real_date(year: int, month: int, day: int, *, least: date, most: date, field: str) -> date:
    try:
        value = date(year, month, day)
    except ValueError as error:
        raise DateError(
            f"There is no such date: day {day}, month {month}, year {year}. Check it.", field=field, code="date.invalid"
        ) from error
    if not least <= value <= most:
        raise DateError(
            f"Enter a date from {_day(least)} to {_day(most)}. We found {_day(value)}.", field=field, code="date.range"
        )
    return value


def _day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"


def _example(places: int) -> str:
    return f"120.{'5' * min(places, 1)}" if places else "120"


def _shown(text: str) -> str:
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:40]
    )
    return printable if len(text) <= 40 else f"{printable}…"


@dataclass(frozen=True)
class SeenPage:
    """One page of a scan: the QR codes on it, and whether there is nothing on it."""

    codes: tuple[str, ...]
    is_blank: bool


@dataclass(frozen=True)
class ScannedFile:
    """A scanned file: its media type by its bytes, and its pages in order."""

    media_type: str
    pages: tuple[SeenPage, ...]
