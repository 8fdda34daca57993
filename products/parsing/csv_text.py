"""In the child: rows of a CSV file, in UTF-8 or in UTF-16 with its mark, separated by commas, semicolons or tabs."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from products.errors import TableRefusedError
from products.parsing.cells import Row
from products.uploads import TABLES, Upload, media_type_of

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_HIDDEN = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
MARKED = tuple(f"'{sign}" for sign in "=+-@'")
_SAVE_AS = "Save the table as “CSV UTF-8” and choose that file."
# The reader's own guard against a cell without end; ours, which says where, is far below.
LARGEST_FIELD = 1_000_000


def rows_of(content: bytes, name: str) -> tuple[Iterator[Row], str, list[str]]:
    """The rows with the line on which each begins, how they were read, and what to know of it."""
    text, encoding = _decoded(content, name)
    if "\x00" in text:
        raise TableRefusedError(
            f"The text is in an encoding that we cannot be sure of (UTF-16 without its mark). {_SAVE_AS}",
            code="csv.encoding",
        )
    if not _HIDDEN.search(text):  # where there is one, the cell that holds it is named later
        media_type_of(Upload(content, name), allowed=TABLES, most_bytes=len(content))
    text, separator = _separator(text)
    form = f"CSV, {encoding}, separated by {SEPARATORS[separator]}"
    return _rows(text, separator), form, []


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding, words = "utf-16", "UTF-16"
    else:
        encoding, words = "utf-8-sig", "UTF-8"
    try:
        return content.decode(encoding), words
    except UnicodeDecodeError as problem:
        media_type_of(Upload(content, name), allowed=TABLES, most_bytes=len(content))
        line = content.count(b"\n", 0, problem.start) + 1
        raise TableRefusedError(
            f"Line {line}: byte {problem.start + 1} of the file is not {words}. The file was saved in another "
            f"encoding, and guessing it would spoil names. {_SAVE_AS}",
            code="csv.encoding",
        ) from problem


def _separator(text: str) -> tuple[str, str]:
    """The text without a spreadsheet's own `sep=` line, and the separator that its first line uses."""
    first, _, rest = text.partition("\n")
    told = first.strip().removeprefix("sep=")
    if first.startswith("sep=") and told in SEPARATORS:
        return f"\n{rest}", told
    head = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(head.split('"')[::2])
    counts = {mark: bare.count(mark) for mark in SEPARATORS}
    best = max(counts, key=lambda mark: counts[mark])
    if counts[best] == 0 and "|" in bare:
        raise TableRefusedError(
            f"The columns are separated by “|”. We read commas, semicolons and tabs. {_SAVE_AS}", code="csv.delimiter"
        )
    return text, best


def _rows(text: str, separator: str) -> Iterator[Row]:
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as problem:
            raise TableRefusedError(
                f"Line {line}: a quotation mark opens here and does not close as it should, so the rest of the file "
                "would become one cell. Mend the row and choose the file again.",
                code="csv.quote",
            ) from problem
        if cells is None:
            return
        yield Row(line, tuple(_bare(cell) for cell in cells))
        line = reader.line_num + 1


def _bare(cell: str) -> str:
    """The cell without the apostrophe that our own export puts before what a spreadsheet would calculate."""
    return cell[1:] if cell.startswith(MARKED) else cell
