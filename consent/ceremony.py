"""Pure decisions on who takes part when a consent is signed, and on signing on paper."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from consent.errors import PaperRefusedError, PersonRefusedError, TransitionError
from consent.records import PersonDraft, PersonFacts
from consent.vocabulary import (
    Authority,
    AuthorityOutcome,
    ConsentStatus,
    Decider,
    PersonRole,
    SigningMethod,
    WitnessReason,
)

MOST_PEOPLE = 8
PAPER_MARK = "CP1"
_PAPER_CODE = re.compile(
    PAPER_MARK
    + r"/(?P<reference>[A-Z0-9-]{3,20})/(?P<sha256>[0-9A-F]{64})/(?P<page>[1-9][0-9]{0,2})/(?P<pages>[1-9][0-9]{0,2})"
)


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


def check_decider(by: str, *, has_proxy: bool) -> None:
    """Who says no or takes something back is said wherever it can be one of two, and never guessed."""
    if has_proxy and by not in Decider.values:
        raise PersonRefusedError(
            "Somebody is on record who decides for the patient. Say who decided this: the patient, or that person.",
            code="decider.missing",
            field="by",
        )
    if not has_proxy and by == Decider.PROXY:
        raise PersonRefusedError(
            "Nobody is on record who decides for the patient. Name that person first, with their authority.",
            code="decider.no_proxy",
            field="by",
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


@dataclass(frozen=True)
class PaperCode:
    """What the QR code on a page of a pack says."""

    reference: str
    document_sha256: str
    page: int
    pages: int

    @property
    def text(self) -> str:
        """As it is printed: capitals, figures and `/-` only, which keeps the code small."""
        return f"{PAPER_MARK}/{self.reference}/{self.document_sha256.upper()}/{self.page}/{self.pages}"


def read_paper_code(text: str) -> PaperCode | None:
    """The code of a page; None for any other QR code."""
    found = _PAPER_CODE.fullmatch(text)
    if found is None:
        return None
    return PaperCode(found["reference"], found["sha256"].lower(), int(found["page"]), int(found["pages"]))


@dataclass(frozen=True)
class ScannedPage:
    """One page as it was scanned: which file, which page of it, the codes on it, and whether it is empty."""

    file: int
    number: int
    codes: tuple[str, ...]
    is_blank: bool


def check_scan(scanned: Sequence[ScannedPage], *, reference: str, document_sha256: str, page_count: int) -> None:
    """Refuse a scan that is not this pack of this consent and text, whole: every page once. Empty backs do not count."""
    seen: dict[int, ScannedPage] = {}
    for page in scanned:
        if page.is_blank:
            continue
        where = f"Page {page.number} of file {page.file}"
        code = _only_code(page, where)
        if code.reference != reference:
            raise PaperRefusedError(
                f"{where} belongs to another consent ({code.reference}); this one is {reference}. Nothing was kept. "
                "Put that paper where it belongs, and scan the right pack.",
                code="paper.other_consent",
                field="scan",
            )
        if code.document_sha256 != document_sha256:
            raise PaperRefusedError(
                f"{where} is from a pack of another version of the text. The text was written anew since it was printed. "
                "Print the pack again, and let the patient read and sign that one.",
                code="paper.other_text",
                field="scan",
            )
        if code.pages != page_count:
            raise PaperRefusedError(
                f"{where} is from a pack of {code.pages} pages; the pack that was handed over last has {page_count}. "
                "Scan the pages of one pack.",
                code="paper.other_pack",
                field="scan",
            )
        if code.page in seen:
            first = seen[code.page]
            raise PaperRefusedError(
                f"{where} is page {code.page} of the pack, as page {first.number} of file {first.file} was. "
                "Scan every page once.",
                code="paper.twice",
                field="scan",
            )
        seen[code.page] = page
    if missing := [str(number) for number in range(1, page_count + 1) if number not in seen]:
        raise PaperRefusedError(
            f"The scan shows {len(seen)} of {page_count} pages. Missing: {', '.join(missing)}. "
            "Scan the whole pack, also the pages on which nothing was written.",
            code="paper.missing",
            field="scan",
        )


def _only_code(page: ScannedPage, where: str) -> PaperCode:
    codes = {code for code in map(read_paper_code, page.codes) if code is not None}
    if not codes:
        raise PaperRefusedError(
            f"{where} shows no code that can be read. Scan it straight and whole, at 200 dots per inch or more, "
            "and only the pages of the pack.",
            code="paper.no_code",
            field="scan",
        )
    if len(codes) > 1:
        raise PaperRefusedError(
            f"{where} shows more than one page. Scan each page by itself.", code="paper.two_codes", field="scan"
        )
    return codes.pop()


@dataclass(frozen=True)
class PaperFacts:
    """What `check_can_sign_on_paper` decides on; days are the clinic's local days."""

    status: str
    is_handed_over: bool
    has_scan: bool
    waiting_steps: tuple[str, ...]
    needs_talk: bool
    open_questions: int
    handed_over_on: date | None
    signed_on: date
    today: date
    is_true: bool
    # Whether a doubt about capacity waits for a clinician.
    is_paused: bool = False
    # The day on which the research study ended, where it did.
    study_closed_on: date | None = None


def check_can_sign_on_paper(facts: PaperFacts) -> None:
    """Refuse a paper signature without its pack, its scan, its answers, or a day on which it can have been made."""
    if facts.status != ConsentStatus.DRAFT:
        raise TransitionError("This consent can no longer be signed.", code="consent.not_open")
    if not facts.is_handed_over:
        raise PaperRefusedError(
            "No pack of this text was handed over. Print it and hand it over first.", code="paper.no_pack"
        )
    if facts.waiting_steps:
        raise PaperRefusedError(
            f"Type in the answers from the paper first: {'; '.join(facts.waiting_steps)}.", code="paper.answers"
        )
    if facts.needs_talk:
        raise PaperRefusedError(
            "An answer on health needs the practitioner’s decision first.", code="signature.needs_talk"
        )
    if facts.is_paused:
        raise PaperRefusedError(
            "It is paused: a clinician must first find out whether the patient can make this decision.",
            code="signature.paused",
        )
    if facts.open_questions:
        raise PaperRefusedError("A question of the patient is not answered yet.", code="signature.question_open")
    if not facts.has_scan:
        raise PaperRefusedError("The signed pack is not scanned yet.", code="paper.no_scan")
    if facts.signed_on > facts.today:
        raise PaperRefusedError(
            "This day is still to come. Type the day on the paper.", code="paper.future", field="signed_on"
        )
    if facts.handed_over_on is not None and facts.signed_on < facts.handed_over_on:
        raise PaperRefusedError(
            f"The pack was handed over on {facts.handed_over_on:%-d %B %Y}, so it cannot have been signed before. "
            "Compare the day on the paper.",
            code="paper.too_early",
            field="signed_on",
        )
    if facts.study_closed_on is not None and facts.signed_on > facts.study_closed_on:
        raise PaperRefusedError(
            f"The study was closed on {facts.study_closed_on:%-d %B %Y}, so nobody could join it on this day.",
            code="study.closed",
            field="signed_on",
        )
    if not facts.is_true:
        raise PaperRefusedError("Tick the box if this is true.", code="paper.attestation", field="is_true")
