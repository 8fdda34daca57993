"""Frozen facts that the consent room passes around."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from audit.records import rfc8785_json
from consent.vocabulary import TextType

JSON = Any


def canonical(value: JSON) -> bytes:
    """RFC 8785 canonical JSON: what is hashed, stored and attached."""
    return rfc8785_json(value)


def sha256_of(value: JSON) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def type_of(content: Mapping[str, JSON]) -> TextType:
    """What a consent text is for; one that says nothing of it is for treatment."""
    return TextType.RESEARCH if content.get("type") == TextType.RESEARCH else TextType.TREATMENT


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Cost:
    """What the patient pays, in words as the clinic writes them ("£430")."""

    total: str
    per_session: str
    sessions: str
    extras: str
    refund_terms: str


@dataclass(frozen=True)
class Person:
    """Who treats: printed name and professional register."""

    name: str
    registration_body: str
    registration_number: str
    register_url: str


@dataclass(frozen=True)
class Personal:
    """What matters to this patient, each a line of plain words: goals, risks, and why the practitioner suggests it for them."""

    goals: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.goals or self.risks or self.reasons)


@dataclass(frozen=True)
class StudyEdit:
    """What is on record about a research study, as its page sends it; what is not known yet is empty."""

    title: str
    sponsor: str = ""
    duration: str = ""
    committee: str = ""
    committee_reference: str = ""
    approved_on: date | None = None
    records_seen_by: str = ""
    compensation: str = ""
    injury_treatment: str = ""
    contact_study: str = ""
    contact_rights: str = ""
    contact_injury: str = ""


@dataclass(frozen=True)
class StudyFacts:
    """One version of a study, as a Document tells it."""

    id: str
    version: int
    is_closed: bool
    said: StudyEdit

    def as_json(self) -> dict[str, JSON]:
        """What a Document keeps; whether the study was closed since is no part of it."""
        approved = self.said.approved_on
        return {
            "study_id": self.id,
            "version": self.version,
            **vars(self.said),
            "approved_on": approved.isoformat() if approved else "",
        }


@dataclass(frozen=True)
class TextEdit:
    """A draft of a consent text as its page sent it. `revision` is the one that the page was opened with."""

    revision: int
    name: str
    content: Mapping[str, JSON]
    what_changed: str
    starts_on: date | None
    ends_on: date | None
    reviewed_by: str = ""


@dataclass(frozen=True)
class TextInForce:
    """The version of a text that a Document is composed from; `readability` is what was measured when it was published."""

    id: str
    name: str
    version: int
    language: str
    sha256: str
    content: Mapping[str, JSON]
    readability: Mapping[str, JSON]


@dataclass(frozen=True)
class News:
    """What a patient is told of one change: `said` in the language in use, `quoted` what is only there in another.

    `language` is that of the quoted words, by its tag. `source` is the id of the mark that is told, or the reference of the
    record that is put right; empty for words of an older Document.
    """

    said: str
    quoted: str = ""
    language: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """All of its words."""
        return f"{self.said} {self.quoted}".strip()


@dataclass(frozen=True)
class DocumentFacts:
    """Everything that a Document is composed from; nothing else enters it."""

    reference: str
    issued_at: datetime
    language: str
    time_zone: str
    clinic: Mapping[str, JSON]
    practitioner: Person
    given_name: str
    family_name: str
    birth_date: date
    route: str
    route_words: str
    route_group: str
    jurisdiction: str
    jurisdiction_words: str
    status_words: str
    template: TextInForce
    disclosure: Mapping[str, JSON]
    origin: str
    cost: Cost
    personal: Personal = Personal()
    # What has changed since the patient was last told, where they are asked again.
    news: tuple[News, ...] = ()
    # The clinic's own screening policies by group; where it has none, the defaults count.
    screening: Mapping[str, str] = field(default_factory=dict)
    # The record that this one puts right: reference, date and SHA-256 of its text, and why; empty where it puts none right.
    corrects: Mapping[str, str] = field(default_factory=dict)
    # Days from first opening the text to the treatment.
    days_to_think: int = 0
    # The research study that the patient would take part in; None for a treatment.
    study: StudyFacts | None = None


@dataclass(frozen=True)
class TalkDraft:
    """A conversation as the practitioner wrote it down; `needs` are words on vulnerability and psychological needs."""

    is_able: bool
    is_free: bool
    needs: str
    outcome: str = "go-on"
    reason: str = ""


@dataclass(frozen=True)
class SigningFacts:
    """What `rules.check_can_sign` decides on."""

    status: str
    document_sha256: str
    shown_sha256: str
    required_sections: frozenset[str]
    acknowledged_sections: frozenset[str]
    open_questions: int
    birth_date: date
    on: date
    meaning_confirmed: bool
    method: str
    ink_length: float
    typed_name: str
    is_replayed: bool = False
    # Titles of steps that wait for answers, and whether a clinician must decide on some of the answers first.
    waiting_steps: tuple[str, ...] = ()
    needs_talk: bool = False
    # Whether a doubt about capacity waits for a clinician.
    is_paused: bool = False
    # Whether the consent is to a research study that was closed.
    is_study_closed: bool = False


@dataclass(frozen=True)
class Signing:
    """A patient's signature as the page sent it. Strokes are lists of (x, y, ms) with x from 0 to 1000."""

    shown_sha256: str
    meaning_confirmed: bool
    method: str
    strokes: tuple[tuple[tuple[float, float, int], ...], ...]
    typed_name: str
    user_agent: str
    address: str
    # The visit in which it was sent; without one, the newest visit to this text counts.
    opening_id: UUID | None = None

    @property
    def ink_length(self) -> float:
        """Length of all strokes, in thousandths of the pad's width."""
        return sum(
            math.hypot(b[0] - a[0], b[1] - a[1]) for stroke in self.strokes for a, b in itertools.pairwise(stroke)
        )

    @property
    def strokes_sha256(self) -> str:
        """SHA-256 of what was drawn, to know the same drawing again; empty where nothing was drawn."""
        return sha256_of([[list(point) for point in stroke] for stroke in self.strokes]) if self.strokes else ""


