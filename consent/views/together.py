"""The patient's page of those who take part: name them, make one's own declaration, leave again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.errors import TextRefusedError
from clinic.tenancy import client_address
from consent import people, services
from consent.errors import PersonRefusedError, SigningRefusedError
from consent.forms.patient import EmptyForm, PersonMarkForm
from consent.forms.people import PatientPersonForm
from consent.models import Participant
from consent.views.visit import Visit, user_agent, visited
from consent.vocabulary import AuthorityOutcome, PersonRole


def shown_people(visit: Visit) -> list[dict[str, Any]]:
    """Those who take part, with what each still has to do."""
    return [_shown(visit, person) for person in services.people_of(visit.consent)]


@visited
@require_safe
def everybody(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Who takes part, and the four roles to choose from."""
    if not visit.is_open:
        return redirect(visit.next_path())
    roles = [
        {
            "title": gettext(people.ROLE_WORDS[role]),
            "help": gettext(people.ROLE_HELP[role]),
            "path": visit.path("patient_person_add", role),
        }
        for role in PersonRole.values
        if role != PersonRole.PROXY or services.proxy_of(visit.consent) is None
    ]
    context = {"people": shown_people(visit), "roles": roles, "back_path": visit.next_path()}
    return visit.page(request, "patient/people.html", context)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, visit: Visit, role: str) -> HttpResponseBase:
    """Name, relation or qualification, and what the role needs besides."""
    if role not in PersonRole.values:
        raise Http404
    if not visit.is_open:
        return redirect(visit.next_path())
    form = PatientPersonForm(request.POST if request.method == "POST" else None, role=role)
    if form.is_bound and form.is_valid():
        try:
            person = services.add_person(visit.consent.pk, form.draft(), added_by_name="", agent=None, at=visit.at)
        except (PersonRefusedError, TextRefusedError) as refusal:
            form.refuse(refusal)
        else:
            if role == PersonRole.PROXY:
                return redirect(visit.path("patient_people"))
            return redirect(visit.path("patient_person", str(person.pk)))
    context = {"form": form, "title": gettext(people.ROLE_WORDS[role]), "is_proxy": role == PersonRole.PROXY}
    return visit.page(request, "patient/person_add.html", context, status=422 if form.errors else 200)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def declare(request: HttpRequest, visit: Visit, person_id: UUID) -> HttpResponseBase:
    """One person's own declaration, with their own mark."""
    person = _found(visit, person_id)
    if not visit.is_open or person.role == PersonRole.PROXY or person.mark_on(visit.document.pk) is not None:
        return redirect(visit.path("patient_people") if visit.is_open else visit.next_path())
    if request.method != "POST":
        return _declare_page(request, visit, person, PersonMarkForm(initial={"document_sha256": visit.document.sha256}))
    form = PersonMarkForm(request.POST)
    if form.is_valid():
        mark = form.signing(user_agent=user_agent(request), address=client_address(request))
        try:
            services.declare_as_person(person.pk, mark, at=visit.at)
        except (PersonRefusedError, SigningRefusedError, TextRefusedError) as refusal:
            form.refuse(refusal)
        else:
            return redirect(visit.next_path())
    return _declare_page(request, visit, person, form, status=422)


@visited
@require_POST
def leave(request: HttpRequest, visit: Visit, person_id: UUID) -> HttpResponseBase:
    """“Does not take part any more.”"""
    person = _found(visit, person_id)
    form = EmptyForm(request.POST)
    if form.is_valid() and visit.is_open:
        services.person_leaves(person.pk, agent=None, at=visit.at)
    return redirect(visit.path("patient_people"))


def _declare_page(
    request: HttpRequest, visit: Visit, person: Participant, form: PersonMarkForm, *, status: int = 200
) -> HttpResponseBase:
    context = {
        "form": form,
        "person": _shown(visit, person),
        "declaration": services.declaration_for(person, visit.document),
        "today": visit.at,
    }
    return visit.page(request, "patient/person.html", context, status=status)


def _found(visit: Visit, person_id: UUID) -> Participant:
    found = next((one for one in services.people_of(visit.consent) if one.pk == person_id), None)
    if found is None:
        raise Http404
    return found


def _shown(visit: Visit, person: Participant) -> dict[str, Any]:
    facts, mark, check = person.facts, person.mark_on(visit.document.pk), person.check_in_force
    is_proxy = person.role == PersonRole.PROXY
    is_done = (check is not None and check.outcome == AuthorityOutcome.CONFIRMED) if is_proxy else mark is not None
    return {
        **facts,
        "role_words": gettext(people.ROLE_WORDS[person.role]),
        "authority_told": people.authority_told(facts) if is_proxy else "",
        "is_proxy": is_proxy,
        "is_done": is_done,
        "disagrees": check is not None and check.outcome == AuthorityOutcome.DISAGREES,
        "path": visit.path("patient_person", str(person.pk)),
        "leave_path": visit.path("patient_person_leave", str(person.pk)),
    }
