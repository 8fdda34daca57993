"""NanoSight NTA experiment summary (CSV): sections in square brackets, one column per video, then Average.

The file states its own statistics. Those of the column Average are taken; ours, computed from the averaged histogram,
are compared with them (seen with NTA 3.2).
"""

from __future__ import annotations

import csv
import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from products.errors import SizeFileError
from products.records import SizeMeasurementResult, rounded
from products.sizing.distribution import Distribution, checked, few_tracks_warning
from products.sizing.text import is_number, number, shown, truncated

_DIFFERENCE_WORTH_A_WARNING_NM = 5
_TOTAL_TOLERANCE = 0.02
_STATISTICS = ("Mean", "Mode", "D10", "D50", "D90")
_FLAG_SECTIONS = ("[Concentration Warnings]", "[Information]")
_FINE_FLAGS = frozenset({"ok", "no", ""})
_NOT_A_FAULT = frozenset({"Vibration correction applied"})


@dataclass(frozen=True)
class _Row:
    line: int
    section: str
    name: str
    cells: tuple[str, ...]


def recognises(lines: list[str]) -> bool:
    """Say whether the text is an NTA experiment summary."""
    return any(line.startswith(("NTA Experiment Summary", "[Experiment Details]")) for line in lines[:10])


def read(lines: list[str]) -> SizeMeasurementResult:
    """Read the averaged distribution and the statistics of the file. Raises `SizeFileError`."""
    rows = list(_rows(lines))
    files = _row(rows, "[Size Data]", "Filename", len(lines))
    column, videos = _columns(files)
    stated = {name: _stated(_row(rows, "[Size Data]", name, len(lines)), column) for name in _STATISTICS}
    distribution = _distribution(rows, column, len(lines))
    concentration = _optional(rows, "[Results]", "Concentration (Particles / ml)")
    total = number(concentration.cells[column], concentration.line, "concentration") if concentration else None
    _check_total(distribution, total)
    _check_percentiles(rows, lines)
    dilution = _dilution(rows, column)
    tracks = _tracks(rows, videos)
    own = {name: distribution.percentile(share) for name, share in (("D10", 0.1), ("D50", 0.5), ("D90", 0.9))}
    d10, d50, d90 = (stated[name] for name in ("D10", "D50", "D90"))
    if not 0 < d10 <= d50 <= d90:
        raise SizeFileError(
            f"The file's own sizes do not rise: D10 {d10}, D50 {d50}, D90 {d90} nm. Export the measurement again.",
            code="size.inconsistent",
            expected="D10 ≤ D50 ≤ D90",
            found=f"{d10}, {d50}, {d90}",
        )
    medians = [
        float(cell) for cell in _row(rows, "[Size Data]", "D50", len(lines)).cells[1 : 1 + videos] if is_number(cell)
    ]
    return SizeMeasurementResult(
        instrument="NanoSight",
        software=_software(lines, rows),
        size_method="NTA",
        file_format="nanosight",
        d10_nm=rounded(d10, 1),
        d50_nm=rounded(d50, 1),
        d90_nm=rounded(d90, 1),
        mode_nm=rounded(distribution.mode(), 1),
        mean_nm=rounded(stated["Mean"], 1),
        span=rounded((d90 - d10) / d50, 2),
        peak_nm=rounded(stated["Mode"], 1),
        particles_per_ml=round(total) if total else None,
        dilution=dilution,
        tracks=sum(tracks) if tracks else None,
        replicates=videos,
        replicate_spread=rounded(statistics.stdev(medians), 1) if len(medians) > 1 else None,
        sample_name=_text(rows, "Sample Name") or _text(rows, "Experiment Name"),
        measured_at=_moment(_text(rows, "Time Captured")),
        warnings=(
            *_flags(rows, videos),
            *_own_warnings(stated, own, dilution),
            *few_tracks_warning(min(tracks, default=None)),
        ),
        diameter_nm=distribution.diameter_nm,
        density=distribution.weight,
        density_unit="particles/mL per class",
    )


def _rows(lines: list[str]) -> Iterator[_Row]:
    section = ""
    reader = csv.reader(lines, strict=True)
    try:
        for cells in reader:
            name = cells[0].strip() if cells else ""
            if name.startswith("[") and name.endswith("]"):
                section = name
            yield _Row(reader.line_num, section, name, tuple(cell.strip() for cell in cells))
    except csv.Error as error:
        raise truncated(reader.line_num, f"a row cannot be read ({error})") from error


def _optional(rows: list[_Row], section: str, name: str) -> _Row | None:
    return next((row for row in rows if row.section == section and row.name == name), None)


def _row(rows: list[_Row], section: str, name: str, last_line: int) -> _Row:
    found = _optional(rows, section, name)
    if found is None:
        raise truncated(last_line, f"the row “{name}” of {section} is missing")
    return found


