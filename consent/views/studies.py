"""Research studies: what is on record of each, its versions, and its end. A clinic lead writes, everybody reads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import rules, services
from consent.forms.studies import StudyChangeForm, StudyCloseForm, StudyForm
from consent.models import Study
from consent.views.finding import READERS
from consent.vocabulary import TextType

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_role(*READERS)
@require_safe
def studies(request: ClinicRequest) -> HttpResponse:
    """Every study of the clinic, and what is missing before somebody can join it."""
    rows = [(row, rules.missing_of(row.current.said)) for row in Study.objects.at(request.organization)]
    text = services.text_in_force(request.organization, on=timezone.now(), text_type=TextType.RESEARCH)
    context = {"rows": rows, "text": text, "may_write": Role.CLINIC_LEAD in request.membership.roles}
    return render(request, "consent/studies/studies.html", context)


@require_role(*READERS)
@require_safe
def study(request: ClinicRequest, study_id: UUID) -> HttpResponse:
    """One study as it is on record, with every version before."""
    found = _found(request, study_id)
    said = found.current.said
    context = {
        "study": found,
        "said": said,
        "facts": [(words, getattr(said, name)) for name, words in rules.STUDY_FACTS.items()],
        "missing": rules.missing_of(said),
        "versions": list(reversed(found.versions.all())),
        "consents": found.consents.count(),
        "may_write": Role.CLINIC_LEAD in request.membership.roles and not found.is_closed,
    }
    return render(request, "consent/studies/study.html", context)


@require_role(Role.CLINIC_LEAD)
@form_page
def add(request: ClinicRequest) -> HttpResponse:
    """Put a study on record."""
    form = StudyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            made = services.add_study(request.organization, form.edit(), agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The study is on record.")
            return redirect("study", made.pk)
    return _edit_page(request, {"form": form})


@require_role(Role.CLINIC_LEAD)
@form_page
def change(request: ClinicRequest, study_id: UUID) -> HttpResponse:
    """Put a new version of a study on record."""
    found = _found(request, study_id)
    form = StudyChangeForm(request.POST if request.method == "POST" else None, study=found)
    if form.is_bound and form.is_valid():
        try:
            services.change_study(
                found.pk,
                form.edit(),
                what_changed=form.cleaned_data["what_changed"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Changed. Consents that said otherwise are marked for a decision.")
            return redirect("study", found.pk)
    return _edit_page(request, {"form": form, "study": found})


@require_role(Role.CLINIC_LEAD)
@form_page
def close(request: ClinicRequest, study_id: UUID) -> HttpResponse:
    """Close a study for good."""
    found = _found(request, study_id)
    form = StudyCloseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.close_study(found.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The study is closed. Nobody joins it any more.")
            return redirect("study", found.pk)
    context = {"form": form, "study": found}
    return render(request, "consent/studies/close.html", context, status=422 if form.errors else 200)


def _edit_page(request: ClinicRequest, context: dict[str, Any]) -> HttpResponse:
    form = context["form"]
    status = 422 if form.errors else 200
    form.show_as_needed()
    return render(request, "consent/studies/edit.html", context, status=status)


def _found(request: ClinicRequest, study_id: UUID) -> Study:
    found: Study = get_object_or_404(Study.objects.at(request.organization), pk=study_id)
    return found
