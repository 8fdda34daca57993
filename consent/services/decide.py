"""The decisions: the patient signs, declines or takes back; the practitioner declares."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import prefetch_related_objects

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Practitioner
from clinic.records import clean_name, clean_text
from clinic.services import is_staff_network, seal_for_patient
from consent import ceremony, rules, wording
from consent.errors import TransitionError
from consent.models import (
    Acknowledgement,
    Consent,
    Declaration,
    Decline,
    Document,
    Opening,
    PatientLink,
    Question,
    ReviewMark,
    Signature,
    StepAnswers,
    Withdrawal,
)
from consent.records import Signing, SigningFacts, TalkDraft, canonical, utc_text
from consent.services.access import identity_told
from consent.services.compiled import Compiled
from consent.services.duties import close_tasks, open_task
from consent.services.exits import end
from consent.services.marks import replaced_by
from consent.services.people import (
    by_whom,
    decider_of,
    deciding_agent,
    facts_of,
    is_copied,
    people_told,
    proxy_of,
    signer_told,
)
from consent.services.reflection import reflection_told
from consent.services.sparse import hold, is_known_empty, relations_there
from consent.services.steps import (
    latest_answers,
    latest_of,
    told,
    undecided,
    waiting_steps,
    write_review,
)
from consent.services.studies import hold_study
from consent.services.talks import is_paused, talk_in_force, write_talk
from consent.services.terms import terms_of
from consent.vocabulary import (
    BLOCKS_SIGNING,
    NEEDS_DECISION,
    ConsentStatus,
    Credential,
    EndKind,
    ReviewDecision,
    SigningMethod,
    StatusReason,
    TalkOutcome,
    TaskEnd,
    TaskKind,
)

SIGNING_SCHEMA = "candour-signing-record/1"
LONGEST_REASON = 1000
# What a signature rests on and every consent has,
ALL_HAVE: dict[str, Compiled[Any]] = {
    "acknowledgements": Compiled(Acknowledgement.objects.all(), by="consent"),
    "openings": Compiled(Opening.objects.all(), by="consent"),
    "step_answers": Compiled(StepAnswers.objects.select_related("review"), by="consent"),
}
# and what most consents have nothing of, with what is read of it where there is some.
FEW_HAVE = {
    "signature": ["signature"],
    "questions": ["questions"],
    "people": ["people__marks", "people__checks"],
    "paper_packs": ["paper_packs__handover"],
    "sooner_requests": ["sooner_requests__answer"],
    "capacity_doubts": ["capacity_doubts__decision"],
    "staff_tasks": [],
}


@transaction.atomic
def sign_consent(
    consent_id: uuid.UUID, signing: Signing, *, at: datetime, link: PatientLink | None = None
) -> Signature:
    """Record the patient's signature on the Document in force. A second signature answers with the first.

    `link` is that of the page, with its text and its clinic: what was read for the page is not read again.
    The status changes only with the practitioner's declaration. Nothing here talks to the broker,
    lays out a page or seals: the signature is complete when this commits.
    """
    consent = _locked_to_sign(consent_id, link)
    existing: Signature | None = getattr(consent, "signature", None)
    if existing is not None:
        return existing
    hold_study(consent)
    document = _document_of(consent)
    content, typed_name = document.content, _typed(signing)
    drawn_sha256 = signing.strokes_sha256 if signing.method == SigningMethod.DRAWN else ""
    latest = latest_of(_attempts(consent, document))
    rules.check_can_sign(
        SigningFacts(
            status=consent.status,
            document_sha256=document.sha256,
            shown_sha256=signing.shown_sha256,
            required_sections=frozenset(part["key"] for part in content["sections"] if part["material"]),
            acknowledged_sections=frozenset(row.section for row in _acknowledged(consent, document)),
            open_questions=sum(row.is_open for row in consent.questions.all()),
            birth_date=consent.patient.identity.birth_date,
            on=consent.organization.local_date(at),
            meaning_confirmed=signing.meaning_confirmed,
            method=signing.method,
            ink_length=signing.ink_length,
            typed_name=typed_name,
            is_replayed=is_copied(drawn_sha256),
            waiting_steps=tuple(step["title"] for step in waiting_steps(content, latest)),
            needs_talk=undecided(latest, BLOCKS_SIGNING) is not None,
            is_paused=consent.open_doubt is not None,
            is_study_closed=consent.study is not None and consent.study.is_closed,
        )
    )
    ceremony.check_people(facts_of(consent), signing.method)
    opening = _opening(consent, document, signing.opening_id, link)
    is_drawn = signing.method == SigningMethod.DRAWN
    return write_signature(
        consent,
        document,
        opening,
        {
            "method": signing.method,
            "strokes": [[list(point) for point in stroke] for stroke in signing.strokes] if is_drawn else None,
            "typed": typed_name if signing.method == SigningMethod.TYPED else None,
        },
        {
            "device": {
                "user_agent": signing.user_agent,
                "address": signing.address,
                "staff_network": is_staff_network(consent.organization, signing.address, at=at),
            }
        },
        strokes_sha256=drawn_sha256,
        agent=deciding_agent(consent, proxy_of(consent)),
        at=at,
    )


def write_signature(
    consent: Consent,
    document: Document,
    opening: Opening | None,
    mark: dict[str, Any],
    more: dict[str, Any],
    *,
    strokes_sha256: str,
    agent: Agent,
    at: datetime,
    records: Sequence[RecordedModel] = (),
) -> Signature:
    """Put the SigningRecord together, insert the signature and log it: the end of either way of signing.

    `mark` is how it was made, `more` what the way adds to the record; `records` are other rows of the same act.
    """
    record = canonical(
        {
            "schema": SIGNING_SCHEMA,
            "reference": consent.reference,
            "document_sha256": document.sha256,
            "acknowledged": [
                {"section": row.section, "at": utc_text(row.acknowledged_at)}
                for row in _acknowledged(consent, document)
            ],
            "questions": [_question(row) for row in consent.questions.all()],
            "steps": told(document.content, _attempts(consent, document)),
            "people": people_told(consent, document),
            "reflection": reflection_told(consent, until=at),
            **identity_told(opening, document.sha256),
            "signature": {**signer_told(consent, document), **mark},
            "signed_at": utc_text(at),
            **more,
        }
    )
    signature = Signature(
        consent=consent,
        document=document,
        method=mark["method"],
        document_sha256=document.sha256,
        signing_record_sha256=hashlib.sha256(record).hexdigest(),
        strokes_sha256=strokes_sha256,
        assurance=opening.assurance if opening else "",
        on_staff_network=more["device"].get("staff_network"),
        signed_at=at,
    )
    signature.sealed_record = seal_for_patient(consent.patient, record, binding=f"consent.signature:{signature.pk}")
    signature.save()
    has_tasks = not is_known_empty(consent, "staff_tasks")
    done = close_tasks(consent, TaskKind.NOT_REACHED, TaskKind.PAPER, agent=agent, at=at) if has_tasks else []
    audit.append(
        "consent.signed",
        agent=agent,
        occurred_at=at,
        records=[signature, *records, *done],
        body={
            "reference": consent.reference,
            "document_sha256": document.sha256,
            "signing_record_sha256": signature.signing_record_sha256,
            "by": by_whom(proxy_of(consent)),
        },
    )
    return signature


@transaction.atomic
def decline_consent(
    consent_id: uuid.UUID, reason: str, *, by: str = "", received_by: str = "", agent: Agent | None = None, at: datetime
) -> Decline:
    """Record a no, through the link or told to staff, who are named; `by` says whose it is where a proxy is on record.

    It is kept apart from withdrawal: nothing was in force. Raises PersonRefusedError and TransitionError.
    """
    consent = _locked(consent_id)
    existing: Decline | None = Decline.objects.filter(consent=consent).first()
    if existing is not None:
        return existing
    if Signature.objects.filter(consent=consent).exists():
        raise TransitionError(
            "The patient has signed already: record that it was taken back."
            if agent
            else "You have signed already. You can take it back instead.",
            code="consent.signed",
        )
    proxy = decider_of(consent, by)
    _stop(consent, ConsentStatus.NOT_DONE, StatusReason.DECLINED, at)
    decline = Decline(consent=consent, proxy=proxy, received_by=received_by, declined_at=at)
    decline.sealed_reason = _sealed(consent, reason, f"consent.decline.reason:{decline.pk}")
    decline.save()
    who = agent or deciding_agent(consent, proxy)
    moot = close_tasks(consent, agent=who, at=at, ended=TaskEnd.MOOT)
    task = open_task(consent, TaskKind.DECLINE, at=at)
    audit.append(
        "consent.declined",
        agent=who,
        occurred_at=at,
        records=[consent, decline, task, *moot],
        body={"by": by_whom(proxy)},
    )
    return decline


@transaction.atomic
def withdraw_consent(
    consent_id: uuid.UUID, reason: str, *, by: str = "", received_by: str, agent: Agent | None, at: datetime
) -> Withdrawal:
    """Take back what was signed, through the link or told to staff, who are named; `by` as for a no."""
    consent = _locked(consent_id)
    existing: Withdrawal | None = Withdrawal.objects.filter(consent=consent).first()
    if existing is not None:
        return existing
    if not Signature.objects.filter(consent=consent).exists():
        raise TransitionError("Nothing was signed, so there is nothing to take back.", code="consent.not_signed")
    proxy = decider_of(consent, by)
    _stop(consent, ConsentStatus.INACTIVE, StatusReason.WITHDRAWN, at)
    withdrawal = Withdrawal(consent=consent, proxy=proxy, received_by=received_by, withdrawn_at=at)
    withdrawal.sealed_reason = _sealed(consent, reason, f"consent.withdrawal.reason:{withdrawal.pk}")
    withdrawal.save()
    who = agent or deciding_agent(consent, proxy)
    moot = close_tasks(consent, agent=who, at=at, ended=TaskEnd.MOOT)
    task = open_task(consent, TaskKind.WITHDRAWAL, at=at)
    audit.append(
        "consent.withdrawn",
        agent=who,
        occurred_at=at,
        records=[consent, withdrawal, task, *moot],
        body={"by": by_whom(proxy)},
    )
    return withdrawal


@transaction.atomic
def declare(
    consent_id: uuid.UUID,
    practitioner: Practitioner,
    *,
    read: frozenset[str],
    agent: Agent,
    at: datetime,
    credential: Credential = Credential.PASSWORD,
    talk: TalkDraft | None = None,
) -> Declaration:
    """The practitioner's declaration puts the consent in force.

    `read` are the ids of the answers that the page showed: what the patient wrote is read before it counts. The
    conversation was recorded before, or comes as `talk` with the declaration.
    Older consents of this patient to the same use, of which the patient was to be asked again, are replaced by it.
    """
    consent = _locked(consent_id)
    document = _document_of(consent)
    latest, held = latest_answers(document), talk_in_force(document)
    rules.check_can_declare(
        status=consent.status,
        is_signed=Signature.objects.filter(consent=consent).exists(),
        is_treating_practitioner=consent.practitioner_id == practitioner.pk,
        undecided=undecided(latest, NEEDS_DECISION) is not None,
        unread={str(row.pk) for row in latest.values()} != read,
        changed=ReviewMark.objects.open().filter(consent=consent).exists(),
        is_paused=is_paused(consent),
        has_talked=talk is not None or (held is not None and held.outcome == TalkOutcome.GO_ON),
        lacks_factor=terms_of(consent.organization).needs_second_factor and credential == Credential.PASSWORD,
    )
    rules.check_transition(consent.status, ConsentStatus.ACTIVE)
    talks = [write_talk(consent, practitioner, talk, at=at)] if talk else []
    consent.status, consent.changed_at = ConsentStatus.ACTIVE, at
    consent.save(update_fields=["status", "changed_at"])
    declaration = Declaration.objects.create(
        consent=consent,
        practitioner=practitioner,
        printed_name=practitioner.printed_name,
        text=wording.DECLARATION,
        credential=credential,
        declared_at=at,
    )
    reviews = [
        write_review(row, consent, ReviewDecision.READ, "", agent, at)
        for row in latest.values()
        if not hasattr(row, "review")
    ]
    replaced = replaced_by(consent)
    moot, endings = [], []
    for older in replaced:
        endings.append(
            end(older, EndKind.SUPERSEDED, f"Replaced by {consent.reference}.", agent=agent, at=at, successor=consent)
        )
        moot += close_tasks(older, agent=agent, at=at, ended=TaskEnd.MOOT)
    audit.append(
        "consent.declared",
        agent=agent,
        occurred_at=at,
        records=[consent, declaration, *talks, *reviews, *replaced, *endings, *moot],
    )
    return declaration


def _locked(consent_id: uuid.UUID) -> Consent:
    return Consent.objects.select_related("organization", "document").locked(consent_id).with_text_in_force()


def _locked_to_sign(consent_id: uuid.UUID, link: PatientLink | None) -> Consent:
    """The same with all that a signature rests on, each read once: somebody waits with the pen in the hand."""
    consent = _locked(consent_id) if link is None else Consent.objects.locked(consent_id)
    if link is not None:
        # A text never changes; where the clinic wrote a newer one meanwhile, the locked row names that.
        consent.organization = link.consent.organization
        if link.document_id == consent.document_id:
            consent.document = link.document
    there = relations_there(consent, FEW_HAVE)
    prefetch_related_objects([consent], *(path for name in there for path in FEW_HAVE[name]))
    for name, rows in ALL_HAVE.items():
        hold(consent, name, rows.rows(consent.pk))
    if consent.document is not None:
        consent.document.consent = consent
    return consent


def _acknowledged(consent: Consent, document: Document) -> list[Acknowledgement]:
    return [row for row in consent.acknowledgements.all() if row.document_id == document.pk]


def _opening(
    consent: Consent, document: Document, wanted: uuid.UUID | None, link: PatientLink | None
) -> Opening | None:
    """The visit in which the patient signs: the one of the page, else the last of this text."""
    openings = [row for row in consent.openings.all() if row.document_id == document.pk]
    found = next((row for row in openings if row.pk == wanted), openings[-1] if openings else None)
    if found is not None and link is not None and found.link_id == link.pk:
        found.link = link
    return found


def _attempts(consent: Consent, document: Document) -> list[StepAnswers]:
    """All attempts at all steps of this text, in the order in which they were made."""
    return [row for row in consent.step_answers.all() if row.document_id == document.pk]


def _typed(signing: Signing) -> str:
    """The name as it will be kept; a name that was typed and then drawn over is not kept."""
    if signing.method != SigningMethod.TYPED or not signing.typed_name.strip():
        return ""
    return clean_name(signing.typed_name, field="typed_name")


def _document_of(consent: Consent) -> Document:
    if consent.document is None:
        raise TransitionError("There is no text to sign.", code="document.none")
    return consent.document


def _stop(consent: Consent, status: ConsentStatus, reason: StatusReason, at: datetime) -> None:
    rules.check_transition(consent.status, status)
    rules.check_reason(status, reason)
    consent.status, consent.status_reason, consent.changed_at = status, reason, at
    consent.save(update_fields=["status", "status_reason", "changed_at"])


def _sealed(consent: Consent, words: str, binding: str) -> bytes:
    cleaned = clean_text(words, most=LONGEST_REASON, field="reason") if words.strip() else ""
    return seal_for_patient(consent.patient, cleaned.encode(), binding=binding)


def _question(question: Question) -> dict[str, Any]:
    return {
        "section": question.section,
        "text": question.text,
        "asked_at": utc_text(question.asked_at),
        "answer": question.answer,
        "answered_at": utc_text(question.answered_at) if question.answered_at else None,
        "answered_by": question.answered_by,
        "no_longer_needed_at": utc_text(question.dropped_at) if question.dropped_at else None,
    }
