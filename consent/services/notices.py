"""Messages by mail: sent by a sweep, tried again, never with a word about health."""

from __future__ import annotations

import secrets
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from clinic.models import Membership, Organization
from clinic.vocabulary import Role
from consent.languages import day_words, isolated, speaking
from consent.models import Notice, PatientLink
from consent.services.bounces import lose, message_id
from consent.services.issue import link_address, token_of
from consent.services.reminders import is_still_wanted, plan_reminder

PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1))
MOST_ATTEMPTS = 8
MOST_AT_ONCE = 50


def send_due_notices(*, at: datetime) -> int:
    """Send what waits; without a mail server nothing is sent and the board still shows it. Returns how many were sent."""
    if not settings.EMAIL_HOST:
        return 0
    due = Notice.objects.filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=at), sent_at=None, attempts__lt=MOST_ATTEMPTS
    ).select_related("organization", "consent__patient", "link__document")
    # Whichever waits the longest for its next attempt, so that those that are always refused hold up none.
    fair = due.order_by(Coalesce("next_attempt_at", "created_at"), "pk")
    return sum(_send(notice, at) for notice in fair[:MOST_AT_ONCE])


def _send(notice: Notice, at: datetime) -> bool:
    recipients = _recipients(notice)
    if notice.is_reminder and not is_still_wanted(notice, at=at):
        # Neither sent nor lost: it waited for the mail server, and the patient has decided meanwhile.
        notice.attempts, notice.last_error = MOST_ATTEMPTS, ""
        notice.save(update_fields=["attempts", "last_error"])
        return False
    if not recipients or (notice.link is not None and notice.link.revoked_at is not None):
        notice.attempts, notice.last_error = (
            MOST_ATTEMPTS,
            "nobody to send it to" if not recipients else "the link was replaced",
        )
        notice.save(update_fields=["attempts", "last_error"])
        return False
    if not _claimed(notice, at):
        return False
    try:
        EmailMessage(
            subject=notice.subject,
            body=_text(notice),
            to=recipients,
            headers={"Message-ID": message_id(notice), "Auto-Submitted": "auto-generated"},
        ).send()
    except (OSError, smtplib.SMTPException) as problem:
        if _is_final(problem) or notice.attempts >= MOST_ATTEMPTS:
            notice.attempts = MOST_ATTEMPTS
            notice.save(update_fields=["attempts"])
            lose(notice, _words(problem), at=at)
            return False
        notice.last_error = _words(problem)
        notice.save(update_fields=["last_error"])
        return False
    notice.sent_at, notice.last_error = at, ""
    notice.save(update_fields=["sent_at", "last_error"])
    plan_reminder(notice, at=at)
    return True


def _claimed(notice: Notice, at: datetime) -> bool:
    """Take the message for one try, in one statement, so that two sweeps at once send it once."""
    next_attempt_at = at + PAUSES[min(notice.attempts, len(PAUSES) - 1)]
    token = notice.message_token or secrets.token_hex(16)
    taken = Notice.objects.filter(pk=notice.pk, attempts=notice.attempts, sent_at=None).update(
        attempts=F("attempts") + 1, next_attempt_at=next_attempt_at, message_token=token
    )
    notice.attempts, notice.next_attempt_at, notice.message_token = notice.attempts + 1, next_attempt_at, token
    return bool(taken)


def _is_final(problem: Exception) -> bool:
    """Whether the mail server refused the address for good (5xx, RFC 5321), so that another try is of no use."""
    if not isinstance(problem, smtplib.SMTPRecipientsRefused):
        return False
    return all(500 <= code < 600 for code, _ in problem.recipients.values())


def _words(problem: Exception) -> str:
    """What went wrong, without the server's own words where they name the recipient: an address is kept sealed only."""
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in problem.recipients.values()})
        return f"the mail server refused the address ({', '.join(map(str, codes))})"
    if isinstance(problem, smtplib.SMTPResponseException):
        return f"{type(problem).__name__}: the mail server answered {problem.smtp_code}"
    return f"{type(problem).__name__}: {problem}"[:500]


def _recipients(notice: Notice) -> list[str]:
    if notice.recipient:
        return [notice.recipient]
    if notice.link is not None and notice.consent is not None:
        # One erased patient must not hold up everybody's messages.
        email = "" if notice.consent.patient.is_erased else notice.consent.patient.identity.email
        return [email] if email else []
    return _leads(notice.organization)


def _leads(organization: Organization) -> list[str]:
    members = Membership.objects.filter(organization=organization, user__is_active=True).select_related("user")
    return [member.user.email for member in members if member.has_role(Role.CLINIC_LEAD)]


def _text(notice: Notice) -> str:
    if notice.link is None:
        return notice.text
    with speaking(notice.link.document.language):
        if notice.is_reminder:
            return _reminder(notice, notice.link)
        lines = [
            gettext("{clinic} has some information for you about your planned appointment."),
            "",
            gettext("Open it here: {address}"),
            "",
            gettext("The link is for you alone. It works until {day}."),
            gettext("If you did not expect this message, call {phone}."),
        ]
        return (
            "\n".join(lines).format(
                clinic=notice.organization.name,
                address=link_address(token_of(notice.link)),
                day=day_words(notice.link.expires_at),
                phone=isolated(notice.organization.contact_phone) or gettext("the clinic"),
            )
            + "\n"
        )


def _reminder(notice: Notice, link: PatientLink) -> str:
    address = link_address(token_of(link))
    lines = [
        gettext("{clinic} sent you some information about your planned appointment. It still waits for you."),
        "",
        gettext("Open it here: {address}"),
        "",
        gettext("The link is for you alone. It works until {day}."),
        gettext("You do not have to decide now. If you want to talk to somebody, call {phone}."),
        "",
        gettext("If you do not want to be reminded again, say so here: {stop}"),
    ]
    return (
        "\n".join(lines).format(
            clinic=notice.organization.name,
            address=address,
            day=day_words(link.expires_at),
            phone=isolated(notice.organization.contact_phone) or gettext("the clinic"),
            stop=f"{address}reminders/",
        )
        + "\n"
    )
