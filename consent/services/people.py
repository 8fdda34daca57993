"""People besides the patient: they are named, declare for themselves, leave; staff look at a proxy's authority."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.records import clean_name, clean_text
from clinic.services import seal_for_patient
from consent import ceremony, people, rules
from consent.errors import DocumentChangedError, PersonRefusedError
from consent.languages import speaking
from consent.models import AuthorityCheck, Consent, Document, Participant, ParticipantMark, Signature
from consent.records import MarkFacts, PersonDraft, PersonFacts, Signing, canonical, utc_text
from consent.services.duties import close_tasks, open_task
from consent.services.read import link_agent, patient_agent
from consent.services.sparse import have_rows
from consent.vocabulary import AuthorityOutcome, Decider, PersonRole, SigningMethod, TaskKind

LONGEST_WORDS = 1000
MOST = {"relation": 200, "language": 80, "authority_words": 200}


@transaction.atomic
def add_person(
    consent_id: uuid.UUID, draft: PersonDraft, *, added_by_name: str, agent: Agent | None, at: datetime
) -> Participant:
    """Name somebody who takes part; by the patient's page (no agent) or by staff, who are named.

    The same person in the same role twice is once. A proxy opens a task: somebody must look at the authority.
    Raises PersonRefusedError, TextRefusedError and TransitionError.
    """
    consent = locked(consent_id)
    ceremony.check_open(status=consent.status, is_signed=_is_signed(consent))
    wanted = _clean(draft)
    facts = {name: str(value) for name, value in vars(wanted).items()}
    present = people_of(consent)
    for known in present:
        if known.facts == facts:
            return known
    ceremony.check_person(wanted, [person.as_facts(consent.document_id) for person in present])
    person = Participant(consent=consent, role=wanted.role, added_by_name=added_by_name, added_at=at)
    person.sealed_facts = seal_for_patient(
        consent.patient, canonical(facts), binding=f"consent.participant:{person.pk}"
    )
    person.save(force_insert=True)
    tasks = [open_task(consent, TaskKind.REVIEW, at=at, subject=person.pk)] if wanted.role == PersonRole.PROXY else []
    audit.append(
        "consent.person_added",
        agent=agent or link_agent(consent),
        occurred_at=at,
        records=[person, *tasks],
        body={"role": wanted.role},
    )
    return person


@transaction.atomic
def person_leaves(person_id: uuid.UUID, *, agent: Agent | None, at: datetime) -> Participant:
    """Somebody no longer takes part; what they declared stays on record. A second time changes nothing."""
    person = _locked_person(person_id)
    ceremony.check_open(status=person.consent.status, is_signed=_is_signed(person.consent))
    if person.left_at is not None:
        return person
    who = agent or link_agent(person.consent)
    person.left_at = at
    person.save(update_fields=["left_at"])
    tasks = close_tasks(person.consent, TaskKind.REVIEW, agent=who, at=at, subject=person.pk)
    audit.append("consent.person_left", agent=who, occurred_at=at, records=[person, *tasks], body={"role": person.role})
    return person


@transaction.atomic
def declare_as_person(person_id: uuid.UUID, mark: Signing, *, at: datetime) -> ParticipantMark:
    """A person's own declaration with their own mark, on the text that was shown. A second one answers with the first.

    Raises PersonRefusedError, SigningRefusedError, DocumentChangedError and TransitionError.
    """
    person = _locked_person(person_id)
    consent, document = person.consent, person.consent.document
    ceremony.check_open(status=consent.status, is_signed=_is_signed(consent))
    if person.left_at is not None or person.role == PersonRole.PROXY or document is None:
        raise PersonRefusedError("This person does not make a declaration here.", code="person.no_declaration")
    if mark.shown_sha256 != document.sha256:
        raise DocumentChangedError(
            "The text was changed after your page was opened. Please open the link again and read the new text.",
            code="document.changed",
        )
    existing = person.mark_on(document.pk)
    if existing is not None:
        return existing
    if not mark.meaning_confirmed:
        raise PersonRefusedError(
            "Tick the box to say that this is true.", code="signature.meaning", field="meaning_confirmed"
        )
    strokes_sha256, typed = mark.strokes_sha256 if mark.method == SigningMethod.DRAWN else "", _typed(mark)
    rules.check_mark(MarkFacts(mark.method, typed, mark.ink_length, is_copied(strokes_sha256)))
    made = write_mark(person, document, mark.method, strokes_sha256, at, strokes=mark.strokes, typed=typed)
    audit.append(
        "consent.person_declared",
        agent=link_agent(consent),
        occurred_at=at,
        records=[made],
        body={"role": person.role, "document_sha256": document.sha256},
    )
    return made


@transaction.atomic
def check_authority(
    person_id: uuid.UUID, outcome: str, *, seen: str, words: str, agent: Agent, at: datetime
) -> AuthorityCheck:
    """What staff found on a proxy's authority. The newest finding counts; until one confirms, nothing can be signed.

    A conflict stays a task for the practitioner. Raises PersonRefusedError and TransitionError.
    """
    person = _locked_person(person_id)
    consent = person.consent
    ceremony.check_open(status=consent.status, is_signed=_is_signed(consent))
    ceremony.check_authority(role=person.role, outcome=outcome, seen=seen, words=words)
    said = {
        "seen": clean_text(seen, most=300, lines=False, field="seen") if seen.strip() else "",
        "words": clean_text(words, most=LONGEST_WORDS, field="words"),
    }
    check = AuthorityCheck(
        participant=person, outcome=outcome, checked_by=agent.id, checked_by_name=agent.name or agent.id, checked_at=at
    )
    check.sealed_words = seal_for_patient(
        consent.patient, canonical(said), binding=f"consent.authoritycheck:{check.pk}"
    )
    check.save(force_insert=True)
    if outcome == AuthorityOutcome.DISAGREES:
        tasks = [open_task(consent, TaskKind.REVIEW, at=at, subject=person.pk)]
    else:
        tasks = close_tasks(consent, TaskKind.REVIEW, agent=agent, at=at, subject=person.pk)
    audit.append(
        "consent.authority_checked", agent=agent, occurred_at=at, records=[check, *tasks], body={"outcome": outcome}
    )
    return check


def people_of(consent: Consent) -> list[Participant]:
    """Those who take part now, in the order in which they came."""
    return [person for person in consent.people.all() if person.left_at is None]


def facts_of(consent: Consent) -> list[PersonFacts]:
    """The same for the rules."""
    return [person.as_facts(consent.document_id) for person in people_of(consent)]


def proxy_of(consent: Consent) -> Participant | None:
    """Who decides for the patient; None where the patient decides."""
    return next((person for person in people_of(consent) if person.role == PersonRole.PROXY), None)


def decider_of(consent: Consent, by: str) -> Participant | None:
    """The proxy whose decision it is; None where it is the patient's. Raises PersonRefusedError where that is not said."""
    proxy = proxy_of(consent)
    ceremony.check_decider(by, has_proxy=proxy is not None)
    return proxy if by == Decider.PROXY else None


