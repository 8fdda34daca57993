"""Reminders: planned when a message goes out, looked at by a sweep, and stopped by any decision."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from audit import services as audit
from audit.records import Agent
from clinic.models import Organization
from consent import rules
from consent.disclosure import link_in_force, undecided_answers
from consent.languages import speaking
from consent.models import Consent, Notice, PatientLink, ReminderDue, ReminderPolicy, ReminderStop, Signature
from consent.records import ReminderFacts
from consent.services.read import link_agent
from consent.vocabulary import BLOCKS_SIGNING, FOR_GOOD, ConsentStatus, LinkWay, NoReminder

# What holds a reminder back for now is looked at again after this.
LOOK_AGAIN = timedelta(days=1)
MOST_AT_ONCE = 50


@dataclass(frozen=True)
class ReminderState:
    """How many reminders were sent of how many, when the next one comes, and why none does."""

    sent: int
    most: int
    next_at: datetime | None
    reason: NoReminder | None


def reminder_policy(organization: Organization) -> ReminderPolicy:
    """The clinic's policy, or the default one, which is not saved."""
    found: ReminderPolicy | None = ReminderPolicy.objects.filter(organization=organization).first()
    return found or ReminderPolicy(organization=organization)


@transaction.atomic
def set_reminder_policy(
    organization: Organization, *, first_after_days: int, every_days: int, most: int, agent: Agent, at: datetime
) -> ReminderPolicy:
    """Decide how the clinic reminds, from now on. Raises ReminderRefusedError."""
    rules.check_reminders(first_after_days=first_after_days, every_days=every_days, most=most)
    policy, _ = ReminderPolicy.objects.update_or_create(
        organization=organization,
        defaults={"first_after_days": first_after_days, "every_days": every_days, "most": most},
    )
    audit.append(
        "consent.reminders_set",
        agent=agent,
        occurred_at=at,
        records=[policy],
        body={"first_after_days": first_after_days, "every_days": every_days, "most": most},
    )
    return policy


@transaction.atomic
def stop_reminders(link_id: uuid.UUID, *, at: datetime) -> ReminderStop | None:
    """The holder of the link does not want to be reminded again. A second time changes nothing.

    A link that was replaced or is too old counts as well; None where nobody would be reminded any more.
    """
    link = PatientLink.objects.get(pk=link_id)
    consent = Consent.objects.locked_as_it_is(link.consent_id)
    existing: ReminderStop | None = ReminderStop.objects.filter(consent=consent).first()
    if existing is not None:
        return existing
    if not may_be_reminded(consent):
        return None
    ReminderDue.objects.filter(consent=consent).delete()
    stop = ReminderStop.objects.create(consent=consent, link=link, stopped_at=at)
    audit.append("consent.reminders_stopped", agent=link_agent(consent), occurred_at=at, records=[stop])
    return stop


def may_be_reminded(consent: Consent) -> bool:
    """Whether a decision is still to come, of which the clinic could remind somebody."""
    return (
        consent.status == ConsentStatus.DRAFT
        and not consent.patient.is_erased
        and not Signature.objects.filter(consent=consent).exists()
    )


def plan_reminder(notice: Notice, *, at: datetime) -> None:
    """After a message was sent: when to look whether a reminder is needed."""
    if notice.consent_id is None or notice.link_id is None:
        return
    policy = reminder_policy(notice.organization)
    days = policy.every_days if notice.is_reminder else policy.first_after_days
    ReminderDue.objects.update_or_create(consent_id=notice.consent_id, defaults={"next_at": at + timedelta(days=days)})


def is_still_wanted(notice: Notice, *, at: datetime) -> bool:
    """Whether a reminder that waits for the mail server may still go: no decision, question or stop came meanwhile."""
    if notice.consent is None:
        return False
    consent = Consent.objects.with_standing().get(pk=notice.consent.pk)
    facts = _facts(consent, reminder_policy(consent.organization), at)
    others = [row for row in consent.notices.all() if row.link_id == notice.link_id and row.pk != notice.pk]
    # This one is counted already, and a try of it that failed is no lost message.
    facts = replace(
        facts,
        is_reached=not any(row.is_lost for row in others),
        sent=sum(row.is_reminder for row in others),
    )
    return link_in_force(consent) == notice.link and rules.why_no_reminder(facts) is None


def remind_due(*, at: datetime) -> int:
    """Look at those whose day has come; returns how many reminders were put into the queue. Harmless when run at once."""
    due = ReminderDue.objects.filter(next_at__lte=at).order_by("next_at").values_list("consent_id", flat=True)
    return sum(_remind(consent_id, at) for consent_id in list(due[:MOST_AT_ONCE]))


def reminder_state(consent: Consent, *, at: datetime) -> ReminderState:
    """For the consent's page. Reads what `with_standing` has fetched, and the clinic's policy."""
    facts = _facts(consent, reminder_policy(consent.organization), at)
    reason = rules.why_no_reminder(facts)
    due = getattr(consent, "reminder_due", None)
    return ReminderState(facts.sent, facts.most, due.next_at if due and reason is None else None, reason)


@transaction.atomic
def _remind(consent_id: uuid.UUID, at: datetime) -> bool:
    Consent.objects.locked_as_it_is(consent_id)
    due = ReminderDue.objects.filter(consent_id=consent_id, next_at__lte=at).first()
    if due is None:
        return False
    consent = Consent.objects.with_standing().get(pk=consent_id)
    policy = reminder_policy(consent.organization)
    facts = _facts(consent, policy, at)
    reason = rules.why_no_reminder(facts)
    link = link_in_force(consent)
    if reason in FOR_GOOD or link is None:
        due.delete()
        return False
    due.next_at = at + (LOOK_AGAIN if reason else timedelta(days=policy.every_days))
    due.save(update_fields=["next_at"])
    if reason:
        return False
    with speaking(link.document.language):
        subject = gettext("{clinic}: your information still waits for you")
    Notice.objects.create(
        organization=consent.organization,
        consent=consent,
        link=link,
        created_at=at,
        subject=subject.format(clinic=consent.organization.name),
        is_reminder=True,
    )
    audit.append(
        "consent.reminded",
        agent=Agent(kind="system", id="reminders", organization_id=consent.organization_id, name="Candour"),
        occurred_at=at,
        records=[consent],
        body={"reference": consent.reference, "number": facts.sent + 1, "most": facts.most},
    )
    return True


def _facts(consent: Consent, policy: ReminderPolicy, at: datetime) -> ReminderFacts:
    link = link_in_force(consent)
    answers = undecided_answers(consent)
    notices = [row for row in consent.notices.all() if link is not None and row.link_id == link.pk]
    return ReminderFacts(
        is_open=consent.status == ConsentStatus.DRAFT
        and getattr(consent, "signature", None) is None
        and not consent.patient.is_erased,
        by_mail=link is not None and link.way == LinkWay.EMAIL,
        link_works=link is not None and link.expires_at > at and link.document_id == consent.document_id,
        is_reached=not any(row.is_lost for row in notices),
        asked_for_none=getattr(consent, "reminder_stop", None) is not None,
        sent=sum(row.is_reminder for row in notices),
        most=policy.most,
        has_question=any(row.is_open for row in consent.questions.all()),
        is_paused=(answers is not None and answers.outcome in BLOCKS_SIGNING)
        or consent.open_doubt is not None
        or any(row.is_open for row in consent.marks),
    )
