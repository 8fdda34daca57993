"""The languages that a patient can be told in: how each is named and written, and how words are said in it.

English (Great Britain) is the source. A translation is a gettext catalogue in `locale/`; it is offered to a patient only
after a named person has reviewed it (`consent.services.offered_languages`).
"""

from __future__ import annotations

import gettext as catalogues
import hashlib
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.dateformat import format as written
from django.utils.translation import gettext

ENGLISH = "en-GB"
LEFT_TO_RIGHT_ISOLATE, FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2066", "\u2068", "\u2069"


@dataclass(frozen=True)
class Language:
    """One language: its BCP 47 tag, the name that Django has for it, its own name, its English name and its direction."""

    tag: str
    django: str
    name: str
    english_name: str
    direction: str = "ltr"
    # A complete language has every sentence; a check fails on one that is missing.
    is_complete: bool = False


LANGUAGES = {
    language.tag: language
    for language in (
        Language(ENGLISH, "en-gb", "English", "English", is_complete=True),
        Language("cy", "cy", "Cymraeg", "Welsh"),
        Language("ar", "ar", "العربية", "Arabic", direction="rtl"),
        Language("zh-Hans", "zh-hans", "简体中文", "Simplified Chinese"),
    )
}


def language(tag: str) -> Language:
    """The language of a tag; English for one that is not known."""
    return LANGUAGES.get(tag, LANGUAGES[ENGLISH])


def in_use() -> Language:
    """The language that `gettext` says its words in now."""
    now = translation.get_language() or ""
    return next((one for one in LANGUAGES.values() if one.django == now), LANGUAGES[ENGLISH])


def speaking(tag: str) -> AbstractContextManager[Any]:
    """Within this, `gettext` says its words in the language."""
    return translation.override(language(tag).django)


def day_words(day: date) -> str:
    """A calendar day as readers of the language in use expect it: 19 January 2028."""
    # Translators: a day in Django's date letters; j is the day, F the month's name, Y the year.
    return written(day, gettext("j F Y"))


def isolated(text: str) -> str:
    """A telephone number, an address or a name as one piece that a right-to-left line does not turn around.

    Without this, Arabic shows “01632 960 001” as “001 960 01632” (Unicode Standard Annex 9: isolates).
    """
    if not text or in_use().direction == "ltr":
        return text
    return (
        f"{FIRST_STRONG_ISOLATE if any(sign.isalpha() for sign in text) else LEFT_TO_RIGHT_ISOLATE}{text}{POP_ISOLATE}"
    )


def say_each(text: str) -> str:
    """A text of several sentences, each said on its own; sentences that no catalogue has stay as they are."""
    return " ".join(gettext(sentence) for sentence in sentences(text))


def sentences(text: str) -> list[str]:
    """A text cut after each full stop, question or exclamation mark."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


def catalogue_path(tag: str) -> Path:
    """Where the compiled catalogue of a language lies; its source is beside it, ending in `.po`."""
    return Path(settings.ROOT) / "locale" / translation.to_locale(language(tag).django) / "LC_MESSAGES" / "django.mo"


@cache
def _read(tag: str) -> catalogues.GNUTranslations:
    with catalogue_path(tag).open("rb") as file:
        return catalogues.GNUTranslations(file)


def catalogue(tag: str) -> dict[str, str]:
    """Every sentence of a language's compiled catalogue; empty for English, whose sentences are the source."""
    if tag == ENGLISH:
        return {}
    entries: dict[Any, str] = _read(tag)._catalog  # type: ignore[attr-defined]  # noqa: SLF001 - the module has no public way to list it
    return {str(key): str(value) for key, value in entries.items() if key and isinstance(key, str)}


def missing_sentences(tag: str) -> int:
    """How many sentences of the source a language lacks, as its catalogue was compiled."""
    return 0 if tag == ENGLISH else int(_read(tag).info().get("x-missing", "0"))


@cache
def catalogue_sha256(tag: str) -> str:
    """What a reviewer answers for: the digest of every sentence with its translation."""
    lines = [f"{source}\0{said}" for source, said in sorted(catalogue(tag).items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
