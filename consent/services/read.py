"""The patient's visit: finding the link, reading, asking."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F

from audit import services as audit
from audit.records import Agent
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent.errors import (
    DocumentChangedError,
    LinkExpiredError,
    LinkInvalidError,
    LinkSupersededError,
    TransitionError,
)
from consent.models import Acknowledgement, Consent, Document, PatientLink, Question, Signature
from consent.services.compiled import Compiled
from consent.services.duties import close_tasks, open_task
from consent.vocabulary import ConsentStatus, PersonRole, TaskEnd, TaskKind

LONGEST_TOKEN = 64
LONGEST_QUESTION = 2000
# Every page of a patient begins with it.
LINKS = Compiled(
    PatientLink.objects.select_related("consent__patient", "consent__organization", "document"), by="token_sha256"
)


def link_of(token: str) -> PatientLink:
    """The link of a token, also one that no longer works. Unknown, cut and foreign tokens get one and the same refusal."""
    if len(token) > LONGEST_TOKEN:
        raise _invalid()
    found = LINKS.rows(_digest(token))
    if not found:
        raise _invalid()
    link = found[0]
    link.document.consent = link.consent
    return link


def find_link(token: str, *, at: datetime) -> PatientLink:
    """The link that a token opens. Raises LinkInvalidError, LinkSupersededError and LinkExpiredError."""
    link = link_of(token)
    check_works(link, at=at)
    return link


def check_works(link: PatientLink, *, at: datetime) -> None:
    """Refuse a link that was replaced or is too old."""
    if link.document_id != link.consent.document_id:
        raise LinkSupersededError(
            "The clinic has written a newer text for you, so this link is closed. Ask the clinic for the new link.",
            code="link.superseded",
        )
    if link.revoked_at is not None:
        raise LinkExpiredError("This link was replaced by a newer one. Ask the clinic for it.", code="link.revoked")
    if link.expires_at <= at:
        raise LinkExpiredError("This link is too old. Ask the clinic for a new one.", code="link.expired")


def opens(link: PatientLink, token: str) -> bool:
    """Whether this token is that of this link, also where the link no longer works."""
    return hmac.compare_digest(link.token_sha256, _digest(token))


def successor_of(link_id: uuid.UUID, *, at: datetime) -> PatientLink | None:
    """The link to the newer text, for somebody who has confirmed who they are on the older one; None before it is made."""
    consent_id = PatientLink.objects.values_list("consent_id", flat=True).get(pk=link_id)
    newer = PatientLink.objects.filter(consent_id=consent_id, revoked_at=None, expires_at__gt=at).exclude(pk=link_id)
    return newer.filter(document=F("consent__document")).last()


@transaction.atomic
def acknowledge(consent_id: uuid.UUID, section: str, *, shown_sha256: str, at: datetime) -> Acknowledgement:
    """Record "I have read this part", once; a second time changes nothing."""
    consent, document = open_consent(consent_id, shown_sha256)
    if section not in {part["key"] for part in document.content["sections"]}:
        raise LinkInvalidError("There is no such part.", code="section.unknown")
    found: Acknowledgement | None = Acknowledgement.objects.filter(document=document, section=section).first()
    if found is not None:
        return found
    written = Acknowledgement.objects.create(consent=consent, document=document, section=section, acknowledged_at=at)
    audit.append(
        "consent.section_acknowledged",
        agent=link_agent(consent),
        occurred_at=at,
        records=[written],
        body={"section": section, "document_sha256": document.sha256},
    )
    return written


@transaction.atomic
def ask_question(
    consent_id: uuid.UUID, section: str, text: str, *, shown_sha256: str, at: datetime, agent: Agent | None = None
) -> Question:
    """Keep a patient's question for the practitioner; signing waits for the answer.

    `agent` is who typed it in from a paper; without one, the patient did.
    """
    consent, document = open_consent(consent_id, shown_sha256)
    if section not in {part["key"] for part in document.content["sections"]}:
        raise LinkInvalidError("There is no such part.", code="section.unknown")
    words = clean_text(text, most=LONGEST_QUESTION, field="text")
    question = Question(consent=consent, document=document, section=section, asked_at=at)
    question.sealed_text = seal_for_patient(
        consent.patient, words.encode(), binding=f"consent.question.text:{question.pk}"
    )
    question.save(force_insert=True)
    task = open_task(consent, TaskKind.QUESTION, subject=question.pk, at=at)
    audit.append("consent.question_asked", agent=agent or link_agent(consent), occurred_at=at, records=[question, task])
    return question


@transaction.atomic
def answer_question(question_id: uuid.UUID, text: str, *, answered_by: str, agent: Agent, at: datetime) -> Question:
    """The clinic's answer; it becomes part of the signing record. An answer is given once."""
    question = _locked_question(question_id)
    if question.answered_at is not None:
        raise TransitionError("This question is answered already.", code="question.answered")
    if not question.is_open:
        raise TransitionError("The patient no longer needs this answer, and said so.", code="question.dropped")
    if question.consent.status != ConsentStatus.DRAFT:
        raise TransitionError("This record is closed, so nothing can be added to it.", code="consent.not_open")
    words = clean_text(text, most=LONGEST_QUESTION, field="text")
    question.sealed_answer = seal_for_patient(
        question.consent.patient, words.encode(), binding=f"consent.question.answer:{question.pk}"
    )
    question.answered_at, question.answered_by = at, answered_by
    question.save(update_fields=["sealed_answer", "answered_at", "answered_by"])
    closed = close_tasks(question.consent, TaskKind.QUESTION, subject=question.pk, agent=agent, at=at)
    audit.append("consent.question_answered", agent=agent, occurred_at=at, records=[question, *closed])
    return question


