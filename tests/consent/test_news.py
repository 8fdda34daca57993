"""What is new is told in the language of the text: every kind of change from what was recorded, and an older mark as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from consent import changes, news, services, wording
from consent.languages import catalogue, day_words, isolated, say_each, speaking
from consent.models import Consent, ConsentTemplate, ReviewMark
from consent.records import FactChange, News
from consent.services.news import news_for
from consent.vocabulary import MarkKind, MarkOutcome
from tests.cast import record
from tests.consent import desk as desks
from tests.consent import paper, writers
from tests.consent.changed import CASES, DAYS, RECORDED, RULE, SIZE
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed
from tests.consent.made_up import english_left, made_up
from tests.consent.staffroom import AFTER_THINKING, LATER, fresh, hold
from tests.consent.test_changes import compare, correct, decide
from tests.consent.test_languages import OTHERS, offer, review
from tests.consent.writers import HOUR


def found_in(case: str) -> list[FactChange]:
    return changes.changes(*CASES[case])


def say(change: FactChange, tag: str) -> News:
    """The change as a mark keeps it, in this language."""
    with speaking(tag):
        return news.said(change.kind, change.as_json())


class TestEachKind:
    def test_is_among_the_cases(self) -> None:
        assert {change.kind for case in CASES for change in found_in(case)} == set(MarkKind)

    @pytest.mark.parametrize("tag", OTHERS)
    @pytest.mark.parametrize("case", CASES)
    def test_is_said_in_the_language_with_no_english_word_of_ours(self, case: str, tag: str) -> None:
        with made_up(), speaking(tag):
            days = [day_words(date.fromisoformat(day)) for day in DAYS]
            said = [say(change, tag) for change in found_in(case)]
        assert said != []
        for one in said:
            assert "ж" in one.said
            assert english_left(one.said, *RECORDED, *days) == []

    @pytest.mark.parametrize(
        ("case", "told"),
        [
            ("rules", f"What the law says about this product here has changed. {RULE}"),
            (
                "a rule that is gone",
                "What the law says about this product here has changed. Please read that part again.",
            ),
            ("papers disagree", "The papers of the batch do not agree with each other."),
            ("papers agree", "The papers of the batch agree with each other now."),
            (
                "batch dates",
                (
                    "Something has changed about batch RSE2601, which was meant for you. Use by: 6 May 2027. "
                    "Made on: 20 January 2026."
                ),
            ),
            (
                "batch on hold",
                (
                    "Something has changed about batch RSE2601, which was meant for you. State: not to be used for now. "
                    "What the clinic wrote about it: warm transport"
                ),
            ),
            ("text", "We have written our text anew. Aftercare is clearer."),
            (
                "who treats",
                (
                    "Something has changed about the person who would treat you. Name: Dr Will Moor. "
                    "Register: General Medical Council. Number in the register: 7654321. Works at the clinic: no more."
                ),
            ),
            ("age", "You signed on 23 November 2026. That is long ago, so we ask you again."),
            (
                "study",
                (
                    "Something has changed about the study. The study: Rose II. Who runs it and pays for it: not stated. "
                    "Date of the approval: 5 November 2026. The study: closed."
                ),
            ),
        ],
    )
    def test_is_kept_in_english_as_staff_and_english_readers_read_it(self, case: str, told: str) -> None:
        assert [change.told for change in found_in(case)] == [told]
        assert [say(change, "en-GB") for change in found_in(case)] == [News(told)]

    def test_a_value_is_told_beside_what_was_told_before(self) -> None:
        (change,) = found_in("product and claims")
        for words in (
            "Where it was made: South Korea (we told you: France).",
            "Who made it: not stated (we told you: Placeholder Botanicals).",
            "Which species: Rosa canina (we told you: Rosa damascena).",
            "Batch and use-by date: RSE2601, use by 20 February 2028 (we told you: RSE2601, use by 19 January 2028).",
            (
                "The maker's test certificate for this batch: certificate K-77 from Quay Lab, 3 February 2026 "
                "(we told you: not stated)."
            ),
            "Curve of sizes: 3 points, 10 to 480 nm (we told you: none).",
        ):
            assert words in change.told

    @pytest.mark.parametrize("case", CASES)
    def test_has_the_digest_that_it_had_before_values_were_kept(self, case: str) -> None:
        """Else what a person has decided on would be asked about once more."""
        for change in found_in(case):
            bare = replace(change, lines=tuple(replace(line, data={}) for line in change.lines), told="")
            assert bare.sha256 == change.sha256

    def test_what_is_for_staff_alone_is_told_nobody(self) -> None:
        assert [one for case in CASES for one in found_in(case) if "For staff alone." in str(one.told)] == []


class TestWordsOfTheClinic:
    @pytest.mark.parametrize(
        ("case", "words"), [("text", "Aftercare is clearer."), ("batch on hold", "warm transport")]
    )
    def test_stand_apart_where_they_are_in_another_language(self, case: str, words: str) -> None:
        (change,) = found_in(case)
        said = say(change, "ar")
        assert (said.quoted, said.language) == (words, "en-GB")
        assert words not in said.said

    def test_a_rule_without_a_translation_stands_apart_and_one_that_has_it_does_not(self) -> None:
        (change,) = found_in("rules")
        lines = change.as_json()
        lines[0]["data"]["sentences"] = [RULE, "A rule of the clinic’s own."]
        with speaking("cy"):
            said = news.said(change.kind, lines)
        assert (said.quoted, said.language) == ("A rule of the clinic’s own.", "en-GB")
        assert RULE not in said.said

    def test_a_recorded_value_is_not_turned_around_in_arabic(self) -> None:
        said = say(found_in("who treats")[0], "ar").said
        with speaking("ar"):
            assert isolated("7654321") in said
        assert "\u2066" in said


def news_of(consent: Consent) -> list[dict[str, Any]]:
    """The blocks of the part on what is new."""
    content = Consent.objects.select_related("document", "patient").get(pk=consent.pk).document.content
    return [block for part in content["sections"] if part["key"] == "news" for block in part["blocks"]]


def content_of(consent: Consent) -> dict[str, Any]:
    return dict(Consent.objects.select_related("document", "patient").get(pk=consent.pk).document.content)


def write_anew(desk: Desk, handed: Handed, tag: str, hours: int = 1) -> None:
    at = AFTER_THINKING + timedelta(hours=hours)
    services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=at, language=tag)


def older_mark(handed: Handed) -> ReviewMark:
    """A mark as an older Candour wrote it: words, and no values."""
    return ReviewMark.objects.create(
        consent=handed.consent,
        document=handed.consent.document,
        kind=MarkKind.DOSSIER,
        lines=[{"key": "species", "what": "Which species", "then": "Rosa x damascena", "now": "Rosa canina"}],
        told="We have something new on record about the product. Which species: Rosa canina (we told you: Rosa x damascena).",
        change_sha256="c" * 64,
        marked_at=LATER,
    )


@pytest.fixture
def translated() -> Iterator[None]:
    with made_up():
        yield


@pytest.mark.django_db
class TestTheDocument:
    @pytest.mark.usefixtures("translated")
    @pytest.mark.parametrize("tag", OTHERS)
    def test_tells_in_its_language_what_is_marked(self, desk: Desk, handed: Handed, tag: str) -> None:
        offer(desk.clinic, tag)
        correct(desk, "species", "Rosa canina")
        hold(desk)
        compare(handed)
        marks = list(ReviewMark.objects.open().values_list("pk", flat=True))
        write_anew(desk, handed, tag)
        batch, reason, product = news_of(handed.consent)
        assert "RSE2601" in batch["text"]
        assert "Rosa canina" in product["text"]
        assert english_left(batch["text"] + product["text"], "Rosa canina", "Rosa x damascena", "RSE2601") == []
        assert (reason["text"], reason["language"], reason["direction"]) == ("warm transport", "en-GB", "ltr")
        assert sorted(content_of(handed.consent)["news_sources"]) == sorted(map(str, marks))

    @pytest.mark.usefixtures("translated")
    def test_says_it_anew_when_another_language_is_chosen(self, desk: Desk, handed: Handed) -> None:
        for tag in ("cy", "ar"):
            offer(desk.clinic, tag)
        correct(desk, "species", "Rosa canina")
        compare(handed)
        write_anew(desk, handed, "en-GB")
        english = news_of(handed.consent)[0]["text"]
        link = desks.link_for(desk, handed.consent, at=AFTER_THINKING + 2 * HOUR).link
        services.choose_language(handed.consent.pk, link.pk, "ar", at=AFTER_THINKING + 3 * HOUR)
        (arabic,) = news_of(handed.consent)
        assert english_left(arabic["text"], "Rosa canina", "Rosa x damascena") == []
        services.choose_language(handed.consent.pk, link.pk, "en-GB", at=AFTER_THINKING + 4 * HOUR)
        assert [block["text"] for block in news_of(handed.consent)] == [english]

    @pytest.mark.usefixtures("translated")
    def test_a_new_consent_in_another_language_tells_what_was_marked_on_the_one_it_replaces(self, desk: Desk) -> None:
        offer(desk.clinic, "zh-Hans")
        older = desks.signed(desk)
        correct(desk, "species", "Rosa canina")
        compare(older)
        decide(desk, older, MarkOutcome.ASK_AGAIN)
        newer = desks.issue(desk, at=AFTER_THINKING, language="zh-Hans")
        (paragraph,) = news_of(newer.consent)
        assert "Rosa canina" in paragraph["text"]
        assert english_left(paragraph["text"], "Rosa canina", "Rosa x damascena") == []

    def test_a_mark_with_nothing_but_words_is_told_in_them_and_named_as_english(
        self, desk: Desk, handed: Handed
    ) -> None:
        offer(desk.clinic, "ar")
        mark = older_mark(handed)
        for hours in (1, 2):
            write_anew(desk, handed, "ar", hours)
            opening, words = news_of(handed.consent)
            assert opening["text"] == catalogued("ar", wording.NEWS)
            assert (words["text"], words["language"], words["direction"]) == (mark.told, "en-GB", "ltr")

    def test_and_in_english_it_stands_in_the_one_paragraph_as_before(self, desk: Desk, handed: Handed) -> None:
        mark = older_mark(handed)
        write_anew(desk, handed, "en-GB")
        (paragraph,) = news_of(handed.consent)
        assert paragraph == {"type": "paragraph", "text": f"{wording.NEWS} {mark.told}", "clauses": []}

    def test_words_of_a_document_that_names_no_marks_are_told_on(
        self, desk: Desk, handed: Handed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offer(desk.clinic, "cy")
        correct(desk, "species", "Rosa canina")
        compare(handed)
        write_anew(desk, handed, "en-GB")
        older = {key: value for key, value in content_of(handed.consent).items() if key != "news_sources"}
        monkeypatch.setattr("consent.models.documents.Document.content", older)
        told = news_for(fresh(handed.consent))
        with speaking("cy"):
            welsh = news_for(fresh(handed.consent))
        assert told == (News(older["news"][0]),)
        assert welsh == (News("", older["news"][0], "en-GB"),)

    def test_what_a_text_says_is_new_is_taken_from_its_translation(self, desk: Desk, handed: Handed) -> None:
        writers.new_version(desk.clinic, what_changed="Aftercare is clearer.")
        (mark,) = compare(handed)
        review(desk.clinic, "cy")
        draft = services.start_draft(desk.clinic, agent=writers.writer(desk.clinic), at=LATER, language="cy")
        writers.publish(writers.save(draft, reviewed_by="A. Rees", what_changed="Mae’n gliriach."), at=LATER + 2 * HOUR)
        write_anew(desk, handed, "cy")
        (paragraph,) = news_of(handed.consent)
        assert paragraph["text"].endswith("Mae’n gliriach.")
        assert "Aftercare" not in paragraph["text"]
        assert "Aftercare is clearer." in mark.told
        assert ConsentTemplate.objects.filter(translates__what_changed="Aftercare is clearer.").count() == 1

    def test_values_that_a_mark_keeps_agree_with_the_log(self, desk: Desk, handed: Handed) -> None:
        entry = {"value": SIZE, "basis": "MEASURED_BATCH", "recorded_at": ""}
        desk.batch.snapshot = {**desk.batch.snapshot, "size": entry}
        record(desk.clinic, desk.batch)
        (mark,) = compare(handed)
        kept = ReviewMark.objects.get(pk=mark.pk).lines[0]["data"]["now"]
        assert kept == {"value": SIZE, "unit": "", "basis": "MEASURED_BATCH", "reason": ""}
        history = services.history_of(fresh(handed.consent))
        assert (history.changed, history.unlogged) == ((), ())

    def test_a_record_put_right_is_told_once_in_the_language_of_the_text(self, desk: Desk) -> None:
        offer(desk.clinic, "cy")
        wrong = desks.issue(desk).consent
        services.invalidate_consent(wrong.pk, reason="Falsches Produkt.", agent=desk.agent, at=LATER)
        handed = desks.issue(desk, at=LATER + HOUR, corrects=fresh(wrong))
        english = content_of(handed.consent)["news"]
        for hours in (1, 2):
            write_anew(desk, handed, "en-GB", hours)
            assert content_of(handed.consent)["news"] == english
        write_anew(desk, handed, "cy", 3)
        (paragraph,) = news_of(handed.consent)
        known = catalogue("cy")["What was wrong: {reason}"].format(reason="Falsches Produkt.")
        assert paragraph["text"].count(wrong.reference) == 1
        assert paragraph["text"].endswith(known)


def catalogued(tag: str, text: str) -> str:
    """A text of several sentences as the catalogue has them."""
    with speaking(tag):
        return say_each(text)


@pytest.mark.django_db
class TestWhatThePatientSees:
    @pytest.mark.usefixtures("translated", "desk_time")
    def test_the_page_is_in_the_language_and_marks_what_is_not(self, desk: Desk, handed: Handed, phone: Client) -> None:
        offer(desk.clinic, "ar")
        hold(desk)
        older_mark(handed)
        compare(handed, LATER)
        services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=LATER, language="ar")
        again = desks.link_for(desk, handed.consent, at=LATER)
        assert phone.post(again.path(), MARA_WAS_BORN).status_code == 302
        page = phone.get(again.path("part/news/")).content.decode()
        assert '<html lang="ar" dir="rtl">' in page
        assert '<p lang="en-GB" dir="ltr">warm transport</p>' in page
        assert '<p lang="en-GB" dir="ltr">We have something new on record about the product.' in page
        assert "Something has changed about batch" not in page

    @pytest.mark.pdf
    @pytest.mark.usefixtures("translated")
    def test_the_pdf_says_the_same(self, desk: Desk, handed: Handed) -> None:
        offer(desk.clinic, "cy")
        correct(desk, "species", "Rosa canina")
        hold(desk)
        compare(handed)
        write_anew(desk, handed, "cy")
        told = paper.squeezed(paper.text(services.unsigned_copy(fresh(handed.consent))))
        blocks = news_of(handed.consent)
        assert len(blocks) == 3
        assert [block["text"] for block in blocks if paper.squeezed(block["text"]) not in told] == []
        assert "Somethinghaschanged" not in told
