"""Recognise an instrument's export by its content and read it."""

from __future__ import annotations

from collections.abc import Callable

from products.errors import SizeFileError, SizeFileTooLargeError
from products.records import SizeMeasurementResult
from products.sizing import nanosight, two_columns, zetaview
from products.sizing.text import lines_of, shown

LARGEST_EXPORT = 25 * 1024 * 1024
"""Bytes; the limit of every upload."""

ACCEPTED = "a ZetaView text export, a NanoSight experiment summary (CSV), or a table of two columns: diameter in nm, concentration"

_READERS: tuple[tuple[Callable[[list[str]], bool], Callable[[list[str]], SizeMeasurementResult]], ...] = (
    (zetaview.recognises, zetaview.read),
    (nanosight.recognises, nanosight.read),
    (two_columns.recognises, two_columns.read),
)


def read_export(content: bytes, filename: str) -> SizeMeasurementResult:
    """Read one size measurement. The name of the file decides nothing; it is only shown.

    Raises `SizeFileError` with a code starting "size.", or `SizeFileTooLargeError`; each says what was expected and found.
    """
    if len(content) > LARGEST_EXPORT:
        raise SizeFileTooLargeError(
            f"{shown(filename)} has {len(content) / 1024 / 1024:.0f} MB; the most is {LARGEST_EXPORT // 1024 // 1024} MB.",
            expected=f"at most {LARGEST_EXPORT} bytes",
            found=f"{len(content)} bytes",
        )
    lines = lines_of(content, ACCEPTED)
    for recognises, read in _READERS:
        if recognises(lines):
            return read(lines)
    first = next((line for line in lines if line.strip()), "")
    raise SizeFileError(
        f"We do not know this kind of file: it starts with {shown(first)}. We accept {ACCEPTED}.",
        code="size.foreign",
        expected=ACCEPTED,
        found=first[:60],
        line=1,
    )