@dataclass(frozen=True)
class FactLine:
    """One fact that changed: what it is, what the patient was told, and what is so now. `key` names it for programs.

    `what`, `then` and `now` are words for staff; `data` has the codes and values, so that a patient can be told in any language.
    """

    key: str
    what: str
    then: str
    now: str
    data: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True)
class FactChange:
    """Everything of one kind that changed since a Document was written; `told` is what the patient reads of it in English."""

    kind: str
    lines: tuple[FactLine, ...]
    told: str

    def as_json(self) -> list[dict[str, JSON]]:
        """The lines as a mark keeps them."""
        return [dict(vars(line)) for line in self.lines]

    @property
    def sha256(self) -> str:
        """The same change has the same digest, so that it is marked and decided on once."""
        return sha256_of([str(self.kind), [[line.key, line.then, line.now] for line in self.lines]])


@dataclass(frozen=True)
class TodaysFacts:
    """What a Document would rest on if it were written on this local day. `batch_trouble` is "" where the batch may be used.

    It is made of `batch_status`, a code of `BatchStatus`, and of `batch_reason`, what somebody wrote about it.
    An empty `template_sha256` means that no text is in force; `signed_until` is the last day within the clinic's age limit.
    """

    disclosure: Mapping[str, JSON]
    batch_trouble: str
    batch_status: str
    batch_reason: str
    practitioner: Person
    practitioner_works_here: bool
    template_sha256: str
    template_version: int
    template_says: str
    template_id: str
    template_language: str
    signed_on: date | None
    signed_until: date | None
    on: date
    study: StudyFacts | None = None

    @property
    def sha256(self) -> str:
        """The same facts have the same digest, from one day to the next; only passing the age limit counts as new."""
        is_old = self.signed_until is not None and self.on > self.signed_until
        return sha256_of(
            [
                dict(self.disclosure),
                self.batch_trouble,
                vars(self.practitioner),
                self.practitioner_works_here,
                self.template_sha256,
                is_old,
                *([self.study.as_json(), self.study.is_closed] if self.study else ()),
            ]
        )


@dataclass(frozen=True)
class TreatmentFacts:
    """What `rules.check_treatment` decides on. Days are the clinic's local days; `bound_batch` is the one of an earlier clearance."""

    status: str
    consented_product: str
    consented_batch: str | None
    bound_batch: str | None
    product: str
    batch: str
    batch_status: str
    expiration_date: date
    on: date
    treat_from: date | None
    superseded: bool
    standing_changed: bool
    is_sealed: bool
    # What changed since the text was written: kinds on which nobody has decided, and whether the patient is to be asked again.
    undecided_kinds: tuple[str, ...] = ()
    ask_again: bool = False
    is_paused: bool = False


@dataclass(frozen=True)
class IssueDraft:
    """What a practitioner chose on the issue page; rows are of one organization."""

    patient: Any
    practitioner: Any
    product: Any
    batch: Any | None
    location: Any | None
    route: str
    jurisdiction: str
    cost: Cost
    personal: Personal = Personal()
    language: str = "en-GB"
    # The consent entered in error that this one puts right.
    corrects: Any | None = None
    # The research study that the consent is to; None for a treatment.
    study: Any | None = None
    # Ids of the rules whose warnings the practitioner ticked; they go into the log.
    acknowledged_rules: tuple[str, ...] = ()
    # Chosen by the page that shows the preview, so that a second click finds the first one's consent.
    consent_id: UUID | None = None


@dataclass(frozen=True)
class IssueFacts:
    """What `rules.check_can_issue` decides on."""

    birth_date: date
    on: date
    severity: str
    stop_sentences: tuple[str, ...]
    is_lifted: bool
    batch_lot: str
    batch_status: str
    expiration_date: date | None
    origin_is_recorded: bool
    practitioner_has_registration: bool


@dataclass(frozen=True)
class ReminderFacts:
    """What decides whether a patient is reminded now; `sent` and `most` are numbers of reminders."""

    is_open: bool
    by_mail: bool
    link_works: bool
    is_reached: bool
    asked_for_none: bool
    sent: int
    most: int
    has_question: bool
    is_paused: bool


@dataclass(frozen=True)
class PersonDraft:
    """Somebody who takes part besides the patient, as they or staff said it; what a role does not ask for is empty."""

    role: str
    name: str
    relation: str
    language: str = ""
    authority: str = ""
    authority_words: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PersonFacts:
    """What `ceremony.check_people` needs of one person: their role, whether they made their mark, what staff found."""

    role: str
    name: str
    reason: str
    has_marked: bool
    authority: str


@dataclass(frozen=True)
class MarkFacts:
    """What makes a mark a mark, whoever makes it."""

    method: str
    typed_name: str
    ink_length: float
    is_replayed: bool


@dataclass(frozen=True)
class PaperAttestation:
    """What a named member of staff says of a pack that came back: `how`, the day on the paper, how the signer was known."""

    how: str
    signed_on: date
    known_by: str
    is_true: bool
