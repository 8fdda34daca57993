"""The way in: the birth date, and where the clinic asks for it a one-time code to the address or number on record.

A code is made and logged, then sent outside of any transaction, then the answer is logged: a slow mail server holds up
nobody but the patient who waits for the message, and what became of it can be told at once.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from audit import services as audit
from audit.records import Agent
from clinic import services as clinic
from clinic.models import PatientCorrection
from clinic.services import MailAnswer
from consent import rules
from consent.errors import IdentityLockedError, IdentityRefusedError, TransitionError
from consent.languages import isolated, speaking
from consent.models import Consent, OneTimeCode, Opening, PatientLink
from consent.records import utc_text
from consent.services.duties import close_tasks
from consent.services.read import link_agent
from consent.vocabulary import CODE_DIGITS, Assurance, CodeChannel, LinkWay, TaskKind

# Somebody who presses the button twice gets one message.
LEAST_PAUSE = timedelta(seconds=20)


def confirm_identity(link_id: uuid.UUID, birth_date: date | None, *, at: datetime) -> Opening:
    """Compare the birth date and record the visit, where the birth date is all that is asked for.

    Raises what `check_birth_date` raises, and IdentityRefusedError (`otp.needed`) where a code is asked for as well.
    """
    return confirm_without_code(check_birth_date(link_id, birth_date, at=at).pk, at=at)


def confirm_without_code(link_id: uuid.UUID, *, at: datetime) -> Opening:
    """Record the visit after the birth date was right. Raises IdentityRefusedError (`otp.needed`) where that is not all."""
    link = _link(link_id)
    if needs_code(link, at=at):
        raise IdentityRefusedError("The code that we sent is needed as well.", code="otp.needed")
    return _open(link, None, at)


def check_birth_date(link_id: uuid.UUID, birth_date: date | None, *, at: datetime) -> PatientLink:
    """Count the guess, then compare. It opens nothing yet.

    Raises IdentityRefusedError for a wrong date and IdentityLockedError after five of them.
    """
    _take_guess(link_id, at)
    link = _link(link_id)
    if birth_date is None or birth_date != link.consent.patient.identity.birth_date:
        _record_wrong_guess(link, at)
        raise IdentityRefusedError(
            "That does not match what the clinic has on record. Check the date and try again, or call the clinic.",
            code="identity.mismatch",
            field="birth_date",
        )
    PatientLink.objects.filter(pk=link.pk).update(failed_guesses=0, locked_until=None)
    return link


def channels_of(link: PatientLink) -> list[CodeChannel]:
    """How a code can reach this patient, the better way first: not the one by which the link itself came."""
    identity = link.consent.patient.identity
    found = []
    if clinic.has_mail_server() and identity.email:
        found.append(CodeChannel.EMAIL)
    if clinic.has_sms_gateway() and identity.phone:
        found.append(CodeChannel.SMS)
    return found[::-1] if link.way == LinkWay.EMAIL else found


def needs_code(link: PatientLink, *, at: datetime) -> bool:
    """Whether a code is asked for in this visit."""
    is_handed_over = rules.is_handed_over(link.way, link.created_at, at)
    policy = link.consent.organization.code_policy
    return rules.asks_code(policy, is_handed_over=is_handed_over, channels=channels_of(link))


def send_code(link_id: uuid.UUID, channel: CodeChannel | None, *, at: datetime) -> OneTimeCode:
    """Make a code and send it now; `delivery` of the row says what the server answered. The newest code counts alone.

    Without a channel it takes the better one. Raises IdentityLockedError after five codes within an hour, and
    TransitionError where the contact was changed lately or there is none any more.
    """
    link = _link(link_id)
    channels = channels_of(link)
    if not channels:
        raise TransitionError(
            "There is no way to send you a code any more. Call the clinic, or open the link again.", code="otp.no_way"
        )
    chosen = channel if channel in channels else channels[0]
    rules.check_contact_is_settled(contact_changed_at(link, chosen), _first_opened_at(link), at)
    made, digits = _make_code(link, chosen, at)
    return made if digits is None else _record_delivery(made, _send(made, link, digits), at)


def contact_changed_at(link: PatientLink, channel: CodeChannel) -> datetime | None:
    """When the address or number was last corrected; None where it is the one that was registered."""
    field = "phone" if channel == CodeChannel.SMS else "email"
    corrections = PatientCorrection.objects.filter(patient_id=link.consent.patient_id).order_by("-corrected_at")
    return next((row.corrected_at for row in corrections if field in row.changed), None)


def newest_code(link: PatientLink) -> OneTimeCode | None:
    """The code that counts."""
    found: OneTimeCode | None = OneTimeCode.objects.filter(link=link).order_by("made_at").last()
    return found


def confirm_code(link_id: uuid.UUID, typed: str, *, at: datetime) -> Opening:
    """Count the guess, compare the code, and record the visit. The birth date was compared before.

    Raises IdentityRefusedError (`otp.wrong`, `otp.expired`, `otp.used`) and IdentityLockedError after five wrong ones.
    """
    _take_code_guess(link_id, at)
    link = _link(link_id)
    try:
        return _use_code(link, typed, at)
    except IdentityRefusedError:
        _record_wrong_code(link, at)
        raise


def masked(link: PatientLink, channel: CodeChannel) -> str:
    """Where a code goes, so that the patient knows it and nobody else learns it: m•••@example.org, •••• 123."""
    identity = link.consent.patient.identity
    if channel == CodeChannel.SMS:
        return isolated(f"•••• {identity.phone[-3:]}")
    local, _, domain = identity.email.partition("@")
    return isolated(f"{local[:1]}•••@{domain}")


def identity_told(opening: Opening | None, document_sha256: str) -> dict[str, Any]:
    """How it was established who signed: the steps one by one, the level, and the four facts of eIDAS Article 26."""
    if opening is None:
        return {"identity": []}
    link, code = opening.link, opening.code
    is_handed_over = opening.assurance == Assurance.HANDED_OVER
    way = {"step": "link", "way": link.way, "at": utc_text(link.created_at), "result": "made"}
    steps = [way | ({"by": link.handed_over_by} if link.handed_over_by else {})]
    steps.append({"step": "birth_date", "at": utc_text(opening.opened_at), "result": "confirmed"})
    if code is not None and code.used_at is not None:
        changed_at = contact_changed_at(link, CodeChannel(code.channel))
        since = {"contact_since": utc_text(changed_at)} if changed_at else {}
        step = {"step": "code", "channel": code.channel, "at": utc_text(code.used_at), "result": "confirmed"}
        steps.append(step | since)
    return {
        "identity": steps,
        "assurance": {
            "level": opening.assurance or Assurance.BIRTH_DATE.value,
            "unique_link": "one-patient-one-text",
            "identification": [step["step"] for step in steps[1:]] + (["in-person"] if is_handed_over else []),
            "sole_control": "clinic-device" if is_handed_over else f"code-by-{code.channel}" if code else "link-only",
            "change_detection": document_sha256,
        },
    }


def _first_opened_at(link: PatientLink) -> datetime | None:
    opened: datetime | None = (
        Opening.objects.filter(consent_id=link.consent_id)
        .order_by("opened_at")
        .values_list("opened_at", flat=True)
        .first()
    )
    return opened


def _link(link_id: uuid.UUID) -> PatientLink:
    return PatientLink.objects.select_related("consent__patient", "consent__organization", "document").get(pk=link_id)


def _digits(typed: str) -> str:
    """The digits of what was typed, in any script's figures; spaces and hyphens do not count."""
    kept = (sign for sign in typed[:40] if not sign.isspace() and sign != "-")
    return "".join(str(unicodedata.digit(sign, -1)) for sign in kept)


