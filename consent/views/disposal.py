"""How long a patient's record is kept, and its end: due, proposed, confirmed, certified."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from clinic.models import Patient
from clinic.services import patient_group, requests_of, retention_of, standing_holds
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import services
from consent.forms.keeping import ConfirmationForm, DisposalForm
from consent.models import Consent, DisposalCertificate, DisposalProposal
from consent.views.finding import READERS
from consent.views.proving import ask_for_credential, lacks_second_factor, shown_credential
from consent.vocabulary import Credential

form_page = require_http_methods(["GET", "HEAD", "POST"])
OVERSEERS = (Role.CLINIC_LEAD, Role.AUDITOR)
ROWS = 25


@require_role(*READERS)
@require_safe
def patient_record(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """Until when the record is kept and what keeps it; what the patient asked; and, once it is gone, the certificate."""
    patient = found_patient(request, patient_id)
    group = patient_group(patient)
    context = {
        "patient": patient,
        "identity": None if patient.is_erased else patient.identity,
        "others": [one for one in group if one.pk != patient.pk],
        "keeping": services.keeping_of(patient, at=timezone.now()),
        "retention": retention_of(request.organization),
        "holds": standing_holds(group),
        "requests": requests_of(group),
        "consents": Consent.objects.at(request.organization).filter(patient__in=group).order_by("-created_at"),
        "proposals": DisposalProposal.objects.filter(patient__in=group).select_related("refusal", "certificate"),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
        "may_export": bool(request.membership.roles & services.EXPORTERS),
        "today": request.organization.local_date(timezone.now()),
    }
    return render(request, "consent/patient_record.html", context)


@require_role(*OVERSEERS)
@require_safe
def disposals(request: ClinicRequest) -> HttpResponse:
    """What waits for a second person, whose time has come and what still keeps it, and what was disposed of."""
    organization, now = request.organization, timezone.now()
    page = Paginator(services.disposal_candidates(organization, at=now), ROWS).get_page(request.GET.get("page"))
    keepings = services.keepings([patient_group(one) for one in page], organization, at=now)
    waiting = DisposalProposal.objects.at(organization).open()
    proposed = {row.patient_id for row in waiting}
    context = {
        "waiting": waiting,
        "page": page,
        "rows": [one for one in keepings if one.kept_until is None and one.patient.pk not in proposed],
        "certificates": DisposalCertificate.objects.at(organization).select_related("proposal")[:ROWS],
        "retention": retention_of(organization),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
    }
    return render(request, "consent/disposals.html", context)


@require_role(Role.CLINIC_LEAD)
@form_page
def propose(request: ClinicRequest, patient_id: UUID) -> HttpResponse:
    """The first of two people says why."""
    patient = found_patient(request, patient_id)
    keeping = services.keeping_of(patient, at=timezone.now())
    form = DisposalForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            row = services.propose_disposal(
                patient.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Proposed. Another clinic lead confirms it or declines.")
            return redirect("disposal", row.pk)
    context = {"patient": patient, "keeping": keeping, "form": form}
    return render(request, "consent/disposal_propose.html", context, status=422 if form.errors else 200)


@require_role(*OVERSEERS)
@require_safe
def proposal(request: ClinicRequest, proposal_id: UUID) -> HttpResponse:
    """One proposal, or what became of it: declined, or carried out, with the certificate."""
    found = _found(request, proposal_id)
    return render(request, "consent/disposal.html", _context(request, found))


@require_role(Role.CLINIC_LEAD)
@form_page
def confirm(request: ClinicRequest, proposal_id: UUID) -> HttpResponse:
    """The second person, who has just shown who they are, destroys the key. There is no way back."""
    found = _found(request, proposal_id)
    context = _context(request, found)
    if not context["may_confirm"]:
        return render(request, "consent/disposal.html", context, status=403)
    if lacks_second_factor(request):
        return render(request, "consent/disposal.html", {**context, "lacks_factor": True}, status=403)
    if (asked := ask_for_credential(request)) is not None:
        return asked
    form = ConfirmationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.confirm_disposal(
                found.pk,
                credential=shown_credential(request) or Credential.PASSWORD,
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The record was disposed of. This is its certificate.")
            return redirect("disposal", found.pk)
    return render(
        request, "consent/disposal_confirm.html", {**context, "form": form}, status=422 if form.errors else 200
    )


@require_role(Role.CLINIC_LEAD)
@form_page
def decline(request: ClinicRequest, proposal_id: UUID) -> HttpResponse:
    """Nothing is disposed of: declined by a second person, or taken back by the first."""
    found = _found(request, proposal_id)
    form = DisposalForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.decline_disposal(found.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Declined. The record stays.")
            return redirect("disposal", found.pk)
    context = {**_context(request, found), "form": form}
    return render(request, "consent/disposal_decline.html", context, status=422 if form.errors else 200)


@require_role(*OVERSEERS)
@require_safe
def certificate(request: ClinicRequest, proposal_id: UUID) -> HttpResponse:
    """The certificate as a text file; its SHA-256 stands in the log."""
    row = get_object_or_404(DisposalCertificate.objects.at(request.organization), proposal=proposal_id)
    name = f"disposal-{row.disposed_at:%Y-%m-%d}-patient-{row.facts['patient_numbers'][0]}.txt"
    return HttpResponse(
        row.text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


def found_patient(request: ClinicRequest, patient_id: UUID) -> Patient:
    """The clinic's patient, erased or not, or 404."""
    rows = Patient.objects.at(request.organization).select_related("organization", "merged_into")
    found: Patient = get_object_or_404(rows, pk=patient_id)
    return found


def _found(request: ClinicRequest, proposal_id: UUID) -> DisposalProposal:
    rows = DisposalProposal.objects.at(request.organization).select_related(
        "patient__organization", "patient__merged_into", "refusal", "certificate"
    )
    found: DisposalProposal = get_object_or_404(rows, pk=proposal_id)
    return found


def _context(request: ClinicRequest, found: DisposalProposal) -> dict[str, Any]:
    group = patient_group(found.patient)
    is_lead, is_own = request.membership.has_role(Role.CLINIC_LEAD), found.proposed_by == str(request.user.pk)
    made = getattr(found, "certificate", None)
    return {
        "proposal": found,
        "patient": found.patient,
        "identity": None if found.patient.is_erased else found.patient.identity,
        "certificate": made,
        **(_certified(made) if made else {}),
        "files_left": services.files_left(group) if made else 0,
        "keeping": services.keeping_of(found.patient, at=timezone.now()) if found.is_open else None,
        "consents": Consent.objects.at(request.organization).filter(patient__in=group).order_by("-created_at"),
        "may_export": bool(request.membership.roles & services.EXPORTERS),
        "is_own": is_own,
        "may_confirm": is_lead and found.is_open and not is_own,
        "may_decline": is_lead and found.is_open,
    }


def _certified(certificate: DisposalCertificate) -> dict[str, Any]:
    """The days and times of a certificate, which it holds in ISO 8601, as a page tells them."""
    facts = certificate.facts
    return {
        "last_entry_on": date.fromisoformat(facts["last_entry_on"]),
        "disposable_from": date.fromisoformat(facts["disposable_from"]),
        "certified": [
            (one, datetime.fromisoformat(one["issued_at"]), datetime.fromisoformat(one["ended_at"]))
            for one in facts["consents"]
        ],
    }
