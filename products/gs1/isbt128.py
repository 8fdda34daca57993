"""Codes of donated human material: recognised, so that the refusal can say what was scanned. They name no product.

Only what public bodies publish is here: the donation identification number (DIN) with its check character (JPAC Red
Book, annex 2; ISO/IEC 7064 MOD 37-2) and the Single European Code (Directive 2006/86/EC, annex VII).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from products.gs1.check_digits import din_sum

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_DIN = re.compile(r"[A-NP-Z1-9][A-Z0-9]{4}[0-9]{8}")
_SEC = re.compile(
    r"(?:SEC:? ?)?(?P<country>[A-Z]{2})(?P<establishment>[A-Z0-9]{6})(?P<donation>[A-Z0-9]{13}) ?"
    r"(?P<system>[A-Z])(?P<product>[A-Z0-9]{7})(?P<split>[A-Z0-9]{3})(?P<expiry>[0-9]{8})"
)


@dataclass(frozen=True)
class SingleEuropeanCode:
    """The parts of a Single European Code. `expiration_date` is None where the code defines none."""

    country: str
    tissue_establishment: str
    donation_number: str
    coding_system: str
    product: str
    split: str
    expiration_date: date | None


def din_check_value(din: str) -> int:
    """Give the check value 0-36 of a 13-character DIN. Raises `ValueError` where it is no DIN."""
    if not _DIN.fullmatch(din):
        raise ValueError("a DIN is 5 characters for the facility, 2 digits for the year and 6 for the donation")
    return (38 - din_sum(din, _ALPHABET) % 37) % 37


def din_check_character(din: str) -> str:
    """Give the character a person types after a DIN to check it."""
    return _ALPHABET[din_check_value(din)]


def din_flag(din: str) -> str:
    """Give the two flag digits (type 3) that a barcode carries after the DIN: 60 plus the check value."""
    return str(60 + din_check_value(din))


def looks_like_isbt128(text: str) -> bool:
    """Say whether a scan starts with one of the two data identifiers of ISBT 128."""
    return text[:1] in {"=", "&"}


def looks_like_single_european_code(text: str) -> bool:
    """Say whether a text has the form of a Single European Code."""
    return _SEC.fullmatch(text.strip(" ")) is not None


def parse_single_european_code(text: str) -> SingleEuropeanCode:
    """Read a Single European Code of 40 characters. Raises `ValueError`; the code itself has no check digit."""
    match = _SEC.fullmatch(text.strip(" "))
    if match is None:
        raise ValueError("a Single European Code has 40 characters: country, establishment, donation, product, expiry")
    digits = match["expiry"]
    expiry = None if digits == "00000000" else date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return SingleEuropeanCode(
        country=match["country"],
        tissue_establishment=match["establishment"],
        donation_number=match["donation"],
        coding_system=match["system"],
        product=match["product"],
        split=match["split"],
        expiration_date=expiry,
    )
