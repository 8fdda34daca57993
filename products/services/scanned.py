"""Scanned papers for other rooms: what is on each page, found out in a child process. Nothing is kept here."""

from __future__ import annotations

from django.conf import settings

from products.parsing.asking import read_pages
from products.records import ScannedFile
from products.uploads import Upload, check_bytes


def read_scanned(upload: Upload, *, field: str = "") -> ScannedFile:
    """A PDF, PNG or JPEG with the codes on each of its pages.

    Raises `UploadRefusedError`, `FileTooComplexError`, `ParsingBusyError`.
    """
    check_bytes(upload.content, field=field, most_bytes=settings.UPLOAD_MAX_BYTES)
    return read_pages(upload, field=field)
