"""Who took part besides the patient, as the sealed record shows them: who, on what footing, what they declared, their mark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_noop

from consent import people
from consent.rendering import drawing

Facts = Mapping[str, Any]

METHOD_WORDS: dict[str, str] = {
    "drawn": gettext_noop("Drawn by hand on a screen"),
    "typed": gettext_noop("Typed"),
    "witnessed": gettext_noop("Said aloud before a witness"),
    "paper": gettext_noop("Signed by hand on paper"),
}


def told(record: Facts, moment: Callable[[str], Mapping[str, str]]) -> list[Facts]:
    """Everybody in the record, in order; nobody in a record of before people were kept."""
    return [_person(person, moment) for person in record.get("people", [])]


def decider(told: Facts | None, moment: Callable[[str], Mapping[str, str]]) -> Facts | None:
    """Who decided in the patient's place; None where the patient did, and in a record of before that was kept."""
    return _person({**told, "mark": None}, moment) if told else None


def _person(person: Facts, moment: Callable[[str], Mapping[str, str]]) -> Facts:
    mark, checked = person["mark"], person["checked"]
    is_drawn = mark is not None and mark["method"] == "drawn"
    return {
        "name": person["name"],
        "role": gettext(people.ROLE_WORDS[person["role"]]),
        "footing": _footing(person),
        "checked": {
            "words": gettext(people.OUTCOME_WORDS[checked["outcome"]]),
            "seen": checked["seen"],
            "why": checked["words"],
            "by": checked["by"],
            "when": moment(checked["at"]),
        }
        if checked
        else None,
        "declaration": mark["declaration"] if mark else "",
        "ink": drawing.signature(mark["strokes"], person["name"]) if is_drawn else None,
        "typed": (mark["typed"] or "") if mark else "",
        "how": gettext(METHOD_WORDS[mark["method"]]) if mark else "",
        "when": moment(mark["at"]) if mark else None,
    }


def _footing(person: Facts) -> list[tuple[str, str]]:
    """Relation, language, reason and authority, each with its label; what a role does not have is left out."""
    rows = [(gettext(people.RELATION_LABELS[person["role"]]), person["relation"])]
    if person["language"]:
        rows.append((gettext("Language"), person["language"]))
    if person["reason"]:
        rows.append((gettext("Why a witness"), gettext(people.REASON_WORDS[person["reason"]])))
    if person["authority"]:
        rows.append((gettext("Legal authority"), people.authority_told(person)))
    return rows
