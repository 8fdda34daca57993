"""Codes of donated human material: recognised, so that the refusal can say what was scanned. They name no product.

Only what public bodies publish is here: the donation identification number (DIN) with its check character (JPAC Red
Book, annex 2; ISO/IEC 7064 MOD 37-2) and the Single European Code (Directive 2006/86/EC, annex VII).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from products.errors import ScanError
from products.gs1.check_digits import din_sum

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_DIN = re.compile(r"[A-NP-Z1-9][A-Z0-9]{4}[0-9]{8}")
_DIN_BARCODE = re.compile(r"=(?P<din>[A-NP-Z1-9][A-Z0-9]{4}[0-9]{8})(?P<flags>[0-9A-Z]{2})")
_DIN_TYPED = re.compile(r"(?P<din>[A-NP-Z1-9][A-Z0-9]{4} ?[0-9]{2} ?[0-9]{6}) ?(?P<check>[0-9A-Z*])?")
LONGEST_DONATION_CODE = 60
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


@dataclass(frozen=True)
class DonationCode:
    """The code of donated material. `kind` is "DIN", "SEC" or "ISBT 128" (another one, kept as it came, not read).

    `text` is the code as it is kept: a DIN in 13 characters, a Single European Code in two halves.
    """

    kind: str
    text: str
    din: str = ""
    european: SingleEuropeanCode | None = None


def parse_donation_code(text: str) -> DonationCode:
    """Read a DIN (scanned, or typed with or without its check character) or a Single European Code.

    Raises `ScanError` with a code starting "isbt128." or "sec.", which says what was expected and found.
    """
    typed = without_symbology(text)
    if looks_like_single_european_code(typed):
        return _single_european(typed)
    if match := _DIN_BARCODE.fullmatch(typed):
        _check_flags(match["din"], match["flags"])
        return DonationCode("DIN", match["din"], match["din"])
    if match := _DIN_TYPED.fullmatch(typed):
        din = match["din"].replace(" ", "")
        if match["check"] and match["check"] != din_check_character(din):
            raise _wrong_check(din_check_character(din), match["check"], typed)
        return DonationCode("DIN", din, din)
    if looks_like_isbt128(typed) and len(typed) <= LONGEST_DONATION_CODE and typed.isascii() and typed.isprintable():
        return DonationCode("ISBT 128", typed)
    raise ScanError(
        f"This is no donation code: “{typed[:40]}”. A donation identification number (DIN) has 13 characters, such as "
        "G1234 17 654321; a Single European Code has 40, in two halves.",
        code="isbt128.form",
        expected="a DIN or a Single European Code",
        found=typed,
        field="donation_code",
    )


def _single_european(typed: str) -> DonationCode:
    try:
        code = parse_single_european_code(typed)
    except ValueError as error:
        raise ScanError(
            f"The last eight digits of a Single European Code are its expiry date, or zeros. We found “{typed[-8:]}”.",
            code="sec.date",
            expected="a date as YYYYMMDD, or 00000000",
            found=typed[-8:],
            field="donation_code",
        ) from error
    halves = typed.removeprefix("SEC:").removeprefix("SEC").replace(" ", "")
    return DonationCode("SEC", f"{halves[:21]} {halves[21:]}", european=code)


def _check_flags(din: str, flags: str) -> None:
    """Flags of type 3 (60 to 96) carry the check value; others say something else and are passed over."""
    if flags.isdigit() and 60 <= int(flags) <= 96 and flags != din_flag(din):
        raise _wrong_check(din_flag(din), flags, f"={din}{flags}")


def _wrong_check(expected: str, found: str, text: str) -> ScanError:
    return ScanError(
        f"The check character of this donation number must be {expected}, not {found}: a character of “{text[:40]}” is "
        "wrong. Scan it again, or read it from the paper once more.",
        code="isbt128.check_character",
        expected=expected,
        found=found,
        field="donation_code",
    )


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


def without_symbology(text: str) -> str:
    """The text without the three characters by which a scanner names the symbology, and without ends that it adds."""
    return re.sub(r"^\][A-Za-z][0-9]", "", text.strip())


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
