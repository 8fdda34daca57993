"""A consent's own pages: where it stands and what comes next, its text, its files."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from clinic.services import patient_group
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import disclosure, services
from consent.disclosure import BoardStanding
from consent.forms.acts import AnswerForm
from consent.models import Consent, DisposalCertificate, PatientLink, Question
from consent.views.answers import what_was_told
from consent.views.blocks import parts_of
from consent.views.finding import READERS, found_consent, may_act, may_ask_sooner
from consent.views.people import people_shown
from consent.vocabulary import CodeChannel, ConsentStatus, LinkWay, PersonRole, SealKind, StandingCode
from consent.wording import place
from products.vocabulary import Route, plain_words

# While the text is out and nobody has signed, the link is what staff need.
LINK_FIRST = frozenset({StandingCode.NOT_SENT, StandingCode.LINK_EXPIRED, StandingCode.NOT_REACHED})


@require_role(*READERS)
@require_safe
def consent(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The page of one consent."""
    found = found_consent(request, consent_id)
    if found.patient.is_erased:
        return render(request, "consent/consent_disposed.html", _left_of(request, found))
    return render(request, "consent/consent.html", page_context(request, found))


@require_role(*READERS)
@require_safe
def text(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The Document as the patient reads it."""
    found = found_consent(request, consent_id)
    if found.document is None:
        raise Http404
    content = found.document.content
    context = {"consent": found, "document": found.document, "content": content, "parts": parts_of(content)}
    return render(request, "consent/text.html", context)


@require_role(*READERS)
@require_safe
def sealed_file(request: ClinicRequest, consent_id: UUID, kind: str) -> HttpResponse:
    """A sealed PDF, checked before it is given out; who took it stands in the log."""
    if kind not in SealKind.values:
        raise Http404
    found = found_consent(request, consent_id)
    _, content = services.export_document(found, SealKind(kind), agent=agent_of(request), at=timezone.now())
    ending = "" if kind == SealKind.SIGNED else f"-{kind.removesuffix('-record')}"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{found.reference}{ending}.pdf"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_role(*READERS)
@require_safe
def file_time(request: ClinicRequest, consent_id: UUID, kind: str) -> HttpResponse:
    """The timestamp that came after a file was sealed, as `openssl ts -verify` takes it."""
    if kind not in SealKind.values:
        raise Http404
    found = found_consent(request, consent_id)
    content = services.export_token(found, SealKind(kind))
    if content is None:
        raise Http404
    name = f"{found.reference}-{kind}.tsr"
    return HttpResponse(
        content,
        content_type="application/timestamp-reply",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"},
    )


def _left_of(request: ClinicRequest, found: Consent) -> dict[str, Any]:
    """What stays of a consent whose patient's key was destroyed."""
    certificate = DisposalCertificate.objects.filter(proposal__patient__in=patient_group(found.patient)).first()
    return {
        "consent": found,
        "standing": services.standing_of(found, at=timezone.now()),
        "route": Route(found.route).label,
        "signature": _row(found, "signature"),
        "declaration": _row(found, "declaration"),
        "documents": found.documents.all(),
        "certificate": certificate if request.membership.roles & services.EXPORTERS else None,
        "may_export": bool(request.membership.roles & services.EXPORTERS),
    }


def page_context(
    request: ClinicRequest, found: Consent, *, answered: Question | None = None, form: AnswerForm | None = None
) -> dict[str, Any]:
    """Everything that the page of a consent shows; `form` is the answer that was refused, for the question `answered`."""
    now = timezone.now()
    standing, is_signed = services.standing_of(found, at=now), _row(found, "signature") is not None
    link = disclosure.link_in_force(found)
    newest = services.newest_code(link) if link else None
    acting, is_open = may_act(request), found.status == ConsentStatus.DRAFT
    read = {row.section for row in found.acknowledgements.all() if row.document_id == found.document_id}
    return {
        "consent": found,
        "patient": found.patient,
        "identity": _identity(found),
        "standing": standing,
        "place": place(found.jurisdiction),
        "route": Route(found.route).label,
        "route_words": plain_words("route", found.route),
        "signature": _row(found, "signature"),
        "declaration": _row(found, "declaration"),
        "link": link,
        "help": services.waiting_help(found) if _identity(found) else [],
        "is_opened": any(row.link_id == link.pk for row in found.openings.all()) if link else False,
        "is_contact_newer": link is not None and _is_contact_newer(link),
        "failed_code": newest if newest and newest.is_undelivered else None,
        "parts_read": len(read),
        "parts": found.document.section_count if found.document else 0,
        "questions": [
            (row, _answer_form(row, answered, form) if acting and row.is_open and is_open else None)
            for row in found.questions.all()
        ],
        "told": what_was_told(found),
        "people": people_shown(found),
        "may_name": acting and is_open and not is_signed,
        "roles": PersonRole.choices,
        "choices": services.choices_of(found) if _identity(found) else [],
        "marks": found.marks,
        "talks": found.talks.all() if _identity(found) else [],
        "doubts": found.capacity_doubts.all() if _identity(found) else [],
        "may_talk": may_act(request)
        and found.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)
        and found.practitioner.user_id == request.user.pk,
        "may_pause": acting
        and found.open_doubt is None
        and found.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE),
        "may_review": Role.PRACTITIONER in request.membership.roles,
        "files": _files(found),
        "now": now,
        "may_act": acting,
        "may_link": acting and found.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE),
        "named_before": _named_before(found),
        "patient_messages": [row for row in found.notices.all() if row.link_id],
        "reminders": services.reminder_state(found, at=now),
        "may_mail": bool(settings.EMAIL_HOST) and bool(_identity(found) and _identity(found).email),
        "why_no_mail": _why_no_mail(found),
        "is_link_next": standing.code in LINK_FIRST,
        "may_reissue": acting and is_open and not is_signed,
        "may_decline": acting and is_open and not is_signed,
        "may_declare": acting and is_open and is_signed and found.practitioner.user_id == request.user.pk,
        "is_undeclared": is_open and is_signed,
        "may_void": acting and is_open,
        "may_invalidate": acting and found.status != ConsentStatus.ENTERED_IN_ERROR,
        "may_correct": acting and found.status == ConsentStatus.ENTERED_IN_ERROR,
        "corrected_by": list(found.corrected_by.all()),
        "said_no": _said_no(found),
        "ending": found.ending if _identity(found) else None,
        "checks": found.day_checks.select_related("batch") if _identity(found) else [],
        "may_withdraw": acting and is_signed and found.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE),
        "may_ask_sooner": may_ask_sooner(request, found),
        "sooner_requests": found.sooner_requests.all() if _identity(found) else [],
        "may_clear": acting and found.status == ConsentStatus.ACTIVE,
        "may_export": bool(request.membership.roles & services.EXPORTERS),
        "next_url": _next_url(found, standing),
    }


