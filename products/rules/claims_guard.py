"""What a supplier's promise says about itself: that it is approved, that it cures or treats, or that cells are in it.

Read word by word, in English, by the same words that the checks RG001, RG006 and EV018 go by. A flag is a question for a
person, never a verdict: it says what to look at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from products.rules.findings.law import CLAIMS_APPROVAL, CLAIMS_TREATMENT
from products.rules.findings.naming import CLAIMS_LIVE_CELLS
from products.rules.findings.words import claiming


class ClaimFlag(StrEnum):
    """What a marketing claim says. APPROVED: a regulator's approval; CURE, TREAT: medicinal; LIVE_CELLS: cells in it."""

    APPROVED = "APPROVED"
    CURE = "CURE"
    TREAT = "TREAT"
    LIVE_CELLS = "LIVE_CELLS"


FLAG_WORDS: Mapping[ClaimFlag, str] = MappingProxyType(
    {
        ClaimFlag.APPROVED: "Says that it is approved",
        ClaimFlag.CURE: "Says that it cures",
        ClaimFlag.TREAT: "Says that it treats",
        ClaimFlag.LIVE_CELLS: "Says that live cells are in it",
    }
)
_PATTERNS: Mapping[ClaimFlag, tuple[re.Pattern[str], ...]] = MappingProxyType(
    {
        # "Approved" alone is no claim about a regulator, but a person should look at it.
        ClaimFlag.APPROVED: (CLAIMS_APPROVAL, re.compile(r"\bapproved\b", re.IGNORECASE)),
        ClaimFlag.CURE: (re.compile(r"\bcur(?:es?|ed|ing|ative)\b", re.IGNORECASE),),
        ClaimFlag.TREAT: (CLAIMS_TREATMENT,),
        ClaimFlag.LIVE_CELLS: (CLAIMS_LIVE_CELLS,),
    }
)


def claim_flags(text: str) -> frozenset[ClaimFlag]:
    """The flags of one marketing claim: "FDA approved" gives APPROVED, "regrows hair" gives TREAT."""
    said = " ".join(text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").split())
    return frozenset(
        flag for flag, patterns in _PATTERNS.items() if any(claiming([said], pattern) for pattern in patterns)
    )
