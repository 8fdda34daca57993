"""A plain table of two columns: diameter in nm and concentration, with commas, semicolons or tabs, with or without a head."""

from __future__ import annotations

import re

from products.errors import SizeFileError
from products.records import SizeMeasurementResult, rounded
from products.sizing.distribution import checked
from products.sizing.text import is_number, number, shown, truncated

_SEPARATORS = ("\t", ";", ",")
_DIAMETER = re.compile(r"diameter|size|\bnm\b|bin", re.IGNORECASE)
_OTHER_UNIT = re.compile(r"[µμ]m\b|\bum\b|\bmicron|\bmm\b|\bangstrom", re.IGNORECASE)
_PER_ML = re.compile(r"(?:/|per)[ _]?(?:ml|cm-?3|cm\^3)", re.IGNORECASE)
_FEWEST_ROWS = 3


def recognises(lines: list[str]) -> bool:
    """Say whether the text is a table of two columns of numbers, with at most one line of names above it."""
    rows = [line for line in lines if line.strip()]
    separator = _separator(rows)
    if separator is None:
        return False
    body = rows[1:] if _has_head(rows[0], separator) else rows
    numeric = sum(is_number(line.split(separator, maxsplit=1)[0]) for line in body)
    return bool(body) and numeric * 2 > len(body) and all(len(line.split(separator)) <= 2 for line in rows)


def read(lines: list[str]) -> SizeMeasurementResult:
    """Read the table. Raises `SizeFileError`."""
    rows = [(index + 1, line) for index, line in enumerate(lines) if line.strip()]
    separator = _separator([line for _, line in rows]) or ","
    head = rows[0][1] if _has_head(rows[0][1], separator) else ""
    if _OTHER_UNIT.search(head):
        raise SizeFileError(
            f"The sizes must be in nm. The first line says {shown(head)}. Convert the sizes, and name the unit.",
            code="size.unit",
            expected="nm",
            found=head,
            line=rows[0][0],
        )
    body = rows[1:] if head else rows
    if len(body) < _FEWEST_ROWS:
        raise SizeFileError(
            f"The table has {len(body)} rows of numbers; a size distribution has at least {_FEWEST_ROWS}.",
            code="size.no_rows",
            expected=f"at least {_FEWEST_ROWS} rows",
            found=f"{len(body)} rows",
        )
    diameters, weights = [], []
    for line, text in body:
        cells = text.split(separator)
        if len(cells) != 2 or (line == len(lines) and not is_number(cells[1])):
            raise truncated(line, f"the row {shown(text)} has no concentration")
        diameters.append(number(cells[0], line, "size"))
        weights.append(number(cells[1], line, "concentration"))
    distribution = checked(diameters, weights)
    d10, d50, d90 = (distribution.percentile(share) for share in (0.1, 0.5, 0.9))
    per_ml = bool(_PER_ML.search(head))
    return SizeMeasurementResult(
        instrument="",
        software="",
        size_method="UNKNOWN",
        file_format="two_columns",
        d10_nm=rounded(d10, 1),
        d50_nm=rounded(d50, 1),
        d90_nm=rounded(d90, 1),
        mode_nm=rounded(distribution.mode(), 1),
        mean_nm=rounded(distribution.mean(), 1),
        span=rounded((d90 - d10) / d50, 2),
        peak_nm=None,
        particles_per_ml=round(distribution.total) if per_ml else None,
        dilution=None,
        tracks=None,
        replicates=1,
        replicate_spread=None,
        sample_name="",
        measured_at=None,
        warnings=tuple(_warnings(head, per_ml=per_ml)),
        diameter_nm=distribution.diameter_nm,
        density=distribution.weight,
        density_unit="particles/mL per class" if per_ml else "per class, unit not stated",
    )


def _separator(rows: list[str]) -> str | None:
    return next((mark for mark in _SEPARATORS if rows and all(mark in row for row in rows[:3])), None)


def _has_head(line: str, separator: str) -> bool:
    return not is_number(line.split(separator, maxsplit=1)[0]) and _DIAMETER.search(line) is not None


def _warnings(head: str, *, per_ml: bool) -> list[str]:
    found = [
        "The file names no method, instrument or number of tracked particles: a size means little without its method."
    ]
    if "nm" not in head.lower():
        found.append("The file names no unit for the sizes; they were taken as nm.")
    if not per_ml:
        found.append("The file does not say that the second column is per mL, so no concentration was taken from it.")
    return found
