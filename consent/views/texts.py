"""Consent texts for everybody at the clinic: what is in force, every version as it was, and what changed between two."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, require_role
from consent import differences, services
from consent.models import ConsentTemplate, TemplateDraft
from consent.views.blocks import parts_of
from consent.views.finding import READERS, may_act
from consent.views.reading import pdf_download
from consent.vocabulary import DraftState


@require_role(*READERS)
@require_safe
def texts(request: ClinicRequest) -> HttpResponse:
    """The text in force, the draft that is being written, and every version so far."""
    now = timezone.now()
    versions = list(ConsentTemplate.objects.at(request.organization))
    drafts = TemplateDraft.objects.filter(organization=request.organization, state=DraftState.OPEN)
    in_force = services.text_in_force(request.organization, on=now)
    return render(
        request,
        "consent/texts/texts.html",
        {
            "in_force": in_force,
            "versions": [(row, row == in_force, row.effective_from > now) for row in versions],
            "drafts": list(drafts),
            "may_write": may_act(request),
        },
    )


@require_role(*READERS)
@require_safe
def text(request: ClinicRequest, text_id: UUID) -> HttpResponse:
    """One version, word for word, with who wrote and published it, and what was measured."""
    found = _found(request, text_id)
    content = services.specimen_of(found, at=found.published_at)
    context = {"text": found, "content": content, "parts": parts_of(content), "report": found.readability}
    return render(request, "consent/texts/text.html", context)


@require_role(*READERS)
@require_safe
def text_pdf(request: ClinicRequest, text_id: UUID) -> HttpResponse:
    """One version as the PDF that a made-up patient would get."""
    found = _found(request, text_id)
    pdf = services.specimen_pdf(found, at=found.published_at)
    return pdf_download(pdf, f"consent-text-{found.language}-version-{found.version}.pdf")


@require_role(*READERS)
@require_safe
def text_difference(request: ClinicRequest, text_id: UUID) -> HttpResponse:
    """A version beside the one that it superseded."""
    found = _found(request, text_id)
    before = found.supersedes
    rows = differences.side_by_side(before.content if before else {}, found.content)
    context = {
        "text": found,
        "rows": rows,
        "count": differences.count(rows),
        "before_words": f"Version {before.version}" if before else "Nothing",
        "after_words": f"Version {found.version}",
    }
    return render(request, "consent/texts/difference.html", context)


def _found(request: ClinicRequest, text_id: UUID) -> ConsentTemplate:
    rows = ConsentTemplate.objects.at(request.organization).select_related("organization", "supersedes")
    found: ConsentTemplate = get_object_or_404(rows, pk=text_id)
    return found
