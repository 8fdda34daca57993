"""From HTML fragments to one PDF/A-3a and PDF/UA-1 file. The only module that knows WeasyPrint.

What is one patient's is laid out for every file. The layout of a shared part is kept per process under the SHA-256 of
its HTML, the style sheet and the fonts, and its pages are joined in. What is kept has empty margins: clinic, reference
and page numbers are put onto every page of a file, so that a kept page can carry no one's reference.

WeasyPrint is not safe between threads and a new font configuration per file leaks memory:
one configuration per process, behind a lock.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from io import BytesIO

import pydyf
from django.conf import settings
from weasyprint import CSS, HTML, VERSION, Document, Page
from weasyprint import Attachment as EmbeddedFile
from weasyprint.css import ColorProfile
from weasyprint.document import DocumentMetadata
from weasyprint.formatting_structure import boxes
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from consent.errors import RenderingError
from consent.rendering import fonts
from consent.rendering.files import Attachment, PageCodes, Particulars
from consent.rendering.fragments import Fragment, coded_numbers, numbers, whole

# It announces each page it lays out; in a log of a clinic that is noise.
logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)

KEPT_LAYOUTS = 64
_VARIANT = "pdf/a-3a"


class NamedFontsFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint has no types
    """Opens the vendored fonts by name and refuses everything else: network, files, data."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        """Answer with a named font, or stop the rendering."""
        for face in fonts.faces():
            if url == face.address:
                return URLFetcherResponse(url, face.path.read_bytes(), {"Content-Type": "font/woff2"})
        raise FatalURLFetchingError(f"a PDF may load nothing but our fonts; refused: {url[:120]}")


class _Press:
    """WeasyPrint's state of one process: fonts, style sheet, kept layouts."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.fetcher = NamedFontsFetcher()
        self.font_config = FontConfiguration()
        self.loaded: set[fonts.Face] = set()
        self.kept: OrderedDict[str, list[Page]] = OrderedDict()
        style = fonts.style() + (settings.ROOT / "static" / "pdf.css").read_text(encoding="utf-8")
        with _no_warnings():
            self.css = CSS(string=style, font_config=self.font_config, url_fetcher=self.fetcher)
        self.srgb = (resources.files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()
        self.digest = hashlib.sha256(f"{VERSION}\0{fonts.digest()}\0{style}".encode()).digest()

    def load(self, faces: Sequence[fonts.Face]) -> None:
        for face in faces:
            if face not in self.loaded:
                CSS(string=face.rule, font_config=self.font_config, url_fetcher=self.fetcher)
                self.loaded.add(face)

    def lay_out(self, html: str) -> list[Page]:
        document = HTML(string=html, url_fetcher=self.fetcher).render(
            font_config=self.font_config, stylesheets=[self.css], pdf_variant=_VARIANT
        )
        return list(document.pages)

    def colours(self) -> dict[str, ColorProfile]:
        # Anew for each file: the colour library changes a profile's bytes once its name has been read.
        profile = ColorProfile(BytesIO(self.srgb), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))
        return {"srgb": profile}

    def kept_layout(self, html: str) -> list[Page]:
        """The pages of HTML that holds nothing of one patient; laid out once."""
        key = hashlib.sha256(self.digest + html.encode()).hexdigest()
        if key not in self.kept:
            self.kept[key] = self.lay_out(html)
            if len(self.kept) > KEPT_LAYOUTS:
                self.kept.popitem(last=False)
        self.kept.move_to_end(key)
        return self.kept[key]


@functools.cache
def _press_of(process: int) -> _Press:
    return _Press()


def press() -> _Press:
    """The press of this process; a forked child gets its own."""
    return _press_of(os.getpid())


def typeset(
    fragments: Sequence[Fragment],
    running: str,
    particulars: Particulars,
    attachments: Sequence[Attachment],
    words: str,
    codes: PageCodes | None = None,
) -> bytes:
    """Lay out, join and write a file. Same input, same bytes.

    `running` is the HTML of what stands in every page's margins; `words` is every text of the record, to load the
    fonts that draw it; `codes` gives the text of each page's QR code for a number of pages. Raises RenderingError when a glyph, a font or a resource is missing, or when WeasyPrint warns.
    """
    machine = press()
    with machine.lock, _no_warnings():
        try:
            machine.load(fonts.needed(words))
            pages = _joined(machine, fragments, running, codes)
        except FatalURLFetchingError as problem:
            raise RenderingError(str(problem), code="rendering.resource") from problem
        except fonts.NoGlyphError as problem:
            raise RenderingError(f"{problem}; the PDF would show a box", code="rendering.no_glyph") from problem
        document = Document(
            pages, _metadata(particulars), machine.fetcher, machine.font_config, machine.colours(), "srgb"
        )
        files = [_embedded(file, particulars) for file in attachments]
        mimes = {file.name: file.mime for file in attachments}
        return bytes(
            document.write_pdf(
                pdf_variant=_VARIANT,
                # Any other name than "srgb" keeps WeasyPrint from opening the profile again; it is in `colours`.
                output_intent="at hand",
                attachments=files,
                finisher=functools.partial(_finish, mimes=mimes),
            )
        )


