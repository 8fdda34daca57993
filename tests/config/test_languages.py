"""What a patient is told can be said in other languages: every sentence is in every catalogue, and nothing is said around them."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest

from config.sentences import bare_words, compiled, placeholders, read_po, templates, write_po
from consent.languages import ENGLISH, LANGUAGES, catalogue_path, missing_sentences
from tests.consent.made_up import wanted

OTHERS = [tag for tag in LANGUAGES if tag != ENGLISH]


def source(tag: str) -> dict[str, str]:
    """The catalogue's source, without its head."""
    entries = read_po(catalogue_path(tag).with_suffix(".po").read_text(encoding="utf-8"))
    return {key: value for key, value in entries.items() if key}


class TestEverySentence:
    @pytest.mark.parametrize("tag", OTHERS)
    def test_stands_in_every_catalogue_and_no_other_does(self, tag: str) -> None:
        assert sorted(source(tag)) == sorted(wanted()), "run `manage.py languages --write`"

    @pytest.mark.parametrize("tag", OTHERS)
    def test_of_a_complete_language_is_translated(self, tag: str) -> None:
        missing = [sentence for sentence, said in source(tag).items() if not said]
        assert not (LANGUAGES[tag].is_complete and missing), missing[:5]

    @pytest.mark.parametrize("tag", OTHERS)
    def test_leaves_the_same_names_to_be_filled_in(self, tag: str) -> None:
        wrong = [
            sentence
            for sentence, said in source(tag).items()
            if said and sorted(set(placeholders(said))) != sorted(set(placeholders(sentence)))
        ]
        assert wrong == []

    @pytest.mark.parametrize("tag", OTHERS)
    def test_is_compiled_as_it_stands(self, tag: str) -> None:
        path = catalogue_path(tag)
        assert path.read_bytes() == compiled(read_po(path.with_suffix(".po").read_text(encoding="utf-8")))
        assert missing_sentences(tag) == sum(not said for said in source(tag).values())

    def test_is_found_where_it_is_said(self) -> None:
        for sentence in (
            "I have read this part",  # a page
            "This copy is not signed.",  # the PDF
            "Nobody knows its long-term risks.",  # a clause
            "It may not work",  # a risk
            "put on skin pricked with fine needles",  # a vocabulary
            "A cosmetic may not be injected.",  # a rule
            "Your date of birth",  # a form
            "There is no text to sign.",  # a refusal
            "Open it here: {address}",  # a message
        ):
            assert sentence in wanted()


class TestTheTemplates:
    @pytest.mark.parametrize("path", templates(), ids=lambda path: f"{path.parent.name}/{path.name}")
    def test_say_nothing_that_cannot_be_translated(self, path: Path) -> None:
        if path.name == "test.html":
            return  # the page of `doctor`, which no patient sees
        assert bare_words(path.read_text(encoding="utf-8").replace("{% block shell %}phone{% endblock %}", "")) == []

    @pytest.mark.parametrize(
        ("template", "words"),
        [
            ("<p>Hello you</p>", ["Hello you"]),
            ('<img alt="A picture">', ["A picture"]),
            ('<p>{% translate "Hello" %}</p>', []),
            ("<p>{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}</p>", []),
            ("{# Not said #}<p>{{ words }}.</p>", []),
        ],
    )
    def test_bare_words_are_found(self, template: str, words: list[str]) -> None:
        assert bare_words(template) == words


class TestCatalogues:
    def test_keep_what_is_known_and_ask_for_what_is_new(self) -> None:
        text = write_po("cy", ["Again", "New “one”\n"], {"Again": "Eto", "Old": "Hen"})
        assert read_po(text)["Again"] == "Eto"
        assert read_po(text)["New “one”\n"] == ""
        assert "Old" not in read_po(text)
        assert "X-Missing: 1" in text

    def test_are_read_by_gettext_itself(self, tmp_path: Path) -> None:
        file = tmp_path / "django.mo"
        file.write_bytes(compiled(read_po(write_po("cy", ["Again", "Other"], {"Again": "Eto – ŵ"}))))
        with file.open("rb") as opened:
            found = gettext.GNUTranslations(opened)
        assert found.gettext("Again") == "Eto – ŵ"
        assert found.gettext("Other") == "Other"
        assert found.info()["x-missing"] == "1"
