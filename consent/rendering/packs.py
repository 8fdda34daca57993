"""The pages of a paper pack that a screen does not have: questions on paper, boxes to tick, lines to write and sign on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_noop

from consent import people
from consent.languages import day_words

Facts = Mapping[str, Any]

LINES = 3
BLANK_QUESTIONS = 3


def asked(document: Facts, pack: Facts) -> dict[str, Any]:
    """Questions so far, room for more, and every step with its boxes."""
    titles = {section["key"]: section["title"] for section in document["sections"]}
    return {
        "questions": [
            {**one, "title": titles.get(one["section"], one["section"]), "is_answered": bool(one["answer"])}
            for one in pack["questions"]
        ],
        "lines": range(LINES),
        "blanks": range(BLANK_QUESTIONS),
        "steps": [
            {
                "title": step["title"],
                "intro": step["intro"],
                # Wrong answers are explained and asked again: on paper by a second row of boxes.
                "is_check": step["key"] == "check",
                "prompts": [
                    {
                        "text": prompt["text"],
                        "is_text": prompt["kind"] == "text",
                        "options": [option["text"] for option in prompt.get("options", [])],
                    }
                    for prompt in step["prompts"]
                ],
            }
            for step in document.get("steps", [])
        ],
    }


def signatures(pack: Facts) -> dict[str, Any]:
    """The boxes to sign in: whoever takes part first, then who signs, then who attests."""
    signer = pack["signer"]
    return {
        "people": [
            {"name": one["name"], "role": gettext(people.ROLE_WORDS[one["role"]]), "declaration": one["declaration"]}
            for one in pack["people"]
        ],
        "signer": {"on_behalf_of": "", **signer},
    }


def told(record: Facts, zone: str, moment: Callable[[str, str], Mapping[str, str]]) -> Facts | None:
    """How a signature on paper came about; None where it was signed on a screen."""
    paper = record.get("paper")
    if not paper:
        return None
    attestation = paper["attestation"]
    return {
        "pages": paper["pack"]["pages"],
        "handed_over": moment(paper["pack"]["handed_over_at"], zone),
        "handed_over_by": paper["pack"]["handed_over_by"],
        "signed_on": day_words(date.fromisoformat(paper["signed_on"])),
        "attested": gettext(ATTESTED_WORDS.get(attestation["how"], attestation["text"])),
        "attested_by": attestation["by"],
        "attested_at": moment(attestation["at"], zone),
        "known_by": attestation["known_by"],
        "files": [
            {"name": f"paper-scan-{number}", "pages": one["pages"], "sha256": one["sha256"]}
            for number, one in enumerate(paper["scan"]["files"], start=1)
        ],
    }


ATTESTED_WORDS = {
    "saw": gettext_noop("I saw this person sign the paper."),
    "received": gettext_noop("I received the paper signed, and compared the signature or asked the patient."),
}
