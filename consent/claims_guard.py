"""Words that promise, praise or cure: each with the rule that it touches. A guard, not a judge: a person may keep one with a reason.

Sources: GMC "Decision making and consent" (2020), paragraph 11: information is objective; GMC cosmetic interventions
(2016), key points on unjustifiable claims; Human Medicines Regulations 2012, regulation 2(1)(a): what is presented as
treating or preventing disease is a medicine by presentation (rule RG006).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

OBJECTIVE = "GMC 2020, paragraph 11: what a patient is told must be objective."
UNJUSTIFIED = "GMC cosmetic interventions 2016: no claim that cannot be justified."
MEDICINAL = (
    "Human Medicines Regulations 2012, regulation 2(1)(a): words of disease and cure make it a medicine (RG006)."
)
UNCERTAIN = "GMC 2020, paragraph 10: uncertainty must be told, and no result may be promised."

# English patterns and the rule that each touches; the words are those of adverts in this field.
PATTERNS = (
    (r"cur(?:e|es|ed|ing|ative)", MEDICINAL),
    (r"heal(?:s|ed|ing)?", MEDICINAL),
    (r"treat(?:s|ing)? (?:disease|acne|alopecia|arthritis|eczema|hair loss|pain|psoriasis|rosacea|scars?)", MEDICINAL),
    (r"prevent(?:s|ing)? (?:disease|ageing|aging|cancer|scars?)", MEDICINAL),
    (r"therap(?:y|ies|eutic)", MEDICINAL),
    (r"regenerat(?:e|es|ed|ing|ion|ive)", UNJUSTIFIED),
    (r"rejuvenat(?:e|es|ed|ing|ion)", UNJUSTIFIED),
    (r"anti-?ag(?:e)?ing", UNJUSTIFIED),
    (r"revers(?:e|es|ing) (?:the )?(?:signs of )?ag(?:e)?ing", UNJUSTIFIED),
    (r"repair(?:s|ed|ing)?", UNJUSTIFIED),
    (r"clinically (?:proven|tested)", UNJUSTIFIED),
    (r"scientifically (?:proven|tested)", UNJUSTIFIED),
    (r"proven", UNJUSTIFIED),
    (r"(?:fda|mhra|ema|ce|government)[ -](?:approved|cleared|licensed)", UNJUSTIFIED),
    (r"stem[ -]cell (?:power|technology)", UNJUSTIFIED),
    (r"guarantee(?:s|d)?", UNCERTAIN),
    (r"(?:no|without|zero) (?:side[ -]effects?|risks?|downtime|pain)", UNCERTAIN),
    (r"risk[ -]free", UNCERTAIN),
    (r"pain(?:less|[ -]free)", UNCERTAIN),
    (r"(?:completely|perfectly|totally|100 ?%|very) safe", UNCERTAIN),
    (r"(?:is|are) safe", UNCERTAIN),
    (r"permanent(?:ly)?", UNCERTAIN),
    (r"(?:will|always) (?:improve|work|look younger|see results)", UNCERTAIN),
    (r"amazing|miracle|miraculous|revolutionary|breakthrough|ground-?breaking|cutting[ -]edge", OBJECTIVE),
    (r"best|leading|award[ -]winning|world[ -]class|state[ -]of[ -]the[ -]art|next[ -]generation", OBJECTIVE),
    (r"natural(?:ly)?|pure|premium|luxur(?:y|ious)", OBJECTIVE),
    (r"(?:limited|special|exclusive) offer|discount|today only|hurry|last chance", OBJECTIVE),
    (r"glow(?:ing)?|radiant|flawless|youthful|dramatic(?:ally)?|stunning", OBJECTIVE),
)
# "has not been proven" and "nobody can guarantee" are what we want to read.
_DENIAL = re.compile(
    r"\b(?:not|no|never|nobody|none|nothing|cannot|can’t|can't|isn’t|isn't|without proof|nor)\b[^.!?;\n]{0,40}$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """A word that was found, the sentence around it, and the rule that it touches."""

    words: str
    sentence: str
    rule: str


def claims(text: str, language: str = "en-GB") -> list[Claim]:
    """Every word of the list that a text uses and does not deny. The list is English; other languages are read by their reviewer."""
    if not language.startswith("en"):
        return []
    found: dict[str, Claim] = {}
    for sentence in re.split(r"(?<=[.!?])\s+|\n+", text):
        for pattern, rule in PATTERNS:
            for match in re.finditer(rf"\b(?:{pattern})\b", sentence, flags=re.IGNORECASE):
                words = match.group().lower()
                is_told_as_risk = words.startswith(("no ", "without ", "zero "))
                if is_told_as_risk or not _DENIAL.search(sentence[: match.start()]):
                    found.setdefault(words, Claim(words, sentence.strip(), rule))
    longest = sorted(found, key=len, reverse=True)
    return [found[words] for words in found if not any(words != other and words in other for other in longest)]
