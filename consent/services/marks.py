"""When the facts under a consent change: find it, list it, and let a person decide."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Membership, Organization
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import changes, rules
from consent.models import Consent, ConsentTemplate, Document, FactCheck, MarkDecision, ReviewMark
from consent.records import FactChange, Person, TodaysFacts, sha256_of
from consent.services.duties import close_tasks, open_tasks
from consent.services.exits import end
from consent.services.terms import terms_of
from consent.services.texts import text_in_force
from consent.vocabulary import ConsentStatus, EndKind, MarkKind, MarkOutcome, TaskEnd, TaskKind
from products import disclosure
from products.models import Batch
from products.vocabulary import BatchStatus

# A consent at rest is compared this often; at the chair it is compared at once.
COMPARE_EVERY = timedelta(minutes=10)
MOST_AT_ONCE = 200
LONGEST_REASON = 1000
UNREAD = ("document__sealed_content", "signature__sealed_record")
OPEN = (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)


@dataclass(frozen=True)
class Progress:
    """How many of a clinic's open consents were compared with the facts of today lately, and how many wait."""

    total: int
    waiting: int

    @property
    def done(self) -> int:
        """How many were compared."""
        return self.total - self.waiting


class FactsOfToday:
    """Today's facts for many consents: what several rest on is asked for once."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._disclosures: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._digests: dict[tuple[Any, ...], str] = {}
        self._texts: dict[tuple[uuid.UUID, str, str], ConsentTemplate | None] = {}
        self._members: dict[uuid.UUID, set[Any]] = {}
        self._good_for_days: dict[uuid.UUID, int] = {}

    def of(self, consent: Consent) -> TodaysFacts:
        """The facts under one consent, on its clinic's local day."""
        organization, practitioner = consent.organization, consent.practitioner
        on = organization.local_date(self.at)
        text = self._text(consent)
        signature = getattr(consent, "signature", None)
        signed_on = organization.local_date(signature.signed_at) if signature else None
        status, reason = _state(consent.batch, on)
        return TodaysFacts(
            disclosure=self._disclosure(consent, on),
            batch_trouble=_trouble(status, reason),
            batch_status=status,
            batch_reason=reason,
            practitioner=Person(
                name=practitioner.printed_name,
                registration_body=practitioner.registration_body,
                registration_number=practitioner.registration_number,
                register_url=practitioner.register_url,
            ),
            practitioner_works_here=practitioner.user_id in self._working(organization),
            template_sha256=text.sha256 if text else "",
            template_version=text.version if text else 0,
            template_says=text.what_changed if text else "",
            template_id=str(text.pk) if text else "",
            template_language=text.language if text else "",
            signed_on=signed_on,
            signed_until=signed_on + timedelta(days=self._good_for(organization)) if signed_on else None,
            on=on,
            study=consent.study.facts if consent.study else None,
        )

    def _disclosure(self, consent: Consent, on: date) -> dict[str, Any]:
        key = (consent.product_id, consent.batch_id, consent.route, consent.jurisdiction, on)
        if key not in self._disclosures:
            self._disclosures[key] = disclosure.of(
                consent.product, consent.batch, route=consent.route, jurisdiction=consent.jurisdiction, on=on
            ).as_json()
        return self._disclosures[key]

    def _text(self, consent: Consent) -> ConsentTemplate | None:
        language = consent.document.template.language if consent.document else ""
        key = (consent.organization_id, language, consent.text_type)
        if key not in self._texts:
            self._texts[key] = text_in_force(
                consent.organization, on=self.at, language=language, text_type=consent.text_type
            )
        return self._texts[key]

    def _good_for(self, organization: Organization) -> int:
        if organization.pk not in self._good_for_days:
            self._good_for_days[organization.pk] = terms_of(organization).good_for_days
        return self._good_for_days[organization.pk]

    def _working(self, organization: Organization) -> set[Any]:
        if organization.pk not in self._members:
            members = Membership.objects.at(organization).filter(user__is_active=True)
            self._members[organization.pk] = set(members.values_list("user_id", flat=True))
        return self._members[organization.pk]