def _joined(machine: _Press, fragments: Sequence[Fragment], running: str, codes: PageCodes | None) -> list[Page]:
    """All pages in order, each with the margins of this file and its own number."""
    own = machine.lay_out(whole([running, *(fragment.html for fragment in fragments if not fragment.shared)]))
    margins = [box for box in _box(own[0]).children if isinstance(box, boxes.MarginBox)]
    content: list[Page] = []
    for fragment in fragments:
        if fragment.shared:
            content.extend(machine.kept_layout(whole([fragment.html])))
        else:
            content.extend(page for page in own if _box(page).page_type.name == fragment.name)
    if len([page for page in content if page in own]) != len(own):
        raise RenderingError("a page belongs to no part of the record", code="rendering.pages")
    # Codes are one patient's: their layout is not kept.
    count = machine.lay_out(coded_numbers(codes(len(content)))) if codes else machine.kept_layout(numbers(len(content)))
    if len(count) != len(content):
        raise RenderingError(f"{len(content)} pages got {len(count)} numbers", code="rendering.pages")
    return [_with_margins(page, margins, number) for page, number in zip(content, count, strict=True)]


def _box(page: Page) -> boxes.PageBox:
    return page._page_box  # noqa: SLF001 - WeasyPrint has no public way to join pages; the version is pinned


def _with_margins(page: Page, margins: Sequence[boxes.MarginBox], number: Page) -> Page:
    """The content of a page with these margins and the number of another. No page is changed."""
    content = [box for box in _box(page).children if not isinstance(box, boxes.MarginBox)]
    figures = [box for box in _box(number).children if isinstance(box, boxes.MarginBox)]
    joined = _box(page).copy()
    joined.children = (*content, *margins, *figures)
    return Page(joined)


def _metadata(particulars: Particulars) -> DocumentMetadata:
    return DocumentMetadata(
        title=particulars.title,
        authors=[particulars.author],
        description=particulars.subject,
        generator="Candour",
        created=particulars.made_at,
        modified=particulars.made_at,
        lang=particulars.language,
    )


def _embedded(file: Attachment, particulars: Particulars) -> EmbeddedFile:
    made = dt.datetime.fromisoformat(particulars.made_at)
    # pydyf writes these times with a "Z", whatever their offset.
    made = made.astimezone(dt.UTC)
    return EmbeddedFile(
        string=file.content,
        name=file.name,
        description=file.description or file.name,
        created=made,
        modified=made,
        relationship=file.relationship,
    )


# PDF/A allows a property outside its own list only together with a description of its schema (ISO 19005-3, 6.6.2.3).
_PDFUA = b"""<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about=""><pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
</rdf:RDF>"""


def _finish(document: Document, pdf: pydyf.PDF, *, mimes: dict[str, str]) -> None:
    """Say that the file is PDF/UA too, and set what WeasyPrint guesses or doubles about attachments."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    head, end, tail = metadata.stream[0].rpartition(b"</rdf:RDF>")
    if not end:
        raise RenderingError("the XMP metadata has no end", code="rendering.metadata")
    metadata.stream[0] = head + _PDFUA + tail
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    for thing in pdf.objects:
        if isinstance(thing, dict) and thing.get("Type") == "/Filespec":
            stream = pdf.objects[int(thing["EF"]["F"].split()[0])]
            stream.extra["Subtype"] = "/" + mimes[thing["UF"].string].replace("/", "#2f")


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Turn whatever WeasyPrint warns of into a RenderingError: a record is right or is not made."""
    logger = logging.getLogger("weasyprint")
    caught = _Warnings()
    logger.addHandler(caught)
    try:
        yield
    finally:
        logger.removeHandler(caught)
    if caught.lines:
        raise RenderingError(f"the PDF was laid out with a warning: {caught.lines[0]}", code="rendering.warning")
