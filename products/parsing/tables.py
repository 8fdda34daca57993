"""In the child: the cells of a table, from CSV text or from the first sheet of an Excel (XLSX) file.

Text is decoded by its byte order mark or as UTF-8, never by guess. Nothing is repaired: what is not whole is refused
with the line, and what was left out is said in `notes`.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from products.errors import TableRefusedError, TableTooLargeError
from products.parsing import csv_text, sheets
from products.parsing.cells import Row

MOST_COLUMNS = 64
MOST_CHARACTERS = 30_000_000
LONGEST_CELL = 4_000


def read(content: bytes, *, name: str, most_rows: int) -> dict[str, Any]:
    """The table as JSON values. Raises `TableRefusedError`, `TableTooLargeError`, `UploadRefusedError`."""
    if not content.strip():
        raise TableRefusedError("The file is empty. Save the table again and choose it once more.", code="csv.empty")
    source = sheets if content.startswith(b"PK\x03\x04") else csv_text
    rows, form, notes = source.rows_of(content, name)
    return _checked(rows, form, notes, most_rows)


def _checked(rows: Iterable[Row], form: str, notes: list[str], most_rows: int) -> dict[str, Any]:
    filled = (row for row in rows if any(cell.strip() for cell in row.cells))
    head = next(iter(filled), None)
    if head is None:
        raise TableRefusedError("The table holds nothing but empty cells.", code="csv.empty")
    names = _trimmed(head.cells)
    if len(names) > MOST_COLUMNS:
        raise TableRefusedError(
            f"Line {head.number}: the table has {len(names):,} columns; the most is {MOST_COLUMNS}. "
            "Delete the columns that are not needed, also the empty ones on the right.",
            code="csv.columns",
        )
    kept: list[tuple[int, tuple[str, ...]]] = []
    characters = 0
    for row in chain([head], filled):
        cells = _trimmed(row.cells)
        _check_cells(row.number, cells)
        characters += sum(map(len, cells))
        if characters > MOST_CHARACTERS:
            raise TableTooLargeError(
                "The table holds too much text. Split it into several files.", code="csv.too_large"
            )
        if row is head:
            continue
        if len(cells) > len(names) or (form.startswith("CSV") and len(row.cells) < len(names)):
            raise TableRefusedError(
                f"Line {row.number}: this row has {max(len(cells), len(row.cells))} cells, and the first row names "
                f"{len(names)} columns. A comma or a quotation mark may be missing or too many. Mend it and choose the file again.",
                code="csv.row_length",
            )
        if len(kept) == most_rows:
            raise TableTooLargeError(
                f"The table has more than {most_rows:,} rows, the most that one import takes here. "
                "Split it into several files."
            )
        kept.append((row.number, (*cells, *[""] * (len(names) - len(cells)))))
    return {"head": names, "rows": kept, "form": form, "notes": notes}


def _trimmed(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Without the empty cells at the end, which spreadsheets leave behind."""
    last = next((place for place in range(len(cells), 0, -1) if cells[place - 1].strip()), 0)
    return cells[:last]


def _check_cells(line: int, cells: tuple[str, ...]) -> None:
    for place, cell in enumerate(cells, start=1):
        if len(cell) > LONGEST_CELL:
            raise TableRefusedError(
                f"Line {line}, column {place}: the cell holds {len(cell):,} characters; the most is {LONGEST_CELL:,}.",
                code="csv.cell_too_long",
            )
        if not cell.isprintable() and any((sign < " " and sign not in "\r\n") or sign == "\x7f" for sign in cell):
            raise TableRefusedError(
                f"Line {line}, column {place}: the cell holds a tab or another sign that cannot be seen. "
                "Delete it and choose the file again.",
                code="csv.control",
            )
