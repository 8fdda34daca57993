"""The code on a printed letter: 16 letters and digits that a person can type, in place of the long link.

Derived from the row, as the link is, so that it need not be stored: 80 bits, which nobody guesses.
"""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime

from django.utils.crypto import salted_hmac

from consent.errors import LinkInvalidError
from consent.models import PatientLink
from consent.services.read import check_works

# Crockford's base 32: without letters that are misread; what is often mistyped for them counts as them.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
LENGTH = 16


def letter_code(link: PatientLink) -> str:
    """The code of a link that was printed on a letter: 7F3K-2Q9M-X4TR-8WYP."""
    secret = int.from_bytes(salted_hmac("consent.letter", str(link.pk), algorithm="sha256").digest()[:10], "big")
    signs = "".join(ALPHABET[secret >> 5 * place & 31] for place in range(LENGTH))
    return "-".join(signs[start : start + 4] for start in range(0, LENGTH, 4))


def letter_digest(typed: str) -> str:
    """What is kept of a code, however it was typed: with another dash, a dot, wide letters or a space that does not break."""
    signs = unicodedata.normalize("NFKC", typed).upper()
    plain = "".join(sign for sign in signs if sign.isalnum()).translate(MISREAD)
    return hashlib.sha256(f"consent.letter:{plain}".encode("utf-8", "surrogatepass")).hexdigest()


def link_of_letter(typed: str, *, at: datetime) -> PatientLink:
    """The link whose letter has this code. Raises LinkInvalidError (`letter.invalid`), and what `check_works` raises."""
    link = (
        PatientLink.objects.select_related("consent__organization", "document")
        .filter(letter_sha256=letter_digest(typed))
        .first()
    )
    if link is None:
        raise LinkInvalidError(
            "This code does not open anything. Compare it with the letter, sign by sign, or ask the clinic for a new one.",
            code="letter.invalid",
            field="code",
        )
    check_works(link, at=at)
    return link
