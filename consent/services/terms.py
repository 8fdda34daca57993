"""How long patients have to think and how long a consent is good for, by clinic; and the one way to treat sooner."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.models import Organization, Practitioner
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules
from consent.models import Consent, ConsentTerms, PatientLink, SoonerAnswer, SoonerRequest
from consent.services.read import link_agent

LONGEST_REASON = 1000
# The column that holds the days of each route group.
COLUMNS = {
    "G_INTACT": "days_intact",
    "G_BREACHED": "days_breached",
    "G_INJECT": "days_injected",
    "G_SYSTEMIC": "days_systemic",
}


@dataclass(frozen=True)
class Terms:
    """The terms in force at a clinic. `row` is what a person decided, None where the defaults count."""

    days_to_think: Mapping[str, int]
    good_for_days: int
    row: ConsentTerms | None

    @property
    def needs_second_factor(self) -> bool:
        """Whether a declaration needs more than a password."""
        return self.row is not None and self.row.needs_second_factor


def terms_of(organization: Organization) -> Terms:
    """The newest terms of the clinic; the defaults where it has decided on none."""
    row: ConsentTerms | None = ConsentTerms.objects.at(organization).order_by("-set_at", "-id").first()
    if row is None:
        return Terms(rules.DAYS_TO_THINK, settings.CONSENT_AGE_LIMIT_DAYS, None)
    days = {group: getattr(row, column) for group, column in COLUMNS.items()}
    return Terms(days, row.good_for_days, row)


@transaction.atomic
def set_terms(
    organization: Organization,
    *,
    days_to_think: Mapping[str, int],
    good_for_days: int,
    reason: str,
    needs_second_factor: bool = False,
    agent: Agent,
    at: datetime,
) -> ConsentTerms:
    """Decide on the terms: the time to think counts for texts that are written from now on, the age limit at once.

    Raises TermsRefusedError.
    """
    rules.check_terms(days_to_think=days_to_think, good_for_days=good_for_days, reason=reason)
    row = ConsentTerms.objects.create(
        organization=organization,
        **{column: days_to_think[group] for group, column in COLUMNS.items()},
        good_for_days=good_for_days,
        needs_second_factor=needs_second_factor,
        reason=clean_text(reason, most=500, field="reason") if reason.strip() else "",
        set_by=agent.id,
        set_by_name=agent.name or agent.id,
        set_at=at,
    )
    audit.append(
        "consent.terms_set",
        agent=agent,
        occurred_at=at,
        records=[row],
        body={
            **{column: getattr(row, column) for column in COLUMNS.values()},
            "good_for_days": good_for_days,
            "needs_second_factor": needs_second_factor,
        },
    )
    return row


@transaction.atomic
def ask_for_sooner(
    consent_id: uuid.UUID, practitioner: Practitioner, *, treat_on: date, reason: str, agent: Agent, at: datetime
) -> SoonerRequest:
    """The treating practitioner asks the patient to be treated before the time to think is over. Raises SoonerRefusedError.

    It changes nothing by itself: only the patient's own yes does.
    """
    Consent.objects.locked(consent_id)
    consent = Consent.objects.with_standing().get(pk=consent_id)
    treat_from, document = consent.treat_from, consent.document
    rules.check_can_ask_for_sooner(
        status=consent.status,
        is_treating_practitioner=consent.practitioner_id == practitioner.pk,
        treat_from=treat_from,
        treat_on=treat_on,
        today=consent.organization.local_date(at),
        is_asked=any(row.is_open and row.treat_on == treat_on for row in consent.sooner_requests.all()),
        reason=reason,
    )
    # The rule has refused what was never opened.
    assert treat_from is not None and document is not None  # noqa: S101, PT018
    row = SoonerRequest(
        consent=consent,
        document=document,
        treat_on=treat_on,
        instead_of=treat_from,
        asked_by=agent.id,
        asked_by_name=agent.name or agent.id,
        asked_at=at,
    )
    row.sealed_reason = seal_for_patient(
        consent.patient,
        clean_text(reason, most=LONGEST_REASON, field="reason").encode(),
        binding=f"consent.soonerrequest.reason:{row.pk}",
    )
    row.save(force_insert=True)
    audit.append(
        "consent.sooner_asked",
        agent=agent,
        occurred_at=at,
        records=[row],
        body={"reference": consent.reference, "treat_on": treat_on.isoformat(), "instead_of": treat_from.isoformat()},
    )
    return row


@transaction.atomic
def answer_sooner(request_id: uuid.UUID, link_id: uuid.UUID, *, is_agreed: bool, at: datetime) -> SoonerAnswer:
    """The patient says yes or no, once, on their own page; the first answer counts. Raises SoonerRefusedError."""
    row = SoonerRequest.objects.get(pk=request_id)
    consent = Consent.objects.locked(row.consent_id)
    existing: SoonerAnswer | None = SoonerAnswer.objects.filter(request=row).first()
    if existing is not None:
        return existing
    rules.check_can_answer_sooner(status=consent.status, is_same_text=row.document_id == consent.document_id)
    answer: SoonerAnswer = SoonerAnswer.objects.create(
        request=row, link=PatientLink.objects.get(pk=link_id, consent=consent), is_agreed=is_agreed, answered_at=at
    )
    audit.append(
        "consent.sooner_answered",
        agent=link_agent(consent),
        occurred_at=at,
        records=[answer],
        body={"reference": consent.reference, "is_agreed": is_agreed},
    )
    return answer


def open_sooner_request(consent: Consent) -> SoonerRequest | None:
    """The newest request about the text that counts which the patient has not answered."""
    rows = [row for row in consent.sooner_requests.all() if row.is_open and row.document_id == consent.document_id]
    return rows[-1] if rows else None
