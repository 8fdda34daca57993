"""What patients ask about their records: received, extended, answered, each a row of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic import rules
from clinic.models import Organization, Patient, PatientRequest, RequestAnswer, RequestExtension
from clinic.records import clean_text
from clinic.services.keeping import locked_patient
from clinic.vocabulary import RequestKind, RequestOutcome, RequestWay

LONGEST_WORDS = 2000


@transaction.atomic
def receive_request(
    patient_id: uuid.UUID,
    kind: RequestKind,
    *,
    way: RequestWay,
    received_on: date,
    asked: str,
    asker: str,
    agent: Agent,
    at: datetime,
) -> PatientRequest:
    """Put a request on the register; the month runs from the day on which it came in. Raises RequestRefusedError."""
    patient = locked_patient(patient_id)
    organization = patient.organization
    rules.check_can_receive(
        is_erased=patient.is_erased,
        received_on=received_on,
        registered_on=organization.local_date(patient.registered_at),
        today=organization.local_date(at),
    )
    row = PatientRequest(
        organization=organization,
        patient=patient,
        kind=kind,
        way=way,
        received_on=received_on,
        registered_by=agent.id,
        registered_by_name=agent.name or agent.id,
        registered_at=at,
    )
    words = {
        "asked": clean_text(asked, most=LONGEST_WORDS, field="asked"),
        "asker": clean_text(asker, most=LONGEST_WORDS, field="asker"),
    }
    row.seal(json.dumps(words, ensure_ascii=False, sort_keys=True))
    row.save(force_insert=True)
    audit.append(
        "clinic.request_received",
        agent=agent,
        occurred_at=at,
        records=[row],
        body={"number": patient.number, "kind": str(kind), "due_on": row.due_on.isoformat()},
    )
    return row


@transaction.atomic
def extend_request(request_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> RequestExtension:
    """Take two months more, once, while the first runs. Raises RequestRefusedError."""
    request = _locked(request_id)
    rules.check_can_extend(
        is_answered=not request.is_open,
        is_extended=request.is_extended,
        due_on=request.due_on,
        today=request.organization.local_date(at),
        reason=reason,
    )
    row = RequestExtension(
        request=request, extended_by=agent.id, extended_by_name=agent.name or agent.id, extended_at=at
    )
    row.seal(clean_text(reason, most=LONGEST_WORDS, field="reason"))
    row.save(force_insert=True)
    audit.append(
        "clinic.request_extended",
        agent=agent,
        occurred_at=at,
        records=[row],
        body={"number": request.patient.number, "due_on": request.due_on.isoformat()},
    )
    return row


@transaction.atomic
def answer_request(
    request_id: uuid.UUID,
    outcome: RequestOutcome,
    words: str,
    *,
    is_kept: bool = False,
    kept_until: date | None = None,
    agent: Agent,
    at: datetime,
) -> RequestAnswer:
    """Answer a request, once. Raises RequestRefusedError.

    `is_kept` says that something keeps the record, without which no erasure is refused; `kept_until` the day, where there is one.
    """
    request = _locked(request_id)
    rules.check_can_answer(
        RequestKind(request.kind),
        RequestOutcome(outcome),
        is_answered=not request.is_open,
        is_kept=is_kept,
        words=words,
    )
    row = RequestAnswer(
        request=request,
        outcome=outcome,
        kept_until=kept_until,
        answered_by=agent.id,
        answered_by_name=agent.name or agent.id,
        answered_at=at,
    )
    row.seal(clean_text(words, most=LONGEST_WORDS, field="words"))
    row.save(force_insert=True)
    audit.append(
        "clinic.request_answered",
        agent=agent,
        occurred_at=at,
        records=[row],
        body={"number": request.patient.number, "kind": request.kind, "outcome": str(outcome)},
    )
    return row


def open_requests(organization: Organization) -> list[PatientRequest]:
    """Those that wait for an answer, the one that is due first before the others."""
    rows = PatientRequest.objects.at(organization).filter(answer=None).select_related("patient", "extension")
    return sorted(rows, key=lambda row: (row.due_on, row.registered_at))


def requests_of(patients: Sequence[Patient]) -> list[PatientRequest]:
    """All requests of one person, under whichever of their records, newest first."""
    rows = PatientRequest.objects.filter(patient__in=patients)
    return list(rows.select_related("patient", "extension", "answer").order_by("-received_on", "-registered_at"))


def _locked(request_id: uuid.UUID) -> PatientRequest:
    """The request, with its patient locked, so that it is answered once."""
    locked_patient(PatientRequest.objects.values_list("patient_id", flat=True).get(pk=request_id))
    found: PatientRequest = PatientRequest.objects.select_related("patient", "organization", "extension", "answer").get(
        pk=request_id
    )
    return found
