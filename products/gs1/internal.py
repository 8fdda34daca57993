"""The codes of labels that a clinic prints itself, for vials that carry none: a URN with the vial's own UUID (RFC 9562).

A label of a product with a GTIN is a GS1 DataMatrix; there the vial's number stands in field (91), which GS1 leaves to
whoever prints it (General Specifications, section 3.10).
"""

from __future__ import annotations

import re
from uuid import UUID

NUMBER_FIELD = "91"
_URN = re.compile(r"urn:uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
_SYMBOLOGY = re.compile(r"\][Qd][0-9]")


def internal_code(unit: UUID) -> str:
    """The text of a label; in capitals, because a QR code then needs fewer modules."""
    return f"urn:uuid:{unit}".upper()


def parse_internal_code(raw: str) -> UUID | None:
    """The vial that a label of our own names, or None where the text is another code. Scanner marks are passed over."""
    text = raw.strip(" \r\n\t")
    text = text[3:] if _SYMBOLOGY.match(text) else text
    match = _URN.fullmatch(text)
    return UUID(match[1]) if match else None
