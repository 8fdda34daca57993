"""A clinic's logo: whatever was uploaded is decoded and drawn anew, so that only pixels remain of it."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import warnings
from pathlib import Path
from tempfile import NamedTemporaryFile

from PIL import Image, UnidentifiedImageError

from clinic.errors import ImageRefusedError
from clinic.vocabulary import LOGO_MAX_BYTES, LOGO_MAX_PIXELS

SHOWN_SIZE = (960, 360)
"""Largest width and height in pixels that is kept: twice what a page shows."""


def clean_logo(content: bytes, *, field: str = "logo") -> bytes:
    """A PNG of at most `SHOWN_SIZE` made from an uploaded PNG or JPEG; raises `ImageRefusedError`.

    The number of pixels is read from the header before anything is decoded.
    """
    if len(content) > LOGO_MAX_BYTES:
        raise ImageRefusedError(
            f"The picture has {len(content):,} bytes; at most {LOGO_MAX_BYTES:,} can be used.",
            field=field,
            code="image.too_large",
        )
    if _is_cut_short(content):
        raise _not_readable(field)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as picture:
                width, height = picture.size
                if width * height > LOGO_MAX_PIXELS:
                    raise ImageRefusedError(
                        f"The picture has {width} x {height} pixels; at most {LOGO_MAX_PIXELS:,} in all can be used.",
                        field=field,
                        code="image.too_many_pixels",
                    )
                drawn = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        raise _not_readable(field) from None
    drawn.thumbnail(SHOWN_SIZE)
    output = io.BytesIO()
    drawn.save(output, "PNG", optimize=True)
    return output.getvalue()


def _is_cut_short(content: bytes) -> bool:
    # The PDF renderer tells Pillow to accept truncated pictures in the whole process, so the end is looked for here.
    if content.startswith(b"\x89PNG"):
        return b"IEND" not in content
    return b"\xff\xd9" not in content


def _not_readable(field: str) -> ImageRefusedError:
    return ImageRefusedError(
        "This is not a PNG or JPEG picture that can be read. Please export it again as PNG.",
        field=field,
        code="image.format",
    )


def keep_logo(folder: Path, content: bytes) -> str:
    """Store a cleaned logo under its SHA-256 and return that; a half-written file is never seen."""
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(folder / f"{digest}.png")
    return digest


def data_uri(path: Path) -> str:
    """The picture as a `data:` address for a page or a PDF; empty where the file is gone."""
    try:
        return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()
    except OSError:
        return ""