def compare_due_consents(*, at: datetime) -> int:
    """Compare those open consents that wait the longest with today's facts; returns how many were compared.

    Marks are written clinic by clinic, each with one entry in the log. Harmless when run twice or at once.
    """
    due = list(_with_facts(_due(at).order_by("fact_check__checked_at", "created_at"))[:MOST_AT_ONCE])
    facts = FactsOfToday(at)
    for clinic in {consent.organization for consent in due}:
        _compare([consent for consent in due if consent.organization_id == clinic.pk], facts, clinic)
    return len(due)


def compare_now(consent_id: uuid.UUID, *, at: datetime) -> list[ReviewMark]:
    """Compare one consent at once, as is done before a treatment; returns the marks that are new."""
    consent = _with_facts(Consent.objects.filter(status__in=OPEN)).filter(pk=consent_id).first()
    return _compare([consent], FactsOfToday(at), consent.organization) if consent else []


def comparing(organization: Organization, *, at: datetime) -> Progress:
    """How far the comparing has come at one clinic: two queries."""
    total = Consent.objects.at(organization).filter(status__in=OPEN, document__isnull=False).count()
    return Progress(total, _due(at).filter(organization=organization).count())


@transaction.atomic
def decide_on_changes(
    consent_id: uuid.UUID,
    shown: frozenset[str],
    outcome: MarkOutcome,
    reason: str,
    *,
    agent: Agent,
    at: datetime,
) -> list[MarkDecision]:
    """A person decides on everything that waits: the consent stands, or the patient is asked again.

    `shown` are the ids of the marks that the person read. Raises ReviewRefusedError.
    """
    consent = Consent.objects.locked(consent_id)
    waiting = list(ReviewMark.objects.open().filter(consent=consent))
    rules.check_can_decide(
        status=consent.status, waiting=frozenset(str(mark.pk) for mark in waiting), shown=shown, reason=reason
    )
    words = clean_text(reason, most=LONGEST_REASON, field="reason")
    decisions = [_decision(mark, consent, outcome, words, agent, at) for mark in waiting]
    closed: list[RecordedModel] = list(close_tasks(consent, TaskKind.CHANGED, agent=agent, at=at))
    if outcome == MarkOutcome.LAPSES:
        rules.check_can_lapse(kinds=frozenset(str(mark.kind) for mark in waiting))
        closed += [consent, end(consent, EndKind.LAPSED, words, agent=agent, at=at)]
        closed += close_tasks(consent, agent=agent, at=at, ended=TaskEnd.MOOT)
    audit.append(
        "consent.change_decided",
        agent=agent,
        occurred_at=at,
        records=[*decisions, *closed],
        body={"reference": consent.reference, "outcome": str(outcome), "kinds": [str(mark.kind) for mark in waiting]},
    )
    return decisions


def replaced_by(consent: Consent) -> list[Consent]:
    """The signed consents of which the patient was to be asked again, and which this one answers; locked."""
    return list(to_ask_again(consent).select_for_update(of=("self",)).order_by("pk"))


def to_ask_again(consent: Consent) -> Any:
    """The signed consents of which the patient is to be asked again, and which this one would answer."""
    marked = ReviewMark.objects.filter(document=OuterRef("document"), decision__outcome=MarkOutcome.ASK_AGAIN)
    return (
        Consent.objects.for_patient(consent.patient)
        .filter(
            Exists(marked),
            product_id=consent.product_id,
            route=consent.route,
            study=consent.study_id,
            status__in=OPEN,
            signature__isnull=False,
        )
        .exclude(pk=consent.pk)
    )


def _due(at: datetime) -> Any:
    return Consent.objects.filter(
        Q(fact_check=None) | Q(fact_check__checked_at__lte=at - COMPARE_EVERY),
        status__in=OPEN,
        document__isnull=False,
    )


def _with_facts(found: Any) -> Any:
    return (
        found.select_related(
            "organization",
            "patient",
            "practitioner",
            "product__manufacturer",
            "product__organization",
            "batch",
            "document__template",
            "signature",
            "study",
            "fact_check",
        )
        .defer(*UNREAD)
        .prefetch_related(
            "product__regulatory_records",
            "product__standing_releases",
            "batch__units",
            "batch__measurements",
            "study__versions",
        )
    )


