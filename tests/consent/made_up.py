"""A made-up translation of every sentence that can be translated: what stays English afterwards was said around the catalogue."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.utils import translation
from django.utils.translation import get_language, trans_real

from config.sentences import collected
from consent.sentences import fixed_sentences


@functools.cache
def wanted() -> frozenset[str]:
    """Every sentence that can be translated; looked for where it is asked, as that reads all templates and modules."""
    # Some lists say their sentences in the language of whoever asks first.
    with translation.override("en-gb"):
        return frozenset(collected(fixed_sentences()))


@contextmanager
def made_up() -> Iterator[None]:
    """Within this, each sentence of the catalogue is said in Cyrillic letters of no meaning in every language but English."""
    say = trans_real.gettext
    translatable = wanted()

    def saying(sentence: str) -> str:
        return nonsense(sentence) if sentence in translatable and get_language() != "en-gb" else say(sentence)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation._trans, "gettext", saying)
        yield


def nonsense(sentence: str) -> str:
    """The sentence with the names that are filled in, and no other Latin letter; Django's letters of a date stay."""
    if sentence == "j F Y":
        return sentence
    return "".join(
        piece if piece.startswith(("{", "%")) else re.sub(r"[A-Za-z]", "ж", piece)
        for piece in re.split(r"(\{\w+\}|%\(\w+\)s)", sentence)
    )


def english_left(words: str, *recorded: str) -> list[str]:
    """Latin words in a text besides what was recorded as it is: names, numbers, units."""
    for value in sorted(recorded, key=len, reverse=True):
        words = words.replace(value, " ")
    return re.findall(r"[A-Za-z]+", words)
