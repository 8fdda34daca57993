"""The steps as they stand in a Document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from consent.steps.health import GROUPS
from consent.vocabulary import Step

JSON = Any
YES_NO_UNSURE = (("yes", "Yes"), ("no", "No"), ("unsure", "I am not sure"))
YES_NO = (("yes", "Yes"), ("no", "No"))


@dataclass(frozen=True)
class StepFacts:
    """What the questions are made from. `source_words` is the source in plain words, empty where it is not stated.

    `other_sources` are plain words of other sources, for the answers that are not right. `policies` are the clinic's
    own screening policies by group, where it has any.
    """

    route_group: str
    origin: str
    tissue: str
    source_words: str
    other_sources: tuple[str, ...]
    purpose: str
    policies: Mapping[str, str] = field(default_factory=dict)
    is_research: bool = False


def definitions(facts: StepFacts) -> list[dict[str, JSON]]:
    """All steps in the order in which a patient meets them."""
    return [_reasons(), _health(facts), _check(facts), _own_words(), _choices(facts)]


def _reasons() -> dict[str, JSON]:
    return _step(
        Step.REASONS,
        "Before you read on, tell us in your own words. Your practitioner reads it. You can leave any box empty.",
        [
            _text("hope", "What do you hope this treatment will do for you?"),
            _text("worry", "What worries you about it?"),
            _text("matters", "What matters most to you? Is there anything we should know?"),
        ],
    )


def _health(facts: StepFacts) -> dict[str, JSON]:
    asked = [
        group
        for group in GROUPS
        if group.is_asked(origin=facts.origin, tissue=facts.tissue, route_group=facts.route_group)
    ]
    return _step(
        Step.HEALTH,
        "These tell us if it could be wrong for you. If you say yes or are not sure, the clinic talks with you first.",
        [
            {
                **_options(group.key, group.question, YES_NO_UNSURE),
                "label": group.label,
                "policy": str(facts.policies.get(group.key, group.policy_for(facts.route_group))),
            }
            for group in asked
        ],
    )


def _check(facts: StepFacts) -> dict[str, JSON]:
    said = facts.source_words or gettext("It does not say")
    others = [words for words in facts.other_sources if words != facts.source_words][:2]
    return _step(
        Step.CHECK,
        "This is not a test of you. It shows us if we explained it well. You can try as often as you like.",
        [
            *_is_it_research(facts),
            _question(
                "proven",
                gettext("Is it proven that this works for {purpose}?").format(purpose=facts.purpose),
                ("Yes, it is proven", "Yes, for most people", "No, it is not proven"),
                2,
                "It is experimental. Nobody has proven that it works.",
            ),
            _question(
                "long_term",
                "What is known about its risks after many years?",
                ("Nobody knows them", "It is known to be safe", "They are known and small"),
                0,
                "Nobody has followed people for long enough to know.",
            ),
            _question(
                "source",
                "What does the text say this product is made from?",
                (_capital(others[0]), _capital(said), _capital(others[1])),
                1,
                gettext("The text says: {source}.").format(source=f"{said[:1].lower()}{said[1:]}"),
            ),
            _question(
                "refuse",
                "What happens if you say no?",
                ("You lose your place at the clinic", "You pay a fee", "Nothing. The rest of your care stays the same"),
                2,
                "You can say no. There is no penalty, and the rest of your care stays the same.",
            ),
            _until_when(facts),
        ],
    )


def _until_when(facts: StepFacts) -> dict[str, JSON]:
    """How long a patient can change their mind: before a treatment, but out of a study at any time."""
    if facts.is_research:
        when = "At any time"
        why = "You can leave the study at any time. A treatment that has been given cannot be undone."
    else:
        when = "Any time before the treatment"
        why = "You can take it back at any time before the treatment, also after you have signed."
    return _question(
        "change_mind", "Until when can you change your mind?", ("Until you sign", when, "You cannot"), 1, why
    )


def _is_it_research(facts: StepFacts) -> list[dict[str, JSON]]:
    """Whether it is understood that this is research and not care (21 CFR 50.25(a)(1)); not asked of a treatment."""
    if not facts.is_research:
        return []
    return [
        _question(
            "research",
            "What are you asked to do?",
            ("To have ordinary care", "To take part in research", "To buy a product"),
            1,
            "This is a research study. It is done to find something out, and it is not ordinary care.",
        )
    ]


def _own_words() -> dict[str, JSON]:
    return _step(
        Step.OWN_WORDS,
        "A few words for each are enough. There is no wrong answer. Your practitioner reads what you write.",
        [
            _text("what", "What is this treatment, as you understand it?", needed=True),
            _text("harm", "What could go wrong?", needed=True),
            _text("unknown", "What does nobody know about it?", needed=True),
        ],
    )


def _choices(facts: StepFacts) -> dict[str, JSON]:
    other_use = (
        "What happened to you, without your name, used for other research"
        if facts.is_research
        else "What happened to you, without your name, used for research"
    )
    return _step(
        Step.CHOICES,
        "Each of these is a choice of its own. None of them changes your treatment. If you choose nothing, it counts as no.",
        [
            {**_options("photos_record", "Photos of the area, kept in your record only", YES_NO), "optional": True},
            {
                **_options("photos_marketing", "Photos of you shown to other people, as advertising", YES_NO),
                "optional": True,
            },
            {**_options("contact_later", "A message later, to ask how you are", YES_NO), "optional": True},
            {**_options("data_research", other_use, YES_NO), "optional": True},
        ],
    )


def _step(step: Step, intro: str, prompts: Iterable[dict[str, JSON]]) -> dict[str, JSON]:
    return {"key": step.value, "title": gettext(step.label), "intro": gettext(intro), "prompts": list(prompts)}


def _text(key: str, text: str, *, needed: bool = False) -> dict[str, JSON]:
    return {"key": key, "text": gettext(text), "kind": "text", "optional": not needed}


def _options(key: str, text: str, options: Iterable[tuple[str, str]]) -> dict[str, JSON]:
    return {
        "key": key,
        "text": gettext(text),
        "kind": "options",
        "options": [{"key": code, "text": gettext(words)} for code, words in options],
        "optional": False,
    }


def _question(key: str, text: str, options: tuple[str, ...], right: int, why: str) -> dict[str, JSON]:
    lettered = [(chr(ord("a") + place), words) for place, words in enumerate(options)]
    return {**_options(key, text, lettered), "right": lettered[right][0], "explanation": gettext(why)}


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
