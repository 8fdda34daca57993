"""In the child: what kind of file this is, with everything that its kind is checked for."""

from __future__ import annotations

from PIL import Image

from products.uploads import Upload, media_type_of

# Pillow loads its readers at the first picture, and then no file can be opened any more.
Image.preinit()


def read(content: bytes, *, name: str, allowed: list[str], most_bytes: int) -> str:
    """The media type. Raises `UploadRefusedError`."""
    return media_type_of(Upload(content, name), allowed=frozenset(allowed), most_bytes=most_bytes)
