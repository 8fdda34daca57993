"""A filed document: look at it safely, or take it away; only for its own clinic, and only while it is what was filed."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.fields import ALL_FIELDS
from products.models import Certificate, Claim, Evidence, MarketingClaim, RegulatoryRecord, SizeMeasurement
from products.parsing.asking import read_table, redrawn_picture
from products.services import open_evidence
from products.uploads import JPEG, PDF, PNG, TEXT, WORDS, XLSX
from products.views.found import READERS

MOST_LINES, LONGEST_LINE = 400, 2_000
MOST_SHEET_ROWS, SHOWN_SHEET_ROWS = 20_000, 200
MOST_USES = 100


@dataclass(frozen=True)
class Use:
    """Something said that rests on the document."""

    words: str
    subject: str
    url: str


@require_safe
@require_role(*READERS)
def evidence(request: ClinicRequest, evidence_id: UUID) -> HttpResponse:
    """The bytes of a document, as a download and never inside a page. `EvidenceDamagedError` where they changed."""
    found = _evidence_of(request, evidence_id)
    response = HttpResponse(_content(request, found), content_type=found.media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.original_name) or ""
    return _closed(response)


@require_safe
@require_role(*READERS)
def evidence_page(request: ClinicRequest, evidence_id: UUID) -> HttpResponse:
    """What a document is, what rests on it, and what is in it: a picture drawn anew, or text that is only text."""
    found = _evidence_of(request, evidence_id)
    content = _content(request, found)
    lines, cut = _lines(content) if found.media_type == TEXT else ([], False)
    head, rows, note = _sheet(found, content) if found.media_type == XLSX else ((), (), "")
    return render(
        request,
        "products/evidence.html",
        {
            "evidence": found,
            "kind": WORDS.get(found.media_type, found.media_type),
            "is_picture": found.media_type in (PNG, JPEG),
            "is_pdf": found.media_type == PDF,
            "lines": lines,
            "is_cut": cut,
            "head": head,
            "rows": rows,
            "note": note,
            "uses": _uses(found),
        },
    )


@require_safe
@require_role(*READERS)
def evidence_picture(request: ClinicRequest, evidence_id: UUID) -> HttpResponse:
    """A filed picture drawn anew: its pixels and nothing else of the file."""
    found = _evidence_of(request, evidence_id)
    if found.media_type not in (PNG, JPEG):
        raise Http404("This document is no picture.")
    drawn = redrawn_picture(_content(request, found), found.original_name)
    return _closed(HttpResponse(drawn, content_type=PNG))


def _evidence_of(request: ClinicRequest, evidence_id: UUID) -> Evidence:
    found: Evidence = get_object_or_404(Evidence.objects.at(request.organization), pk=evidence_id)
    return found


def _content(request: ClinicRequest, found: Evidence) -> bytes:
    return open_evidence(found, agent=agent_of(request), at=timezone.now())


def _closed(response: HttpResponse) -> HttpResponse:
    """Whatever a browser makes of the bytes, they can do nothing."""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _lines(content: bytes) -> tuple[list[str], bool]:
    """The first lines of a text file, and whether there are more."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = content.decode("utf-16", errors="replace")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")  # instruments write µ and ³ so
    lines = text.splitlines()
    shown = [line[:LONGEST_LINE] for line in lines[:MOST_LINES]]
    return shown, len(lines) > MOST_LINES or any(len(line) > LONGEST_LINE for line in lines[:MOST_LINES])


def _sheet(found: Evidence, content: bytes) -> tuple[Sequence[str], Sequence[Sequence[str]], str]:
    """The head and first rows of an Excel table, and what to know of it; only a sentence where it cannot be read."""
    try:
        table = read_table(content, found.original_name, most_rows=MOST_SHEET_ROWS)
    except Refusal as refusal:
        return (), (), f"It cannot be shown as a table: {refusal.message}"
    notes = list(table.notes)
    if len(table.rows) > SHOWN_SHEET_ROWS:
        notes.append(f"The first {SHOWN_SHEET_ROWS} of {len(table.rows):,} rows.")
    return table.head, [row.cells for row in table.rows[:SHOWN_SHEET_ROWS]], " ".join(notes)


def _uses(found: Evidence) -> list[Use]:
    """What rests on the document, with the way to it."""
    uses = []
    claims = Claim.objects.filter(evidence=found, superseded_by=None).select_related("product", "batch__product")
    for claim in claims[:MOST_USES]:
        field = ALL_FIELDS.get(claim.field)
        page = "batch_provenance" if claim.batch else "product_provenance"
        subject = claim.batch or claim.product
        url = reverse(page, args=[subject.pk]) if subject else ""
        uses.append(Use(field.label if field else claim.field, _named(claim), url))
    for one in Certificate.objects.filter(evidence=found, superseded_by=None).select_related("batch"):
        url = reverse("certificate", args=[one.batch_id, one.pk])
        uses.append(Use("Certificate, line by line", f"Lot {one.batch.lot_number}", url))
    uses += [
        Use("Size measurement", f"Lot {one.batch.lot_number}", reverse("batch", args=[one.batch_id]))
        for one in SizeMeasurement.objects.filter(evidence=found).select_related("batch")
    ]
    for record in RegulatoryRecord.objects.filter(evidence=found).select_related("product"):
        url = reverse("product_standing", args=[record.product_id])
        uses.append(Use("Regulatory record", record.product.marketed_name, url))
    for promise in MarketingClaim.objects.filter(evidence=found, superseded_by=None).select_related("product"):
        url = reverse("product_promises", args=[promise.product_id])
        uses.append(Use(f"Promise: {promise.text[:60]}", promise.product.marketed_name, url))
    return uses


def _named(claim: Claim) -> str:
    if claim.batch:
        return f"Lot {claim.batch.lot_number} of {claim.batch.product.marketed_name}"
    return claim.product.marketed_name if claim.product else ""