def _is_contact_newer(link: PatientLink) -> bool:
    """Whether the address was corrected since the link went there."""
    changed_at = services.contact_changed_at(link, CodeChannel.EMAIL) if link.way == LinkWay.EMAIL else None
    return changed_at is not None and changed_at > link.created_at


def _next_url(found: Consent, standing: BoardStanding) -> str:
    """The page of the next act, where it is another one than this."""
    return "" if standing.next_url_name == "consent" else reverse(standing.next_url_name, args=[found.pk])


def _answer_form(row: Question, answered: Question | None, form: AnswerForm | None) -> AnswerForm:
    if form is not None and answered is not None and row.pk == answered.pk:
        return form
    return AnswerForm(prefix=str(row.pk)[:8])


def _files(found: Consent) -> list[dict[str, Any]]:
    """The files that are due: made, or being made, with what went wrong."""
    made = {row.kind: row for row in found.sealed_files.all()}
    tasks = {row.kind: row for row in found.sealing_tasks.all()}
    due = {
        SealKind.SIGNED: _row(found, "signature"),
        SealKind.COMPLETED: _row(found, "declaration"),
        SealKind.DAY_OF: next(iter(found.clearances.all()), None),
        SealKind.DECLINED: _row(found, "decline"),
        SealKind.WITHDRAWN: _row(found, "withdrawal"),
        **{kind: made.get(kind) or tasks.get(kind) for kind in (SealKind.CLOSED, SealKind.ERROR)},
    }
    return [
        {
            "kind": kind,
            "label": kind.label,
            "file": made.get(kind),
            "time": made[kind].time if kind in made else None,
            "task": tasks.get(kind),
        }
        for kind, row in due.items()
        if row is not None
    ]


def _said_no(found: Consent) -> list[dict[str, Any]]:
    """A no, or that it was taken back: when, and whose decision it was."""
    rows = (
        ("Said no", _row(found, "decline"), "declined_at"),
        ("Taken back", _row(found, "withdrawal"), "withdrawn_at"),
    )
    return [
        {"what": what, "at": getattr(row, moment), "by": row.proxy_name, "received_by": row.received_by}
        for what, row, moment in rows
        if row is not None
    ]


def _identity(found: Consent) -> Any:
    """Who the patient is; None after erasure."""
    try:
        return found.patient.identity
    except Refusal:
        return None


def _named_before(found: Consent) -> str:
    """How the text names the patient, where the record says otherwise since; nothing where both agree."""
    identity = _identity(found)
    if identity is None or found.document is None:
        return ""
    told = found.document.content["patient"]
    now = (identity.given_name, identity.family_name, identity.birth_date.isoformat())
    then = (told["given_name"], told["family_name"], told["birth_date"])
    return "" if now == then else f"{then[0]} {then[1]}, born {date.fromisoformat(then[2]):%-d %B %Y}"


def _why_no_mail(found: Consent) -> str:
    if not settings.EMAIL_HOST:
        return "No mail server is set up, so the link cannot be sent by e-mail."
    identity = _identity(found)
    return "" if identity and identity.email else "No e-mail address is on record for this patient."


def _row(found: Consent, name: str) -> Any:
    return getattr(found, name, None)