def deciding_agent(consent: Consent, proxy: Participant | None) -> Agent:
    """Who acts on the patient's own page: the patient, or the proxy, whose name stands under the patient's key alone."""
    if proxy is None:
        return patient_agent(consent)
    return Agent(kind="proxy", id=str(proxy.pk), organization_id=consent.organization_id, name="Proxy")


def by_whom(proxy: Participant | None) -> str:
    """Whose decision it was, as the log's body says it."""
    return str(Decider.PROXY if proxy else Decider.PATIENT)


def decider_told(proxy: Participant | None, *, until: datetime) -> dict[str, Any] | None:
    """The proxy who decided, with what staff had found on the authority until then; None where the patient decided."""
    if proxy is None:
        return None
    checks = [row for row in proxy.checks.all() if row.checked_at <= until]
    return {**proxy.facts, "checked": _checked(checks[-1]) if checks else None}


def has_confirmed_proxy(consent: Consent) -> bool:
    """Whether somebody with confirmed authority decides for the patient."""
    proxy = proxy_of(consent)
    check = proxy.check_in_force if proxy else None
    return check is not None and check.outcome == AuthorityOutcome.CONFIRMED


def patient_name(document: Document) -> str:
    """The patient's name as the text has it."""
    told = document.content["patient"]
    return f"{told['given_name']} {told['family_name']}"


