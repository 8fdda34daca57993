"""Read the results of a certificate from a table copied out of a spreadsheet, line by line, guessing nothing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from audit.errors import Refusal
from products.records import parse_date
from products.services.certificate import MOST_RESULTS, ResultDraft
from products.vocabulary import CoaItem

COLUMNS = ("test", "detail", "result", "unit", "method", "limit", "sampled", "reported", "laboratory")
WITHOUT_HEADER = ("test", "result", "unit", "method", "limit", "sampled", "reported", "laboratory")
_COLUMN_WORDS = {
    "test": ("test", "item", "code", "parameter", "analysis", "test item", "attribute"),
    "detail": ("detail", "details", "analyte", "remark"),
    "result": ("result", "results", "value", "found"),
    "unit": ("unit", "units"),
    "method": ("method", "methods", "test method", "procedure"),
    "limit": ("limit", "limits", "specification", "spec", "acceptance criteria", "requirement"),
    "sampled": ("sampled", "sampled on", "sampling date", "sample date", "date of sampling"),
    "reported": ("reported", "reported on", "report date", "date of report", "date reported", "date"),
    "laboratory": ("laboratory", "lab", "tested by"),
}
_COLUMN_OF = {word: column for column, words in _COLUMN_WORDS.items() for word in words}
_ITEM_WORDS: dict[CoaItem, tuple[str, ...]] = {
    CoaItem.STER: ("sterility", "sterility test"),
    CoaItem.ENDO: ("endotoxin", "endotoxins", "bacterial endotoxin", "bacterial endotoxins", "lal"),
    CoaItem.MYCO: ("mycoplasma", "mycoplasmas"),
    CoaItem.ADVV: ("adventitious virus", "adventitious viruses", "adventitious_virus", "adventitious agents"),
    CoaItem.RETRO: ("retrovirus", "retroviruses", "species viruses"),
    CoaItem.IDEN: ("identity", "identification"),
    CoaItem.PART: ("particles", "particle number", "particle concentration", "particle size", "particle count"),
    CoaItem.PURI: ("purity", "particles/ug protein", "particles per ug protein"),
    CoaItem.POT: ("potency", "bioassay"),
    CoaItem.PH: ("ph",),
    CoaItem.OSM: ("osmolality", "osmolarity"),
    CoaItem.VISP: ("appearance", "visible particles", "visual inspection"),
    CoaItem.MOIST: ("moisture", "residual moisture", "water content"),
    CoaItem.RECON: ("reconstitution", "reconstitution time"),
    CoaItem.TAMC: ("microbial count", "microbial_count", "total aerobic microbial count", "total viable count"),
    CoaItem.TYMC: ("yeast and mould", "yeast and mold", "total yeast and mould count", "yeasts and moulds"),
    CoaItem.CHAL: ("preservative challenge", "challenge test", "preservative efficacy"),
    CoaItem.HMET: ("heavy metals", "heavy metal", "pesticides", "heavy metals / pesticide"),
}
_ITEM_OF = {word: item for item, words in _ITEM_WORDS.items() for word in words} | {
    word: item for item in CoaItem for word in (item.value.lower(), str(item.label).lower())
}
_RESIDUAL = ("residual ", "residual_", "res ")
_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 12, 31)


@dataclass(frozen=True)
class LineRead:
    """One line of the pasted table: its number from 1, its cells as they came, and the result or what is wrong."""

    number: int
    cells: tuple[str, ...]
    result: ResultDraft | None
    errors: tuple[str, ...]


def read_results(text: str) -> list[LineRead]:
    """Read a pasted table; tabs, semicolons or commas part its cells, and a first line may name the columns.

    Every line that holds something comes back, read or with its errors. Dates are ISO 8601. A line that is only a
    header is not a result.
    """
    rows = [(number, row) for number, row in enumerate(_rows(text), start=1) if any(row)]
    if not rows:
        return []
    columns, has_header = _columns(rows[0][1])
    read = [_line(number, row, columns) for number, row in rows[has_header:]]
    if len(read) > MOST_RESULTS:
        number, row = rows[has_header:][MOST_RESULTS]
        over = LineRead(number, tuple(row), None, (f"A certificate can have {MOST_RESULTS} results at most.",))
        return [*read[:MOST_RESULTS], over]
    return read


def _rows(text: str) -> list[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((sign for sign in ("\t", ";") if sign in first), ",")
    try:
        found = list(csv.reader(io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n")), delimiter=delimiter))
    except csv.Error:
        found = [line.split(delimiter) for line in text.splitlines()]
    return [[" ".join(cell.split()) for cell in row] for row in found]


def _columns(first: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """The column of each cell, and whether the first line is a header. An unknown column is "?" and its name."""
    named = [_COLUMN_OF.get(cell.lower(), "") for cell in first]
    if "test" in named and "result" in named:
        return tuple(name or f"?{cell}" for name, cell in zip(named, first, strict=True)), True
    return WITHOUT_HEADER, False


def _line(number: int, row: Sequence[str], columns: Sequence[str]) -> LineRead:
    errors: list[str] = []
    cells: dict[str, str] = {}
    for place, cell in enumerate(row):
        column = columns[place] if place < len(columns) else "?"
        if not cell:
            continue
        if column.startswith("?"):
            named = f" “{column[1:][:40]}”" if column[1:] else f" {place + 1}"
            errors.append(f"We do not know the column{named}: “{cell[:40]}” would be lost. Remove it or rename it.")
        elif column in cells:
            errors.append(f"Two columns are called {column}.")
        else:
            cells[column] = cell
    item, detail = _item(cells.get("test", ""), cells.get("detail", ""))
    if item is None:
        errors.append(
            f"“{cells.get('test', '')[:40]}” is not a test that we know. Use a code such as STER, ENDO, MYCO, IDEN, PH."
        )
    if not cells.get("result"):
        errors.append("The result is missing.")
    sampled_on = _day(cells.get("sampled", ""), "sampled", errors)
    reported_on = _day(cells.get("reported", ""), "reported", errors)
    if errors or item is None:
        return LineRead(number, tuple(row), None, tuple(errors))
    draft = ResultDraft(
        code=item.value,
        result=cells["result"],
        detail=detail,
        unit=cells.get("unit", ""),
        method=cells.get("method", ""),
        limit=cells.get("limit", ""),
        sampled_on=sampled_on,
        reported_on=reported_on,
        laboratory=cells.get("laboratory", ""),
    )
    return LineRead(number, tuple(row), draft, ())


def _item(name: str, detail: str) -> tuple[CoaItem | None, str]:
    """The item that a line is about; "residual BSA" is an item with its detail."""
    word = name.lower()
    if word in _ITEM_OF:
        return _ITEM_OF[word], detail
    for start in _RESIDUAL:
        if word.startswith(start) and (rest := name[len(start) :].strip()):
            return CoaItem.RES, f"{rest}, {detail}" if detail else rest
    return None, detail


def _day(text: str, column: str, errors: list[str]) -> date | None:
    if not text:
        return None
    try:
        return parse_date(text, least=_EARLIEST, most=_LATEST)
    except Refusal as refusal:
        errors.append(f"Column {column}: {refusal.message}")
        return None
