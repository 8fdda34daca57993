"""One element of a GS1 code: an application identifier (AI) with its value, checked character by character."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from products.errors import ScanError
from products.gs1.check_digits import CSET82, check_digit, has_right_check_digit, is_digits
from products.gs1.dates import parse_gs1_date

SEPARATOR = "\x1d"
_CSET39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CSET64 = "-0123456789=ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CHARACTERS = {"X": CSET82, "Y": _CSET39, "Z": _CSET64}
_DATE_AIS = frozenset({"11", "12", "13", "15", "16", "17", "7003", "7006", "8008"})
_WORDS = {
    "00": "shipping number (SSCC)",
    "01": "product number (GTIN)",
    "02": "number of contained products (GTIN)",
    "10": "lot number",
    "11": "production date",
    "17": "expiry date",
    "21": "serial number",
    "37": "count of items",
}


@dataclass(frozen=True)
class Element:
    """One AI and its value; `position` is where the value starts in the text as scanned, None where that has no sense."""

    ai: str
    value: str
    position: int | None


@dataclass(frozen=True)
class _Part:
    kind: str
    least: int
    most: int


def words_for(ai: str) -> str:
    """Name what an AI holds, for a sentence."""
    return _WORDS.get(ai, f"field ({ai})")


def identifier_at(text: str, start: int) -> GS1ApplicationIdentifier:
    """Find the AI that starts at an index. Raises `ScanError` where there is none."""
    try:
        return GS1ApplicationIdentifier.extract(text[start : start + 4])
    except ParseError as error:
        found = text[start : start + 4]
        raise ScanError(
            f"We expected a GS1 field number at character {start + 1}, such as 01 or 10, and found {quoted(found)}. "
            "A separator may be missing, or this is not a GS1 code. Scan it again.",
            code="gs1.not_ascii_digit" if _has_foreign_digit(found[:2]) else "gs1.unknown_ai",
            expected="a GS1 application identifier",
            found=found,
            position=start,
        ) from error


def value_length(identifier: GS1ApplicationIdentifier) -> int | None:
    """Give the length of a value that needs no separator, None where one ends it."""
    if identifier.separator_required:
        return None
    return sum(part.most for part in _parts(identifier.format))


def check_element(element: Element, identifier: GS1ApplicationIdentifier, *, today: date) -> None:
    """Refuse a value with a wrong character, length, check digit or date. Raises `ScanError`."""
    _check_characters(element, identifier)
    _check_length(element, identifier)
    if element.ai in {"00", "01", "02", "03"}:
        _check_key(element)
    if element.ai in _DATE_AIS:
        _check_date(element, today=today)
    if not re.fullmatch(identifier.pattern, element.ai + element.value, re.ASCII):
        raise _refused(element, "gs1.format", f"its form is {identifier.format} in the GS1 standard")


def quoted(text: str) -> str:
    """Show scanned text in a sentence, with what cannot be printed replaced."""
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return f"“{printable[:40]}{'…' if len(printable) > 40 else ''}”" if text else "nothing"


def _check_characters(element: Element, identifier: GS1ApplicationIdentifier) -> None:
    kinds = "".join(part.kind * part.most for part in _parts(identifier.format))
    for index, character in enumerate(element.value):
        kind = kinds[min(index, len(kinds) - 1)]
        if kind == "N" and not is_digits(character):
            code = "gs1.not_ascii_digit" if _has_foreign_digit(character) else "gs1.not_digit"
            raise _refused(element, code, f"it has only the digits 0 to 9, not {named(character)}", offset=index)
        if kind != "N" and character not in _CHARACTERS[kind]:
            raise _refused(element, "gs1.charset", f"GS1 does not allow {named(character)} in it", offset=index)


def _check_length(element: Element, identifier: GS1ApplicationIdentifier) -> None:
    parts = _parts(identifier.format)
    least, most = sum(part.least for part in parts), sum(part.most for part in parts)
    length = len(element.value)
    if not length and element.ai == "10":
        raise _refused(element, "gs1.lot_empty", "it has 1 to 20 characters, and there are none")
    if length < least or length > most:
        wanted = str(most) if least == most else f"{least} to {most}"
        advice = "a separator is probably missing before the next field" if length > most else "some may be missing"
        raise _refused(element, "gs1.length", f"it has {wanted} characters, not {length}; {advice}")


def _check_key(element: Element) -> None:
    if not has_right_check_digit(element.value):
        expected = check_digit(element.value[:-1])
        raise _refused(
            element,
            "gs1.check_digit",
            f"its last digit must be {expected}, not {element.value[-1]}; a digit may be wrong or missing",
            offset=len(element.value) - 1,
        )
    if not element.value.strip("0"):
        raise _refused(element, "gs1.gtin_zero", "a number of zeros names no product")


def _check_date(element: Element, *, today: date) -> None:
    try:
        parse_gs1_date(element.value[:6], today=today)
    except ValueError as error:
        raise _refused(element, "gs1.date", f"there is no such date ({error})") from error


def named(character: str) -> str:
    """Name one character so that a look-alike shows: “О” (U+041E, Cyrillic capital letter o)."""
    name = unicodedata.name(character, "control character").lower()
    return f"{quoted(character)} (U+{ord(character):04X}, {name})"


def _refused(element: Element, code: str, expected: str, *, offset: int = 0) -> ScanError:
    position = None if element.position is None else element.position + offset
    place = "" if position is None else f" at character {position + 1}"
    what = words_for(element.ai)
    return ScanError(
        f"The {what}{place} cannot be right: {expected}. We found {quoted(element.value)}. "
        "Scan it again, or type what is printed on the pack.",
        code=code,
        expected=expected,
        found=element.value,
        position=position,
    )


def _has_foreign_digit(text: str) -> bool:
    return any(not character.isascii() and character.isdigit() for character in text)


@cache
def _parts(layout: str) -> tuple[_Part, ...]:
    """Read biip's format, such as "N2+X..20" or "N4+N8[+N..4]"; the first part is the AI itself."""
    parts = []
    for optional, kind, dots, number in re.findall(r"(\[?)\+?([NXYZ])(\.\.)?(\d+)", layout.replace("+[", "[+"))[1:]:
        most = int(number)
        parts.append(_Part(kind=kind, least=0 if optional else (1 if dots else most), most=most))
    return tuple(parts)
