"""The pieces of a Document: headings, paragraphs, lists and lines of facts, each with the clauses that it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as say

from consent.vocabulary import Section

JSON = Any
Block = dict[str, JSON]


def section(section: Section, blocks: Iterable[Block | None]) -> dict[str, JSON]:
    """One part of the Document: its blocks, and the clauses that any of them says, in their order."""
    kept = [block for block in blocks if block is not None]
    named = {clause for block in kept for clause in block.get("clauses", ())} | {
        clause for block in kept if block["type"] == "facts" for item in block["items"] for clause in item["clauses"]
    }
    clauses = sorted(named, key=lambda code: (code[0], int(code[1:])))
    return {"key": section.value, "title": say(section.label), "clauses": clauses, "material": True, "blocks": kept}


def paragraph(text: str, *clauses: str) -> Block | None:
    """A paragraph; None where there is nothing to say."""
    return {"type": "paragraph", "text": text, "clauses": list(clauses)} if text.strip() else None


def notice(title: str, text: str, *clauses: str) -> Block:
    """Words that stand out, under a title."""
    return {"type": "notice", "title": say(title), "text": text, "clauses": list(clauses)}


def bullet_list(items: Iterable[str], *clauses: str, title: str = "") -> Block | None:
    """A list of those items that say something; None where none does."""
    kept = [item for item in items if item.strip()]
    return (
        {"type": "list", "title": say(title) if title else "", "items": kept, "clauses": list(clauses)}
        if kept
        else None
    )


def fact_list(items: Iterable[Block], *clauses: str) -> Block:
    """Lines made by `fact` and `plain`."""
    return {"type": "facts", "items": list(items), "clauses": list(clauses)}


def fact(label: str, value: str, basis: str, basis_words: str, note: str = "", clause: str = "") -> Block:
    """A line about the product, with how we know it; a note that only repeats the value is left out."""
    return {
        "label": say(label),
        "value": value if value.startswith(("http://", "https://")) else value[:1].upper() + value[1:],
        "basis": basis,
        "basis_words": say(basis_words) if basis_words else "",
        "note": note if note.casefold() != value.casefold() else "",
        "clauses": [clause] if clause else [],
    }


def plain(label: str, value: str, note: str = "", clause: str = "") -> Block:
    """A line about people, places and law, which carries no evidence mark."""
    return fact(label, value or say("Not stated"), "", "", note, clause)
