"""The practitioner's conversation with the patient on one page; and the pause while somebody doubts capacity."""

from __future__ import annotations

from typing import Any
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
from consent.forms.talks import DoubtForm, ResolutionForm, TalkForm
from consent.models import Consent
from consent.views.answers import what_was_told
from consent.views.finding import STAFF, found_consent, own_profile
from consent.views.people import people_shown
from consent.views.proving import ask_for_credential
from consent.vocabulary import CapacityOutcome, TalkOutcome

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_role(Role.PRACTITIONER)
@form_page
def conversation(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """What the patient hopes, fears, asked and did not understand at once; what the practitioner found; what follows."""
    found = found_consent(request, consent_id)
    profile = own_profile(request)
    form = TalkForm(request.POST if request.method == "POST" else None)
    is_own = profile is not None and profile.pk == found.practitioner_id
    context = {**conversation_context(found), "form": form, "is_own": is_own}
    if not is_own or profile is None:
        return render(request, "consent/conversation.html", context, status=403)
    if request.method == "POST" and form.is_valid():
        try:
            talk = services.hold_talk(found.pk, profile, form.draft(), agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            went_on = talk.outcome == TalkOutcome.GO_ON
            messages.success(request, "Recorded." if went_on else "Recorded. The consent is closed: do not treat.")
            return redirect("consent", found.pk)
    return render(request, "consent/conversation.html", context, status=422 if form.errors else 200)


@require_role(*STAFF)
@form_page
def pause(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Doubt about capacity: say what was seen, read the steps to take; a clinician resolves it, in person."""
    found = found_consent(request, consent_id)
    if found.open_doubt is not None:
        return _resolve(request, found)
    form = DoubtForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.doubt_capacity(found.pk, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request, "Paused. Nothing can be signed, declared or treated until a clinician resolves it."
            )
            return redirect("consent", found.pk)
    context = {"consent": found, "form": form}
    return render(request, "consent/pause.html", context, status=422 if form.errors else 200)


def conversation_context(found: Consent) -> dict[str, Any]:
    """Everything that the practitioner should have before their eyes when they talk with the patient."""
    return {
        "consent": found,
        "told": what_was_told(found),
        "questions": [(row, None) for row in found.questions.all()],
        "people": [one for one in people_shown(found) if one["row"].left_at is None],
        "doubts": found.capacity_doubts.all(),
        "talks": found.talks.all(),
        "talk": next((row for row in reversed(found.talks.all()) if row.document_id == found.document_id), None),
    }


def _resolve(request: ClinicRequest, found: Consent) -> HttpResponse:
    profile = own_profile(request)
    is_clinician = Role.PRACTITIONER in request.membership.roles and profile is not None
    form = ResolutionForm(request.POST if request.method == "POST" and is_clinician else None)
    context = {"consent": found, "doubt": found.open_doubt, "form": form, "is_clinician": is_clinician}
    if is_clinician and (asked := ask_for_credential(request)) is not None:
        return asked
    if profile is not None and form.is_bound and form.is_valid():
        try:
            services.resolve_doubt(
                found.pk,
                profile,
                CapacityOutcome(form.cleaned_data["outcome"]),
                form.cleaned_data["reason"],
                again_on=form.cleaned_data["again_on"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "On record, in your name.")
            return redirect("consent", found.pk)
    return render(request, "consent/pause.html", context, status=422 if form.errors else 200)
