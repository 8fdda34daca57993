"""Scans as they come out of a scanner: pictures of a pack's pages, and the same with things gone wrong."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pypdfium2
import segno
from PIL import Image

from consent.ceremony import PaperCode
from products.services import Upload

A4 = (827, 1169)
"""Pixels at 100 dots per inch."""


def page_of(code: str = "", *, ink: bool = True) -> Image.Image:
    """One sheet with a code at its foot and, with `ink`, something written on it."""
    sheet = Image.new("L", A4, 255)
    if ink:
        sheet.paste(0, (100, 200, 700, 204))
        sheet.paste(0, (100, 300, 500, 330))
    if code:
        stream = io.BytesIO()
        segno.make(code, error="m", micro=False).save(stream, kind="png", scale=3, border=2)
        sheet.paste(Image.open(stream).convert("L"), (330, 1000))
    return sheet


def codes_of(reference: str, sha256: str, pages: int) -> list[str]:
    return [PaperCode(reference, sha256, number, pages).text for number in range(1, pages + 1)]


def pdf_of(pages: Sequence[Image.Image]) -> Upload:
    """A scanner's PDF: a picture for each page."""
    stream = io.BytesIO()
    pages[0].save(stream, "PDF", save_all=True, append_images=pages[1:], resolution=100)
    return Upload(stream.getvalue(), "scan.pdf")


def picture_of(page: Image.Image, kind: str = "JPEG") -> Upload:
    stream = io.BytesIO()
    page.save(stream, kind)
    return Upload(stream.getvalue(), f"scan.{kind.lower()}")


def scanned(pack: bytes, *, dpi: int = 200, slant: float = 1.5) -> Upload:
    """A printed pack, put onto the glass a little slanted and grey."""
    with pypdfium2.PdfDocument(pack) as document:
        pages = [document[number].render(scale=dpi / 72).to_pil().convert("L") for number in range(len(document))]
    return pdf_of([page.rotate(slant, fillcolor=240, resample=Image.Resampling.BILINEAR) for page in pages])


def encrypted() -> Upload:
    """A PDF that asks for a password."""
    import pikepdf

    stream, plain = io.BytesIO(), io.BytesIO(pdf_of([page_of("x")]).content)
    with pikepdf.open(plain) as document:
        document.save(stream, encryption=pikepdf.Encryption(owner="o", user="u"))
    return Upload(stream.getvalue(), "locked.pdf")


def bomb(side: int) -> Upload:
    """A small PDF whose one picture wants to be unpacked to the square of `side` bytes."""
    import zlib

    packer = zlib.compressobj(9)
    row = bytes(side)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</XObject<</I 4 0 R>>>>>>",
        b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
        b"/Length %d>>stream\n%s\nendstream" % (side, side, len(data), data),
        b"<</Length 27>>stream\nq 595 0 0 842 0 0 cm /I Do Q\nendstream",
    ]
    out, places = bytearray(b"%PDF-1.5\n"), []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % table
    return Upload(bytes(out), "bomb.pdf")
