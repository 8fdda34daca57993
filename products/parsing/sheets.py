"""In the child: rows of the first sheet of an XLSX file, each cell as a person would type it.

Read-only and with defusedxml (the process around it sets OPENPYXL_LXML to False). What the archive unpacks to is
counted from its own table before anything is unpacked; what lies is stopped by the limits of the child.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from products.errors import TableRefusedError, TableTooLargeError
from products.parsing.cells import Row

MOST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 1_000
LAST_ROW = 120_000
# What the library raises on a file that is not as the standard says.
_BROKEN = (
    AttributeError, EOFError, LookupError, NotImplementedError, OSError, SyntaxError, TypeError, ValueError,
    zipfile.BadZipFile, zlib.error, InvalidFileException, AssertionError,
)  # fmt: skip


def rows_of(content: bytes, name: str) -> tuple[Iterator[Row], str, list[str]]:
    """The rows of the first sheet, how they were read, and which sheets were left out."""
    _check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet, *others = book.worksheets
        sheet.reset_dimensions()
    except DefusedXmlException as problem:
        raise _hostile() from problem
    except _BROKEN as problem:
        raise _damaged() from problem
    notes = [f"Only the first sheet, “{sheet.title}”, was read."] if others else []
    return _rows(sheet), "Excel (XLSX)", notes


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except _BROKEN as problem:
        raise _damaged() from problem
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "xl/workbook.xml"} <= names:
        raise TableRefusedError(
            "This is a ZIP archive and no Excel table. Choose the table itself.", code="upload.type"
        )
    if any(part.flag_bits & 1 for part in parts):
        raise TableRefusedError(
            "The table is protected by a password. Save it without one and choose it again.", code="xlsx.encrypted"
        )
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
        raise TableTooLargeError(
            f"The table unpacks to {unpacked / 1024 / 1024:,.0f} MB in {len(parts):,} parts; the most is "
            f"{MOST_UNPACKED // 1024 // 1024} MB in {MOST_PARTS:,}. Copy the cells into a new table and save that.",
            code="xlsx.too_large",
        )


def _rows(sheet: Any) -> Iterator[Row]:
    rows = sheet.iter_rows()
    number = 0
    while True:
        try:
            cells = next(rows, None)
        except DefusedXmlException as problem:
            raise _hostile() from problem
        except _BROKEN as problem:
            raise _damaged() from problem
        number += 1
        if cells is None:
            return
        if number > LAST_ROW:
            raise TableTooLargeError(f"The sheet reaches beyond row {LAST_ROW:,}. Split it into several files.")
        yield Row(number, tuple(_said(cell, number, place) for place, cell in enumerate(cells, start=1)))


def _said(cell: Any, row: int, column: int) -> str:
    value = cell.value
    kind = getattr(cell, "data_type", "n")
    if value is None:
        return ""
    if kind == "f":
        raise TableRefusedError(
            f"Row {row}, column {column}: the cell holds a formula, and we do not calculate. "
            "In your spreadsheet copy the column and paste it as values.",
            code="xlsx.formula",
        )
    if kind == "e":
        raise TableRefusedError(
            f"Row {row}, column {column}: the cell shows an error ({value}). Mend it in your spreadsheet.",
            code="xlsx.error_cell",
        )
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == 0
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _damaged() -> TableRefusedError:
    return TableRefusedError(
        "The Excel file is damaged or was cut off. Open it in your spreadsheet, save it anew, and choose that.",
        code="xlsx.damaged",
    )


def _hostile() -> TableRefusedError:
    return TableRefusedError(
        "The Excel file defines entities, as no spreadsheet does. Copy the cells into a new table and save that.",
        code="xlsx.entities",
    )
