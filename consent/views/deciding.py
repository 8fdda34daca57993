"""The patient decides: everything on one page, then a signature, or a no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from clinic.errors import TextRefusedError
from clinic.tenancy import client_address
from consent import ceremony, services
from consent.errors import PersonRefusedError, SigningRefusedError, UnderAgeError
from consent.forms.paper import PaperWishForm
from consent.forms.patient import SigningForm, WitnessedSigningForm
from consent.models import Consent
from consent.views.together import shown_people
from consent.views.visit import Visit, user_agent, visited
from consent.vocabulary import BLOCKS_SIGNING, PaperWay


@visited
@require_safe
def decide(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """What was read, what still waits, the whole text again, and the two ways to answer."""
    if not visit.is_open:
        return redirect(visit.path("patient_receipt"))
    return visit.page(request, "patient/decide.html", {**_standing(visit), **thinking(visit)})


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """The pad. Sent twice, from two tabs or after the back button, it leads to the one receipt."""
    if visit.is_signed:
        return redirect(visit.path("patient_receipt"))
    if request.method != "POST":
        standing = _standing(visit)
        if not visit.is_open or not standing["can_sign"]:
            return redirect(visit.path("patient_decide"))
        return _sign_page(request, visit, _form(visit)(initial={"document_sha256": visit.document.sha256}))
    form = _form(visit)(request.POST)
    if not form.is_valid():
        return _sign_page(request, visit, form, status=422)
    signing = replace(
        form.signing(user_agent=user_agent(request), address=client_address(request)), opening_id=visit.opening_id
    )
    try:
        services.sign_consent(visit.consent.pk, signing, at=visit.at, link=visit.link)
    except (PersonRefusedError, SigningRefusedError, TextRefusedError, UnderAgeError) as refusal:
        form.refuse(refusal)
        return _sign_page(request, visit, form, status=422)
    return redirect(visit.path("patient_receipt"))


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """A no, with a reason or without one. It is never held back by what is unread."""
    if not visit.is_open:
        return redirect(visit.path("patient_receipt"))
    form = visit.reason_form(request)
    if form.is_bound and form.is_valid():
        reason, by = form.said()
        services.decline_consent(visit.consent.pk, reason, by=by, at=visit.at)
        return redirect(visit.path("patient_receipt"))
    return visit.page(request, "patient/decline.html", {"form": form}, status=422 if form.errors else 200)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def paper(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """“I would rather sign on paper, or at the clinic.” Nothing is signed by it."""
    if not visit.is_open:
        return redirect(visit.path("patient_receipt"))
    form = PaperWishForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        services.ask_for_paper(visit.consent.pk, PaperWay(form.cleaned_data["way"]), at=visit.at)
        return redirect(visit.path("patient_paper"))
    context = {"form": form, "wishes": visit.consent.paper_wishes.filter(document=visit.document).exists()}
    return visit.page(request, "patient/paper.html", context, status=422 if form.errors else 200)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def sooner(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """The practitioner asks for a treatment before the time to think is over: yes and no look alike."""
    consent = Consent.objects.with_standing().get(pk=visit.consent.pk)
    asked = services.open_sooner_request(consent)
    if asked is None:
        return redirect(visit.next_path())
    if request.method == "POST" and request.POST.get("answer") in ("yes", "no"):
        services.answer_sooner(asked.pk, visit.link.pk, is_agreed=request.POST["answer"] == "yes", at=visit.at)
        return redirect(visit.next_path())
    context = {"asked": asked, "days": consent.days_to_think}
    return visit.page(request, "patient/sooner.html", context, status=422 if request.method == "POST" else 200)


def _sign_page(request: HttpRequest, visit: Visit, form: SigningForm, *, status: int = 200) -> HttpResponseBase:
    signer = services.signer_told(visit.consent, visit.document)
    context = {
        "form": form,
        "meaning": signer["meaning"],
        "treatment": visit.content["treatment"],
        "printed_name": signer["printed_name"],
        "on_behalf_of": signer.get("on_behalf_of", ""),
        "today": visit.at,
    }
    return visit.page(request, "patient/sign.html", context, status=status)


def _form(visit: Visit) -> type[SigningForm]:
    """With the yes that is said aloud, where a witness for it takes part."""
    has_witness = any(ceremony.is_for_yes_aloud(person) for person in services.facts_of(visit.consent))
    return WitnessedSigningForm if has_witness else SigningForm


def thinking(visit: Visit) -> dict[str, Any]:
    """From when on the patient may be treated, and whether they are asked to be treated sooner."""
    consent = Consent.objects.with_standing().get(pk=visit.consent.pk)
    return {"treat_from": consent.treat_from, "asked_sooner": services.open_sooner_request(consent)}


def _standing(visit: Visit) -> dict[str, Any]:
    questions = list(visit.consent.questions.all())
    titles = {part["key"]: part["title"] for part in visit.content["sections"]}
    unread, waiting_steps = visit.unread, visit.waiting()
    needs_talk = services.undecided(visit.answers, BLOCKS_SIGNING) is not None
    people = shown_people(visit)
    waiting_people = [person for person in people if not person["is_done"]]
    is_paused = services.is_paused(visit.consent)
    return {
        "parts": [
            {**part, "is_read": part["key"] not in unread, "path": visit.path("patient_section", part["key"])}
            for part in visit.parts
        ],
        "unread": [{"title": titles[key], "path": visit.path("patient_section", key)} for key in unread],
        "asked": [
            {
                "question": row,
                "title": titles.get(row.section, ""),
                "path": visit.path("patient_section", row.section) + "#questions",
            }
            for row in questions
        ],
        "waiting": sum(row.is_open for row in questions),
        "steps": [
            {
                "title": one["title"],
                "is_done": one["key"] not in waiting_steps,
                "path": visit.path("patient_step", one["key"]),
            }
            for one in visit.steps
        ],
        "waiting_steps": [
            {"title": one["title"], "path": visit.path("patient_step", one["key"])}
            for one in visit.steps
            if one["key"] in waiting_steps
        ],
        "needs_talk": needs_talk,
        "people": people,
        "waiting_people": waiting_people,
        "is_paused": is_paused,
        "can_sign": not unread
        and not waiting_steps
        and not needs_talk
        and not is_paused
        and not waiting_people
        and not any(row.is_open for row in questions),
    }
