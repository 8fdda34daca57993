"""In the child: a picture drawn anew, so that nothing of the uploaded file but its pixels reaches a page."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageOps

from products.uploads import DOCUMENTS, Upload, media_type_of

# Pillow loads its readers at the first picture, and then no file can be opened any more.
Image.preinit()
WIDEST = 1_600


def read(content: bytes, *, name: str) -> str:
    """The picture as PNG in base64, upright, at most 1600 pixels wide and high. Raises `UploadRefusedError`."""
    media_type_of(Upload(content, name), allowed=DOCUMENTS, most_bytes=len(content))
    with Image.open(io.BytesIO(content), formats=["PNG", "JPEG"]) as picture:
        upright = ImageOps.exif_transpose(picture)
        upright.thumbnail((WIDEST, WIDEST))
        drawn = Image.new("RGB", upright.size, "white")
        solid = upright.convert("RGBA")
        drawn.paste(solid, mask=solid.getchannel("A"))
    stream = io.BytesIO()
    drawn.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")
