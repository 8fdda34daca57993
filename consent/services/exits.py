"""Ways in which a consent ends by the clinic or by time: who, when and why stand in a row of their own."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.models import Organization
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules
from consent.models import Consent, Ending, PatientLink
from consent.services.duties import close_tasks
from consent.services.terms import terms_of
from consent.vocabulary import ConsentStatus, EndKind, StatusReason, TaskEnd

LONGEST_REASON = 1000
MOST_AT_ONCE = 200


def end(
    consent: Consent, kind: EndKind, reason: str, *, agent: Agent, at: datetime, successor: Consent | None = None
) -> Ending:
    """Move a locked consent to where it ends and insert the row; the act around it logs both. Raises TransitionError."""
    is_error = kind == EndKind.INVALIDATED
    status = ConsentStatus.ENTERED_IN_ERROR if is_error else ConsentStatus.INACTIVE
    rules.check_transition(consent.status, status)
    consent.status, consent.changed_at = status, at
    consent.status_reason = "" if is_error else StatusReason(kind.value)
    consent.save(update_fields=["status", "status_reason", "changed_at"])
    ending = Ending(
        consent=consent,
        kind=kind,
        successor=successor,
        ended_by=agent.id,
        ended_by_name=agent.name or agent.id,
        ended_at=at,
    )
    ending.sealed_reason = seal_for_patient(
        consent.patient,
        clean_text(reason, most=LONGEST_REASON, field="reason").encode(),
        binding=f"consent.ending.reason:{ending.pk}",
    )
    ending.save(force_insert=True)
    return ending


@transaction.atomic
def void_consent(consent_id: uuid.UUID, *, reason: str, agent: Agent, at: datetime) -> Consent:
    """Stop an open consent that the clinic no longer wants, saying why. Raises TransitionError, EndingRefusedError."""
    return _ended(consent_id, EndKind.VOIDED, reason, agent, at)


@transaction.atomic
def invalidate_consent(consent_id: uuid.UUID, *, reason: str, agent: Agent, at: datetime) -> Consent:
    """The record was made by mistake or holds one: it counts for nothing from now on, and stays as it is.

    A corrected record is a new consent that names this one. Raises TransitionError, EndingRefusedError.
    """
    return _ended(consent_id, EndKind.INVALIDATED, reason, agent, at)


def lapse_due(*, at: datetime) -> int:
    """End what was never signed within the clinic's age limit; returns how many. Harmless when run twice or at once."""
    clinics = Organization.objects.filter(pk__in=_unsigned().values("organization").distinct())
    lapsed = 0
    for clinic in clinics:
        limit = timedelta(days=terms_of(clinic).good_for_days)
        due = _due(at - limit).filter(organization=clinic)
        for consent_id in list(due.order_by("created_at").values_list("pk", flat=True)[:MOST_AT_ONCE]):
            lapsed += _lapse(consent_id, limit, at)
    return lapsed


@transaction.atomic
def _lapse(consent_id: uuid.UUID, limit: timedelta, at: datetime) -> bool:
    consent = Consent.objects.locked_as_it_is(consent_id)
    # Asked again under the lock, and not by the question that waits for it: PostgreSQL answers the rest of that one from
    # before it waited, so that a signature of meanwhile would not be seen.
    if consent.patient.is_erased or not _due(at - limit).filter(pk=consent_id).exists():
        return False
    agent = Agent(kind="system", id="lapsing", organization_id=consent.organization_id, name="Candour")
    why = f"Not signed within {limit.days} days, the age limit of the clinic."
    ending = end(consent, EndKind.LAPSED, why, agent=agent, at=at)
    moot = close_tasks(consent, agent=agent, at=at, ended=TaskEnd.MOOT)
    audit.append(
        "consent.lapsed", agent=agent, occurred_at=at, records=[consent, ending, *_revoked(consent, at), *moot]
    )
    return True


def _ended(consent_id: uuid.UUID, kind: EndKind, reason: str, agent: Agent, at: datetime) -> Consent:
    consent = Consent.objects.locked(consent_id)
    rules.check_can_end(reason=reason)
    ending = end(consent, kind, reason, agent=agent, at=at)
    moot = close_tasks(consent, agent=agent, at=at, ended=TaskEnd.MOOT)
    entry = "consent.invalidated" if kind == EndKind.INVALIDATED else "consent.voided"
    audit.append(entry, agent=agent, occurred_at=at, records=[consent, ending, *_revoked(consent, at), *moot])
    return consent


def _revoked(consent: Consent, at: datetime) -> list[PatientLink]:
    links = list(PatientLink.objects.filter(consent=consent, revoked_at=None))
    for link in links:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
    return links


def _due(before: datetime) -> Any:
    return _unsigned().filter(document__issued_at__lt=before)


def _unsigned() -> Any:
    return Consent.objects.filter(status=ConsentStatus.DRAFT, signature=None)
