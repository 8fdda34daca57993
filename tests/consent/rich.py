"""One consent with everything in it, driven through the services from issue to the check of the day, in any language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consent import services
from consent.models import Consent, Participant
from consent.records import Personal, PersonDraft
from consent.vocabulary import ReviewDecision, SealKind
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import ANSWERS, Desk, Handed
from tests.consent.staffroom import declare, fresh, release, seal

GOAL = "Calmer skin for my daughter’s wedding"
RISK = "My hands must not shake: I play the piano"
QUESTION, ANSWER = "I had a mole taken off. Does that matter?", "It was harmless. See a doctor if a mole changes."
WARNED = "She has rheumatoid arthritis, calm for two years; her rheumatologist agreed by letter."
TRAVEL = "You travel on Tuesday."
SUPPORTER = PersonDraft("supporter", "Tõnu Ilves", "Her brother")
INTERPRETER = PersonDraft("interpreter", "محمد البغدادي", "Registered with NRPSI", language="Arabic")
CHOICES = {"photos_record": "yes", "photos_marketing": "no"}


@dataclass(frozen=True)
class Times:
    """What happens when, counted from the moment of issue."""

    issued: datetime

    def after(self, minutes: float) -> datetime:
        """So many minutes after the issue."""
        return self.issued + timedelta(minutes=minutes)


def decided(desk: Desk, *, at: datetime = NOW, seed: int = 30, **changes: object) -> Handed:
    """Issued, read, asked and answered, helped, warned of, shortened, chosen and signed; another seed gives other hands."""
    when = Times(at).after
    handed = desks.issue(desk, at=at, personal=Personal((GOAL,), (RISK,)), **changes)
    consent, sha256 = handed.consent.pk, handed.sha256
    services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=when(1))
    question = services.ask_question(consent, "risks", QUESTION, shown_sha256=sha256, at=when(2))
    services.answer_question(question.pk, ANSWER, answered_by="Dr Nia Penrose", agent=desk.agent, at=when(5))
    for number, key in enumerate(desks.keys_of(handed.consent)):
        services.acknowledge(consent, key, shown_sha256=sha256, at=when(6 + number / 2))
    wrong = {**ANSWERS["check"], "proven": "a"}
    given = (
        ("reasons", ANSWERS["reasons"]),
        ("check", wrong),
        ("check", ANSWERS["check"]),
        ("own-words", ANSWERS["own-words"]),
        ("health", desks.health(handed.consent, autoimmune="yes")),
        ("choices", CHOICES),
    )
    rows = [
        services.answer_step(consent, step, answers, shown_sha256=sha256, at=when(12 + number))
        for number, (step, answers) in enumerate(given)
    ]
    services.review_answers(rows[4].pk, ReviewDecision.GO_ON, WARNED, agent=desk.agent, at=when(20))
    ask_for_less_time(desk, handed, when(21), when(22))
    for number, draft in enumerate((SUPPORTER, INTERPRETER)):
        person = services.add_person(consent, draft, added_by_name="", agent=None, at=when(23 + number))
        mark(handed, person, seed + number + 1, at=when(25 + number))
    services.sign_consent(consent, desks.signing(handed, strokes=desks.strokes(seed)), at=when(30))
    return handed


def ask_for_less_time(desk: Desk, handed: Handed, asked_at: datetime, answered_at: datetime) -> None:
    """The practitioner asks to treat on the same day, and the patient says yes."""
    row = services.ask_for_sooner(
        handed.consent.pk, desk.practitioner, treat_on=asked_at.date(), reason=TRAVEL, agent=desk.agent, at=asked_at
    )
    services.answer_sooner(row.pk, handed.link.pk, is_agreed=True, at=answered_at)


def mark(handed: Handed, person: Participant, seed: int, *, at: datetime) -> None:
    """This person's own declaration, drawn by hand."""
    services.declare_as_person(person.pk, desks.signing(handed, strokes=desks.strokes(seed)), at=at)


def completed(desk: Desk, handed: Handed, *, at: datetime = NOW) -> Consent:
    """Declared, sealed twice, checked on the day and sealed again; the batch is released."""
    when = Times(at).after
    seal(desk, handed, SealKind.SIGNED, when(31))
    declare(desk, handed, at=when(40))
    seal(desk, handed, SealKind.COMPLETED, when(41))
    release(desk)
    services.clear_for_treatment(
        handed.consent.pk, desk.batch.pk, cleared_by="Dr Nia Penrose", agent=desk.agent, at=when(60),
        still_wanted=True, nothing_changed=True,
    )  # fmt: skip
    seal(desk, handed, SealKind.DAY_OF, when(61))
    return fresh(handed.consent)
