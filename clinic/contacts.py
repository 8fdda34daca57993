"""Phone numbers, e-mail and web addresses, as they are kept."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from clinic.errors import ContactRefusedError

# ITU calling codes of places whose national numbers start with 0.
CALLING_CODES = {
    "GB": "44", "IE": "353", "FR": "33", "DE": "49", "AT": "43", "CH": "41", "NL": "31", "BE": "32", "SE": "46",
    "FI": "358", "AU": "61", "NZ": "64", "ZA": "27", "TR": "90", "AE": "971", "IN": "91", "JP": "81", "KR": "82",
    "TH": "66", "MY": "60", "IL": "972",
}  # fmt: skip


def clean_email(text: str, *, field: str = "email") -> str:
    """An e-mail address in lower case; raises `ContactRefusedError` (`email.format`, `email.domain`)."""
    text = text.strip()
    local, _, domain = text.rpartition("@")
    if domain.startswith("["):
        raise ContactRefusedError(
            "The part after @ must be a name such as example.org, not a number in brackets.",
            field=field,
            code="email.domain",
        )
    try:
        EmailValidator()(text)
    except ValidationError:
        raise ContactRefusedError(
            "An e-mail address looks like name@example.org. Please check this one.",
            field=field,
            code="email.format",
        ) from None
    if len(text) > 254 or not text.isascii():
        raise ContactRefusedError(
            "An e-mail address has plain letters and at most 254 characters.",
            field=field,
            code="email.format",
        )
    return f"{local}@{domain}".lower()


def clean_phone(text: str, *, jurisdiction: str, field: str = "phone") -> str:
    """E.164, such as +447700900123; a number starting with 0 is taken as one of the clinic's own country."""
    _check_phone_signs(text, field)
    digits = re.sub(
        r"[^0-9+]",
        "",
        text.replace("(0)", "") if text.strip().startswith("+") else text,
    )
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    if digits.startswith("0"):
        code = CALLING_CODES.get(jurisdiction[:2])
        if not code:
            raise ContactRefusedError(
                "Please type the number with its country code, such as +44 7700 900123.",
                field=field,
                code="phone.format",
            )
        digits = f"+{code}{digits[1:]}"
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", digits):
        raise ContactRefusedError(
            "Please type the number with its country code, such as +44 7700 900123: 7 to 15 digits.",
            field=field,
            code="phone.format",
        )
    return digits


def clean_shown_phone(text: str, *, field: str) -> str:
    """A number that a patient will dial, kept as the clinic writes it (999 is one)."""
    _check_phone_signs(text, field)
    text = " ".join(text.split())
    if not 3 <= len(re.sub(r"[^0-9]", "", text)) <= 15:
        raise ContactRefusedError("A phone number has 3 to 15 digits.", field=field, code="phone.format")
    return text


def clean_url(text: str, *, field: str) -> str:
    """A web address that starts with https:// (or http://) and names a host."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("https", "http") and "." in (parts.hostname or "") and not parts.username
    except ValueError:
        is_address = False
    if not is_address or not text.isascii() or re.search(r"[\s\"<>\x00-\x1f]", text) or len(text) > 200:
        raise ContactRefusedError(
            "A web address looks like https://example.org/privacy, has no spaces and at most 200 characters.",
            field=field,
            code="url.format",
        )
    return text


def _check_phone_signs(text: str, field: str) -> None:
    if not re.fullmatch(r"[0-9+() .\-]{1,32}", text.strip()):
        raise ContactRefusedError(
            "A phone number has the digits 0 to 9, spaces, and may start with +.",
            field=field,
            code="phone.format",
        )
