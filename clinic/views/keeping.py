"""How long records are kept, and holds that keep one longer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic import services
from clinic.fields import refuse
from clinic.forms import HoldForm, RetentionForm
from clinic.models import LegalHold, Patient, RetentionPolicy
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role

form_page = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 20


@form_page
@require_role(*Role)
def retention(request: ClinicRequest) -> HttpResponse:
    """How long records are kept here, who decided so, and what was decided before; a lead decides anew."""
    may_change = request.membership.has_role(Role.CLINIC_LEAD)
    in_force = services.retention_of(request.organization)
    posted = request.POST if request.method == "POST" and may_change else None
    form = RetentionForm(posted, initial={"years": in_force.years})
    if form.is_bound and form.is_valid():
        try:
            services.set_retention(
                request.organization,
                years=form.cleaned_data["years"],
                source=form.cleaned_data["source"],
                reason=form.cleaned_data["reason"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Decided. It counts from now on, for every record that is still there.")
            return redirect("retention")
    context = {
        "form": form,
        "may_change": may_change,
        "retention": in_force,
        "earlier": RetentionPolicy.objects.at(request.organization)[:SHOWN],
    }
    return render(request, "clinic/retention.html", context, status=422 if form.errors else 200)


@form_page
@require_role(Role.CLINIC_LEAD)
def hold_set(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Keep everything of a patient until the hold is lifted."""
    patient = get_object_or_404(Patient.objects.at(request.organization).exclude(wrapped_key=None), pk=pk)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.set_hold(patient.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "The hold stands. Nothing of this patient is disposed of until it is lifted.")
            return redirect("patient_show", pk=patient.pk)
    context = {"patient": patient, "form": form}
    return render(request, "clinic/hold_set.html", context, status=422 if form.errors else 200)


@form_page
@require_role(Role.CLINIC_LEAD)
def hold_lift(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """The hold is no longer needed."""
    held = LegalHold.objects.filter(patient__organization=request.organization).exclude(patient__wrapped_key=None)
    hold = get_object_or_404(held.select_related("patient", "lift"), pk=pk)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.lift_hold(hold.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "The hold is lifted.")
            return redirect("patient_show", pk=hold.patient_id)
    context = {"hold": hold, "patient": hold.patient, "form": form}
    return render(request, "clinic/hold_lift.html", context, status=422 if form.errors else 200)
