"""Correcting who a patient is; merging two records of one person, and undoing it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic import services
from clinic.errors import ConfirmationNeededError
from clinic.fields import refuse
from clinic.forms import CorrectionForm, MergeForm, OtherRecordForm, UnmergeForm
from clinic.models import Patient
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.views.patients import MAY_REGISTER

form_page = require_http_methods(["GET", "HEAD", "POST"])


@form_page
@require_role(*MAY_REGISTER)
def patient_correct(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Another name, birth date, contact or language, with the reason; what was there before is kept."""
    patient = _found(request, pk)
    revision = patient.corrections.count()
    initial = {**vars(patient.identity), "revision": revision}
    form = CorrectionForm(
        request.POST if request.method == "POST" else None, initial=initial, organization=request.organization
    )
    if form.is_bound and form.is_valid():
        try:
            services.correct_patient(
                patient.pk,
                form.identity,
                form.cleaned_data["reason"],
                revision=form.cleaned_data["revision"],
                agent=agent_of(request),
                at=timezone.now(),
                is_confirmed=form.cleaned_data["is_confirmed"],
            )
        except Refusal as refusal:
            if isinstance(refusal, ConfirmationNeededError):
                form.ask_to_confirm()
            refuse(form, refusal)
        else:
            messages.success(request, "Corrected. What was there before stays in the history.")
            return redirect("patient_show", pk=patient.pk)
    context = {"patient": patient, "form": form}
    return render(request, "clinic/patient_correct.html", context, status=422 if form.errors else 200)


@form_page
@require_role(*MAY_REGISTER)
def patient_merge(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """First find the other record, exactly; then see both side by side, say how one knows, and confirm."""
    patient = _found(request, pk)
    into = request.POST.get("into", "")
    form: OtherRecordForm | MergeForm
    if not into:
        form = OtherRecordForm(request.POST if request.method == "POST" else None)
        found = None
        if form.is_bound and form.is_valid():
            asked = form.cleaned_data["family_name"], form.cleaned_data["birth_date"]
            matches = services.found_patients(request.organization, *asked)
            found = [one for one in matches if one.pk != patient.pk]
        context = {"patient": patient, "form": form, "found": found}
        return render(request, "clinic/patient_merge_find.html", context, status=422 if form.errors else 200)
    other = _found(request, into)
    form = MergeForm(request.POST if "reason" in request.POST else None, initial={"into": other.pk})
    if form.is_bound and form.is_valid():
        try:
            services.merge_patients(
                patient.pk,
                other.pk,
                form.cleaned_data["reason"],
                is_confirmed=form.cleaned_data["is_same_person"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Merged. It can be undone on the page of the merged record.")
            return redirect("patient_show", pk=other.pk)
    context = {"patient": patient, "other": other, "form": form}
    return render(request, "clinic/patient_merge.html", context, status=422 if form.errors else 200)


@form_page
@require_role(*MAY_REGISTER)
def patient_unmerge(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Show a merged record as a patient of its own again."""
    patient = _found(request, pk)
    form = UnmergeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.unmerge_patient(
                patient.pk,
                form.cleaned_data["reason"],
                is_confirmed=form.cleaned_data["is_confirmed"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Undone. Both records are shown again.")
            return redirect("patient_show", pk=patient.pk)
    context = {"patient": patient, "form": form}
    return render(request, "clinic/patient_unmerge.html", context, status=422 if form.errors else 200)


def _found(request: ClinicRequest, pk: UUID | str) -> Patient:
    """Of this clinic and not erased, or 404; an id that is none finds nothing either."""
    try:
        key = pk if isinstance(pk, UUID) else UUID(pk)
    except ValueError:
        key = UUID(int=0)
    rows = Patient.objects.at(request.organization).exclude(wrapped_key=None).select_related("merged_into")
    return get_object_or_404(rows, pk=key)
