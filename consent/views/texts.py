"""Consent texts for everybody at the clinic: what is in force, every version as it was, and what changed between two."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, require_role
from consent import differences, services
from consent.languages import ENGLISH, LANGUAGES, Language
from consent.models import ConsentTemplate, TemplateDraft
from consent.views.blocks import parts_of
from consent.views.finding import READERS, may_act
from consent.views.reading import pdf_download
from consent.vocabulary import DraftState, TextType


@require_role(*READERS)
@require_safe
def texts(request: ClinicRequest) -> HttpResponse:
    """For each type, the drafts that are being written, and every version so far with the one in force."""
    now = timezone.now()
    versions = list(ConsentTemplate.objects.at(request.organization))
    drafts = list(TemplateDraft.objects.filter(organization=request.organization, state=DraftState.OPEN))
    lines = []
    for text_type in TextType:
        in_force = services.text_in_force(request.organization, on=now, text_type=text_type)
        of_type = [row for row in versions if row.type == text_type]
        lines.append(
            {
                "type": text_type,
                "versions": [(row, row == in_force, row.effective_from > now) for row in of_type],
                "drafts": [row for row in drafts if row.type == text_type],
                "languages": _to_translate(of_type, drafts) if text_type == TextType.RESEARCH else [],
            }
        )
    return render(request, "consent/texts/texts.html", {"lines": lines, "may_write": may_act(request)})


def _to_translate(of_type: list[ConsentTemplate], drafts: list[TemplateDraft]) -> list[Language]:
    """The languages in which a research text can be begun: once the English one is published, and none is being written."""
    if not any(row.language == ENGLISH for row in of_type):
        return []
    begun = {row.language for row in drafts if row.type == TextType.RESEARCH}
    return [one for one in LANGUAGES.values() if one.tag != ENGLISH and one.tag not in begun]


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
    return pdf_download(pdf, f"consent-text-{_of_type(found)}{found.language}-version-{found.version}.pdf")


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


def _of_type(found: ConsentTemplate) -> str:
    """A part of a file's name, for research alone: versions are counted for each type."""
    return "research-" if found.type == TextType.RESEARCH else ""


def _found(request: ClinicRequest, text_id: UUID) -> ConsentTemplate:
    rows = ConsentTemplate.objects.at(request.organization).select_related("organization", "supersedes")
    found: ConsentTemplate = get_object_or_404(rows, pk=text_id)
    return found
