"""In the child: the pages of a scanned document, each with the QR codes on it, and whether there is anything on it at all."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pypdfium2
import zxingcpp
from PIL import Image, ImageOps

from products.errors import UploadRefusedError
from products.uploads import DOCUMENTS, PDF, Upload, media_type_of

# Pillow loads its readers at the first picture, and then no file can be opened any more.
Image.preinit()
MOST_PAGES = 60
LONGEST_SIDE = 2_400
"""Pixels of a page as it is looked at first: a code of 20 mm on A4 keeps about four for each of its squares."""
SECOND_LOOK = 3_600
"""And once more, where there is something on the page but no code to be read."""
LONGEST_CODE = 300
MOST_CODES = 8
DARK, BLANK_SHARE = 160, 0.0004
"""A page with less dark area than this is the empty back of a sheet."""


def read(content: bytes, *, name: str) -> dict[str, Any]:
    """`media_type`, and for each page `codes` and `is_blank`. Raises `UploadRefusedError`."""
    kind = media_type_of(Upload(content, name), allowed=DOCUMENTS, most_bytes=len(content))
    pages = _pdf(content) if kind == PDF else _picture(content)
    return {"media_type": kind, "pages": [_seen(look) for look in pages]}


def _seen(look: Callable[[int], Image.Image]) -> dict[str, Any]:
    seen = _seen_at(look(LONGEST_SIDE))
    return seen if seen["codes"] or seen["is_blank"] else _seen_at(look(SECOND_LOOK))


def _seen_at(page: Image.Image) -> dict[str, Any]:
    found = zxingcpp.read_barcodes(page, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    codes = [code.text[:LONGEST_CODE] for code in found[:MOST_CODES]]
    dark = sum(page.histogram()[:DARK]) / (page.width * page.height)
    return {"codes": codes, "is_blank": not codes and dark < BLANK_SHARE}


def _picture(content: bytes) -> Iterator[Callable[[int], Image.Image]]:
    with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as picture:
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((SECOND_LOOK, SECOND_LOOK))
        solid = Image.new("L", upright.size, 255)
        seen = upright.convert("RGBA")
        solid.paste(seen.convert("L"), mask=seen.getchannel("A"))

    def look(longest: int) -> Image.Image:
        smaller = solid.copy()
        smaller.thumbnail((longest, longest))
        return smaller

    yield look


def _pdf(content: bytes) -> Iterator[Callable[[int], Image.Image]]:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as problem:
        if "password" in str(problem).lower():
            raise UploadRefusedError(
                "This PDF is locked with a password, so it cannot be read. Scan the paper again without one.",
                code="pdf.encrypted",
            ) from problem
        raise _damaged() from problem
    with document:
        if len(document) > MOST_PAGES:
            raise UploadRefusedError(
                f"This PDF has {len(document)} pages; at most {MOST_PAGES} can be taken. Scan only the pages of the pack.",
                code="pdf.pages",
            )
        if document.get_formtype() in (2, 3):  # XFA: a form that draws itself anew
            raise UploadRefusedError(
                "This PDF carries a changing form. Print it to a plain PDF and upload that.", code="pdf.active_content"
            )
        for number in range(len(document)):
            yield partial(_drawn, document, number)


def _drawn(document: pypdfium2.PdfDocument, number: int, side: int) -> Image.Image:
    try:
        page = document[number]
        longest = max(page.get_size())
        if not 1 <= longest <= 20_000:
            raise _damaged()
        bitmap = page.render(scale=side / longest, grayscale=True, may_draw_forms=False)
    except pypdfium2.PdfiumError as problem:
        raise _damaged() from problem
    drawn: Image.Image = bitmap.to_pil().convert("L").copy()
    bitmap.close()
    page.close()
    return drawn


def _damaged() -> UploadRefusedError:
    return UploadRefusedError("This PDF is damaged. Scan the paper again.", code="pdf.damaged")
