"""What a supplier's sentence claims: words of a list, unless the sentence denies them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DENIES = re.compile(
    r"\b(?:no|not|never|without|free (?:of|from)|neither|nor|cannot|can't|isn't|doesn't|don't|aren't|hasn't|non)\b"
    r"[^.;:!?]{0,60}$",
    re.IGNORECASE,
)
_BUT = re.compile(r"\b(?:but|yet|however|although|though|and it|instead)\b", re.IGNORECASE)


def claiming(sentences: Iterable[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    """Those sentences that say what the pattern says, and do not deny it."""
    return tuple(sentence for sentence in sentences if _claims(sentence, pattern))


def _claims(sentence: str, pattern: re.Pattern[str]) -> bool:
    return any(not _is_denied(sentence[: match.end()]) for match in pattern.finditer(sentence))


def _is_denied(said: str) -> bool:
    denial = _DENIES.search(said)
    return denial is not None and not _BUT.search(said, denial.start())


def quoted(sentences: Iterable[str]) -> str:
    """The sentences in quotation marks, one after the other."""
    return ", ".join(f"“{sentence}”" for sentence in sentences)
