"""A patient's visit: the link, whether the birth date was confirmed on this device lately, and who may not be here.

The session holds the link's and the opening's ids and the time of the last page, nothing of the patient. A visit ends
after `PATIENT_IDLE_MINUTES` without a page (ten on the clinic's own device), when the patient closes it, and when the browser closes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from clinic.models import Organization
from consent import services
from consent.errors import IdentityRefusedError, LinkExpiredError, LinkSupersededError, StaffSessionError
from consent.forms.patient import ReasonForm
from consent.languages import Language, language, speaking
from consent.models import Consent, Document, Opening, PatientLink, StepAnswers
from consent.views.blocks import shown
from consent.vocabulary import Assurance, ConsentStatus, Step

SESSION_KEY = "patient_visit"
# The birth date was right in this browser, and the code is still to come.
PENDING_KEY = "patient_pending"
PENDING_LASTS = timedelta(minutes=30)
# A mark is renewed at most this often, so that reading does not write a session row for every page.
RENEW_AFTER = timedelta(minutes=1)
# On the clinic's own device a visit ends sooner, and the page clears itself.
HANDOVER_IDLE_MINUTES = 10
LONGEST_USER_AGENT = 200
# The page to which these answers lead renews the mark itself.
LEADS_ON = frozenset({HTTPStatus.FOUND, HTTPStatus.SEE_OTHER})

Arguments = ParamSpec("Arguments")


@dataclass(frozen=True)
class Visit:
    """One page of a patient whose birth date was confirmed in this visit."""

    token: str
    link: PatientLink
    at: datetime
    opening_id: UUID | None = None
    # Set where the page clears itself: on the device of the clinic.
    clears_after_minutes: int = 0

    @property
    def consent(self) -> Consent:
        """The one consent that the link opens."""
        return self.link.consent

    @property
    def organization(self) -> Organization:
        """The clinic."""
        return self.link.consent.organization

    @property
    def document(self) -> Document:
        """The Document in force, which is the link's."""
        return self.link.document

    @cached_property
    def content(self) -> dict[str, Any]:
        """The Document as JSON, decrypted once for each page."""
        return self.document.content

    @cached_property
    def read_sections(self) -> frozenset[str]:
        """The keys of the parts that were marked as read."""
        return frozenset(self.consent.acknowledgements.filter(document=self.document).values_list("section", flat=True))

    @cached_property
    def parts(self) -> list[dict[str, Any]]:
        """The parts as the pages show them: the Document's own words, with what a chart needs beside its numbers."""
        return [{**part, "blocks": shown(part["blocks"])} for part in self.content["sections"]]

    @property
    def keys(self) -> list[str]:
        """The keys of all parts, in reading order."""
        return [part["key"] for part in self.content["sections"]]

    @property
    def unread(self) -> list[str]:
        """The parts not yet marked as read, in reading order."""
        return [key for key in self.keys if key not in self.read_sections]

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """What is asked besides reading; none in a Document of before there were steps."""
        return list(self.content.get("steps", ()))

    @cached_property
    def answers(self) -> dict[str, StepAnswers]:
        """The answers that count, by step."""
        return services.latest_answers(self.document)

    def waiting(self, *, just_answered: str = "") -> list[str]:
        """The steps that still want answers, in their order."""
        found = (step["key"] for step in services.waiting_steps(self.content, self.answers))
        return [key for key in found if key != just_answered]

    @property
    def is_signed(self) -> bool:
        """Whether there is a signature."""
        return hasattr(self.consent, "signature")

    @property
    def is_open(self) -> bool:
        """Whether the patient still decides: nothing signed, declined or closed."""
        return self.consent.status == ConsentStatus.DRAFT and not self.is_signed

    def reason_form(self, request: HttpRequest) -> ReasonForm:
        """The form of a no and of taking back, with the question who is there where it can be one of two."""
        proxy = services.proxy_of(self.consent)
        return ReasonForm(
            request.POST if request.method == "POST" else None,
            patient=services.patient_name(self.document),
            proxy=proxy.facts["name"] if proxy else "",
        )

    def path(self, name: str, *arguments: str) -> str:
        """The address of another page of this link."""
        return reverse(name, args=(self.token, *arguments))

    def next_path(self, *, just_read: str = "", just_answered: str = "") -> str:
        """Where this patient goes on.

        The first part says what this is; what matters to the patient is asked next, before any risk is shown; then
        come the parts that are unread, what is asked, and the decision.
        """
        if not self.is_open:
            return self.path("patient_receipt")
        waiting = self.waiting(just_answered=just_answered)
        unread = [key for key in self.unread if key != just_read]
        if Step.REASONS in waiting and self.keys[0] not in unread:
            return self.path("patient_step", Step.REASONS)
        if unread:
            return self.path("patient_section", unread[0])
        return self.path("patient_step", waiting[0]) if waiting else self.path("patient_decide")

    @cached_property
    def languages(self) -> list[Language]:
        """Those in which the clinic offers what this is a consent to."""
        return services.offered_languages(self.organization, on=self.at, text_type=self.consent.text_type)

    def page(self, request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
        """Render one patient page with what every one of them shows."""
        shown = {
            **clinic_context(self.link, self.token),
            "visit": self,
            "has_languages": self.is_open and len(self.languages) > 1,
            **context,
        }
        answer = render(request, template, shown, status=status)
        if self.clears_after_minutes:
            # A header and not a script: it works in every browser, and the address behind it shows nothing of anybody.
            answer["Refresh"] = f"{self.clears_after_minutes * 60}; url={self.path('patient_identity')}"
        return answer


def visited(
    view: Callable[Concatenate[HttpRequest, Visit, Arguments], HttpResponseBase],
) -> Callable[..., HttpResponseBase]:
    """Run a page only in a confirmed visit: others are asked for the birth date, or refused where they send something."""

    @wraps(view)
    def page(request: HttpRequest, token: str, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        at = timezone.now()
        try:
            link = open_link(request, token, at=at)
        except LinkSupersededError as refusal:
            return _changed(request, token, refusal, at=at)
        mark = _mark(request, link.pk, at)
        if mark is None:
            if request.method not in ("GET", "HEAD"):
                raise IdentityRefusedError(
                    "Your visit is over, because nothing happened for a while. Nothing was sent. "
                    "Confirm your date of birth again; what you marked as read is kept.",
                    code="identity.needed",
                )
            return redirect("patient_identity", token)
        # Most have nothing of either, and every page asks for both.
        services.relations_there(link.consent, ("signature", "people"))
        with speaking(link.document.language):
            minutes = HANDOVER_IDLE_MINUTES if mark.get("is_handed_over") else 0
            answer = None
            try:
                answer = view(request, Visit(token, link, at, UUID(mark["opening"]), minutes), *args, **kwargs)
                return answer
            finally:
                if answer is None or answer.status_code not in LEADS_ON:
                    _renew(request, at)

    return login_not_required(page)


def open_link(request: HttpRequest, token: str, *, at: datetime) -> PatientLink:
    """The link of this address. Raises what `services.find_link` raises, and StaffSessionError for signed-in staff."""
    link = services.link_of(token)
    request.patient_clinic = clinic_context(link, token)  # type: ignore[attr-defined]  # read by config.http for a refusal's page
    services.check_works(link, at=at)
    refuse_staff(request)
    return link


def works(link: PatientLink, *, at: datetime) -> bool:
    """Whether the link still opens the information."""
    try:
        services.check_works(link, at=at)
    except (LinkExpiredError, LinkSupersededError):
        return False
    return True


def refuse_staff(request: HttpRequest) -> None:
    """Raises StaffSessionError for signed-in staff: what a patient does is not done for them."""
    if request.user.is_authenticated:
        raise StaffSessionError(
            "You are signed in as staff, so you cannot open or sign this for a patient. "
            "Use “Hand over this device” on the consent’s page; it signs you out first.",
            code="staff.session",
        )


def begin(request: HttpRequest, opening: Opening, *, at: datetime) -> None:
    """Mark this browser as that of the patient whose birth date was just confirmed."""
    request.session.flush()
    request.session[SESSION_KEY] = {
        "link": str(opening.link_id),
        "opening": str(opening.pk),
        "seen_at": at.timestamp(),
        # Whoever gets the clinic's own device next must not find the page of who had it before.
        "is_handed_over": opening.assurance == Assurance.HANDED_OVER,
    }


def await_code(request: HttpRequest, link: PatientLink, *, at: datetime) -> None:
    """Remember in this browser that the birth date was right; nothing is shown before the code is right too."""
    request.session.flush()
    request.session[PENDING_KEY] = {"link": str(link.pk), "at": at.timestamp()}


def awaits_code(request: HttpRequest, link: PatientLink, *, at: datetime) -> bool:
    """Whether this browser has confirmed the birth date of this link lately."""
    mark = request.session.get(PENDING_KEY)
    return (
        mark is not None
        and mark["link"] == str(link.pk)
        and 0 <= at.timestamp() - mark["at"] < PENDING_LASTS.total_seconds()
    )


def is_confirmed(request: HttpRequest, link: PatientLink, *, at: datetime) -> bool:
    """Whether a visit of this link is under way in this browser."""
    return _mark(request, link.pk, at) is not None


def end(request: HttpRequest) -> None:
    """Forget the visit on this device."""
    request.session.flush()


def clinic_context(link: PatientLink, token: str) -> dict[str, Any]:
    """What the phone shell shows of the clinic; nothing of the patient."""
    organization = link.consent.organization
    spoken = language(link.document.language)
    return {
        "page_language": spoken.tag,
        "page_direction": spoken.direction,
        "clinic_name": organization.name,
        "clinic_phone": organization.contact_phone or organization.emergency_phone,
        "token": token,
        "help_path": reverse("patient_help", args=(token,)),
        "privacy_url": organization.privacy_notice_url,
        "time_zone": organization.time_zone,
    }


def user_agent(request: HttpRequest) -> str:
    """What the browser says it is, in printable ASCII, cut to 200 characters."""
    said = request.META.get("HTTP_USER_AGENT", "")
    return "".join(sign for sign in said if " " <= sign <= "~")[:LONGEST_USER_AGENT]


def _mark(request: HttpRequest, link_id: UUID, at: datetime) -> dict[str, Any] | None:
    mark = request.session.get(SESSION_KEY)
    if not mark or mark["link"] != str(link_id):
        return None
    idle = at.timestamp() - mark["seen_at"]
    minutes = HANDOVER_IDLE_MINUTES if mark.get("is_handed_over") else settings.PATIENT_IDLE_MINUTES
    return mark if 0 <= idle < minutes * 60 else None


def _renew(request: HttpRequest, at: datetime) -> None:
    mark = request.session.get(SESSION_KEY)
    if mark and at.timestamp() - mark["seen_at"] >= RENEW_AFTER.total_seconds():
        request.session[SESSION_KEY] = {**mark, "seen_at": at.timestamp()}


def _changed(request: HttpRequest, token: str, refusal: LinkSupersededError, *, at: datetime) -> HttpResponse:
    """A page that was open while the clinic wrote a newer text: say so, and lead a confirmed patient to it."""
    mark = request.session.get(SESSION_KEY)
    links = PatientLink.objects.select_related("consent__organization")
    link = links.filter(pk=mark["link"]).first() if mark else None
    if link is None or not services.opens(link, token) or _mark(request, link.pk, at) is None:
        raise refusal
    newer = services.successor_of(link.pk, at=at)
    spoken = (newer or link).document.language
    context = {
        **clinic_context(link, token),
        "new_path": reverse("patient_identity", args=(services.token_of(newer),)) if newer else "",
    }
    with speaking(spoken):
        return render(request, "patient/changed.html", context, status=409)
