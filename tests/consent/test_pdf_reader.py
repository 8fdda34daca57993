"""Our reader finds and refuses what pyHanko's own does, and walks through the table of an object stream once."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from consent import pdf_reader
from consent.pdf_reader import PdfReader
from tests.consent import paper

pytestmark = pytest.mark.pdf


@pytest.fixture(scope="module")
def small() -> bytes:
    """A file whose one object stream has 80 objects of different lengths, so that a wrong place shows."""
    made, file = pikepdf.new(), io.BytesIO()
    things = [made.make_indirect(pikepdf.Dictionary(Number=at, Words="w" * (at % 13))) for at in range(78)]
    made.Root.Things = pikepdf.Array(things)
    made.save(file, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return file.getvalue()


def table_of(reader: PdfFileReader) -> generic.StreamObject:
    """The one object stream of what WeasyPrint prints."""
    (number,) = {place.obj_stream_id for _, place in places(reader)}
    found = generic.Reference(number, 0, reader).get_object()
    assert isinstance(found, generic.StreamObject)
    return found


def places(reader: PdfFileReader) -> Iterator[tuple[generic.Reference, object]]:
    for number in range(1, reader.trailer["/Size"]):
        place = reader.xrefs[generic.Reference(number, 0, reader)]
        if hasattr(place, "obj_stream_id"):
            yield generic.Reference(number, 0, reader), place


def said(reader: PdfFileReader, *, every: int = 1) -> list[str]:
    """Each (or every so-many-th) object as it is written, or that it is refused."""
    answers = []
    for reference, _ in list(places(reader))[::every]:
        stream = io.BytesIO()
        try:
            reference.get_object().write_to_stream(stream)
            answers.append(stream.getvalue().decode("latin-1"))
        except PdfReadError:
            answers.append("refused")
        except (ValueError, TypeError, ArithmeticError) as problem:
            answers.append(type(problem).__name__)
    return answers


def test_an_object_of_a_record_is_the_one_that_pyhanko_reads() -> None:
    printed = paper.sample_pdf()
    ours, theirs = said(PdfReader(printed), every=7), said(PdfFileReader(io.BytesIO(printed)), every=7)
    assert len(ours) > 80
    assert "refused" not in ours
    assert ours == theirs


def test_the_table_is_read_once(small: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    rows = pdf_reader._rows
    monkeypatch.setattr(pdf_reader, "_rows", lambda stream: begun.append(stream) or rows(stream))
    reader = PdfReader(small)
    said(reader)
    assert begun == [table_of(reader)]


def changes(content: bytes, first: int) -> Iterator[bytes]:
    """The content of the stream with a row broken, lost, twice, in another order, or with its end cut off."""
    rows = content[:first].split()
    at = len(rows) // 2 & ~1
    for changed in (
        [*rows[:at], b"x", *rows[at + 1 :]],
        [*rows[:at], b"1.5", *rows[at + 1 :]],
        rows[:at],
        [*rows[:at], *rows[at + 2 :], *rows[at : at + 2]],
        [*rows[:at], *rows[:2], *rows[at + 2 :]],
        [*rows[: at + 1], b"999999999", *rows[at + 2 :]],
        [*rows[: at + 1], b"-999999999", *rows[at + 2 :]],
    ):
        yield b" ".join(changed).ljust(first)[:first] + content[first:]
    yield content[: first // 2]
    yield content[: (first + len(content)) // 2]
    chance = random.Random(7)
    for _ in range(6):
        damaged = bytearray(content)
        for _ in range(3):
            damaged[chance.randrange(first)] = chance.randrange(256)
        yield bytes(damaged)


def test_a_damaged_table_is_refused_for_the_same_objects(small: bytes) -> None:
    whole = table_of(PdfReader(small))
    content, first = whole.data, int(whole["/First"])
    for number, changed in enumerate(changes(content, first)):
        answers = []
        for reader in (PdfReader(small), PdfFileReader(io.BytesIO(small))):
            stream = table_of(reader)
            stream._data = changed
            reader.resolved_objects = {key: value for key, value in reader.resolved_objects.items() if value is stream}
            answers.append(said(reader))
        assert answers[0] == answers[1], number
        assert answers[0] != said(PdfReader(small)), number


@pytest.mark.parametrize(("name", "value"), [("/N", 3), ("/Type", "/XRef")])
def test_a_stream_that_does_not_hold_the_object_is_refused(small: bytes, name: str, value: object) -> None:
    answers = []
    for reader in (PdfReader(small), PdfFileReader(io.BytesIO(small))):
        stream = table_of(reader)
        stream[name] = generic.NumberObject(value) if isinstance(value, int) else generic.NameObject(value)
        reader.resolved_objects = {key: kept for key, kept in reader.resolved_objects.items() if kept is stream}
        answers.append([_refusal(reference) for reference, _ in places(reader)])
    assert answers[0].count("refused") > 70
    assert answers[0] == answers[1]


def _refusal(reference: generic.Reference) -> str:
    try:
        reference.get_object()
    except (PdfReadError, AssertionError):
        return "refused"
    return "read"
