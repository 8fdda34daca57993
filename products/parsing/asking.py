"""What can be asked about an uploaded file, and the answers as values of ours."""

from __future__ import annotations

import base64

from products.parsing.cells import Row, Table
from products.parsing.process import ask
from products.records import ScannedFile, SeenPage, SizeMeasurementResult
from products.sizing import LARGEST_EXPORT
from products.uploads import Upload, check_bytes, clean_file_name


def media_type_of(upload: Upload, *, allowed: frozenset[str], field: str = "", most_bytes: int) -> str:
    """The media type of the content; refused where it is not among `allowed`, empty, damaged or too large.

    Raises `UploadRefusedError`, `FileTooComplexError`, `ParsingBusyError`.
    """
    check_bytes(upload.content, field=field, most_bytes=most_bytes)
    options = {"name": upload.name, "allowed": sorted(allowed), "most_bytes": most_bytes}
    return str(ask("kinds", upload.content, options, field=field))


def read_size(content: bytes, name: str, *, field: str = "") -> SizeMeasurementResult:
    """One size measurement out of an instrument's export.

    Raises `SizeFileError`, `SizeFileTooLargeError`, `FileTooComplexError`, `ParsingBusyError`.
    """
    # One byte above the limit is enough to be told of it.
    answer = ask("sizes", content[: LARGEST_EXPORT + 1], {"name": clean_file_name(name)}, field=field)
    return SizeMeasurementResult.from_json(answer)


def read_table(content: bytes, name: str, *, most_rows: int, field: str = "") -> Table:
    """The cells of a CSV or XLSX file.

    Raises `TableRefusedError`, `TableTooLargeError`, `FileTooComplexError`, `ParsingBusyError`.
    """
    answer = ask("tables", content, {"name": clean_file_name(name), "most_rows": most_rows}, field=field)
    return Table(
        head=tuple(answer["head"]),
        rows=tuple(Row(number, tuple(cells)) for number, cells in answer["rows"]),
        form=answer["form"],
        notes=tuple(answer["notes"]),
    )


def read_pages(upload: Upload, *, field: str = "") -> ScannedFile:
    """A scanned PDF, PNG or JPEG: what it is, and for each page the codes on it and whether it is empty.

    Raises `UploadRefusedError`, `FileTooComplexError`, `ParsingBusyError`.
    """
    answer = ask("pages", upload.content, {"name": clean_file_name(upload.name)}, field=field)
    pages = tuple(SeenPage(tuple(page["codes"]), page["is_blank"]) for page in answer["pages"])
    return ScannedFile(answer["media_type"], pages)


def redrawn_picture(content: bytes, name: str) -> bytes:
    """A PNG or JPEG drawn anew as PNG, at most 1600 pixels wide and high, for showing it on a page.

    Raises `UploadRefusedError`, `FileTooComplexError`, `ParsingBusyError`.
    """
    return base64.b64decode(str(ask("pictures", content, {"name": clean_file_name(name)})))
