"""Hand out a filed document: to its own clinic, as a download, and only while it is the file that was filed."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header

from clinic.tenancy import ClinicRequest, require_role
from products.models import Evidence
from products.services import read_evidence
from products.views.found import READERS


@require_role(*READERS)
def evidence(request: ClinicRequest, evidence_id: UUID) -> HttpResponse:
    """The bytes of a document, never shown inside a page. `EvidenceDamagedError` where they changed."""
    found: Evidence = get_object_or_404(Evidence.objects.at(request.organization), pk=evidence_id)
    response = HttpResponse(read_evidence(found), content_type=found.media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.original_name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
