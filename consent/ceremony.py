"""Pure decisions on who takes part when a consent is signed, and on signing on paper."""

from __future__ import annotations

from collections.abc import Sequence

from consent.errors import PersonRefusedError, TransitionError
from consent.records import PersonDraft, PersonFacts
from consent.vocabulary import (
    Authority,
    AuthorityOutcome,
    ConsentStatus,
    PersonRole,
    SigningMethod,
    WitnessReason,
)

MOST_PEOPLE = 8


def check_person(draft: PersonDraft, present: Sequence[PersonFacts]) -> None:
    """Refuse somebody whose role, relation, language, authority or reason is missing, a second proxy, and a ninth person."""
    if draft.role not in PersonRole.values:
        raise PersonRefusedError("Choose in which role this person takes part.", code="person.role", field="role")
    if not draft.name:
        raise PersonRefusedError("Type the full name.", code="person.name", field="name")
    if not draft.relation:
        raise PersonRefusedError("Say it in a few words.", code="person.relation", field="relation")
    if draft.role == PersonRole.INTERPRETER and not draft.language:
        raise PersonRefusedError("Say into which language.", code="person.language", field="language")
    if draft.role == PersonRole.WITNESS and draft.reason not in WitnessReason.values:
        raise PersonRefusedError("Choose why a witness is there.", code="person.reason", field="reason")
    if draft.role == PersonRole.PROXY:
        if draft.authority not in Authority.values:
            raise PersonRefusedError("Choose the legal authority.", code="person.authority", field="authority")
        if draft.authority == Authority.OTHER and not draft.authority_words:
            raise PersonRefusedError(
                "Say which legal authority it is.", code="person.authority_words", field="authority_words"
            )
        if any(person.role == PersonRole.PROXY for person in present):
            raise PersonRefusedError(
                "Somebody is named already who decides for the patient. Only one person can sign.", code="person.proxy"
            )
    if len(present) >= MOST_PEOPLE:
        raise PersonRefusedError(f"At most {MOST_PEOPLE} people can take part.", code="person.too_many")


def check_open(*, status: str, is_signed: bool) -> None:
    """People come and go only while the patient still decides."""
    if status != ConsentStatus.DRAFT:
        raise TransitionError("This record is closed, so nothing can be added to it.", code="consent.not_open")
    if is_signed:
        raise TransitionError("It is signed already, and what was signed stays as it is.", code="consent.signed")


def check_authority(*, role: str, outcome: str, seen: str, words: str) -> None:
    """What staff found on a proxy: what they saw and why the patient cannot decide, or why it is not enough."""
    if role != PersonRole.PROXY:
        raise PersonRefusedError(
            "Only somebody who decides for the patient needs an authority.", code="person.no_proxy"
        )
    if outcome not in AuthorityOutcome.values:
        raise PersonRefusedError("Choose what you found.", code="authority.outcome", field="outcome")
    if outcome == AuthorityOutcome.CONFIRMED and not seen.strip():
        raise PersonRefusedError(
            "Say which document you saw, its number and date.", code="authority.seen", field="seen"
        )
    if not words.strip():
        raise PersonRefusedError(
            "Say in a few words why the patient cannot make this decision and why it is in their best interests."
            if outcome == AuthorityOutcome.CONFIRMED
            else "Say in a few words what is missing or what the disagreement is.",
            code="authority.words",
            field="words",
        )


def check_people(people: Sequence[PersonFacts], method: str) -> None:
    """Refuse a signature before everybody who takes part has made their own mark, or a proxy's without confirmed authority.

    A yes that was said aloud needs a witness who was named for that.
    """
    for proxy in (person for person in people if person.role == PersonRole.PROXY):
        if proxy.authority == AuthorityOutcome.DISAGREES:
            raise PersonRefusedError(
                "The clinic has recorded that the person who decides for the patient disagrees. Nothing can be signed.",
                code="person.disagrees",
            )
        if proxy.authority != AuthorityOutcome.CONFIRMED:
            raise PersonRefusedError(
                "The clinic must see and confirm your legal authority first. Nothing can be signed before.",
                code="person.authority_unconfirmed",
            )
        if method == SigningMethod.WITNESSED:
            raise PersonRefusedError(
                "Who decides for somebody else signs with their own hand or name.", code="person.proxy_signs"
            )
    if missing := [person.name for person in people if person.role != PersonRole.PROXY and not person.has_marked]:
        raise PersonRefusedError(
            f"These people make their own declaration first: {', '.join(missing)}.", code="person.mark_missing"
        )
    if method == SigningMethod.WITNESSED and not any(is_for_yes_aloud(person) for person in people):
        raise PersonRefusedError(
            "A yes that is said aloud needs a witness. Add the witness first.",
            code="person.no_witness",
            field="said_aloud",
        )


def is_for_yes_aloud(person: PersonFacts) -> bool:
    """Whether this is the witness of somebody who cannot make a mark."""
    return person.role == PersonRole.WITNESS and person.reason == WitnessReason.CANNOT_SIGN
