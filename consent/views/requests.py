"""What patients ask about their records: the register, and each request with its answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from clinic.models import PatientRequest
from clinic.services import (
    answer_request,
    extend_request,
    open_requests,
    patient_group,
    receive_request,
    retention_of,
    standing_holds,
)
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import RequestKind, RequestOutcome, RequestWay, Role
from consent import services
from consent.forms.keeping import ExtensionForm, RequestAnswerForm, RequestForm
from consent.models import Consent
from consent.services import Keeping
from consent.views.disposal import OVERSEERS, found_patient
from consent.views.finding import READERS

form_page = require_http_methods(["GET", "HEAD", "POST"])
ROWS = 50


@require_role(*OVERSEERS)
@require_safe
def requests(request: ClinicRequest) -> HttpResponse:
    """What waits, due first before the others; and what was answered, newest first."""
    answered = PatientRequest.objects.at(request.organization).exclude(answer=None)
    answered = answered.select_related("patient", "answer").order_by("-answer__answered_at")
    context = {
        "waiting": open_requests(request.organization),
        "page": Paginator(answered, ROWS).get_page(request.GET.get("page")),
        "today": request.organization.local_date(timezone.now()),
    }
    return render(request, "consent/requests.html", context)


@require_role(Role.CLINIC_LEAD)
@form_page
def add(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Put on the register what a patient asked."""
    patient = found_patient(request, patient_id)
    if patient.is_erased:
        raise Http404
    form = RequestForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            row = receive_request(
                patient.pk,
                RequestKind(form.cleaned_data["kind"]),
                way=RequestWay(form.cleaned_data["way"]),
                received_on=form.cleaned_data["received_on"],
                asked=form.cleaned_data["asked"],
                asker=form.cleaned_data["asker"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "It is on the register. The month runs from the day on which it came in.")
            return redirect("patient_request", row.pk)
    context = {"patient": patient, "form": form}
    return render(request, "consent/request_add.html", context, status=422 if form.errors else 200)


@require_role(*READERS)
@require_safe
def patient_request(request: ClinicRequest, request_id: UUID) -> HttpResponse:
    """One request: what was asked, until when it is answered, what answers it, and how it was answered."""
    found = _found(request, request_id)
    return render(request, "consent/request.html", _context(request, found))


@require_role(Role.CLINIC_LEAD)
@form_page
def extend(request: ClinicRequest, request_id: UUID) -> HttpResponse:
    """Two months more, once, with the reason that the patient is told."""
    found = _open(request, request_id)
    form = ExtensionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            extend_request(found.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Extended. Tell the patient now, and why.")
            return redirect("patient_request", found.pk)
    context = {**_context(request, found), "form": form}
    return render(request, "consent/request_extend.html", context, status=422 if form.errors else 200)


@require_role(Role.CLINIC_LEAD)
@form_page
def answer(request: ClinicRequest, request_id: UUID) -> HttpResponse:
    """Done or refused, in the words that the patient is told; for an erasure with the day until which the record is kept."""
    found = _open(request, request_id)
    context = _context(request, found)
    is_erasure = found.kind == RequestKind.ERASURE
    offered = refusal_words(context["keeping"], context["holds"]) if is_erasure else ""
    initial = {"outcome": RequestOutcome.REFUSED, "words": offered} if is_erasure else {}
    form = RequestAnswerForm(
        request.POST if request.method == "POST" else None, initial=initial, may_be_done=not is_erasure
    )
    if form.is_bound and form.is_valid():
        outcome = RequestOutcome(form.cleaned_data["outcome"])
        try:
            answer_request(
                found.pk,
                outcome,
                form.cleaned_data["words"],
                is_kept=context["keeping"].is_kept,
                kept_until=context["keeping"].kept_until if is_erasure else None,
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Answered. Tell the patient in these words.")
            return redirect("patient_request", found.pk)
    return render(request, "consent/request_answer.html", {**context, "form": form}, status=422 if form.errors else 200)


def refusal_words(keeping: Keeping, holds: list[Any]) -> str:
    """The reasoned text that a lead may take over where a record is kept, with the day; nothing where nothing keeps it."""
    until, facts = keeping.disposable_from, keeping.facts
    reasons = {one.code for one in keeping.obstacles}
    words = []
    if "disposal.too_early" in reasons:
        words.append(
            f"We keep the record of a consent for {facts.years} years after its last entry, so that what was explained, "
            f"decided and done can be shown. Your last entry is of {facts.last_entry_on.day} {facts.last_entry_on:%B %Y}, "
            f"so we keep it until {until.day} {until:%B %Y}. It can be disposed of from that day on."
        )
    if "disposal.open" in reasons:
        words.append(f"A consent of yours is still open or in force: {', '.join(facts.open_references)}.")
    if holds:
        words.append("We also have to keep it because of a matter that is not closed.")
    if not words:
        return ""
    return " ".join(
        ["We cannot erase your record yet.", *words, "You may complain to us, or to the data protection authority."]
    )


def _found(request: ClinicRequest, request_id: UUID) -> PatientRequest:
    rows = PatientRequest.objects.at(request.organization).select_related(
        "patient__organization", "patient__merged_into", "extension", "answer"
    )
    found: PatientRequest = get_object_or_404(rows, pk=request_id)
    return found


def _open(request: ClinicRequest, request_id: UUID) -> PatientRequest:
    found = _found(request, request_id)
    if found.patient.is_erased:
        raise Http404
    return found


def _context(request: ClinicRequest, found: PatientRequest) -> dict[str, Any]:
    group = patient_group(found.patient)
    is_lead = request.membership.has_role(Role.CLINIC_LEAD)
    return {
        "row": found,
        "patient": found.patient,
        "identity": None if found.patient.is_erased else found.patient.identity,
        "keeping": services.keeping_of(found.patient, at=timezone.now()),
        "holds": standing_holds(group),
        "retention": retention_of(request.organization),
        "consents": Consent.objects.at(request.organization).filter(patient__in=group).order_by("-created_at"),
        "may_answer": is_lead and found.is_open and not found.patient.is_erased,
        "may_export": bool(request.membership.roles & services.EXPORTERS),
        "today": request.organization.local_date(timezone.now()),
    }
