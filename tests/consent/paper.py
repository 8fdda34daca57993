"""Making the sample files: rendered, sealed, and the text that is read back from them."""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import Any

import pypdfium2
import rfc8785
import zxingcpp

from consent import rendering
from tests.consent import sample, scans

LEGEND = "How we know: each line about the product carries a mark"
SIGNED_AT = dt.datetime(2026, 11, 24, 19, 31, 5, tzinfo=dt.UTC)


def attachments(document: dict[str, Any], record: dict[str, Any]) -> list[rendering.Attachment]:
    return [
        rendering.Attachment("document.json", "application/json", rfc8785.dumps(document), "Source", "The Document"),
        rendering.Attachment(
            "signing-record.json", "application/json", rfc8785.dumps(record), "Data", "The signing record"
        ),
    ]


def signed_on_paper() -> bytes:
    """A signed record of the paper route, with a scanned PDF and a scanned picture attached."""
    document, files = (
        sample.document(),
        {"pdf": scans.pdf_of([scans.page_of("x")]), "jpg": scans.picture_of(scans.page_of("y"))},
    )
    record = sample.on_paper(document)
    more = [
        rendering.Attachment(f"paper-scan-{number}.{ending}", MIMES[ending], one.content, "Supplement")
        for number, (ending, one) in enumerate(files.items(), start=1)
    ]
    facts = sample.certificate(document, record)
    return rendering.render_signed_record(document, record, facts, [*attachments(document, record), *more])


MIMES = {"pdf": "application/pdf", "jpg": "image/jpeg"}


def signed(document: dict[str, Any] | None = None, record: dict[str, Any] | None = None, **certificate: Any) -> bytes:
    """The signed record of a Document (the sample one by default), not sealed."""
    document = sample.document() if document is None else document
    record = sample.signing_record(document) if record is None else record
    facts = sample.certificate(document, record, **certificate)
    return rendering.render_signed_record(document, record, facts, attachments(document, record))


@functools.cache
def sample_pdf() -> bytes:
    return signed()


def pages(pdf: bytes) -> list[str]:
    """The text of each page, white space made single spaces."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [re.sub(r"\s+", " ", page.get_textpage().get_text_range()) for page in document]


def text(pdf: bytes) -> str:
    return " ".join(pages(pdf))


def codes_on(pdf: bytes, page: int) -> list[str]:
    """What the QR codes of one page (from 0) say."""
    with pypdfium2.PdfDocument(pdf) as document:
        picture = document[page].render(scale=200 / 72).to_pil()
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def outside(pdf: bytes, margin_mm: float = 24.5) -> list[str]:
    """Words that run out of the margins at a side of their page: nobody can read them, or they stand on others."""
    margin, found = margin_mm * 72 / 25.4, []
    with pypdfium2.PdfDocument(pdf) as document:
        for number, page in enumerate(document, start=1):
            text = page.get_textpage()
            for place in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(place)
                if left < margin or right > page.get_width() - margin:
                    found.append(f"page {number}: {text.get_text_bounded(left, bottom, right, top)}")
    return found


def filled(pdf: bytes, head_mm: float = 27, foot_mm: float = 27) -> list[float]:
    """How far down the words of each page reach, as a share of the room between head and foot."""
    head, foot, found = head_mm * 72 / 25.4, foot_mm * 72 / 25.4, []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            text = page.get_textpage()
            bottoms = [text.get_rect(place)[1] for place in range(text.count_rects())]
            lowest = min(bottom for bottom in bottoms if bottom > foot)
            found.append((page.get_height() - head - lowest) / (page.get_height() - head - foot))
    return found


def squeezed(words: str) -> str:
    """Without white space and hyphens: a line break may add the one and swallow the other."""
    return re.sub(r"[\s\ufffe\u00ad\u0002-]+", "", words)
