"""pyHanko's strict reader of PDF files, with the table of an object stream read once and not again for each object.

What WeasyPrint prints has nearly all its objects in one stream. pyHanko walks through that stream's table of places from
its beginning for each object, so that checking a file with a trusted time, where all objects of two revisions are
compared, took seconds. What is refused, and at which object, is the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pyhanko.pdf_utils import generic, misc
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.misc import PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

# pyHanko has no types for them.
_to_token: Callable[..., bytes] = misc.read_non_whitespace
_number: Callable[[io.BytesIO], int] = generic.NumberObject.read_from_stream


@dataclass
class _Table:
    """The table of one object stream, as far as it has been read: object number to its row and its place."""

    stream: generic.StreamObject
    unread: Iterator[tuple[int, int, int]]
    rows: dict[int, tuple[int, int]] = field(default_factory=dict)

    def find(self, number: int) -> tuple[int, int] | None:
        """The first row with this object; None when there is none. Raises PdfStrictReadError at a row that is none."""
        while number not in self.rows:
            row, found, place = next(self.unread, (-1, -1, -1))
            if row < 0:
                return None
            self.rows.setdefault(found, (row, place))
        return self.rows[number]


class PdfReader(PdfFileReader):
    """A strict reader of these bytes. Raises what pyHanko raises for a file that is none."""

    def __init__(self, content: bytes) -> None:
        self._tables: dict[int, _Table] = {}
        super().__init__(io.BytesIO(content), strict=True)

    def _get_object_from_stream(self, idnum: int, stmnum: int, idx: int) -> generic.PdfObject:
        table = self._table(stmnum)
        if not 0 <= idx < table.stream["/N"]:
            raise PdfStrictReadError("Object stream does not contain index")
        found = table.find(idnum)
        if found is None:
            raise PdfStrictReadError("Object not found in stream")
        row, place = found
        if row != idx:
            raise PdfStrictReadError("Object is in wrong index.")
        content = io.BytesIO(table.stream.read_data(DecodePurpose.OBJECT_STREAM))
        content.seek(table.stream["/First"] + place)
        try:
            made = generic.read_object(content, generic.Reference(idnum, 0, self))
        except misc.PdfReadError as problem:
            raise PdfStrictReadError(f"Can't read object stream: {problem}") from problem
        if isinstance(made, generic.StreamObject | generic.IndirectObject):
            raise PdfStrictReadError("Encountered forbidden object type in object stream")
        return made

    def _table(self, number: int) -> _Table:
        stream = generic.Reference(number, 0, self).get_object()
        if not isinstance(stream, generic.StreamObject) or stream["/Type"] != "/ObjStm":
            raise PdfStrictReadError("What should be an object stream is none")
        known = self._tables.get(number)
        if known is None or known.stream is not stream:
            known = self._tables[number] = _Table(stream, _rows(stream))
        return known


def _rows(stream: generic.StreamObject) -> Iterator[tuple[int, int, int]]:
    """Each row's index, object number and place after `/First`, read when it is asked for."""
    content = io.BytesIO(stream.read_data(DecodePurpose.OBJECT_STREAM))
    for row in range(stream["/N"]):
        try:
            _to_token(content, seek_back=True)
            number = _number(content)
            _to_token(content, seek_back=True)
            place = _number(content)
            _to_token(content, seek_back=True)
        except ValueError as problem:
            raise PdfStrictReadError("Object stream header possibly corrupted") from problem
        yield row, number, place
