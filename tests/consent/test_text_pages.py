"""The pages of consent texts: who sees and writes them, and that nothing typed is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clinic.models import Organization, User
from consent import services
from consent.models import ConsentTemplate, TemplateDraft
from tests.cast import NOW
from tests.conftest import SignedIn
from tests.consent import paper, writers
from tests.consent.writers import begin, content_with, new_version, save

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(harbour: Organization) -> TemplateDraft:
    """A draft that Ada has changed."""
    begun = begin(harbour)
    return save(begun, content_with(begun, "cost", "Nothing more to pay."))


def path(draft: TemplateDraft, rest: str = "") -> str:
    return f"/texts/draft/{draft.pk}/{rest}"


def sent(draft: TemplateDraft, **changes: Any) -> dict[str, Any]:
    """What the page of this draft sends."""
    data: dict[str, Any] = {
        "revision": draft.revision,
        "count": len(draft.content["sections"]),
        "name": draft.name,
        "purpose": draft.content["purpose"],
        "retention": draft.content["retention"],
        "what_changed": draft.what_changed,
        "act": "save",
    }
    for number, part in enumerate(draft.content["sections"]):
        data |= {f"{name}_{number}": part[name] for name in ("kind", "title", "text")}
    return data | changes


class TestWhoSeesThem:
    def test_a_stranger_finds_nothing(self, draft: TemplateDraft, stranger: User, signed_in: SignedIn) -> None:
        client = signed_in(stranger)
        text = services.first_text(draft.organization, at=NOW)
        for page in ("", "preview/", "preview.pdf", "difference/", "check/"):
            assert client.get(path(draft, page)).status_code == 404
        for page in ("", "check/", "publish/", "discard/"):
            assert client.post(path(draft, page), sent(draft)).status_code in (403, 404)
        for page in ("", "text.pdf", "difference/"):
            assert client.get(f"/texts/{text.pk}/{page}").status_code == 404
        assert "Nothing more to pay" not in client.get("/texts/").content.decode()
        assert TemplateDraft.objects.get(pk=draft.pk).revision == draft.revision

    def test_an_auditor_reads_and_changes_nothing(
        self, draft: TemplateDraft, auditor: User, signed_in: SignedIn
    ) -> None:
        client = signed_in(auditor)
        for page in ("/texts/", path(draft, "preview/"), path(draft, "difference/"), path(draft, "check/")):
            answer = client.get(page)
            assert answer.status_code == 200
            assert "btn wide" not in answer.content.decode()
        for page in (
            path(draft),
            path(draft, "check/"),
            path(draft, "publish/"),
            path(draft, "discard/"),
            "/texts/draft/",
        ):
            assert client.post(page, sent(draft)).status_code == 403

    def test_only_a_lead_publishes(self, draft: TemplateDraft, practitioner: User, signed_in: SignedIn) -> None:
        answer = signed_in(practitioner).post(path(draft, "publish/"), {"revision": draft.revision})
        assert answer.status_code == 403
        assert ConsentTemplate.objects.count() == 1

    def test_acts_need_a_token_of_the_page(self, draft: TemplateDraft, lead: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(lead)
        assert client.post(path(draft, "publish/"), {"revision": draft.revision}).status_code == 403


class TestWriting:
    def test_a_lead_begins_and_lands_in_the_fields(
        self, harbour: Organization, lead: User, signed_in: SignedIn
    ) -> None:
        answer = signed_in(lead).post("/texts/draft/", follow=True)
        assert "Write a consent text" in answer.content.decode()
        assert TemplateDraft.objects.get().organization == harbour

    def test_the_score_and_the_findings_stand_at_their_part(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        client = signed_in(lead)
        answer = client.post(path(draft), sent(draft, text_3="It cures all."), follow=True)
        page = answer.content.decode()
        assert "Promise or advertising" in page
        assert "<b>cures</b>" in page
        assert "Reading age" in page

    @pytest.mark.parametrize(
        ("act", "kinds"),
        [
            ("add", ["what", "why", "happens", "free"]),
            ("remove-0", ["why", "happens"]),
            ("up-1", ["why", "what", "happens"]),
            ("down-1", ["what", "happens", "why"]),
            ("up-0", ["what", "why", "happens"]),
            ("remove-99", ["what", "why", "happens"]),
            ("remove-x", ["what", "why", "happens"]),
        ],
    )
    def test_parts_are_added_moved_and_taken_out_without_javascript(
        self, harbour: Organization, lead: User, signed_in: SignedIn, act: str, kinds: list[str]
    ) -> None:
        begun = begin(harbour)
        three = save(begun, {**begun.content, "sections": begun.content["sections"][:3]})
        assert signed_in(lead).post(path(three), sent(three, act=act)).status_code == 302
        assert [part["kind"] for part in TemplateDraft.objects.get().content["sections"]] == kinds

    def test_html_is_refused_at_its_field_and_stays_as_typed(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        answer = signed_in(lead).post(
            path(draft), sent(draft, text_1="<script>alert(1)</script>", text_2="Kept words.")
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "HTML is not taken here" in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page
        assert "Kept words." in page
        assert "#id_text_1" in page

    def test_a_second_writer_sees_both_texts_and_saves_after_looking(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        client = signed_in(lead)
        mine = sent(draft, text_0="My own new words.")
        save(draft, content_with(draft, "why", "Their new words."), by="Ben Lead")
        answer = client.post(path(draft), mine)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "Ben Lead changed this draft after you opened it" in page
        assert "Their new words." in page
        assert page.count("My own new words.") >= 2  # beside theirs, and still in its field
        again = client.post(path(draft), {**mine, "revision": draft.revision + 1})
        assert again.status_code == 302
        assert "My own new words." in str(TemplateDraft.objects.get(pk=draft.pk).content)

    def test_words_for_a_draft_that_was_published_meanwhile_are_still_on_the_page(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        client = signed_in(lead)
        page = client.get(path(draft))
        assert page.status_code == 200
        writers.publish(draft)
        assert client.get(path(draft)).status_code == 404

    @pytest.mark.parametrize("changes", [{"count": "9999"}, {"count": "x"}, {"revision": "0"}, {"kind_0": "free\x00"}])
    def test_a_page_that_was_tampered_with_is_answered_in_words(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn, changes: dict[str, str]
    ) -> None:
        assert signed_in(lead).post(path(draft), sent(draft, **changes)).status_code == 422
        assert TemplateDraft.objects.get(pk=draft.pk).revision == draft.revision


class TestLooking:
    def test_the_preview_shows_the_words_with_all_fixed_clauses(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        page = signed_in(lead).get(path(draft, "preview/")).content.decode()
        assert "Nothing more to pay." in page
        assert "This treatment is experimental" in page
        assert "Example Patient" not in page or "made-up" in page

    @pytest.mark.pdf
    def test_the_pdf_shows_them_too_and_is_not_signed(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        answer = signed_in(lead).get(path(draft, "preview.pdf"))
        assert answer["Content-Type"] == "application/pdf"
        words = paper.text(answer.content)
        assert "Nothing more to pay." in words
        assert "NOT SIGNED" in words
        assert "reading age of" in words

    def test_the_difference_names_what_went_and_what_came(
        self, draft: TemplateDraft, lead: User, signed_in: SignedIn
    ) -> None:
        page = signed_in(lead).get(path(draft, "difference/")).content.decode()
        assert "<del>" in page
        assert "Nothing more to pay." in page
        assert "1 line differs" in page or "2 lines differ" in page

    def test_a_published_version_is_read_by_everybody(
        self, harbour: Organization, practitioner: User, signed_in: SignedIn
    ) -> None:
        text = new_version(harbour, "Wash with water only.")
        client = signed_in(practitioner)
        page = client.get(f"/texts/{text.pk}/").content.decode()
        assert "Wash with water only." in page
        assert "Ben Lead" in page
        assert text.sha256 in page
        assert "Wash with water only." in client.get(f"/texts/{text.pk}/difference/").content.decode()
        assert "In force" in client.get("/texts/").content.decode()


class TestPublishing:
    def test_the_writer_is_told_why_not_and_a_second_lead_publishes(
        self, draft: TemplateDraft, lead: User, second_lead: User, signed_in: SignedIn
    ) -> None:
        first = signed_in(lead)
        first.post(path(draft), sent(draft, text_0="It is a gel."))
        revision = draft.revision + 1
        assert "another clinic lead must read" in first.get(path(draft, "check/")).content.decode()
        refused = first.post(path(draft, "publish/"), {"revision": revision})
        assert refused.status_code == 422
        assert "A second person must read it" in refused.content.decode()
        answer = signed_in(second_lead).post(path(draft, "publish/"), {"revision": revision}, follow=True)
        assert "Version 2 is published" in answer.content.decode()

    def test_what_changed_after_reading_is_not_published(
        self, draft: TemplateDraft, second_lead: User, signed_in: SignedIn
    ) -> None:
        save(draft, content_with(draft, "why", "New words."))
        answer = signed_in(second_lead).post(path(draft, "publish/"), {"revision": draft.revision})
        assert answer.status_code == 422
        assert "changed this draft after you opened it" in answer.content.decode()
        assert ConsentTemplate.objects.count() == 1

    def test_a_word_is_kept_with_a_reason_and_the_publisher_reads_it(
        self, draft: TemplateDraft, lead: User, second_lead: User, signed_in: SignedIn
    ) -> None:
        flagged = save(draft, content_with(draft, "benefits", "It heals the skin."))
        key = flagged.findings[0].key
        client = signed_in(lead)
        empty = client.post(path(draft, "check/"), {"key": key, "revision": flagged.revision, "reason": ""})
        assert empty.status_code == 422
        assert "Say in a sentence why it stays" in empty.content.decode()
        client.post(path(draft, "check/"), {"key": key, "revision": flagged.revision, "reason": "A quotation."})
        assert "A quotation." not in client.get("/texts/").content.decode()
        refused = client.post(
            path(draft, "check/"), {"key": key, "revision": flagged.revision, "reason": "Asked by law."}
        )
        assert refused.status_code == 422
        page = signed_in(second_lead).get(path(draft, "check/")).content.decode()
        assert "A quotation." in page
        assert "Kept" in page

    def test_a_draft_is_discarded(self, draft: TemplateDraft, lead: User, signed_in: SignedIn) -> None:
        answer = signed_in(lead).post(path(draft, "discard/"), {"revision": draft.revision}, follow=True)
        assert "The draft is discarded" in answer.content.decode()
        assert "Write a new version" in answer.content.decode()

    def test_the_list_asks_the_same_few_questions_however_many_versions(
        self, harbour: Organization, lead: User, signed_in: SignedIn, django_assert_max_num_queries: Any
    ) -> None:
        for number in range(3):
            new_version(harbour, f"Words number {number}.")
        client = signed_in(lead)
        client.get("/texts/")
        with django_assert_max_num_queries(12):
            client.get("/texts/")
