"""The practitioner's conversation, and the pause while the patient's capacity to decide is in doubt."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Practitioner
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules
from consent.errors import TransitionError
from consent.models import CapacityDecision, CapacityDoubt, Consent, Document, StaffTask, Talk
from consent.records import TalkDraft, utc_text
from consent.services.duties import close_tasks, open_task
from consent.services.exits import end
from consent.services.people import has_confirmed_proxy
from consent.vocabulary import CapacityOutcome, EndKind, TalkOutcome, TaskEnd, TaskKind

LONGEST_WORDS = 1000


@transaction.atomic
def hold_talk(
    consent_id: uuid.UUID, practitioner: Practitioner, draft: TalkDraft, *, agent: Agent, at: datetime
) -> Talk:
    """Record the conversation; “do not treat” and “refer” stop the consent. Raises TalkRefusedError."""
    consent = _locked(consent_id)
    talk = write_talk(consent, practitioner, draft, at=at)
    stopped: list[RecordedModel] = []
    if draft.outcome != TalkOutcome.GO_ON:
        stopped += _stop(consent, f"{talk.get_outcome_display()}. {talk.reason}", agent, at)
    audit.append(
        "consent.talk_held",
        agent=agent,
        occurred_at=at,
        records=[talk, *stopped],
        body={"reference": consent.reference, "outcome": str(talk.outcome)},
    )
    return talk


def write_talk(consent: Consent, practitioner: Practitioner, draft: TalkDraft, *, at: datetime) -> Talk:
    """Insert a conversation; the act around it logs it, and holds the consent's lock. Raises TalkRefusedError."""
    rules.check_can_talk(
        status=consent.status,
        is_treating_practitioner=consent.practitioner_id == practitioner.pk,
        outcome=draft.outcome,
        is_able=draft.is_able,
        is_free=draft.is_free,
        needs=draft.needs,
        reason=draft.reason,
        has_proxy=has_confirmed_proxy(consent),
    )
    if consent.document is None:
        raise TransitionError("There is no text to talk about.", code="document.none")
    talk = Talk(
        consent=consent,
        document=consent.document,
        practitioner=practitioner,
        printed_name=practitioner.printed_name,
        is_able=draft.is_able,
        is_free=draft.is_free,
        outcome=draft.outcome,
        held_at=at,
    )
    talk.sealed_needs = _sealed(consent, draft.needs, "needs", f"consent.talk.needs:{talk.pk}")
    talk.sealed_reason = _sealed(consent, draft.reason, "reason", f"consent.talk.reason:{talk.pk}")
    talk.save(force_insert=True)
    return talk


