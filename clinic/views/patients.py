"""Finding, registering and showing patients."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from audit.models import LogDetail, LogEntry
from audit.services import entries_for
from clinic import services
from clinic.errors import ConfirmationNeededError
from clinic.fields import refuse
from clinic.forms import PatientForm, PatientSearchForm
from clinic.models import Patient
from clinic.tenancy import ClinicRequest, agent_of, changes_nothing, require_role
from clinic.vocabulary import Role

PER_PAGE = 25
MAY_REGISTER = (Role.PRACTITIONER, Role.CLINIC_LEAD)
OVERSEERS = frozenset({Role.CLINIC_LEAD, Role.AUDITOR})


# Searching is a POST: a name or a birth date must not stand in an address, a history or a server's log.
@changes_nothing
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*Role)
def patients(request: ClinicRequest) -> HttpResponse:
    """Newest first, or exactly those of a family name and a birth date."""
    organization = request.organization
    form = PatientSearchForm(request.POST if request.method == "POST" else None)
    rows: Any = Patient.objects.at(organization).filter(merged_into=None)
    is_search = form.is_bound and form.is_valid()
    if is_search and any(form.cleaned_data.values()):
        rows = services.found_patients(organization, form.cleaned_data["family_name"], form.cleaned_data["birth_date"])
    page = Paginator(rows, PER_PAGE).get_page(1 if is_search else request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "is_search": is_search,
        "is_begun": form.is_bound or page.paginator.count > 0,
        "may_register": bool(request.membership.roles & set(MAY_REGISTER)),
        "may_oversee": bool(request.membership.roles & OVERSEERS),
    }
    if context["may_oversee"]:
        today, open_ones = organization.local_date(timezone.now()), services.open_requests(organization)
        context |= {"waiting": len(open_ones), "overdue": sum(row.due_on < today for row in open_ones)}
    return render(request, "clinic/patients.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*MAY_REGISTER)
def patient_add(request: ClinicRequest) -> HttpResponse:
    """Register a patient; what is unusual comes back with a box to tick."""
    form = PatientForm(request.POST if request.method == "POST" else None, organization=request.organization)
    if form.is_bound and form.is_valid():
        try:
            patient = services.register_patient(
                request.organization,
                form.identity,
                agent=agent_of(request),
                at=timezone.now(),
                is_confirmed=form.cleaned_data["is_confirmed"],
            )
        except Refusal as refusal:
            if isinstance(refusal, ConfirmationNeededError):
                form.ask_to_confirm()
            refuse(form, refusal)
        else:
            messages.success(request, "The patient is registered.")
            return redirect("patient_show", pk=patient.pk)
    return render(request, "clinic/patient_add.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@require_role(*Role)
def patient_show(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """One patient, with what was done and by whom."""
    found = Patient.objects.at(request.organization).select_related("merged_into")
    patient = get_object_or_404(found, pk=pk)
    context = {
        "patient": patient,
        "identity": None if patient.is_erased else patient.identity,
        "history": [_readable(entry) for entry in entries_for("clinic.patient", patient.pk)],
        "corrections": [] if patient.is_erased else _corrections(patient),
        "merged": list(patient.merged.all()),
        "may_register": bool(request.membership.roles & set(MAY_REGISTER)),
        **_kept(request, patient),
    }
    return render(request, "clinic/patient_show.html", context)


def _kept(request: ClinicRequest, patient: Patient) -> dict[str, Any]:
    """What keeps the record, and what the patient asked about it and waits for; of a merged record, of both."""
    group = services.patient_group(patient)
    return {
        "holds": [] if patient.is_erased else services.standing_holds(group),
        "requests": [] if patient.is_erased else [row for row in services.requests_of(group) if row.is_open],
        "today": request.organization.local_date(timezone.now()),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
    }


def _corrections(patient: Patient) -> list[dict[str, Any]]:
    """What was on record before, newest first: each value that was changed, by whom and why."""
    rows = list(patient.corrections.prefetch_related("contact_notices"))
    for row in rows:
        row.patient = patient
    words = {"given_name": "Given name", "family_name": "Family name", "birth_date": "Birth date"}
    words |= {"email": "E-mail", "phone": "Mobile phone", "language": "Preferred language"}
    return [
        {
            "row": row,
            "reason": row.reason,
            "told": [notice.words for notice in row.contact_notices.all()],
            "was": [
                (words.get(name, name), row.before.language_words if name == "language" else getattr(row.before, name))
                for name in row.changed
            ],
        }
        for row in reversed(rows)
    ]


def _readable(entry: LogEntry) -> dict[str, Any]:
    """An entry for a person: what happened, when, by whom. An erased detail names nobody."""
    detail = LogDetail.objects.filter(entry=entry).first()
    agent = detail.body["agent"] if detail else {"kind": "erased", "name": ""}
    return {
        "occurred_at": entry.occurred_at,
        "words": entry.words,
        "who": agent["name"] or agent["kind"],
        "index": entry.leaf_index,
    }
