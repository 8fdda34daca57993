"""How long a patient's record is kept, and what must hold before it is disposed of. Pure: facts in, a day or a refusal out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from clinic.records import comparable
from consent.errors import DisposalRefusedError

WORD = re.compile(r"\w+")
SHORTEST_NAME = 3
TITLES = frozenset({"dr", "prof", "professor", "mr", "mrs", "ms", "miss", "mx", "sir", "dame"})


@dataclass(frozen=True)
class KeepingFacts:
    """What is known of one person's record, whichever numbers it has.

    `last_entry_on` is the day of the last act on any consent; of a person without one, that of the registration.
    `waiting_tasks` are what the patient asked of a person and nobody has seen to. `erasure_asked_on` is set while an erasure
    that they asked for waits for its answer.
    """

    last_entry_on: date
    years: int
    has_consents: bool
    open_references: tuple[str, ...] = ()
    unsealed_references: tuple[str, ...] = ()
    holds: int = 0
    waiting_requests: tuple[str, ...] = ()
    waiting_tasks: tuple[str, ...] = ()
    erasure_asked_on: date | None = None
    is_erased: bool = False


@dataclass(frozen=True)
class Obstacle:
    """One reason why a record is not disposed of: a stable code, and a sentence."""

    code: str
    words: str


def years_after(day: date, years: int) -> date:
    """The same day some years later; 1 March where that year has no 29 February, so that no day is lost."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def years_before(day: date, years: int) -> date:
    """The latest day whose `years_after` has come on this day."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def disposable_from(facts: KeepingFacts) -> date:
    """The first day on which the record may be disposed of.

    The years run from the last entry. Who never had a consent has no record that is to be kept: there the day is that on
    which they asked for erasure, if they did.
    """
    whole = years_after(facts.last_entry_on, facts.years)
    if facts.has_consents or facts.erasure_asked_on is None:
        return whole
    return min(whole, facts.erasure_asked_on)


def obstacles(facts: KeepingFacts, *, today: date) -> tuple[Obstacle, ...]:
    """Everything that stands in the way today; nothing where the record may be disposed of."""
    if facts.is_erased:
        return (Obstacle("disposal.done", "This record was disposed of before."),)
    found = []
    if facts.holds:
        count = "A hold stands" if facts.holds == 1 else f"{facts.holds} holds stand"
        found.append(Obstacle("disposal.held", f"{count} on this record. Lift it first, with the reason."))
    if facts.open_references:
        found.append(
            Obstacle(
                "disposal.open",
                f"Still open or in force: {', '.join(facts.open_references)}. End it first, or wait until it lapses.",
            )
        )
    if facts.unsealed_references:
        found.append(
            Obstacle(
                "disposal.unsealed",
                f"A sealed file is still being made: {', '.join(facts.unsealed_references)}. Wait until it is there.",
            )
        )
    if facts.waiting_requests:
        found.append(
            Obstacle(
                "disposal.request",
                f"The patient waits for an answer: {', '.join(facts.waiting_requests).lower()}. Answer first.",
            )
        )
    if facts.waiting_tasks:
        found.append(
            Obstacle(
                "disposal.task",
                f"Nobody has seen to what the patient asked: {', '.join(facts.waiting_tasks)}. Do it and close the task first.",
            )
        )
    if today < (day := disposable_from(facts)):
        found.append(
            Obstacle(
                "disposal.too_early",
                f"It is kept until {day.day} {day:%B %Y}, {facts.years} years after the last entry.",
            )
        )
    return tuple(found)


def check_can_dispose(facts: KeepingFacts, *, today: date) -> None:
    """Refuse as long as anything stands in the way."""
    if found := obstacles(facts, today=today):
        raise DisposalRefusedError(" ".join(one.words for one in found), code=found[0].code)


def check_names_nobody(reason: str, *, names: Collection[str]) -> None:
    """What outlives the record does not say whose it was. Names of one or two letters are in too many words to look for."""
    said = set(WORD.findall(comparable(reason)))
    if any(len(word) >= SHORTEST_NAME and word in said for name in names for word in WORD.findall(comparable(name))):
        raise DisposalRefusedError(
            "Name nobody here: these words stay readable when the record is gone. Write it without the patient’s name.",
            code="disposal.names",
            field="reason",
        )


def check_can_decide(*, is_open: bool) -> None:
    """A proposal is decided once."""
    if not is_open:
        raise DisposalRefusedError("This proposal was decided before.", code="disposal.decided")


@dataclass(frozen=True)
class Account:
    """What is known of who is behind an account: its names as people write them, and `(body, number)` of registrations."""

    id: str
    email: str
    names: tuple[str, ...] = ()
    registrations: tuple[tuple[str, str], ...] = ()


def shared_by(first: Account, second: Account) -> str:
    """What two accounts have in common that one person would have, in words; empty for what can be two people.

    An address counts without what stands behind a plus sign, which leads to the same mailbox; a name without its title.
    """
    if _mailbox(first.email) == _mailbox(second.email):
        return "the same e-mail address"
    numbers = [
        {(comparable(body), comparable(number)) for body, number in one.registrations if number.strip()}
        for one in (first, second)
    ]
    if numbers[0] & numbers[1]:
        return "the same registration number"
    if {_plain_name(name) for name in first.names} & {_plain_name(name) for name in second.names} - {""}:
        return "the same name"
    return ""


def check_can_confirm(*, proposer: Account, decider: Account, proposed: tuple[int, ...], now: tuple[int, ...]) -> None:
    """The second person is another one, and it is about the very records that the first one saw."""
    if proposer.id == decider.id:
        raise DisposalRefusedError(
            "You proposed this, so another clinic lead must confirm it.", code="disposal.same_person"
        )
    if shared := shared_by(proposer, decider):
        raise DisposalRefusedError(
            f"Your account and that of who proposed this have {shared}, as two accounts of one person would. "
            "Another person must confirm it. Where you are two people, correct on the staff page what is the same.",
            code="disposal.one_person",
        )
    if sorted(proposed) != sorted(now):
        raise DisposalRefusedError(
            "A record was merged with this one, or taken apart from it, since this was proposed. "
            "Decline it, look again, and propose it anew.",
            code="disposal.changed",
        )


def _mailbox(email: str) -> str:
    name, _, host = comparable(email).rpartition("@")
    return f"{name.partition('+')[0]}@{host}"


def _plain_name(name: str) -> str:
    return " ".join(word for word in WORD.findall(comparable(name)) if word not in TITLES)
