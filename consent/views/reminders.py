"""Reminders: the patient ends them with one button; a clinic lead decides when they go out."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import services
from consent.forms.acts import RemindersForm
from consent.forms.patient import EmptyForm
from consent.languages import speaking
from consent.models import ReminderStop
from consent.views import visit as visits
from consent.views.finding import READERS

form_page = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@form_page
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """“Do not remind me”, from the link in a reminder: asks nothing and shows nothing of the patient.

    It works also where the link opens nothing any more, because it was replaced or is too old: it can do nothing else.
    """
    at = timezone.now()
    link = services.link_of(token)
    visits.refuse_staff(request)
    form = EmptyForm(request.POST) if request.method == "POST" else EmptyForm()
    if form.is_bound and form.is_valid():
        services.stop_reminders(link.pk, at=at)
        return redirect("patient_reminders", token)
    with speaking(link.document.language):
        context = {
            **visits.clinic_context(link, token),
            "is_stopped": ReminderStop.objects.filter(consent=link.consent_id).exists(),
            "may_stop": services.may_be_reminded(link.consent),
            "works": visits.works(link, at=at),
        }
        return render(request, "patient/reminders.html", context)


@require_role(*READERS)
@form_page
def reminders(request: ClinicRequest) -> HttpResponse:
    """After how many days patients are reminded, how often, and how many times at most."""
    may_change = Role.CLINIC_LEAD in request.membership.roles
    policy = services.reminder_policy(request.organization)
    initial = {name: getattr(policy, name) for name in RemindersForm.base_fields}
    form = RemindersForm(request.POST if request.method == "POST" and may_change else None, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            services.set_reminder_policy(
                request.organization, **form.cleaned_data, agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Changed. It counts from the next message on.")
            return redirect("reminders")
    context = {"form": form, "policy": policy, "may_change": may_change}
    return render(request, "consent/reminders.html", context, status=422 if form.errors else 200)