def _digest(code_id: uuid.UUID, digits: str) -> str:
    return salted_hmac("consent.one_time_code", f"{code_id}:{digits}", algorithm="sha256").hexdigest()


@transaction.atomic
def _make_code(link: PatientLink, channel: CodeChannel, at: datetime) -> tuple[OneTimeCode, str | None]:
    """The row and its digits; no digits where a message has only just gone out."""
    PatientLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    lately = list(OneTimeCode.objects.filter(link=link, made_at__gt=at - timedelta(hours=1)).order_by("made_at"))
    if lately and lately[-1].made_at > at - LEAST_PAUSE and not lately[-1].used_at and not lately[-1].is_undelivered:
        return lately[-1], None
    if len(lately) >= settings.PATIENT_CODES_AN_HOUR:
        raise IdentityLockedError(
            "We have sent several codes already, and send no more for an hour. Use the newest one, or call the clinic.",
            code="otp.too_many",
        )
    digits = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    made = OneTimeCode(
        consent=link.consent,
        link=link,
        channel=channel,
        made_at=at,
        expires_at=at + timedelta(minutes=settings.PATIENT_CODE_MINUTES),
    )
    made.digest = _digest(made.pk, digits)
    made.save(force_insert=True)
    audit.append("consent.code_made", agent=_unconfirmed(link), occurred_at=at, records=[made])
    return made, digits


def _send(code: OneTimeCode, link: PatientLink, digits: str) -> MailAnswer:
    organization, identity = link.consent.organization, link.consent.patient.identity
    with speaking(link.document.language):
        words = gettext("{code} is your code for {clinic}. It works for {minutes} minutes. Do not tell it to anybody.")
        subject = gettext("{clinic}: your code")
        call = gettext("If you did not ask for it, call {phone}.")
    said = words.format(code=digits, clinic=organization.name, minutes=settings.PATIENT_CODE_MINUTES)
    if code.channel == CodeChannel.SMS:
        return clinic.send_sms(identity.phone, said)
    phone = organization.contact_phone or organization.emergency_phone
    text = f"{said}\n\n{call.format(phone=isolated(phone))}\n"
    return clinic.send_mail(identity.email, subject.format(clinic=organization.name), text)


