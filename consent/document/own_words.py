"""What the clinic's own text adds: it can neither remove nor replace a clause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as say

from consent import markdown
from consent.document.blocks import JSON, Block
from consent.records import DocumentFacts
from consent.vocabulary import TextKind


def own_words(facts: DocumentFacts, *kinds: TextKind) -> list[Block]:
    """What the clinic's own text says of these kinds, each with its heading."""
    found: list[Block] = []
    for kind in kinds:
        for part in parts_of(facts, kind):
            words = markdown.blocks(str(part.get("text") or ""))
            if words:
                found += [{"type": "heading", "text": str(part.get("title") or say(kind.label))}, *words]
    return found


def parts_of(facts: DocumentFacts, kind: TextKind) -> list[Mapping[str, JSON]]:
    """The parts of the clinic's text of this kind; what is shaped otherwise is passed over."""
    parts = facts.template.content.get("sections")
    parts = parts if isinstance(parts, Sequence) and not isinstance(parts, str) else ()
    return [part for part in parts if isinstance(part, Mapping) and part.get("kind") == kind]


def free(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """Free texts stand as parts of their own, which the patient marks as read like every other."""
    found = []
    for number, part in enumerate(parts_of(facts, TextKind.FREE), start=1):
        words = markdown.blocks(str(part.get("text") or ""))
        if words:
            title = str(part.get("title") or "") or say(TextKind.FREE.label)
            found.append(
                {"key": f"free-{number}", "title": title, "clauses": [], "material": True, "blocks": words},
            )
    return found


def purpose_of(facts: DocumentFacts) -> str:
    """What the clinic offers the treatment for, in its own words."""
    return str(facts.template.content.get("purpose") or say("this use"))


def retention(facts: DocumentFacts) -> str:
    """How long the record is kept, in the words of the clinic; empty where it says nothing."""
    said = str(facts.template.content.get("retention") or "").strip()
    return f"{said} " if said else ""
