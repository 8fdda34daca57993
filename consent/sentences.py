"""The sentences that lists of words hold: clauses, risks, parts of a Document, places. A catalogue must have each."""

from __future__ import annotations

from collections.abc import Iterator

from consent import steps, wording
from consent.languages import sentences
from consent.vocabulary import (
    BatchWay,
    CapacityOutcome,
    Credential,
    LinkWay,
    Section,
    SigningMethod,
    TalkOutcome,
    TextKind,
    TimeOfDay,
)
from products import disclosure

# Not for a patient: the practitioner's declaration is made in English.
FOR_STAFF = frozenset({"DECLARATION", "STANDARD"})

# Texts of several sentences that are said as one, because their order is not ours to keep in another language.
SAID_WHOLE = frozenset({"MEANING", "RESEARCH_MEANING"})


def step_sentences() -> Iterator[str]:
    """What a patient is asked, and the answers that are offered; `{purpose}` and `{source}` are filled in for each."""
    yield from (group.question for group in steps.GROUPS)
    for is_research in (False, True):
        facts = steps.StepFacts(
            "G_INTACT", "", "", "{source}", ("{one}", "{two}"), "{purpose}", is_research=is_research
        )
        for step in steps.definitions(facts):
            yield from (step["title"], step["intro"])
            for prompt in step["prompts"]:
                yield prompt["text"]
                yield prompt.get("explanation", "")
                yield from (option["text"] for option in prompt.get("options", ()) if "{" not in option["text"])


def fixed_sentences() -> Iterator[str]:
    """Each text as it is said: some whole, some sentence by sentence."""
    for name, value in vars(wording).items():
        if name[0].isalpha() and name.isupper() and isinstance(value, str) and name not in FOR_STAFF:
            yield from [value] if name in SAID_WHOLE else sentences(value)
    for risk in wording.RISKS:
        yield from (risk.title, risk.evidence, *sentences(risk.text))
    for line in (*wording.ALTERNATIVES, *wording.ALWAYS_UNKNOWN):
        yield from sentences(line)
    for ends in (*wording.CHOICE_ENDS.values(), wording.ANY_CHOICE_ENDS):
        yield from ends
    yield from wording.PLACES.values()
    yield from (words for words, _ in wording.REPORTING_ROUTES.values())
    spoken = (Section, TextKind, SigningMethod, LinkWay, BatchWay, TalkOutcome, CapacityOutcome, Credential, TimeOfDay)
    for choices in spoken:
        yield from (str(choice.label) for choice in choices)
    yield from step_sentences()
    yield from disclosure.patient_words()
    for text in disclosure.patient_sentences():
        yield from sentences(text)
