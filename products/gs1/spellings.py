"""The four ways a GS1 code is spelled: scanner data, text with brackets, a Digital Link, a bare product number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from urllib.parse import unquote, urlsplit

from products.errors import ScanError
from products.gs1.check_digits import check_digit, has_right_check_digit, is_digits
from products.gs1.elements import SEPARATOR, Element, check_element, identifier_at, quoted, value_length
from products.gs1.isbt128 import looks_like_isbt128, looks_like_single_european_code

_GS1_SYMBOLOGIES = frozenset({"]C1", "]d2", "]Q3", "]e0"})
_EAN_SYMBOLOGY = "]E0"
_BRACKETED = re.compile(r"\((?P<ai>[0-9]{2,4})\)(?P<value>[^()]*)")
_LINK_QUALIFIERS = ("22", "10", "21")


def elements_of(text: str, offset: int, symbology: str, *, today: date) -> tuple[str, list[Element]]:
    """Give the form ("gs1", "brackets", "digital_link" or "gtin") and the checked elements in the order found.

    `offset` is where `text` starts in what came in. Raises `ScanError`.
    """
    _check_no_tissue_code(text)
    if text.lower().startswith(("http://", "https://")):
        return "digital_link", list(_linked(text, today=today))
    if symbology and symbology not in _GS1_SYMBOLOGIES | {_EAN_SYMBOLOGY}:
        raise _not_gs1(f"The scanner calls this a {quoted(symbology)} code, which is not marked as GS1.", symbology)
    if symbology == _EAN_SYMBOLOGY or (not symbology and len(text) in {13, 14} and is_digits(text)):
        return "gtin", [_bare_gtin(text, offset)]
    if not symbology and text.startswith("("):
        return "brackets", list(_bracketed(text, offset, today=today))
    if not symbology and not text[0].isdigit():
        raise _not_gs1(f"A GS1 code starts with a field number such as 01. We found {quoted(text)}.", text)
    return "gs1", list(_scanned(text, offset, today=today))


def _check_no_tissue_code(text: str) -> None:
    if looks_like_isbt128(text):
        raise ScanError(
            f"This is an ISBT 128 code ({quoted(text)}): it names a donation of blood or tissue, not a product. "
            "Scan the GS1 code on the vial or its box.",
            code="gs1.isbt128",
            expected="a GS1 code",
            found=text,
            position=0,
        )
    if looks_like_single_european_code(text):
        raise ScanError(
            "This is a Single European Code: it names donated tissue or cells, not a product. "
            "Scan the GS1 code on the vial or its box.",
            code="gs1.sec",
            expected="a GS1 code",
            found=text,
            position=0,
        )


def _not_gs1(reason: str, found: str) -> ScanError:
    return ScanError(
        f"{reason} We did not read it. Look for the GS1 code on the pack, or type the product, lot and expiry.",
        code="gs1.not_gs1",
        expected="a GS1 code",
        found=found,
        position=0,
    )


def _bare_gtin(text: str, offset: int) -> Element:
    digits = text.zfill(14)
    if len(text) not in {13, 14} or not is_digits(text):
        raise ScanError(
            f"A product number has 13 or 14 digits from 0 to 9. We found {quoted(text)}. Check it against the pack.",
            code="gs1.length" if is_digits(text) else "gs1.not_digit",
            expected="13 or 14 digits",
            found=text,
            position=offset,
        )
    if not has_right_check_digit(digits):
        raise ScanError(
            f"The last digit of {quoted(text)} must be {check_digit(digits[:-1])}, so a digit is wrong or missing. "
            "Check the number against the pack.",
            code="gs1.check_digit",
            expected=check_digit(digits[:-1]),
            found=digits[-1],
            position=offset + len(text) - 1,
        )
    if not digits.strip("0"):
        raise ScanError("A number of zeros names no product.", code="gs1.gtin_zero", found=text, position=offset)
    return Element("01", digits, offset)


def _scanned(text: str, offset: int, *, today: date) -> Iterator[Element]:
    start = 0
    while start < len(text):
        if text[start] == SEPARATOR:
            raise _double_separator(offset + start)
        identifier = identifier_at(text, start)
        begin = start + len(identifier.ai)
        fixed = value_length(identifier)
        end = text.find(SEPARATOR, begin)
        end = len(text) if end < 0 else end
        if fixed is not None:
            end = min(end, begin + fixed)
        element = Element(identifier.ai, text[begin:end], offset + begin)
        check_element(element, identifier, today=today)
        yield element
        start = end + 1 if text[end : end + 1] == SEPARATOR else end


def _double_separator(position: int) -> ScanError:
    return ScanError(
        f"At character {position + 1} there are two separators with nothing between them. Scan the code again.",
        code="gs1.separator",
        expected="a field between two separators",
        found="",
        position=position,
    )


def _bracketed(text: str, offset: int, *, today: date) -> Iterator[Element]:
    if text.count("(") != text.count(")") or "((" in text or "))" in text:
        raise ScanError(
            f"The brackets in {quoted(text)} do not match. Each field number stands in a pair of brackets: "
            "(01)… (17)… (10)….",
            code="gs1.brackets",
            expected="matching brackets",
            found=text,
            position=offset,
        )
    position = 0
    open_ended = False
    expiry_read = False
    while position < len(text):
        match = _BRACKETED.match(text, position)
        if match is None:
            raise _two_readings(text, offset + position)
        identifier = identifier_at(match["ai"], 0)
        if identifier.ai != match["ai"]:
            raise ScanError(
                f"({match['ai']}) is not a GS1 field number. Check the brackets against the pack.",
                code="gs1.unknown_ai",
                expected="a GS1 application identifier",
                found=match["ai"],
                position=offset + position,
            )
        if open_ended and identifier.separator_required and not expiry_read:
            raise _two_readings(text, offset + position)
        value = match["value"].strip(" ")
        element = Element(identifier.ai, value, offset + match.start("value"))
        check_element(element, identifier, today=today)
        yield element
        open_ended = identifier.separator_required
        expiry_read = expiry_read or identifier.ai == "17"
        position = match.end()


def _two_readings(text: str, position: int) -> ScanError:
    """Brackets may be part of a lot number, so a field after an open-ended one is certain only on a complete label.

    A label that has given its expiry date before the lot is read in the customary order: lot, then serial.
    """
    return ScanError(
        f"{quoted(text)} can be read in two ways: the bracket at character {position + 1} may start a new field, or be "
        "part of the lot number. Scan the code instead of typing it.",
        code="gs1.ambiguous",
        expected="a code with one reading",
        found=text,
        position=position,
    )


def _linked(text: str, *, today: date) -> Iterator[Element]:
    try:
        address = urlsplit(text)
        steps = [unquote(step, errors="strict") for step in address.path.split("/")]
        query = [tuple(pair.partition("=")[::2]) for pair in re.split("[&;]", address.query) if pair]
        asked = [(unquote(key, errors="strict"), unquote(value, errors="strict")) for key, value in query]
    except ValueError as error:
        raise _not_gs1(f"{quoted(text)} is not a web address that we can read.", text) from error
    pairs = [*_link_path(steps, text), *((key, value) for key, value in asked if is_digits(key))]
    for ai, value in pairs:
        identifier = identifier_at(ai, 0)
        if identifier.ai != ai:
            raise _not_gs1(f"{quoted(ai)} in this web address is not a GS1 field number.", text)
        element = Element(ai, value, None)
        check_element(element, identifier, today=today)
        yield element


def _link_path(steps: list[str], text: str) -> list[tuple[str, str]]:
    for index, step in enumerate(steps):
        following = steps[index + 1 : index + 2]
        if step in {"00", "01"} and following and len(following[0]) >= 8 and is_digits(following[0][:1]):
            path = steps[index:]
            if path[-1] == "":
                path = path[:-1]
            qualifiers = path[2::2]
            if len(path) % 2 or [ai for ai in _LINK_QUALIFIERS if ai in qualifiers] != qualifiers:
                raise ScanError(
                    f"After the product number, a GS1 web address gives lot and serial as /10/… and /21/…, in this order. "
                    f"We found {quoted('/'.join(path))}. Scan the code again.",
                    code="gs1.digital_link",
                    expected="/01/…/10/…/21/…",
                    found="/".join(path),
                )
            return list(zip(path[::2], path[1::2], strict=True))
    raise _not_gs1("This web address names no GS1 product.", text)