def _columns(files: _Row) -> tuple[int, int]:
    """Give the column of the average (or of the only video) and the number of videos."""
    names = list(files.cells)
    if "Average" in names:
        column = names.index("Average")
        return column, len([name for name in names[1:column] if name])
    videos = [index for index, name in enumerate(names) if index and name]
    if len(videos) != 1:
        raise SizeFileError(
            f"Line {files.line}: the summary has {len(videos)} videos and no column Average.",
            code="size.no_distribution",
            expected="a column Average",
            found=shown(", ".join(names)),
            line=files.line,
        )
    return videos[0], 1


def _stated(row: _Row, column: int) -> float:
    if len(row.cells) <= column:
        raise truncated(row.line, f"the row “{row.name}” has {len(row.cells)} columns")
    return number(row.cells[column], row.line, row.name)


def _distribution(rows: list[_Row], column: int, last_line: int) -> Distribution:
    head = next((index for index, row in enumerate(rows) if row.name.startswith("Bin centre")), None)
    if head is None:
        raise truncated(last_line, "the size table is missing")
    diameters, weights = [], []
    for row in rows[head + 1 :]:
        if not row.name:
            break
        if len(row.cells) != len(rows[head].cells):
            raise truncated(
                row.line, f"a row of the size table has {len(row.cells)} of {len(rows[head].cells)} columns"
            )
        diameters.append(number(row.name, row.line, "size"))
        weights.append(number(row.cells[column], row.line, "concentration"))
    return checked(diameters, weights)


def _check_total(distribution: Distribution, total: float | None) -> None:
    if total and not math.isclose(distribution.total, total, rel_tol=_TOTAL_TOLERANCE):
        raise SizeFileError(
            f"The size table adds up to {distribution.total:.3g} particles per mL, and the file says {total:.3g}. "
            "The file breaks off, was changed or is damaged. Export the measurement again.",
            code="size.truncated" if distribution.total < total else "size.inconsistent",
            expected=f"{total:.3g}",
            found=f"{distribution.total:.3g}",
        )


def _check_percentiles(rows: list[_Row], lines: list[str]) -> None:
    """Refuse a file that promises percentiles at its end and breaks off before the hundredth."""
    if not any(row.section == "[Data Included]" and "With Percentiles" in row.name for row in rows):
        return
    head = next((row for row in rows if row.name == "Percentile"), None)
    last = next(row for row in reversed(rows) if row.name)
    if head is None or last.name != "100" or len(last.cells) != len(head.cells):
        raise truncated(len(lines), "the table of percentiles is not whole")


def _dilution(rows: list[_Row], column: int) -> Decimal | None:
    row = next((row for row in rows if row.section == "[Results]" and row.name.startswith("Dilution factor")), None)
    values = {cell for cell in row.cells[1:column] if cell} if row else set()
    value = values.pop() if len(values) == 1 else ""
    return Decimal(value) if is_number(value) and float(value) > 0 else None


def _tracks(rows: list[_Row], videos: int) -> list[int]:
    row = _optional(rows, "[Size Data]", "Valid Tracks") or _optional(rows, "[Results]", "Completed tracks")
    cells = row.cells[1 : 1 + videos] if row else ()
    return [int(cell) for cell in cells if cell.isascii() and cell.isdigit()]


def _flags(rows: list[_Row], videos: int) -> Iterator[str]:
    seen: set[tuple[str, str]] = set()
    for row in rows:
        if row.section not in _FLAG_SECTIONS or not row.name or row.name.startswith("[") or row.name in _NOT_A_FAULT:
            continue
        marks = [cell for cell in row.cells[1 : 1 + videos] if cell.lower() not in _FINE_FLAGS]
        for mark in dict.fromkeys(marks):
            if (row.name, mark) not in seen:
                seen.add((row.name, mark))
                yield f"{row.name}: the instrument says {shown(mark)} for {marks.count(mark)} of {videos} videos."


def _own_warnings(stated: dict[str, float], own: dict[str, float], dilution: Decimal | None) -> Iterator[str]:
    for name, value in own.items():
        if abs(value - stated[name]) > _DIFFERENCE_WORTH_A_WARNING_NM:
            yield (
                f"{name}: the file says {stated[name]:.1f} nm, and its averaged distribution gives {value:.1f} nm. "
                f"They differ by more than {_DIFFERENCE_WORTH_A_WARNING_NM} nm."
            )
    if dilution is None:
        yield "The file records no dilution, so the concentration is that of the liquid in the instrument."


def _software(lines: list[str], rows: list[_Row]) -> str:
    made_with = next((line for line in lines[:5] if line.startswith("Created with ")), "")
    return made_with.removeprefix("Created with ").strip(" ,") or _text(rows, "Software Version")


def _text(rows: list[_Row], name: str) -> str:
    row = _optional(rows, "[Experiment Details]", name)
    return row.cells[1] if row and len(row.cells) > 1 else ""


def _moment(text: str) -> datetime | None:
    for layout in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, layout)  # noqa: DTZ007 the instrument's clock has no zone
        except ValueError:
            continue
    return None
