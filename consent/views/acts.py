"""What staff do with a consent: give the link, answer, re-issue, declare, void, record a withdrawal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import services, wording
from consent.forms.acts import AnswerForm, DeclarationForm, EndingForm, RefusableForm, ToldForm, named_in
from consent.forms.issue import ReissueForm
from consent.forms.talks import DeclarationWithTalkForm
from consent.languages import language, speaking
from consent.models import Consent, PatientLink, Question
from consent.views.finding import STAFF, found_consent, own_profile, printed_name
from consent.views.proving import ask_for_credential, lacks_second_factor, shown_credential
from consent.views.record import page_context
from consent.views.talking import conversation_context
from consent.vocabulary import Credential, LinkWay, TalkOutcome

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_role(*STAFF)
@require_POST
def link(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Make a new link and show it this once, print it on a letter, or have it sent by e-mail; older links stop working."""
    found = found_consent(request, consent_id)
    asked = request.POST.get("way")
    way = LinkWay(asked) if asked in (LinkWay.EMAIL, LinkWay.LETTER) else LinkWay.QR
    try:
        made, token = services.create_link(
            found.pk, way=way, handed_over_by="", agent=agent_of(request), at=timezone.now()
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("consent", found.pk)
    if way == LinkWay.EMAIL:
        messages.success(request, "The link is on its way by e-mail. The board says if it does not arrive.")
        return redirect("consent", found.pk)
    context = {"consent": found, "link": made, "address": services.link_address(token)}
    if way == LinkWay.LETTER:
        with speaking(made.document.language):
            return render(request, "consent/letter.html", {**context, **_letter(made)})
    return render(request, "consent/link.html", context)


@require_role(*STAFF)
@form_page
def handover(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Hand this device to the patient: the member of staff is signed out first, and named in the record."""
    found = found_consent(request, consent_id)
    if request.method != "POST":
        return render(request, "consent/handover.html", {"consent": found})
    try:
        _, token = services.create_link(
            found.pk,
            way=LinkWay.HANDOVER,
            handed_over_by=printed_name(request),
            agent=agent_of(request),
            at=timezone.now(),
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return redirect("consent", found.pk)
    logout(request)
    return redirect("patient_identity", token)


@require_role(*STAFF)
@require_POST
def answer(request: ClinicRequest, consent_id: UUID, question_id: UUID) -> HttpResponse:
    """Answer a patient's question, once."""
    found = found_consent(request, consent_id)
    question = get_object_or_404(Question, consent=found, pk=question_id)
    form = AnswerForm(request.POST, prefix=str(question.pk)[:8])
    if form.is_valid():
        try:
            services.answer_question(
                question.pk,
                form.cleaned_data["answer"],
                answered_by=printed_name(request),
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Your answer is with the text now. The patient sees it at the next visit.")
            return redirect("consent", found.pk)
    context = page_context(request, found, answered=question, form=form)
    return render(request, "consent/consent.html", context, status=422)


@require_role(*STAFF)
@form_page
def reissue(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Write the text anew: another batch or cost, what matters to this patient, today's record; older links stop working."""
    found, now = found_consent(request, consent_id), timezone.now()
    form = ReissueForm(request.POST if request.method == "POST" else None, consent=found, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            services.reissue_document(
                found.pk,
                batch=form.chosen_batch(),
                cost=form.cost(),
                personal=form.personal(),
                language=form.cleaned_data.get("language"),
                agent=agent_of(request),
                at=now,
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "The text is new. The old link no longer works: give the patient a new one.")
            return redirect("consent", found.pk)
    context = {"consent": found, "form": form}
    return render(request, "consent/reissue.html", context, status=422 if form.errors else 200)


@require_role(Role.PRACTITIONER)
@form_page
def declare(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The practitioner's own declaration, by somebody who has just shown who they are."""
    found = found_consent(request, consent_id)
    context = conversation_context(found)
    shown = " ".join(sorted(str(one["pk"]) for one in context["told"]))
    has_talked = context["talk"] is not None and context["talk"].outcome == TalkOutcome.GO_ON
    kind = DeclarationForm if has_talked else DeclarationWithTalkForm
    form = kind(request.POST if request.method == "POST" else None, initial={"read": shown})
    profile = own_profile(request)
    is_own = profile is not None and profile.pk == found.practitioner_id
    context |= {"form": form, "text": wording.DECLARATION, "is_own": is_own}
    if not is_own or profile is None:
        return render(request, "consent/declare.html", context, status=403)
    if lacks_second_factor(request):
        return render(request, "consent/declare.html", {**context, "lacks_factor": True}, status=403)
    if (asked := ask_for_credential(request)) is not None:
        return asked
    if request.method == "POST" and form.is_valid():
        try:
            read = named_in(form.cleaned_data["read"])
            services.declare(
                found.pk,
                profile,
                read=read,
                agent=agent_of(request),
                at=timezone.now(),
                credential=shown_credential(request) or Credential.PASSWORD,
                talk=form.draft() if isinstance(form, DeclarationWithTalkForm) else None,
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Declared. The consent is active.")
            return redirect("consent", found.pk)
    return render(request, "consent/declare.html", context)


@require_role(*STAFF)
@form_page
def void(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Stop an open consent that the clinic no longer wants, saying why; asked once."""
    found = found_consent(request, consent_id)
    return _ended(
        request,
        found,
        services.void_consent,
        page="consent/void.html",
        done="The consent is voided. Its links no longer work.",
    )


@require_role(*STAFF)
@form_page
def invalidate(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The record holds a mistake: it counts for nothing from now on; a corrected one is issued that names it."""
    found = found_consent(request, consent_id)
    return _ended(
        request,
        found,
        services.invalidate_consent,
        page="consent/invalidate.html",
        done="Marked as entered in error. It counts for nothing from now on.",
    )


@require_role(*STAFF)
@form_page
def decline(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Record that the patient said no by another way than the link, before anything was signed."""
    found = found_consent(request, consent_id)
    return _told(
        request,
        found,
        partial(services.decline_consent, found.pk),
        page="consent/decline.html",
        done="The no is on record. The link does not lead to a signature any more.",
    )


@require_role(*STAFF)
@form_page
def withdrawal(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Record that the patient took the consent back by another way than the link."""
    found = found_consent(request, consent_id)
    return _told(
        request,
        found,
        partial(services.withdraw_consent, found.pk),
        page="consent/withdrawal.html",
        done="The withdrawal is on record. This patient must not be treated on this consent.",
    )


@require_role(*STAFF)
@form_page
def choice(request: ClinicRequest, consent_id: UUID, key: str) -> HttpResponse:
    """Record that the patient took one optional choice back by another way than the link."""
    found = found_consent(request, consent_id)
    return _told(
        request,
        found,
        partial(services.withdraw_choice, found.pk, key),
        page="consent/choice.html",
        done="Recorded. The patient does not agree to this any more.",
        choice=services.choice_of(found, key),
    )


def _ended(request: ClinicRequest, found: Consent, end: Callable[..., object], *, page: str, done: str) -> HttpResponse:
    """A form for why the clinic ends it."""
    form = EndingForm(request.POST if request.method == "POST" else None)

    def record() -> None:
        end(found.pk, reason=form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now())

    return _recorded(request, found, form, record, page=page, done=done)


def _told(
    request: ClinicRequest, found: Consent, told: Callable[..., object], *, page: str, done: str, **shown: object
) -> HttpResponse:
    """A form for what the patient told the clinic; `told` takes the words, who said them and who heard them."""
    form = _told_form(request, found)

    def record() -> None:
        words, by = form.said()
        received_by = f"{printed_name(request)}, {form.cleaned_data['how']}"
        told(words, by=by, received_by=received_by, agent=agent_of(request), at=timezone.now())

    return _recorded(request, found, form, record, page=page, done=done, **shown)


def _recorded(
    request: ClinicRequest,
    found: Consent,
    form: RefusableForm,
    record: Callable[[], None],
    *,
    page: str,
    done: str,
    **shown: object,
) -> HttpResponse:
    """Where the form is filled in rightly and the act not refused, the consent's page; else the form with what is wrong."""
    if form.is_bound and form.is_valid():
        try:
            record()
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, done)
            return redirect("consent", found.pk)
    return render(request, page, {"consent": found, "form": form, **shown}, status=422 if form.errors else 200)


def _told_form(request: ClinicRequest, found: Consent) -> ToldForm:
    """With the question who told it, where somebody is on record who decides for the patient."""
    proxy = services.proxy_of(found)
    return ToldForm(request.POST if request.method == "POST" else None, proxy=proxy.facts["name"] if proxy else "")


def _letter(made: PatientLink) -> dict[str, str]:
    """What the letter has besides the link: its code, the address to type it at, and the language it is written in."""
    spoken = language(made.document.language)
    return {
        "letter_code": services.letter_code(made),
        "short_address": f"{settings.BASE_URL}{reverse('patient_letter')}".partition("://")[2],
        "letter_language": spoken.tag,
        "letter_direction": spoken.direction,
    }
