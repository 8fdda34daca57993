"""The patient confirms who they are, reads part by part, and asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import rules, services
from consent.errors import IdentityRefusedError
from consent.forms.patient import BirthDateForm, EmptyForm, LanguageForm, QuestionForm, ReadForm
from consent.languages import speaking
from consent.models import PatientLink
from consent.views import visit as visits
from consent.views.visit import Visit, visited
from consent.vocabulary import Step

# Plain text is read at about this many words a minute by somebody who takes care.
WORDS_A_MINUTE = 160


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def identity(request: HttpRequest, token: str) -> HttpResponse:
    """The clinic's name and three boxes for the birth date. Only a right date sent by POST begins a visit."""
    at = timezone.now()
    link = visits.open_link(request, token, at=at)
    with speaking(link.document.language):
        return _identity(request, link, token, at)


def _identity(request: HttpRequest, link: PatientLink, token: str, at: datetime) -> HttpResponse:
    if request.method != "POST":
        return _identity_page(request, link, token, BirthDateForm())
    form = BirthDateForm(request.POST)
    if not form.is_valid():
        return _identity_page(request, link, token, form, status=422)
    try:
        confirmed = services.check_birth_date(link.pk, form.cleaned_data["birth_date"], at=at)
        if services.needs_code(confirmed, at=at):
            visits.await_code(request, confirmed, at=at)
            services.send_code(confirmed.pk, None, at=at)
            return redirect("patient_code", token)
        opening = services.confirm_without_code(confirmed.pk, at=at)
    except IdentityRefusedError as refusal:
        form.refuse(refusal)
        return _identity_page(request, link, token, form, status=401)
    visits.begin(request, opening, at=at)
    return redirect(Visit(token, link, at).next_path())


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, visit: Visit, section: str) -> HttpResponseBase:
    """One part of the text, word for word; marking it as read leads to the next unread one."""
    place = _place(visit, section)
    form = ReadForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        services.acknowledge(visit.consent.pk, section, shown_sha256=form.cleaned_data["document_sha256"], at=visit.at)
        return redirect(_onwards(visit, section, place))
    return visit.page(request, "patient/section.html", _section_context(visit, section, place))


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, visit: Visit, section: str) -> HttpResponseBase:
    """A question about one part, kept for the practitioner."""
    place = _place(visit, section)
    if not visit.is_open:
        return redirect(visit.next_path())
    form = QuestionForm(
        request.POST if request.method == "POST" else None, initial={"document_sha256": visit.document.sha256}
    )
    if form.is_bound and form.is_valid():
        services.ask_question(
            visit.consent.pk,
            section,
            form.cleaned_data["text"],
            shown_sha256=form.cleaned_data["document_sha256"],
            at=visit.at,
        )
        return redirect(visit.path("patient_section", section) + "#questions")
    context = {"form": form, "section": visit.parts[place]}
    return visit.page(request, "patient/ask.html", context, status=422 if form.errors else 200)


@visited
@require_POST
def drop_question(request: HttpRequest, visit: Visit, question_id: UUID) -> HttpResponseBase:
    """“I no longer need this.”"""
    question = get_object_or_404(visit.consent.questions, pk=question_id)
    form = EmptyForm(request.POST)
    if form.is_valid() and visit.is_open:
        services.drop_question(question.pk, at=visit.at)
    return redirect(visit.path("patient_section", question.section) + "#questions")


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def choose_language(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """The languages that the clinic offers. Choosing one writes the text anew in it; reading starts again."""
    if not visit.is_open:
        return redirect(visit.next_path())
    offered = visit.languages
    form = LanguageForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        services.choose_language(visit.consent.pk, visit.link.pk, form.cleaned_data["language"], at=visit.at)
        return redirect(visit.path("patient_section", visit.keys[0]))
    return visit.page(request, "patient/language.html", {"offered": offered, "now": visit.document.language})


@visited
@require_safe
def whole_text(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Every part on one page, to read through, to print or to keep; it marks nothing as read."""
    return visit.page(request, "patient/text.html", {"parts": visit.parts, "issued_at": visit.document.issued_at})


@visited
@require_safe
def copy(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """The text as a PDF marked “not signed”, to keep or to show to somebody."""
    return pdf_download(services.unsigned_copy(visit.consent), f"{visit.consent.reference}-not-signed.pdf")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Close the visit on this device, for whoever holds it next."""
    link = visits.open_link(request, token, at=timezone.now())
    if request.method == "POST":
        visits.end(request)
        return redirect("patient_leave", token)
    with speaking(link.document.language):
        answer = render(request, "patient/left.html", visits.clinic_context(link, token))
    answer["Clear-Site-Data"] = '"cache"'
    return answer


def pdf_download(content: bytes, filename: str) -> HttpResponse:
    """A file to keep; its name holds the reference and nothing of the patient."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _identity_page(
    request: HttpRequest, link: PatientLink, token: str, form: BirthDateForm, *, status: int = 200
) -> HttpResponse:
    is_handed_over = rules.is_handed_over(link.way, link.created_at, timezone.now())
    minutes = visits.HANDOVER_IDLE_MINUTES if is_handed_over else settings.PATIENT_IDLE_MINUTES
    context = {**visits.clinic_context(link, token), "form": form, "visit_minutes": minutes}
    return render(request, "patient/identity.html", context, status=status)


def _place(visit: Visit, section: str) -> int:
    if section not in visit.keys:
        raise Http404
    return visit.keys.index(section)


def _onwards(visit: Visit, just_read: str, place: int) -> str:
    """To the next unread part below, or to one that was skipped, to what is asked, or to the decision."""
    later = [key for key in visit.keys[place + 1 :] if key in visit.unread]
    if later and (place or Step.REASONS not in visit.waiting()):
        return visit.path("patient_section", later[0])
    return visit.next_path(just_read=just_read)


def _section_context(visit: Visit, section: str, place: int) -> dict[str, Any]:
    keys = visit.keys
    return {
        "section": visit.parts[place],
        "number": place + 1,
        "count": len(keys),
        "step_note": _step_note(visit),
        "is_read": section in visit.read_sections,
        "previous_path": visit.path("patient_section", keys[place - 1]) if place else "",
        "next_path": visit.path("patient_section", keys[place + 1]) if place + 1 < len(keys) else "",
        "ask_path": visit.path("patient_ask", section),
        "questions": [row for row in visit.consent.questions.all() if row.section == section],
        "sha256": visit.document.sha256,
    }


def _step_note(visit: Visit) -> str:
    if not visit.is_open:
        return ""
    if not visit.unread:
        return gettext("all parts read")
    count = sum(_word_count(part["blocks"]) for part in visit.content["sections"] if part["key"] in visit.unread)
    minutes = max(1, round(count / WORDS_A_MINUTE))
    return (
        gettext("about {minutes} minutes left").format(minutes=minutes)
        if minutes > 1
        else gettext("about 1 minute left")
    )


def _word_count(value: Any) -> int:
    """Words in whatever a block shows."""
    if isinstance(value, str):
        return len(value.split())
    if isinstance(value, dict):
        shown = ("title", "text", "items", "label", "value", "note", "rows", "caption", "evidence", "blocks", "runs")
        return sum(_word_count(value[key]) for key in shown if key in value)
    return sum(_word_count(item) for item in value) if isinstance(value, list) else 0
