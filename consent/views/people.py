"""Who takes part besides the patient, for staff: name somebody, look at a proxy's authority, end it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import people, services
from consent.forms.people import AuthorityForm, StaffPersonForm
from consent.models import Consent, Participant
from consent.views.finding import STAFF, found_consent, printed_name
from consent.vocabulary import AuthorityOutcome, PersonRole

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_role(*STAFF)
@form_page
def add(request: ClinicRequest, consent_id: UUID, role: str) -> HttpResponse:
    """Name somebody in one role. They make their own declaration on the patient's page, or on paper."""
    if role not in PersonRole.values:
        raise Http404
    found = found_consent(request, consent_id)
    form = StaffPersonForm(request.POST if request.method == "POST" else None, role=role)
    if form.is_bound and form.is_valid():
        try:
            services.add_person(
                found.pk, form.draft(), added_by_name=printed_name(request), agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "On record. Nothing is signed before they have done their part.")
            return redirect("consent", found.pk)
    context = {
        "consent": found,
        "form": form,
        "role": PersonRole(role).label,
        "is_proxy": role == PersonRole.PROXY,
        "declares": people.DECLARATIONS.get(role, ""),
    }
    return render(request, "consent/person_add.html", context, status=422 if form.errors else 200)


@require_role(*STAFF)
@form_page
def authority(request: ClinicRequest, consent_id: UUID, person_id: UUID) -> HttpResponse:
    """Record what was found on a proxy's authority: stop by default, until somebody has seen it."""
    found = found_consent(request, consent_id)
    person = _found(found, person_id)
    if person.role != PersonRole.PROXY:
        raise Http404
    form = AuthorityForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.check_authority(
                person.pk,
                form.cleaned_data["outcome"],
                seen=form.cleaned_data["seen"],
                words=form.cleaned_data["words"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "On record. The newest finding counts.")
            return redirect("consent", found.pk)
    context = {"consent": found, "form": form, "person": shown_to_staff(person)}
    return render(request, "consent/person.html", context, status=422 if form.errors else 200)


@require_role(*STAFF)
@require_POST
def leave(request: ClinicRequest, consent_id: UUID, person_id: UUID) -> HttpResponse:
    """Somebody does not take part any more; the row stays."""
    found = found_consent(request, consent_id)
    try:
        services.person_leaves(_found(found, person_id).pk, agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("consent", found.pk)


def people_shown(found: Consent) -> list[dict[str, Any]]:
    """Everybody who takes part or did, as the consent's page shows them; nothing after erasure."""
    try:
        return [shown_to_staff(person) for person in found.people.all()]
    except Refusal:
        return []


def shown_to_staff(person: Participant) -> dict[str, Any]:
    """One person with their mark and, of a proxy, every finding on the authority."""
    facts = person.facts
    signature = getattr(person.consent, "signature", None)
    text = signature.document_id if signature else person.consent.document_id
    checks = [{"row": check, **check.words} for check in person.checks.all()]
    is_proxy = person.role == PersonRole.PROXY
    return {
        **facts,
        "row": person,
        "role_words": PersonRole(person.role).label,
        "reason_words": people.REASON_WORDS.get(facts["reason"], ""),
        "authority_told": people.authority_told(facts) if is_proxy else "",
        "is_proxy": is_proxy,
        "mark": person.mark_on(text),
        "checks": checks,
        "is_confirmed": bool(checks) and checks[-1]["row"].outcome == AuthorityOutcome.CONFIRMED,
        "disagrees": bool(checks) and checks[-1]["row"].outcome == AuthorityOutcome.DISAGREES,
    }


def _found(found: Consent, person_id: UUID) -> Participant:
    person: Participant = get_object_or_404(found.people, pk=person_id, left_at=None)
    return person
