"""Two consent texts side by side: line by line, and word by word where a line was changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from consent.vocabulary import TextKind

SAME, CHANGED, ADDED, REMOVED = "same", "changed", "added", "removed"
# Less alike than this, a line is told as taken out and another as put in.
LEAST_LIKENESS = 0.4


@dataclass(frozen=True)
class Words:
    """A run of words; `is_other` where the other side does not have them."""

    text: str
    is_other: bool


@dataclass(frozen=True)
class Row:
    """A line of the older text beside its line of the newer one; an empty side where there is none."""

    kind: str
    before: tuple[Words, ...]
    after: tuple[Words, ...]


def lines_of(content: Mapping[str, Any]) -> list[str]:
    """A text as lines that can be compared."""
    lines = [f"Meant for: {content.get('purpose') or ''}"]
    for part in content.get("sections") or ():
        kind = part.get("kind")
        lines.append(f"{TextKind(kind).label if kind in TextKind.values else kind}: {part.get('title')}")
        lines += [line.strip() for line in str(part.get("text") or "").splitlines() if line.strip()]
    return [*lines, f"Records: {content.get('retention') or ''}"]


def side_by_side(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Row]:
    """All lines of both texts in their order."""
    old, new = lines_of(before), lines_of(after)
    rows: list[Row] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [Row(SAME, _whole(line), _whole(line)) for line in old[a1:a2]]
        else:
            rows += _changed(old[a1:a2], new[b1:b2])
    return rows


def count(rows: Sequence[Row]) -> int:
    """How many lines are not the same."""
    return sum(row.kind != SAME for row in rows)


def _changed(old: Sequence[str], new: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for place in range(max(len(old), len(new))):
        before = old[place] if place < len(old) else ""
        after = new[place] if place < len(new) else ""
        likeness = SequenceMatcher(None, before, after, autojunk=False).ratio() if before and after else 0
        if likeness >= LEAST_LIKENESS:
            rows.append(Row(CHANGED, *_by_words(before, after)))
            continue
        if before:
            rows.append(Row(REMOVED, _whole(before, is_other=True), ()))
        if after:
            rows.append(Row(ADDED, (), _whole(after, is_other=True)))
    return rows


def _by_words(before: str, after: str) -> tuple[tuple[Words, ...], tuple[Words, ...]]:
    old, new = re.findall(r"\S+\s*", before), re.findall(r"\S+\s*", after)
    left: list[Words] = []
    right: list[Words] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        is_other = tag != "equal"
        if a2 > a1:
            left.append(Words("".join(old[a1:a2]), is_other))
        if b2 > b1:
            right.append(Words("".join(new[b1:b2]), is_other))
    return tuple(left), tuple(right)


def _whole(line: str, *, is_other: bool = False) -> tuple[Words, ...]:
    return (Words(line, is_other),)