def _compare(consents: Sequence[Consent], facts: FactsOfToday, clinic: Organization) -> list[ReviewMark]:
    """Mark what changed and note the comparison, in one transaction with one entry."""
    today = {consent.pk: facts.of(consent) for consent in consents}
    digests = {one.pk: sha256_of([str(one.document_id), today[one.pk].sha256]) for one in consents}
    news = {
        one.document_id: one for one in consents if _known_digest(one) != digests[one.pk] and not one.patient.is_erased
    }
    found = []
    for document in Document.objects.filter(pk__in=[one.document_id for one in news.values()]):
        consent = document.consent = news[document.pk]
        found += [(consent, change) for change in changes.changes(document.content, today[consent.pk])]
    return _write(consents, found, digests, clinic, facts.at)


def _known_digest(consent: Consent) -> str:
    known = getattr(consent, "fact_check", None)
    return known.facts_sha256 if known else ""


@transaction.atomic
def _write(
    consents: Iterable[Consent],
    found: Iterable[tuple[Consent, FactChange]],
    digests: dict[uuid.UUID, str],
    clinic: Organization,
    at: datetime,
) -> list[ReviewMark]:
    marks = [_mark(consent, change, at) for consent, change in found]
    # Locked, so that two who compare at once, or one who compares while another decides, follow each other.
    changed = {mark.consent_id for mark in marks}
    list(Consent.objects.select_for_update(of=("self",)).filter(pk__in=changed).order_by("pk").values_list("pk"))
    known = set(
        ReviewMark.objects.filter(document__in={mark.document_id for mark in marks}).values_list(
            "document_id", "kind", "change_sha256"
        )
    )
    new = [mark for mark in marks if (mark.document_id, mark.kind, mark.change_sha256) not in known]
    for mark in new:
        mark.save(force_insert=True)
    FactCheck.objects.bulk_create(
        [FactCheck(consent=one, facts_sha256=digests[one.pk], checked_at=at) for one in consents],
        update_conflicts=True,
        unique_fields=["consent"],
        update_fields=["facts_sha256", "checked_at"],
    )
    if new:
        tasks = open_tasks([mark.consent for mark in new], TaskKind.CHANGED, at=at)
        audit.append(
            "consent.marked_for_review",
            agent=Agent(kind="system", id="comparing", organization_id=clinic.pk, name="Candour"),
            occurred_at=at,
            records=[*new, *tasks],
            body={
                "consents": len({mark.consent_id for mark in new}),
                "kinds": sorted({str(mark.kind) for mark in new}),
            },
        )
    return new


def _mark(consent: Consent, change: FactChange, at: datetime) -> ReviewMark:
    return ReviewMark(
        consent=consent,
        document=consent.document,
        kind=MarkKind(change.kind),
        lines=change.as_json(),
        told=change.told,
        change_sha256=change.sha256,
        marked_at=at,
    )


def _decision(
    mark: ReviewMark, consent: Consent, outcome: MarkOutcome, words: str, agent: Agent, at: datetime
) -> MarkDecision:
    mark.consent = consent
    written = MarkDecision(
        mark=mark, outcome=outcome, decided_by=agent.id, decided_by_name=agent.name or agent.id, decided_at=at
    )
    written.sealed_reason = seal_for_patient(
        consent.patient, words.encode(), binding=f"consent.mark_decision:{written.pk}"
    )
    written.save(force_insert=True)
    return written


def _state(batch: Batch | None, on: date) -> tuple[str, str]:
    """The status for which a batch may not be used any more, and what somebody wrote about it; empty while it may be used."""
    state = batch.state_on(on) if batch else BatchStatus.RELEASED
    if batch is None or state in (BatchStatus.QUARANTINE, BatchStatus.RELEASED):
        return "", ""
    return str(state.value), "" if state == BatchStatus.EXPIRED else batch.status_reason


def _trouble(status: str, reason: str) -> str:
    """The same in words for staff."""
    words = str(BatchStatus(status).label).lower() if status else ""
    return f"{words}: {reason}" if reason else words
