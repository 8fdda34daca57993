"""How easy a text is to read: sentence length, reading age, and words that a patient may not know.

Reading age = Flesch-Kincaid grade + 5 years (Kincaid et al. 1975: 0.39 words per sentence + 11.8 syllables per word
- 15.59; a pupil of grade 6 is 11). The formula fits English only: in another language no age is given, and sentences are
counted by that language's own marks. Syllables are the larger of vowel groups and hyphenation points (pyphen, en_GB).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

import pyphen

MOST_READING_AGE = 13.0
LONGEST_SENTENCE = 25
# Below this many words the formula says more of chance than of the text.
LEAST_WORDS = 20
FORMULA_LANGUAGES = ("en",)

JARGON = {
    "adverse": "harmful, unwanted",
    "aetiology": "cause",
    "allogeneic": "from another person",
    "autologous": "from yourself",
    "contraindication": "a reason not to have it",
    "cytokine": "a signal between cells",
    "dermal": "of the skin",
    "efficacy": "how well it works",
    "epidermis": "the top layer of the skin",
    "erythema": "red skin",
    "extracellular": "outside cells",
    "fibroblast": "a cell that makes up skin",
    "granuloma": "a hard lump",
    "haematoma": "a bruise",
    "immunogenic": "that your defences may attack",
    "indication": "what it is used for",
    "intradermal": "into the skin",
    "lesion": "a mark or sore",
    "lyophilised": "freeze-dried",
    "mesenchymal": "say which cells, in plain words",
    "microneedling": "pricking the skin with fine needles",
    "modality": "a kind of treatment",
    "necrosis": "skin that dies",
    "oedema": "swelling",
    "placebo": "a treatment with nothing in it",
    "prognosis": "how it is likely to go",
    "protocol": "plan",
    "secretome": "what cells give off",
    "subcutaneous": "under the skin",
    "topical": "put on the skin",
    "utilise": "use",
    "vesicle": "a very small bubble",
}


@dataclass(frozen=True)
class Score:
    """What one text scores. `reading_age` in years, None where the text is short or no formula fits its language."""

    words: int
    sentences: int
    longest_sentence: int
    reading_age: float | None
    jargon: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """As it is stored with a version and printed; the age to a tenth."""
        return {
            "words": self.words,
            "sentences": self.sentences,
            "longest_sentence": self.longest_sentence,
            "reading_age": None if self.reading_age is None else f"{self.reading_age:.1f}",
            "jargon": list(self.jargon),
        }


# A text is scored at every look at its draft, and few of its sections changed since.
@functools.lru_cache(maxsize=1024)
def score(text: str, language: str = "en-GB") -> Score:
    """The score of a text of one line for each paragraph or list item."""
    found, parts = words(text, language), sentences(text)
    has_formula = language.partition("-")[0] in FORMULA_LANGUAGES and len(found) >= LEAST_WORDS
    return Score(
        words=len(found),
        sentences=len(parts),
        longest_sentence=max((len(words(part, language)) for part in parts), default=0),
        reading_age=round(grade(text) + 5, 1) if has_formula else None,
        jargon=tuple(dict.fromkeys(jargon(text))) if language.startswith("en") else (),
    )


def long_sentences(text: str, language: str = "en-GB") -> list[str]:
    """The sentences of more than 25 words (of Chinese: characters, two to a word)."""
    return [part for part in sentences(text) if len(words(part, language)) > LONGEST_SENTENCE]


def jargon(text: str) -> list[str]:
    """Words of the list that the text uses, also in the plural, in their order."""
    forms = "|".join(sorted(map(re.escape, JARGON), key=len, reverse=True))
    return [match.lower() for match in re.findall(rf"\b({forms})(?:s|es|d)?\b", text, flags=re.IGNORECASE)]


def sentences(text: str) -> list[str]:
    """Split at full stops, question and exclamation marks of any script, and at line breaks."""
    parts = re.split(r"(?<=[.!?؟])\s+|(?<=[。！？])|\n+", text.strip())
    return [part.strip() for part in parts if re.search(r"\w", part)]


def words(text: str, language: str = "en-GB") -> list[str]:
    """Words between spaces; of Chinese, every two characters."""
    if language.startswith("zh"):
        return re.findall(r"[一-鿿]{1,2}|[A-Za-z0-9]+", text)
    return re.findall(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*", text)


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of an English text; 0 where there is no word."""
    found = re.findall(r"[A-Za-z’'-]*[A-Za-z][A-Za-z’'-]*", text)
    if not found:
        return 0.0
    return 0.39 * len(found) / max(len(sentences(text)), 1) + 11.8 * sum(map(syllables, found)) / len(found) - 15.59


def syllables(word: str) -> int:
    """Vowel groups, at least what hyphenation finds; a silent final e does not count."""
    letters = re.sub(r"[^a-z]", "", word.lower())
    groups = len(re.findall(r"[aeiouy]+", re.sub(r"(?<=[^aeiouyl])e$|(?<=[^aeiouytd])ed$", "", letters)))
    return max(groups, len(_hyphens()(letters)) + 1, 1)


@functools.cache
def _hyphens() -> Callable[[str], list[int]]:
    positions: Callable[[str], list[int]] = pyphen.Pyphen(lang="en_GB", left=1, right=1).positions
    return positions
