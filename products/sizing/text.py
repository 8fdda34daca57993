"""From bytes to lines and numbers, strictly: other files are named for what they are, and nothing is repaired."""

from __future__ import annotations

import codecs
import math
import re

from products.errors import SizeFileError

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_KNOWN_BYTES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a spreadsheet or an archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet or document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"RIFF", "a video"),
    (b"MZ", "a program"),
    (b"{\\rtf", "a document"),
)
MOST_LINES = 200_000
LONGEST_LINE = 20_000
"""No known export comes near these; a file above them is not read, which keeps reading short."""


def lines_of(content: bytes, accepted: str) -> list[str]:
    """Decode an export and split it into lines. Raises `SizeFileError` for what is no plain text."""
    if not content.strip():
        raise SizeFileError(
            f"The file is empty. We accept {accepted}.", code="size.empty", expected=accepted, found="nothing"
        )
    kind = _kind(content)
    if kind:
        raise SizeFileError(
            f"This file is {kind}. We accept {accepted}. Export the measurement as text and upload that.",
            code="size.wrong_kind",
            expected=accepted,
            found=kind,
        )
    # Counted before splitting: taking millions of lines apart is slow.
    if max(content.count(b"\n"), content.count(b"\r")) > MOST_LINES:
        raise _too_large(f"more than {MOST_LINES:,} lines", accepted)
    lines = _LINE_ENDS.split(_decoded(content, accepted))
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        raise _too_large(f"a line of {longest:,} characters", accepted)
    return lines


def number(text: str, line: int, what: str) -> float:
    """Read a number that is 0 or more. Raises `SizeFileError` with the line (from 1) for NaN, minus or anything else."""
    cell = text.strip(" ")
    value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if not math.isfinite(value) or value < 0:
        raise SizeFileError(
            f"Line {line}: the {what} is {shown(cell)}. It must be a number, 0 or more, with a full stop before decimals. "
            "Export the measurement again.",
            code="size.bad_value",
            expected="a number, 0 or more",
            found=cell,
            line=line,
        )
    return value


def is_number(text: str) -> bool:
    """Say whether a cell is a plain number, of either sign."""
    return _NUMBER.fullmatch(text.strip(" ")) is not None


def shown(text: str) -> str:
    """Show a piece of a file in a sentence."""
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text[:60]
    )
    return f"“{printable}{'…' if len(text) > 60 else ''}”" if text else "missing"


def truncated(line: int, why: str) -> SizeFileError:
    """Make the refusal of a file that breaks off."""
    return SizeFileError(
        f"The file breaks off at line {line}: {why}. Export or copy it again, and upload the whole file.",
        code="size.truncated",
        expected="a whole export",
        found=why,
        line=line,
    )


def _too_large(found: str, accepted: str) -> SizeFileError:
    return SizeFileError(
        f"The file has {found}; no export that we know is so large. We accept {accepted}.",
        code="size.foreign",
        expected=accepted,
        found=found,
    )


def _kind(content: bytes) -> str:
    start = content[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    for mark, kind in _KNOWN_BYTES:
        if start.startswith(mark):
            return kind
    lowered = start.lower()
    if lowered.startswith((b"<!doctype", b"<html", b"<script", b"<body", b"<head")):
        return "a web page"
    if lowered.startswith((b"<?xml", b"<svg")):
        return "an XML file"
    return "a PDF with something in front of it" if b"%PDF-" in content[:2048] else ""


def _decoded(content: bytes, accepted: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\x00" in content or sum(byte < 9 or 13 < byte < 32 for byte in content[:4096]) > 0:
        raise SizeFileError(
            f"This file is not text. We accept {accepted}. Export the measurement as text and upload that.",
            code="size.binary",
            expected=accepted,
            found="bytes that are not text",
        )
    else:
        encoding = "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        # ZetaView writes Latin-1, in which every byte is a character.
        return content.decode("latin-1")
