"""From the text of a scanner or keyboard to one `ElementString`, or to a refusal that says what is wrong with it."""

from __future__ import annotations

import re
from datetime import date

from products.errors import ScanError, ScanTooLongError
from products.gs1.dates import parse_gs1_date
from products.gs1.elements import SEPARATOR, Element, named, quoted
from products.gs1.spellings import elements_of
from products.records import ElementString

LONGEST_SCAN = 512
"""No GS1 symbol on a vial holds as much."""

_TYPED_SEPARATORS = ("^", "<gs>", "{gs}", "[gs]", "<fnc1>", "{fnc1}", "[fnc1]", "\\x1d", "\\u001d", "\\035", "\u241d")
_HIDDEN_EXPIRY = re.compile(r"17([0-9]{6})$")


def parse_element_string(raw: str, *, today: date) -> ElementString:
    """Read one scan: GS1 scanner data, text typed with brackets, a GS1 Digital Link or a bare product number.

    `today` sets the century of two-digit years. A Digital Link's host is ignored and never fetched. Raises `ScanError`
    with a code starting "gs1.", or `ScanTooLongError`.
    """
    if len(raw) > LONGEST_SCAN:
        raise ScanTooLongError(
            f"This is longer than any GS1 code: {len(raw):,} characters, and the most is {LONGEST_SCAN}. "
            "Scan one code only.",
            expected=f"at most {LONGEST_SCAN} characters",
            found=f"{len(raw)} characters",
        )
    text, offset, notes = _without_scanner_marks(raw)
    symbology = text[:3] if text.startswith("]") else ""
    text, offset = text[len(symbology) :], offset + len(symbology)
    if text.startswith(SEPARATOR):
        text, offset = text[1:], offset + 1
        notes.append("a leading separator sent by the scanner was dropped")
    _check_whole(text, offset)
    form, elements = elements_of(text, offset, symbology, today=today)
    kept = _without_repeats(elements, notes)
    _check_together(kept, today=today)
    return _element_string(raw, form, symbology, kept, notes, today=today)


def _without_scanner_marks(raw: str) -> tuple[str, int, list[str]]:
    """Give the code without one ending that a scanner adds and without spaces around it, and where it starts."""
    text = raw
    notes: list[str] = []
    for ending in ("\r\n", "\r", "\n", "\t"):
        if text.endswith(ending):
            text = text.removesuffix(ending)
            break
    if text.endswith(SEPARATOR):
        text = text.removesuffix(SEPARATOR)
        notes.append("a separator at the end was dropped")
    unspaced = text.strip(" ")
    return unspaced, len(text) - len(text.lstrip(" ")), notes


def _check_whole(text: str, offset: int) -> None:
    if not text:
        raise ScanError(
            "We found no code. Scan the code on the pack.", code="gs1.empty", expected="a GS1 code", found=""
        )
    for typed in _TYPED_SEPARATORS:
        if (index := text.lower().find(typed)) >= 0:
            raise ScanError(
                f"We found {quoted(text[index : index + len(typed)])} typed in place of the invisible separator. "
                "Scan the code, or type it with brackets: (01)… (17)… (10)….",
                code="gs1.separator_typed",
                expected="the separator that a scanner sends",
                found=typed,
                position=offset + index,
            )
    for index, character in enumerate(text):
        if character != SEPARATOR and (ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0):
            raise ScanError(
                f"At character {offset + index + 1} we found a control character, {named(character)}, which no GS1 code "
                "has. Scan the code again.",
                code="gs1.charset",
                expected="printable characters",
                found=f"U+{ord(character):04X}",
                position=offset + index,
            )


def _without_repeats(elements: list[Element], notes: list[str]) -> dict[str, Element]:
    kept: dict[str, Element] = {}
    for element in elements:
        first = kept.setdefault(element.ai, element)
        if first is element:
            continue
        if first.value == element.value:
            notes.append(f"field ({element.ai}) came twice with the same value")
            continue
        code, what = ("gs1.two_products", "two products") if element.ai == "01" else ("gs1.repeated", "two values")
        raise ScanError(
            f"This code names {what} in field ({element.ai}): {quoted(first.value)} and {quoted(element.value)}. "
            "Scan one code at a time.",
            code=code,
            expected=first.value,
            found=element.value,
            position=element.position,
        )
    return kept


def _check_together(kept: dict[str, Element], *, today: date) -> None:
    if "01" in kept and "02" in kept and kept["01"].value != kept["02"].value:
        raise ScanError(
            "This code names two products, one inside the other. Scan the code on the vial.",
            code="gs1.two_products",
            expected=kept["01"].value,
            found=kept["02"].value,
            position=kept["02"].position,
        )
    if "01" not in kept:
        raise _no_product(kept)
    if "37" in kept:
        raise ScanError(
            "This code counts the items in a box, so it is not the code of one product. Scan the code on the vial.",
            code="gs1.count",
            expected="a code without field (37)",
            found=kept["37"].value,
            position=kept["37"].position,
        )
    if "10" in kept and "17" not in kept and (hidden := _HIDDEN_EXPIRY.search(kept["10"].value)):
        _check_no_hidden_date(kept["10"], hidden[1], today=today)


def _no_product(kept: dict[str, Element]) -> ScanError:
    if "00" in kept:
        return ScanError(
            "This is a shipping code: it names a parcel, not a product. Scan the code on the vial or its box.",
            code="gs1.sscc",
            expected="a product number, field (01)",
            found=kept["00"].value,
            position=kept["00"].position,
        )
    return ScanError(
        "This code has no product number, field (01). It may be the wrong code, or a separator is missing and the number "
        "was read as part of the lot. Scan the other code on the pack, or type the product, lot and expiry.",
        code="gs1.gtin_missing",
        expected="a product number, field (01)",
        found=", ".join(f"({ai})" for ai in kept),
    )


def _check_no_hidden_date(lot: Element, digits: str, *, today: date) -> None:
    try:
        parse_gs1_date(digits, today=today)
    except ValueError:
        return
    raise ScanError(
        f"The lot number {quoted(lot.value)} ends like an expiry date, 17{digits}, and the code has no expiry date. "
        "A separator is probably missing. Type product, lot and expiry from the pack.",
        code="gs1.separator_missing",
        expected="a separator before field (17)",
        found=lot.value,
        position=lot.position,
    )


def _element_string(
    raw: str, form: str, symbology: str, kept: dict[str, Element], notes: list[str], *, today: date
) -> ElementString:
    def day(*identifiers: str) -> date | None:
        for ai in identifiers:
            if ai in kept:
                return parse_gs1_date(kept[ai].value[:6], today=today)
        return None

    return ElementString(
        raw=raw,
        form=form,
        gtin=kept["01"].value,
        lot_number=kept["10"].value if "10" in kept else "",
        expiration_date=day("17", "7003"),
        production_date=day("11", "8008"),
        serial_number=kept["21"].value if "21" in kept else "",
        symbology=symbology,
        others=tuple((ai, element.value) for ai, element in kept.items() if ai not in {"01", "10", "11", "17", "21"}),
        notes=tuple(notes),
    )
