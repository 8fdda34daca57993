"""Consent texts: written by one person, published by another, locked, and used for every consent issued after."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.errors import AppendOnlyError
from audit.services import entries_for
from clinic.models import Organization
from consent import gate, markdown, services, wording
from consent.errors import IssueRefusedError, PublishRefusedError, StaleDraftError, TemplateTextError
from consent.models import ConsentTemplate, TemplateDraft
from consent.vocabulary import DraftState, FindingKind, TextKind
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent import writers
from tests.consent.desk import Desk
from tests.consent.writers import HOUR, begin, content_with, new_version, publish, save, writer

pytestmark = pytest.mark.django_db
LISTED = json.loads((Path(__file__).parents[1] / "vectors" / "reliability_inputs.json").read_text())[
    "HTML/CSS of consent text → WeasyPrint"
]
# What an author could write into a text for each input of the list, and the code of its refusal; "" where it stays words.
WRITTEN = {
    "img-file": ("<img src=file:///etc/passwd>", "template.html"),
    "import": ("<style>@import url(http://evil.example)</style>", "template.html"),
    "bg": ('<div style="background:url(http://evil.example)">x</div>', "template.html"),
    "font": ("<style>@font-face {src:url(http://evil.example)}</style>", "template.html"),
    "embed": ("<embed src=file:///etc/passwd>", "template.html"),
    "svg-img": ("<svg><image xlink:href=http://evil.example></svg>", "template.html"),
    "svg-use": ("<svg><use href=http://evil.example#a></svg>", "template.html"),
    "base": ("<base href=http://evil.example/><img src=a.png>", "template.html"),
    "redirect": ("[x](https://evil.example/302)", "template.link_host"),
    "dns-rebind": ("[x](https://rebind.evil.example/)", "template.link_host"),
    "ipv6": ("[x](https://[::ffff:127.0.0.1]/)", "template.link_host"),
    "dec-ip": ("[x](https://2130706433/)", "template.link_host"),
    "ftp": ("[x](ftp://evil.example/)", "template.link"),
    "data-attach": ("<link rel=attachment href=data:text/plain,x>", "template.html"),
    "data-svg": ("![x](data:image/svg+xml,x)", "template.picture"),
    "js-link": ("[x](javascript:alert(1))", "template.link"),
    "file-link": ("[x](file:///etc/passwd)", "template.link"),
    "http-link": ("[x](https://evil.example/)", "template.link_host"),
    "tiny": ('<p style="font-size:1px">x</p>', "template.html"),
    "zindex": ('<div style="position:absolute;z-index:9;background:white">x</div>', "template.html"),
    "font-1e9": ('<p style="font-size:1e9px">x</p>', "template.html"),
    "nest-200": ("<div>" * 200, "template.html"),
    "colspan": ("<td colspan=100000>", "template.html"),
    "colspan-1m": ("<td colspan=1000000>", "template.html"),
    "unclosed": ("<p><b>", "template.html"),
    "running": ("position:running(x) target-counter(attr(href), page)", ""),
}
# These two are no input: they are ways in which our own code could call WeasyPrint.
OUR_OWN_CODE = {"stylesheets", "hints"}


class TestTheShippedText:
    def test_a_clinic_without_a_text_of_its_own_gets_it_as_version_1(self, desk: Desk) -> None:
        written = desks.issue(desk).consent.document
        assert written.template.version == 1
        assert written.template.content == wording.DEFAULT_TEMPLATE
        assert written.content["template"]["id"] == str(written.template_id)
        assert written.content["template"]["sha256"] == written.template.sha256

    def test_it_passes_the_gate_itself(self) -> None:
        assert gate.missing(wording.DEFAULT_TEMPLATE) == []
        assert gate.findings(wording.DEFAULT_TEMPLATE, hosts=gate.PUBLIC_HOSTS) == []

    def test_its_measured_reading_age_is_stored_and_printed_in_the_document(self, desk: Desk) -> None:
        written = desks.issue(desk).consent.document
        assert float(written.template.readability["reading_age"]) < 12
        assert written.content["template"]["readability"]["reading_age"] == written.template.readability["reading_age"]


class TestWriting:
    def test_a_draft_begins_with_the_text_in_force_and_there_is_one(self, harbour: Organization) -> None:
        draft = begin(harbour)
        assert draft.content == wording.DEFAULT_TEMPLATE
        assert begin(harbour) == draft

    def test_saving_keeps_the_words_and_counts(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "cost", "Nothing more to pay."))
        assert saved.revision == 2
        assert "Nothing more to pay." in str(TemplateDraft.objects.get(pk=draft.pk).content)
        assert entries_for("consent.templatedraft", draft.pk)[-1].kind == "consent.template_saved"

    def test_who_saves_second_is_refused_and_both_texts_stay(self, harbour: Organization) -> None:
        draft = begin(harbour)
        save(draft, content_with(draft, "cost", "Ada’s words."))
        with pytest.raises(StaleDraftError, match="Ada Lead changed this draft after you opened it"):
            save(draft, content_with(draft, "cost", "Ben’s words."), by="Ben Lead")
        kept = TemplateDraft.objects.get(pk=draft.pk)
        assert "Ada’s words." in str(kept.content)
        assert [one["name"] for one in kept.writers] == ["Ada Lead"]

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("<img src=file:///etc/passwd>", "template.html"),
            ("<style>@import url(http://evil.example)</style>", "template.html"),
            ('<div style="background:url(http://evil.example)">x</div>', "template.html"),
            ("<svg><image xlink:href=http://evil.example></svg>", "template.html"),
            ("<base href=http://evil.example/>", "template.html"),
            ("<link rel=attachment href=data:x>", "template.html"),
            ("<a href=javascript:alert(1)>x</a>", "template.html"),
            ('<p style="font-size:1px">x</p>', "template.html"),
            ("<td colspan=100000>", "template.html"),
            ("<div>" * 200, "template.html"),
            ("<p><b>", "template.html"),
            ("<!-- hidden -->", "template.html"),
            ("[x](javascript:alert(1))", "template.link"),
            ("[x](file:///etc/passwd)", "template.link"),
            ("[x](http://www.nhs.uk/)", "template.link"),
            ("[x](https://www.nhs.uk:8443/)", "template.link"),
            ("[x](https://www.nhs.uk@evil.example/)", "template.link"),
            ("[x](//evil.example/)", "template.link"),
            ("[x](https://evil.example/)", "template.link_host"),
            ("[x](https://notnhs.uk/)", "template.link_host"),
            ("[x](https://[::1]/)", "template.link_host"),
            ("[x](https://2130706433/)", "template.link_host"),
            ("![x](https://www.nhs.uk/a.png)", "template.picture"),
            ("- a\n  - b\n    - c", "template.too_deep"),
            ("word " * 2000, "template.too_long"),
            ("\n".join(f"- {number}" for number in range(50)), "template.too_long"),
        ],
    )
    def test_what_is_not_taken_is_refused_at_its_field_and_nothing_is_saved(
        self, harbour: Organization, text: str, code: str
    ) -> None:
        draft = begin(harbour)
        with pytest.raises(TemplateTextError) as refusal:
            save(draft, content_with(draft, "what", text))
        assert (refusal.value.code, refusal.value.field) == (code, "text_0")
        assert TemplateDraft.objects.get(pk=draft.pk).revision == 1

    def test_words_of_a_style_sheet_or_of_a_template_are_just_words(self, harbour: Organization) -> None:
        draft = begin(harbour)
        text = "@import url(x) position:running {{ patient }} {% include x %} `code` | a | b | 3 < 4 & 5"
        saved = save(draft, content_with(draft, "what", text))
        content = services.specimen_of(saved, at=NOW)
        assert text in str(content["sections"])

    def test_the_clinic_s_own_site_may_be_linked_to(self, harbour: Organization) -> None:
        draft = begin(harbour)
        text = "See [our page](https://example.org/care) and [the NHS](https://www.nhs.uk/)."
        content = services.specimen_of(save(draft, content_with(draft, "aftercare", text)), at=NOW)
        assert "https://example.org/care" in str(content["sections"])


class TestListedInputs:
    """The inputs of the reliability list for HTML and CSS: whatever is refused reaches neither page nor PDF."""

    def test_each_is_answered_for(self) -> None:
        assert {row["id"] for row in LISTED} == set(WRITTEN) | OUR_OWN_CODE

    @pytest.mark.parametrize("name", WRITTEN)
    def test_each_is_refused_in_words_or_stays_words(self, name: str) -> None:
        text, code = WRITTEN[name]
        if not code:
            assert markdown.plain(markdown.read(text, hosts=gate.PUBLIC_HOSTS)) == text
            return
        with pytest.raises(TemplateTextError) as refusal:
            markdown.read(text, hosts=gate.PUBLIC_HOSTS, field="text_0")
        assert (refusal.value.code, refusal.value.field) == (code, "text_0")


class TestWhatEveryTextMustHold:
    @pytest.mark.parametrize("kind", list(gate.REQUIRED))
    def test_a_missing_part_is_named(self, harbour: Organization, kind: str) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, kind, " "))
        with pytest.raises(PublishRefusedError) as refusal:
            publish(saved)
        words, clause = gate.REQUIRED[TextKind(kind)]
        assert f"{words} ({clause})" in refusal.value.message
        assert refusal.value.code == "template.incomplete"

    def test_all_that_is_missing_is_named_at_once(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, {"schema": gate.SCHEMA, "language": "en-GB", "sections": []})
        with pytest.raises(PublishRefusedError) as refusal:
            publish(saved)
        for words, _ in gate.REQUIRED.values():
            assert words in refusal.value.message
        for clause in ("K1", "K2", "K3", "K9", "K10", "K13", "K15"):
            assert f"({clause})" in refusal.value.message


class TestThePublisher:
    def test_must_be_somebody_who_wrote_nothing_in_it(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "cost", "No more to pay."))
        with pytest.raises(PublishRefusedError) as refusal:
            publish(saved, by="Ada Lead")
        assert refusal.value.code == "template.same_person"
        assert ConsentTemplate.objects.at(harbour).count() == 1

    def test_gives_it_a_number_a_date_and_a_name(self, harbour: Organization) -> None:
        text = new_version(harbour)
        assert (text.version, text.published_by, text.written_by) == (2, "Ben Lead", "Ada Lead")
        assert text.supersedes is not None
        assert text.supersedes.version == 1
        assert text.what_changed == "Said better."
        assert text.published_at == text.effective_from == NOW + 2 * HOUR
        assert entries_for("consent.consenttemplate", text.pk)[-1].kind == "consent.template_published"

    def test_publishes_what_was_read_or_nothing(self, harbour: Organization) -> None:
        draft = begin(harbour)
        read = save(draft, content_with(draft, "cost", "No more to pay."))
        save(read, content_with(read, "cost", "A little more to pay."))
        with pytest.raises(StaleDraftError):
            publish(read)
        assert ConsentTemplate.objects.at(harbour).count() == 1

    def test_cannot_publish_the_same_words_again_or_without_saying_what_changed(self, harbour: Organization) -> None:
        draft = save(begin(harbour))
        with pytest.raises(PublishRefusedError) as same:
            publish(draft)
        assert same.value.code == "template.unchanged"
        silent = save(draft, content_with(draft, "cost", "No more to pay."), what_changed="")
        with pytest.raises(PublishRefusedError) as refusal:
            publish(silent)
        assert refusal.value.code == "template.what_changed"

    def test_a_draft_is_published_once(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "cost", "No more to pay."))
        publish(saved)
        with pytest.raises(StaleDraftError) as refusal:
            publish(saved)
        assert refusal.value.code == "template.draft_closed"

    def test_a_draft_that_a_newer_version_overtook_must_be_compared_first(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "cost", "No more to pay."))
        other = copy.copy(services.first_text(harbour, at=NOW))
        other.pk, other.version, other._state.adding = None, 2, True
        other.pk = ConsentTemplate._meta.pk.get_default()
        with transaction.atomic():
            other.save()
        with pytest.raises(StaleDraftError) as refusal:
            publish(saved)
        assert refusal.value.code == "template.base_changed"
        carried = services.carry_on(saved.pk, revision=saved.revision, agent=writer(harbour), at=NOW + HOUR)
        assert publish(carried).version == 3

    def test_what_is_published_cannot_be_changed_by_anybody(self, harbour: Organization) -> None:
        text = new_version(harbour)
        text.name = "Other"
        with pytest.raises(AppendOnlyError):
            text.save()
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE consent_consenttemplate SET name = 'Other'")

    def test_a_discarded_draft_stays_on_record_and_is_closed(self, harbour: Organization) -> None:
        draft = begin(harbour)
        services.discard_draft(draft.pk, revision=1, agent=writer(harbour), at=NOW)
        with pytest.raises(StaleDraftError, match="was discarded by Ada Lead"):
            save(draft)
        assert TemplateDraft.objects.get(pk=draft.pk).state == DraftState.DISCARDED


class TestWhenItCounts:
    def test_a_consent_issued_after_has_the_new_words_and_one_issued_before_keeps_the_old(self, desk: Desk) -> None:
        before = desks.issue(desk)
        text = new_version(desk.clinic, "Wash with water only.")
        after = desks.issue(desk, at=NOW + 3 * HOUR)
        assert "Wash with water only." in str(after.consent.document.content["sections"])
        assert after.consent.document.template == text
        assert "Wash with water only." not in str(before.consent.document.content["sections"])

    def test_a_version_with_a_first_day_begins_on_the_clinic_s_own_midnight(self, desk: Desk) -> None:
        desk.clinic.time_zone = "Asia/Tokyo"
        desk.clinic.save()
        text = new_version(desk.clinic, starts_on=date(2026, 12, 1))
        assert text.effective_from == datetime(2026, 11, 30, 15, tzinfo=UTC)
        assert services.text_in_force(desk.clinic, on=text.effective_from - timedelta(seconds=1)).version == 1
        assert services.text_in_force(desk.clinic, on=text.effective_from).version == 2

    def test_after_the_last_day_the_earlier_text_counts_again(self, desk: Desk) -> None:
        text = new_version(desk.clinic, ends_on=date(2026, 11, 30))
        assert text.effective_to == datetime(2026, 12, 1, tzinfo=UTC)
        assert services.text_in_force(desk.clinic, on=text.effective_to).version == 1

    def test_a_span_that_is_over_before_it_begins_is_refused(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(
            draft, content_with(draft, "cost", "None."), starts_on=date(2026, 12, 2), ends_on=date(2026, 12, 1)
        )
        with pytest.raises(PublishRefusedError) as refusal:
            publish(saved)
        assert refusal.value.code == "template.span"

    def test_where_every_text_has_ended_no_consent_is_issued(self, desk: Desk) -> None:
        with pytest.raises(IssueRefusedError) as refusal:
            desks.issue(desk, at=datetime(2025, 12, 31, tzinfo=UTC))
        assert refusal.value.code == "template.none_in_force"


class TestTheGate:
    def kinds(self, text: str) -> list[tuple[str, str]]:
        content = {"language": "en-GB", "sections": [{"kind": "what", "title": "What", "text": text}]}
        return [(one.kind, one.words) for one in gate.findings(content, hosts=gate.PUBLIC_HOSTS)]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("It heals scars.", "heals"),
            ("This cures acne.", "cures"),
            ("It rejuvenates the skin.", "rejuvenates"),
            ("It is clinically proven.", "clinically proven"),
            ("There are no side effects.", "no side effects"),
            ("It is FDA-approved.", "fda-approved"),
            ("You will look younger: we guarantee it.", "guarantee"),
            ("It is safe for all.", "is safe"),
            ("A revolutionary serum.", "revolutionary"),
            ("Only natural things.", "natural"),
        ],
    )
    def test_words_of_adverts_and_cures_are_found(self, text: str, words: str) -> None:
        assert (FindingKind.CLAIM, words) in self.kinds(text)

    @pytest.mark.parametrize(
        "text",
        [
            "It has not been proven to work.",
            "Nobody can guarantee a result.",
            "We do not know that it heals anything.",
            "It is not safe to drink.",
            "The skin may be sore for some days.",
        ],
    )
    def test_an_honest_denial_is_no_claim(self, text: str) -> None:
        assert [one for one in self.kinds(text) if one[0] == FindingKind.CLAIM] == []

    def test_a_long_sentence_a_hard_part_and_a_hard_word_are_found(self) -> None:
        text = (
            "The administration of extracellular vesicle preparations necessitates comprehensive characterisation "
            "and documentation prior to any subsequent intervention in individuals who have previously received comparable products somewhere else and later."
        )
        kinds = {kind for kind, _ in self.kinds(text)}
        assert kinds == {FindingKind.READING_AGE, FindingKind.SENTENCE, FindingKind.JARGON}

    def test_each_finding_names_the_rule(self) -> None:
        content = {"language": "en-GB", "sections": [{"kind": "what", "title": "What", "text": "It cures."}]}
        assert "regulation 2(1)(a)" in gate.findings(content, hosts=())[0].why

    def test_a_flagged_word_keeps_the_text_from_being_published(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "benefits", "It heals the skin."))
        with pytest.raises(PublishRefusedError, match="“heals” in “What might get better”"):
            publish(saved)

    def test_a_named_person_keeps_it_with_a_reason_that_goes_into_the_version(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "benefits", "It heals the skin."))
        (found,) = saved.findings
        kept = services.keep_finding(
            saved.pk, found.key, "Asked for by our lawyer.", revision=saved.revision, agent=writer(harbour), at=NOW
        )
        text = publish(kept)
        assert [(one["words"], one["by"], one["reason"]) for one in text.kept] == [
            ("heals", "Ada Lead", "Asked for by our lawyer.")
        ]

    def test_who_keeps_one_has_written_and_cannot_publish(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "benefits", "It heals the skin."))
        kept = services.keep_finding(
            saved.pk,
            saved.findings[0].key,
            "Asked for by our lawyer.",
            revision=saved.revision,
            agent=writer(harbour, "Ben Lead"),
            at=NOW,
        )
        with pytest.raises(PublishRefusedError, match="second person"):
            publish(kept)

    @pytest.mark.parametrize(("key", "reason"), [("0" * 16, "A good reason."), ("", "short")])
    def test_a_word_that_is_not_there_or_no_reason_is_refused(
        self, harbour: Organization, key: str, reason: str
    ) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "benefits", "It heals the skin."))
        with pytest.raises(PublishRefusedError):
            services.keep_finding(
                saved.pk, key or saved.findings[0].key, reason, revision=saved.revision, agent=writer(harbour), at=NOW
            )

    def test_a_reason_goes_when_its_sentence_changes(self, harbour: Organization) -> None:
        draft = begin(harbour)
        saved = save(draft, content_with(draft, "benefits", "It heals the skin."))
        kept = services.keep_finding(
            saved.pk,
            saved.findings[0].key,
            "Asked for by our lawyer.",
            revision=saved.revision,
            agent=writer(harbour),
            at=NOW,
        )
        again = save(kept, content_with(kept, "benefits", "It heals everything."))
        assert again.kept == []

    def test_other_scripts_are_measured_by_their_own_marks(self) -> None:
        content: dict[str, Any] = {
            "language": "zh-Hans",
            "sections": [{"kind": "what", "title": "什么", "text": "这是一种实验性治疗。没有人知道它的长期风险。"}],
        }
        report = gate.report(content, hosts=())
        assert report["reading_age"] is None
        assert report["sentences"] == 2
        assert report["formula"] == "none for this language"


def test_writers_are_named_once(harbour: Organization) -> None:
    draft = save(writers.save(begin(harbour)))
    assert draft.writer_names == "Ada Lead"