@transaction.atomic
def drop_question(question_id: uuid.UUID, *, at: datetime) -> Question:
    """The patient no longer needs the answer."""
    question = _locked_question(question_id)
    if question.is_open:
        question.dropped_at = at
        question.save(update_fields=["dropped_at"])
        who = link_agent(question.consent)
        closed = close_tasks(
            question.consent, TaskKind.QUESTION, subject=question.pk, agent=who, at=at, ended=TaskEnd.MOOT
        )
        audit.append("consent.question_dropped", agent=who, occurred_at=at, records=[question, *closed])
    return question


def patient_agent(consent: Consent) -> Agent:
    """The patient as the agent of an act."""
    return Agent(kind="patient", id=str(consent.patient_id), organization_id=consent.organization_id, name="Patient")


def link_agent(consent: Consent) -> Agent:
    """Who acts through the patient's link where nobody is asked: the patient, unless a proxy is on record, who holds it too."""
    if not consent.people.filter(role=PersonRole.PROXY, left_at=None).exists():
        return patient_agent(consent)
    organization_id = consent.organization_id
    return Agent(kind="link", id=str(consent.patient_id), organization_id=organization_id, name="Patient or proxy")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _invalid() -> LinkInvalidError:
    return LinkInvalidError(
        "This link does not open anything. Check that it is complete, or ask the clinic for a new one.",
        code="link.invalid",
    )


def _locked_question(question_id: uuid.UUID) -> Question:
    """The question with its consent locked first, as a signature does: it is answered before the signing or not at all."""
    consent_id = Question.objects.values_list("consent_id", flat=True).get(pk=question_id)
    consent = Consent.objects.locked(consent_id)
    question: Question = Question.objects.select_for_update(of=("self",)).get(pk=question_id)
    question.consent = consent
    return question


def open_consent(consent_id: uuid.UUID, shown_sha256: str) -> tuple[Consent, Document]:
    """The consent, locked, with the Document in force, while the patient still decides on the text that was shown.

    Raises TransitionError where it is closed or signed, DocumentChangedError where another text was shown.
    """
    consent = Consent.objects.select_related("document").locked(consent_id).with_text_in_force()
    if consent.status != ConsentStatus.DRAFT or consent.document is None:
        raise TransitionError("This record is closed, so nothing can be added to it.", code="consent.not_open")
    if Signature.objects.filter(consent=consent).exists():
        raise TransitionError("You have signed already, and what you signed stays as it is.", code="consent.signed")
    if consent.document.sha256 != shown_sha256:
        raise DocumentChangedError(
            "The text was changed after your page was opened. Please open the link again and read the new text.",
            code="document.changed",
        )
    return consent, consent.document
