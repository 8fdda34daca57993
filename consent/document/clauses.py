"""The refusal of a Document that lacks what every patient must be told, whoever composed it."""

from __future__ import annotations

from collections.abc import Mapping

from consent.document.blocks import JSON
from consent.errors import ClauseMissingError
from consent.vocabulary import Clause, Element


def check_clauses(document: Mapping[str, JSON]) -> None:
    """Refuse a Document in which any of K1 to K16, or for research of E1 to E8, has no words; the refusal names each."""
    said: set[str] = set()
    for section in document["sections"]:
        for block in section["blocks"]:
            if _has_words(block):
                said |= set(block.get("clauses", ()))
            if block["type"] == "facts":
                said |= {clause for item in block["items"] if item["value"].strip() for clause in item["clauses"]}
    needed = [*Clause, *(Element if "research" in document else ())]
    if missing := [clause for clause in needed if clause.value not in said]:
        raise ClauseMissingError(
            "The text lacks what every patient must be told: "
            + "; ".join(f"{clause.value} {clause.label}" for clause in missing)
            + ".",
            code="document.clause_missing",
        )


def _has_words(block: Mapping[str, JSON]) -> bool:
    """Whether a block says anything: labels, codes and the first column of a table alone do not."""
    rows = [cell for row in block.get("rows") or () for cell in row[1:]]
    return any(_says(value) for value in (block.get("text"), *(block.get("items") or ()), *rows))


def _says(value: JSON) -> bool:
    if isinstance(value, Mapping):
        return any(str(value.get(key) or "").strip() for key in ("value", "text", "url"))
    return bool(str(value or "").strip())