@transaction.atomic
def doubt_capacity(consent_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> CapacityDoubt:
    """Pause: nothing is signed, declared or treated until a named clinician has resolved it. Raises CapacityRefusedError.

    Anybody of the staff may; one open doubt at a time, a second one answers with the first.
    """
    consent = _locked(consent_id)
    existing: CapacityDoubt | None = CapacityDoubt.objects.filter(consent=consent, decision=None).first()
    if existing is not None:
        return existing
    rules.check_can_doubt(status=consent.status, reason=reason)
    doubt, task = _doubted(consent, reason, agent, at)
    audit.append("consent.paused", agent=agent, occurred_at=at, records=[doubt, task])
    return doubt


@transaction.atomic
def resolve_doubt(
    consent_id: uuid.UUID,
    practitioner: Practitioner,
    outcome: CapacityOutcome,
    reason: str,
    *,
    again_on: date | None = None,
    agent: Agent,
    at: datetime,
) -> CapacityDecision:
    """A clinician with a registration says whether the patient can decide.

    Where not, the consent stops; or it stays paused until it is assessed again on a day; or somebody with confirmed
    authority decides for the patient and it goes on. Raises CapacityRefusedError and TransitionError.
    """
    consent = _locked(consent_id)
    doubt = CapacityDoubt.objects.filter(consent=consent, decision=None).first()
    if doubt is None:
        raise TransitionError("Nothing is paused here; somebody may have decided.", code="capacity.none")
    doubt.consent = consent
    rules.check_can_resolve(
        registration=practitioner.registration_number,
        reason=reason,
        outcome=outcome,
        again_on=again_on,
        today=consent.organization.local_date(at),
        has_proxy=has_confirmed_proxy(consent),
    )
    decision = CapacityDecision(
        doubt=doubt,
        practitioner=practitioner,
        printed_name=practitioner.printed_name,
        registration=f"{practitioner.registration_body}, {practitioner.registration_number}",
        outcome=outcome,
        again_on=again_on,
        decided_at=at,
    )
    binding = f"consent.capacitydecision.reason:{decision.pk}"
    decision.sealed_reason = _sealed(consent, reason, "reason", binding)
    decision.save(force_insert=True)
    others: list[RecordedModel] = list(close_tasks(consent, TaskKind.CAPACITY, agent=agent, at=at))
    if outcome == CapacityOutcome.CANNOT:
        others += _stop(consent, f"{decision.get_outcome_display()}. {decision.reason}"[:LONGEST_WORDS], agent, at)
    if outcome == CapacityOutcome.AGAIN:
        others += _doubted(consent, f"To be assessed again on {again_on:%-d %B %Y}. {decision.reason}", agent, at)
    audit.append(
        "consent.pause_resolved",
        agent=agent,
        occurred_at=at,
        records=[decision, *others],
        body={"reference": consent.reference, "outcome": str(outcome)},
    )
    return decision


def is_paused(consent: Consent) -> bool:
    """Whether a doubt about capacity waits for a clinician."""
    return CapacityDoubt.objects.filter(consent=consent, decision=None).exists()


def talk_in_force(document: Document) -> Talk | None:
    """The newest conversation about this text."""
    found: Talk | None = Talk.objects.filter(document=document).order_by("held_at").last()
    return found


def talks_told(consent: Consent, *, until: datetime) -> list[dict[str, Any]]:
    """Every conversation up to `until` as the sealed records hold it."""
    return [
        {
            "practitioner": row.printed_name,
            "held_at": utc_text(row.held_at),
            "is_able": row.is_able,
            "is_free": row.is_free,
            "needs": row.needs,
            "outcome": str(row.outcome),
            "reason": row.reason,
        }
        for row in consent.talks.all()
        if row.held_at <= until
    ]


def doubts_told(consent: Consent, *, until: datetime) -> list[dict[str, Any]]:
    """Every doubt about capacity that was resolved up to `until`, as the sealed records hold it."""
    return [
        {
            "raised_by": row.raised_by_name,
            "raised_at": utc_text(row.raised_at),
            "reason": row.reason,
            "outcome": str(row.decision.outcome),
            "again_on": row.decision.again_on.isoformat() if row.decision.again_on else None,
            "decided_by": row.decision.printed_name,
            "registration": row.decision.registration,
            "decided_at": utc_text(row.decision.decided_at),
            "why": row.decision.reason,
        }
        for row in consent.capacity_doubts.all()
        if not row.is_open and row.decision.decided_at <= until
    ]


def _doubted(consent: Consent, reason: str, agent: Agent, at: datetime) -> tuple[CapacityDoubt, StaffTask]:
    """The doubt that keeps the consent paused, with its task; the act around it logs both."""
    doubt = CapacityDoubt(consent=consent, raised_by=agent.id, raised_by_name=agent.name or agent.id, raised_at=at)
    doubt.sealed_reason = _sealed(consent, reason[:LONGEST_WORDS], "reason", f"consent.capacitydoubt.reason:{doubt.pk}")
    doubt.save(force_insert=True)
    return doubt, open_task(consent, TaskKind.CAPACITY, at=at)


def _stop(consent: Consent, why: str, agent: Agent, at: datetime) -> list[RecordedModel]:
    ending = end(consent, EndKind.VOIDED, why[:LONGEST_WORDS], agent=agent, at=at)
    return [consent, ending, *close_tasks(consent, agent=agent, at=at, ended=TaskEnd.MOOT)]


def _sealed(consent: Consent, words: str, field: str, binding: str) -> bytes:
    cleaned = clean_text(words, most=LONGEST_WORDS, field=field) if words.strip() else ""
    return seal_for_patient(consent.patient, cleaned.encode(), binding=binding)


def _locked(consent_id: uuid.UUID) -> Consent:
    found: Consent = Consent.objects.locked(consent_id)
    return found