def declaration_for(person: Participant, document: Document) -> str:
    """What this person declares, in the language of the text."""
    with speaking(document.language):
        return people.declaration_of(person.facts, patient_name(document))


def signer_told(consent: Consent, document: Document) -> dict[str, Any]:
    """Who signs, and what the signature says: the patient, or somebody on the patient's behalf."""
    patient, proxy = patient_name(document), proxy_of(consent)
    if proxy is None:
        return {"printed_name": patient, "meaning": document.content["meaning"]}
    facts = proxy.facts
    with speaking(document.language):
        meaning = people.proxy_meaning(facts, patient)
    return {"printed_name": facts["name"], "on_behalf_of": patient, "meaning": meaning}


def people_told(consent: Consent, document: Document) -> list[dict[str, Any]]:
    """Everybody who takes part, as the SigningRecord holds them."""
    return [_told(person, document) for person in people_of(consent)]


def is_copied(strokes_sha256: str) -> bool:
    """Whether this very drawing is on record, as anybody's mark."""
    if not strokes_sha256:
        return False
    return any(have_rows(*((model, "strokes_sha256", [strokes_sha256]) for model in (Signature, ParticipantMark))))


def write_mark(
    person: Participant,
    document: Document,
    method: str,
    strokes_sha256: str,
    at: datetime,
    *,
    strokes: Any = (),
    typed: str = "",
) -> ParticipantMark:
    """Insert a mark; the act around it logs it."""
    record = {
        "declaration": declaration_for(person, document),
        "strokes": [[list(point) for point in stroke] for stroke in strokes] if strokes_sha256 else None,
        "typed": typed or None,
    }
    made = ParticipantMark(
        participant=person, document=document, method=method, strokes_sha256=strokes_sha256, marked_at=at
    )
    made.sealed_record = seal_for_patient(
        person.consent.patient, canonical(record), binding=f"consent.participantmark:{made.pk}"
    )
    made.save(force_insert=True)
    return made


def locked(consent_id: uuid.UUID) -> Consent:
    """The consent, locked, with patient and text."""
    return (
        Consent.objects.select_related("organization", "document", "practitioner__user")
        .locked(consent_id)
        .with_text_in_force()
    )


def _told(person: Participant, document: Document) -> dict[str, Any]:
    mark, check = person.mark_on(document.pk), person.check_in_force
    return {
        **person.facts,
        "added_at": utc_text(person.added_at),
        "added_by": person.added_by_name or None,
        "checked": _checked(check) if check else None,
        "mark": {**mark.record, "method": mark.method, "at": utc_text(mark.marked_at)} if mark else None,
    }


def _checked(check: AuthorityCheck) -> dict[str, Any]:
    return {
        "outcome": check.outcome,
        **check.words,
        "by": check.checked_by_name,
        "at": utc_text(check.checked_at),
    }


def _clean(draft: PersonDraft) -> PersonDraft:
    values = {name: str(value) for name, value in vars(draft).items()}
    values["name"] = clean_name(draft.name, field="name") if draft.name.strip() else ""
    for name, most in MOST.items():
        values[name] = clean_text(values[name], most=most, lines=False, field=name) if values[name].strip() else ""
    return PersonDraft(**values)


def _locked_person(person_id: uuid.UUID) -> Participant:
    """The person, with the consent locked first, as a signature does."""
    consent = locked(Participant.objects.values_list("consent_id", flat=True).get(pk=person_id))
    person: Participant = Participant.objects.select_for_update(of=("self",)).get(pk=person_id)
    person.consent = consent
    return person


def _is_signed(consent: Consent) -> bool:
    return Signature.objects.filter(consent=consent).exists()


def _typed(mark: Signing) -> str:
    if mark.method != SigningMethod.TYPED or not mark.typed_name.strip():
        return ""
    return clean_name(mark.typed_name, field="typed_name")
