"""What a file is, decided by its bytes. A name is a label: it is shown, and it never decides anything.

Pure: no Django, no file system. Raises `UploadRefusedError`, saying what was expected and what was found.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from products.errors import UploadRefusedError

PDF = "application/pdf"
PNG = "image/png"
JPEG = "image/jpeg"
TEXT = "text/plain"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

DOCUMENTS = frozenset({PDF, PNG, JPEG})
TABLES = frozenset({TEXT, XLSX})

WORDS = {
    PDF: "a PDF",
    PNG: "a PNG picture",
    JPEG: "a JPEG picture",
    TEXT: "a text or CSV file",
    XLSX: "an Excel (XLSX) table",
}
MOST_PIXELS = 40_000_000
LONGEST_NAME = 120

# What people upload by mistake; only so that the refusal can name it.
_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a WebP picture or a sound"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (DOC or XLS)"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
)
# A short name like /JS stands in the packed bytes of every third large scan by chance; as a name in a PDF it has text before
# it and a value behind it.
_PROGRAM = re.compile(rb"[\t\r\n -~]{3}/(?:(?:JavaScript|Launch|XFA)\b|JS\s*[(<\[\d])")
_MARKUP = re.compile(rb"<(!doctype|html|head|body|script|svg|\?xml)", re.IGNORECASE)


@dataclass(frozen=True)
class Upload:
    """A file as it came: its bytes, and the name that the sender gave it."""

    content: bytes
    name: str


def clean_file_name(name: str) -> str:
    """The name as a label for people: no folders, no control or direction characters, at most 120 long."""
    name = re.split(r"[\\/]", name)[-1]
    kept = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())[-LONGEST_NAME:] or "unnamed"


def media_type_of(upload: Upload, *, allowed: frozenset[str], field: str = "", most_bytes: int) -> str:
    """The media type of the content; refused where it is not among `allowed`, empty, damaged or too large."""
    check_bytes(upload.content, field=field, most_bytes=most_bytes)
    kind = _recognised(upload.content, field)
    if kind in allowed:
        return kind
    expected = " or ".join(sorted(WORDS[one] for one in allowed))
    raise UploadRefusedError(
        f"Expected {expected}, but “{clean_file_name(upload.name)}” is {WORDS.get(kind, kind)}. "
        "Its content decides, not its name. Choose the original file.",
        field=field,
        code="upload.type",
    )


def check_bytes(content: bytes, *, field: str = "", most_bytes: int) -> None:
    """Refuse a file that is empty or above the limit: this much is known without reading it."""
    if not content:
        raise UploadRefusedError(
            "The file is empty (0 bytes). Save it again at its source and choose it once more.",
            field=field,
            code="upload.empty",
        )
    if len(content) > most_bytes:
        raise UploadRefusedError(too_large(len(content), most_bytes), field=field, code="upload.too_large")


def too_large(size: int, most_bytes: int) -> str:
    """The sentence that refuses a file above the limit."""
    found = f"{size / 1024 / 1024:.0f} MB"
    return f"The file is {found}; the limit is {most_bytes // 1024 // 1024} MB. Save a smaller copy, or split it."


def _recognised(content: bytes, field: str) -> str:
    head = content[:1024]
    if _MARKUP.search(head) and not head.startswith(b"\x89PNG"):
        return "a web page or markup (HTML, SVG or XML)"
    if head.startswith(b"%PDF-"):
        _check_pdf(content, field)
        return PDF
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_picture(content, "PNG", field)
        return PNG
    if head.startswith(b"\xff\xd8\xff"):
        _check_picture(content, "JPEG", field)
        return JPEG
    if head.startswith(b"PK\x03\x04") and _is_xlsx(content):
        return XLSX
    for magic, words in _FOREIGN:
        if head.startswith(magic):
            return words
    if _is_text(content):
        return TEXT
    return "a kind of file that Candour does not know"


def _check_pdf(content: bytes, field: str) -> None:
    """A PDF ends with the place of its table of objects; one that was cut off does not, or points nowhere."""
    tail = re.search(rb"startxref\s+(\d{1,10})\s+%%EOF\s*\Z", content[-2048:])
    place = int(tail.group(1)) if tail else 0
    target = content[place : place + 64].lstrip()
    if not tail or place == 0 or not re.match(rb"xref|\d+\s+\d+\s+obj", target):
        raise UploadRefusedError(
            "This PDF is damaged or was cut off: its last part is missing. Download or scan it again.",
            field=field,
            code="pdf.damaged",
        )
    if _PROGRAM.search(content):
        raise UploadRefusedError(
            "This PDF carries a program or a changing form. Print it to a plain PDF and upload that.",
            field=field,
            code="pdf.active_content",
        )


def _check_picture(content: bytes, kind: str, field: str) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UploadRefusedError(
                    f"The picture has {picture.width} × {picture.height} pixels; the limit is 40 million in all. "
                    "Save a smaller copy.",
                    field=field,
                    code="image.too_many_pixels",
                )
            if getattr(picture, "n_frames", 1) > 1:
                raise UploadRefusedError(
                    "The picture is an animation; choose a still picture.", field=field, code="image.frames"
                )
            picture.load()
        if not _is_whole(content, kind):
            raise OSError("the end is missing")
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as problem:
        raise UploadRefusedError(
            f"This {kind} picture is damaged or was cut off. Take or save it again.",
            field=field,
            code="image.damaged",
        ) from problem


def _is_whole(content: bytes, kind: str) -> bool:
    """Whether a picture has its end. Pillow's own check can be switched off for a whole process by any library."""
    if kind == "PNG":
        return b"IEND\xaeB`\x82" in content[-4096:]
    # End of image after the last start of scan: a thumbnail's own end comes before it.
    return content.rfind(b"\xff\xd9") > content.rfind(b"\xff\xda")


def _is_xlsx(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return {"[Content_Types].xml", "xl/workbook.xml"} <= set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def _is_text(content: bytes) -> bool:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            return False
        return "\x00" not in text
    # Instruments write Latin-1 (µ, ³) as often as UTF-8, so only control bytes tell text from other files.
    return not any(byte < 32 and byte not in b"\t\n\r\f\x1a" for byte in set(content)) and b"\x7f" not in content
