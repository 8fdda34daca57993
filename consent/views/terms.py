"""The clinic's terms: time to think, age limit, second factor; and the practitioner who asks to treat sooner."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import services
from consent.forms.terms import SoonerForm, TermsForm
from consent.models import ConsentTerms
from consent.views.finding import READERS, found_consent, own_profile
from consent.views.proving import ask_for_credential

form_page = require_http_methods(["GET", "HEAD", "POST"])
SHOWN = 20


@require_role(*READERS)
@form_page
def terms(request: ClinicRequest) -> HttpResponse:
    """How long patients have to think by route, how long a consent is good for; and what was decided before."""
    may_change = Role.CLINIC_LEAD in request.membership.roles
    in_force = services.terms_of(request.organization)
    form = TermsForm(
        request.POST if request.method == "POST" and may_change else None,
        initial={
            **in_force.days_to_think,
            "good_for_days": in_force.good_for_days,
            "needs_second_factor": in_force.needs_second_factor,
        },
    )
    if form.is_bound and form.is_valid():
        try:
            services.set_terms(
                request.organization,
                days_to_think=form.days_to_think(),
                good_for_days=form.cleaned_data["good_for_days"],
                needs_second_factor=form.cleaned_data["needs_second_factor"],
                reason=form.cleaned_data["reason"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Changed. The time to think counts for every text written from now on.")
            return redirect("consent_terms")
    context = {
        "form": form,
        "may_change": may_change,
        "terms": in_force,
        "days": [(form.fields[group].label, days) for group, days in in_force.days_to_think.items()],
        "earlier": ConsentTerms.objects.at(request.organization).order_by("-set_at")[:SHOWN],
    }
    return render(request, "consent/terms.html", context, status=422 if form.errors else 200)


@require_role(Role.PRACTITIONER)
@form_page
def sooner(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Ask the patient to be treated before the time to think is over: by who treats, in person, with a reason."""
    found = found_consent(request, consent_id)
    profile = own_profile(request)
    is_own = profile is not None and profile.pk == found.practitioner_id
    form = SoonerForm(request.POST if request.method == "POST" else None)
    context = {"consent": found, "form": form, "is_own": is_own, "until": found.treat_from}
    if not is_own or profile is None:
        return render(request, "consent/sooner.html", context, status=403)
    if (asked := ask_for_credential(request)) is not None:
        return asked
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_for_sooner(
                found.pk,
                profile,
                treat_on=form.cleaned_data["treat_on"],
                reason=form.cleaned_data["reason"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Asked. It counts only once the patient says yes on their own page.")
            return redirect("consent", found.pk)
    return render(request, "consent/sooner.html", context, status=422 if form.errors else 200)