@transaction.atomic
def _record_delivery(code: OneTimeCode, answer: MailAnswer, at: datetime) -> OneTimeCode:
    code.delivery = answer.code
    code.save(update_fields=["delivery"])
    kind = "consent.code_sent" if answer.is_accepted else "consent.code_not_sent"
    audit.append(kind, agent=_unconfirmed(code.link), occurred_at=at, records=[code], body={"answer": answer.code})
    return code


@transaction.atomic
def _use_code(link: PatientLink, typed: str, at: datetime) -> Opening:
    code: OneTimeCode | None = (
        OneTimeCode.objects.select_for_update(of=("self",)).filter(link=link).order_by("made_at").last()
    )
    if code is None:
        raise IdentityRefusedError("No code was sent yet. Ask for one.", code="otp.none", field="code")
    rules.check_code(
        is_right=hmac.compare_digest(code.digest, _digest(code.pk, _digits(typed))),
        is_used=code.used_at is not None,
        expires_at=code.expires_at,
        at=at,
    )
    code.used_at = at
    code.save(update_fields=["used_at"])
    return _open(link, code, at)


@transaction.atomic
def _open(link: PatientLink, code: OneTimeCode | None, at: datetime) -> Opening:
    Consent.objects.locked(link.consent_id)
    PatientLink.objects.filter(pk=link.pk).update(failed_codes=0, codes_locked_until=None)
    is_handed_over = rules.is_handed_over(link.way, link.created_at, at)
    opening = Opening.objects.create(
        consent=link.consent,
        document=link.document,
        link=link,
        opened_at=at,
        assurance=rules.assurance_of(is_handed_over=is_handed_over, has_code=code is not None),
        code=code,
    )
    reached = close_tasks(link.consent, TaskKind.NOT_REACHED, TaskKind.NEW_LINK, agent=link_agent(link.consent), at=at)
    audit.append(
        "consent.opened",
        agent=link_agent(link.consent),
        occurred_at=at,
        records=[opening, *([code] if code else []), *reached],
        body={"document_sha256": link.document.sha256, "assurance": opening.assurance},
    )
    return opening


@transaction.atomic
def _take_guess(link_id: uuid.UUID, at: datetime) -> None:
    """Count a guess in one statement, so that fifty at once are no more than five."""
    if not _counted(link_id, "failed_guesses", "locked_until", at):
        raise IdentityLockedError(
            gettext(
                "There were too many wrong dates. Wait {minutes} minutes, or call the clinic. Your link stays good."
            ).format(minutes=settings.PATIENT_GUESS_LOCK_MINUTES),
            code="identity.locked",
        )


@transaction.atomic
def _take_code_guess(link_id: uuid.UUID, at: datetime) -> None:
    if not _counted(link_id, "failed_codes", "codes_locked_until", at):
        raise IdentityLockedError(
            gettext(
                "There were too many wrong codes. Wait {minutes} minutes, or call the clinic. Your link stays good."
            ).format(minutes=settings.PATIENT_GUESS_LOCK_MINUTES),
            code="otp.locked",
        )


def _counted(link_id: uuid.UUID, counter: str, pause: str, at: datetime) -> bool:
    """Whether one more guess is allowed; it is counted already. A new link begins at none."""
    links = PatientLink.objects.filter(pk=link_id)
    links.filter(**{f"{pause}__lte": at}).update(**{counter: 0, pause: None})
    most = settings.PATIENT_GUESSES
    taken = links.filter(Q(**{pause: None}) & Q(**{f"{counter}__lt": most})).update(**{counter: F(counter) + 1})
    # The pause begins with the last guess that was allowed, in the same transaction; a right one ends it.
    links.filter(**{pause: None, f"{counter}__gte": most}).update(
        **{pause: at + timedelta(minutes=settings.PATIENT_GUESS_LOCK_MINUTES)}
    )
    return bool(taken)


@transaction.atomic
def _record_wrong_guess(link: PatientLink, at: datetime) -> None:
    used_up = PatientLink.objects.filter(pk=link.pk, locked_until__gt=at).exists()
    kind = "consent.identity_locked" if used_up else "consent.identity_refused"
    audit.append(kind, agent=_unconfirmed(link), occurred_at=at, body={"link": str(link.pk)})


@transaction.atomic
def _record_wrong_code(link: PatientLink, at: datetime) -> None:
    used_up = PatientLink.objects.filter(pk=link.pk, codes_locked_until__gt=at).exists()
    kind = "consent.code_locked" if used_up else "consent.code_refused"
    audit.append(kind, agent=_unconfirmed(link), occurred_at=at, body={"link": str(link.pk)})


def _unconfirmed(link: PatientLink) -> Agent:
    return Agent(kind="patient", id="unconfirmed", organization_id=link.consent.organization_id)
