"""What a file is made of besides its pages; known without the layout engine, which takes half a second to load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

# Raised whenever a record of the same facts would look different; the certificate page of each file names it.
LAYOUT = 4
RENDERER = f"layout {LAYOUT}; WeasyPrint {version('weasyprint')}"


@dataclass(frozen=True)
class Attachment:
    """A file inside the PDF. `relationship` is an AFRelationship: Source, Data, Alternative, Supplement."""

    name: str
    mime: str
    content: bytes
    relationship: str
    description: str = ""


PageCodes = Callable[[int], Sequence[str]]
"""The texts of the QR codes of a file with so many pages."""


@dataclass(frozen=True)
class Particulars:
    """What a PDF says about itself. `made_at` is an ISO 8601 instant; it is printed, never read from the clock."""

    title: str
    subject: str
    author: str
    language: str
    made_at: str
