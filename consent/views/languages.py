"""The languages of a clinic: how far each is translated and reviewed, how it looks, and the record of a review."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, refused, require_role
from clinic.vocabulary import Role
from consent import services
from consent.forms.texts import ReviewForm
from consent.languages import ENGLISH, LANGUAGES, Language, catalogue, catalogue_sha256, missing_sentences
from consent.models import LanguageReview, TemplateDraft
from consent.views.blocks import parts_of
from consent.views.finding import READERS, may_act
from consent.views.reading import pdf_download
from consent.vocabulary import DraftState, TextType


@require_role(*READERS)
@require_safe
def languages(request: ClinicRequest) -> HttpResponse:
    """Every language that Candour has words in, and whether patients of this clinic can choose it."""
    now = timezone.now()
    offered = {one.tag for one in services.offered_languages(request.organization, on=now)}
    rows = [_row(request, one, offered) for one in LANGUAGES.values()]
    return render(request, "consent/texts/languages.html", {"rows": rows, "may_write": may_act(request)})


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def language(request: ClinicRequest, tag: str) -> HttpResponse:
    """How a patient would read it, sentence by sentence beside the English one. POST records who reviewed it."""
    found = _found(tag)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if Role.CLINIC_LEAD not in request.membership.roles:
            return refused(request, "A clinic lead records who reviewed a language.")
        status = 422
        if form.is_valid():
            try:
                services.review_language(
                    request.organization,
                    tag,
                    reviewed_by=form.cleaned_data["reviewed_by"],
                    qualification=form.cleaned_data["qualification"],
                    agent=agent_of(request),
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.refuse(refusal)
            else:
                messages.success(request, "The review is on record.")
                return redirect("language", tag)
    return _page(request, found, form, status)


@require_role(*READERS)
@require_safe
def language_pdf(request: ClinicRequest, tag: str) -> HttpResponse:
    """The example of this language as a PDF."""
    found, now = _found(tag), timezone.now()
    pdf = services.specimen_pdf(services.text_to_look_at(request.organization, found.tag, at=now), at=now)
    return pdf_download(pdf, f"consent-text-{found.tag}-example.pdf")


def _page(request: ClinicRequest, found: Language, form: ReviewForm, status: int) -> HttpResponse:
    now = timezone.now()
    content = services.specimen_of(services.text_to_look_at(request.organization, found.tag, at=now), at=now)
    offered = {one.tag for one in services.offered_languages(request.organization, on=now)}
    context = {
        "language": found,
        "row": _row(request, found, offered),
        "form": form,
        "content": content,
        "parts": parts_of(content),
        "sentences": sorted(catalogue(found.tag).items()),
        "may_review": Role.CLINIC_LEAD in request.membership.roles,
    }
    return render(request, "consent/texts/language.html", context, status=status)


def _row(request: ClinicRequest, one: Language, offered: set[str]) -> dict[str, Any]:
    reviews = LanguageReview.objects.filter(organization=request.organization, language=one.tag)
    review = reviews.filter(catalogue_sha256=catalogue_sha256(one.tag)).first() if one.tag != ENGLISH else None
    drafts = TemplateDraft.objects.filter(organization=request.organization, state=DraftState.OPEN, language=one.tag)
    drafts = drafts.filter(type=TextType.TREATMENT)
    return {
        "language": one,
        "is_source": one.tag == ENGLISH,
        "translated": len(catalogue(one.tag)),
        "missing": missing_sentences(one.tag),
        "review": review,
        "text": services.text_in_force(request.organization, on=timezone.now(), language=one.tag),
        "draft": drafts.first(),
        "is_offered": one.tag in offered,
    }


def _found(tag: str) -> Language:
    if tag == ENGLISH or tag not in LANGUAGES:
        raise Http404
    return LANGUAGES[tag]
