"""ZetaView (NTA) text export: `name:<tab>value` lines, then a linear size table, a row of -1, and a logarithmic table.

Only the first table is read. Percentiles of the column Number between class centres agree with the instrument's own
report (seen with software 8.06).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from products.errors import SizeFileError
from products.records import SizeMeasurementResult, rounded
from products.sizing.distribution import Distribution, checked, few_tracks_warning
from products.sizing.text import is_number, number, shown, truncated

_TABLE_HEAD = "Size / nm"
_COLUMNS = ("Size / nm", "Number", "Concentration / cm-3")
_FINE_CHECKS = frozenset({"ok", "good", "very good", "passed"})
_COUNT_TOLERANCE = 0.005
_MEDIAN_TOLERANCE_NM = 1.0
_INSTRUMENT_EPOCH = "1904-01-01"


def recognises(lines: list[str]) -> bool:
    """Say whether the text is of a ZetaView, including its table of positions."""
    head = lines[:80]
    return any(line.startswith(("ZetaView S/N", "Software:\tZetaView", _TABLE_HEAD)) for line in head) or _is_positions(
        head
    )


def read(lines: list[str]) -> SizeMeasurementResult:
    """Read the first size table and what is written above it. Raises `SizeFileError`."""
    head = next((index for index, line in enumerate(lines) if line.startswith(_TABLE_HEAD)), None)
    if head is None:
        raise _no_table(lines)
    facts = _facts(lines[:head])
    counts, concentrations = _table(lines, head)
    _check_whole(lines, head, counts.total)
    traces = _whole_number(facts.get("Number of Traces"))
    _check_count(counts, traces)
    _check_median(counts, facts.get("Median Number (D50)"))
    dilution = _decimal(facts.get("Dilution"))
    d10, d50, d90 = (counts.percentile(share) for share in (0.1, 0.5, 0.9))
    return SizeMeasurementResult(
        instrument=f"ZetaView {facts['ZetaView S/N']}" if facts.get("ZetaView S/N") else "ZetaView",
        software=facts.get("Software", ""),
        size_method="NTA",
        file_format="zetaview",
        d10_nm=rounded(d10, 1),
        d50_nm=rounded(d50, 1),
        d90_nm=rounded(d90, 1),
        mode_nm=rounded(counts.mode(), 1),
        mean_nm=rounded(counts.mean(), 1),
        span=rounded((d90 - d10) / d50, 2),
        peak_nm=None,
        particles_per_ml=round(concentrations.total * float(dilution)) if dilution else None,
        dilution=dilution,
        tracks=traces,
        replicates=1,
        replicate_spread=None,
        sample_name=facts.get("Sample", ""),
        measured_at=_moment(facts),
        warnings=tuple(_warnings(facts, traces, dilution)),
        diameter_nm=concentrations.diameter_nm,
        density=concentrations.weight,
        density_unit="particles/mL per class, as measured (before the dilution is made good)",
    )


def _is_positions(lines: list[str]) -> bool:
    return any({"Position", "No. of Traces", "X50 (nm)"} <= set(line.split("\t")) for line in lines)


def _no_table(lines: list[str]) -> SizeFileError:
    if _is_positions(lines[:80]):
        return SizeFileError(
            "This is the table of positions of a ZetaView run: it holds no distribution. Upload the file of the same run "
            "whose name does not end in “pos”.",
            code="size.no_distribution",
            expected="a size distribution",
            found="a table of positions",
            line=1,
        )
    last = len(lines)
    if any(line.startswith("Type of Measurement:") and "Size Distribution" not in line for line in lines):
        kind = next(line for line in lines if line.startswith("Type of Measurement:")).partition(":")[2].strip()
        return SizeFileError(
            f"This ZetaView file holds a measurement of another kind, {shown(kind)}, and no size distribution.",
            code="size.no_distribution",
            expected="a size distribution",
            found=kind,
        )
    return truncated(last, "the size table is missing")


def _facts(lines: list[str]) -> dict[str, str]:
    facts: dict[str, str] = {}
    for line in lines:
        cells = line.split("\t")
        for index, cell in enumerate(cells):
            name, colon, rest = cell.partition(":")
            if colon and name.strip():
                value = rest.strip(": ") or (cells[index + 1].strip() if index + 1 < len(cells) else "")
                facts.setdefault(name.strip(), value)
    return facts


def _table(lines: list[str], head: int) -> tuple[Distribution, Distribution]:
    names = lines[head].split("\t")
    if not set(_COLUMNS) <= set(names):
        missing = ", ".join(name for name in _COLUMNS if name not in names)
        raise SizeFileError(
            f"Line {head + 1}: the size table has no column {missing}.",
            code="size.no_distribution",
            expected=", ".join(_COLUMNS),
            found=shown(lines[head]),
            line=head + 1,
        )
    size, count, concentration = (names.index(name) for name in _COLUMNS)
    rows: list[tuple[float, float, float]] = []
    for index in range(head + 1, len(lines)):
        cells = lines[index].split("\t")
        if cells[0].startswith("-1"):
            break
        if len(cells) < len(names) or not lines[index].strip():
            raise truncated(index + 1, f"a row of the size table has {len(cells)} of {len(names)} columns")
        rows.append(
            (
                number(cells[size], index + 1, "size"),
                number(cells[count], index + 1, "number of particles"),
                number(cells[concentration], index + 1, "concentration"),
            )
        )
    else:
        raise truncated(len(lines), "the row of -1 that ends the size table is missing")
    diameters = [row[0] for row in rows]
    return checked(diameters, [row[1] for row in rows]), checked(diameters, [row[2] for row in rows])


def _check_whole(lines: list[str], head: int, counted: float) -> None:
    """Refuse a file that breaks off in its second table, which counts the same particles in other classes."""
    names = lines[head].split("\t")
    rows = [index for index in range(head + 1, len(lines)) if lines[index].strip()]
    separator = next(index for index in rows if lines[index].startswith("-1"))
    second = [lines[index].split("\t") for index in rows if index > separator]
    last = rows[-1] + 1
    if not second:
        raise truncated(last, "the second table is missing")
    if len(second[-1]) != len(names) or not all(is_number(cell) for cell in second[-1]):
        raise truncated(last, "the last row is not whole")
    count = names.index("Number")
    second_total = sum(float(cells[count]) for cells in second if len(cells) > count and is_number(cells[count]))
    if not math.isclose(second_total, counted, rel_tol=_COUNT_TOLERANCE, abs_tol=0.5):
        raise truncated(last, f"its second table counts {second_total:.0f} particles and its first {counted:.0f}")


def _check_count(counts: Distribution, traces: int | None) -> None:
    if traces is not None and not math.isclose(counts.total, traces, rel_tol=_COUNT_TOLERANCE, abs_tol=0.5):
        raise SizeFileError(
            f"The size table counts {counts.total:.0f} particles, and the file says that {traces} were tracked. The file "
            "was changed or is damaged. Export the measurement again.",
            code="size.inconsistent",
            expected=str(traces),
            found=f"{counts.total:.0f}",
        )


def _check_median(counts: Distribution, stated: str | None) -> None:
    median = _decimal(stated)
    if median is not None and abs(counts.percentile(0.5) - float(median)) > _MEDIAN_TOLERANCE_NM:
        raise SizeFileError(
            f"The median of the size table is {counts.percentile(0.5):.1f} nm, and the file says {median:.1f} nm. The file "
            "was changed or is damaged. Export the measurement again.",
            code="size.inconsistent",
            expected=f"{median} nm",
            found=f"{counts.percentile(0.5):.1f} nm",
        )


def _warnings(facts: Mapping[str, str], traces: int | None, dilution: Decimal | None) -> list[str]:
    found = []
    drift = facts.get("Particle Drift Check Result", "")
    if drift and drift.lower() not in _FINE_CHECKS:
        never = facts.get("Particle Drift Checked", "").startswith(_INSTRUMENT_EPOCH)
        aside = " The check bears the instrument's zero date, so it may not have been made." if never else ""
        found.append(f"Particle drift: the instrument says {shown(drift)}.{aside}")
    cell = facts.get("Cell Check Result", "")
    if cell and cell.lower() not in _FINE_CHECKS:
        found.append(f"Cell check: the instrument says {shown(cell)}.")
    correction = _decimal(facts.get("Concentration Correction Factor"))
    if correction is not None and correction != 1:
        found.append(f"The instrument corrected the concentration by the factor {correction}.")
    if not dilution:
        found.append("The file states no dilution, so the concentration of the product is not known.")
    return found + few_tracks_warning(traces)


def _whole_number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None


def _decimal(text: str | None) -> Decimal | None:
    if not text or not re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,9})?", text):
        return None
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _moment(facts: Mapping[str, str]) -> datetime | None:
    try:
        return datetime.strptime(f"{facts.get('Date', '')} {facts.get('Time', '')}", "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 the instrument's clock has no zone
    except ValueError:
        return None
