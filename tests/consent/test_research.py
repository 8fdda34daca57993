"""Research use: a text of its own type with the eight elements, a study on record, and one ceremony for both (21 CFR 50.25)."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from audit.records import Agent
from audit.services import entries_for
from clinic.models import Organization
from consent import document, gate, rendering, services, specimen, wording
from consent.errors import (
    ClauseMissingError,
    IssueRefusedError,
    PaperRefusedError,
    PublishRefusedError,
    SigningRefusedError,
    StudyRefusedError,
    TemplateTextError,
)
from consent.models import Consent, ConsentTemplate, ReviewMark, Study, StudyVersion
from consent.records import TextInForce
from consent.rules import STUDY_FACTS
from consent.serializers import fhir
from consent.services.marks import replaced_by
from consent.vocabulary import RESEARCH_KINDS, Element, MarkKind, MarkOutcome, Section, TextKind, TextType
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent import paper, writers
from tests.consent.desk import Desk, Handed
from tests.consent.research import (
    ROSE,
    approved_words,
    issue_research,
    read_all_research,
    research_text,
    study_of,
)
from tests.consent.staffroom import LATER, declare

pytestmark = pytest.mark.django_db
ADA = "Ada Lead"


def lead(clinic: Organization) -> Agent:
    return Agent("user", "ada", clinic.pk, ADA)


def without(kind: str) -> dict[str, Any]:
    """The approved words without the part of this kind."""
    content = approved_words()
    content["sections"] = [part for part in content["sections"] if part["kind"] != kind]
    return content


def text_of(content: dict[str, Any], name: str = "Text") -> TextInForce:
    return TextInForce("id", name, 1, "en-GB", "0" * 64, content, {})


def composed(content: dict[str, Any] | None = None) -> dict[str, Any]:
    """A Document for research of a made-up person."""
    facts = specimen.facts(
        text_of(content or approved_words()),
        clinic={"name": "Harbour Clinic", "emergency_phone": "1", "contact_phone": "2"},
        time_zone="Europe/London",
        place="England",
        at=NOW,
    )
    return document.compose(replace(facts, study=replace(specimen.STUDY, said=ROSE)))


def part_of(content: dict[str, Any], key: str) -> dict[str, Any]:
    return next(part for part in content["sections"] if part["key"] == key)


def told_in(part: dict[str, Any]) -> str:
    return str(part["blocks"])


class TestTheText:
    def test_the_shipped_draft_cannot_be_published_before_its_brackets_are_filled_in(
        self, harbour: Organization
    ) -> None:
        lacks = gate.missing(wording.research_draft())
        assert len(lacks) == 5
        assert all(line.startswith("what stands in square brackets") for line in lacks)
        draft = services.start_draft(harbour, agent=lead(harbour), at=NOW, text_type=TextType.RESEARCH)
        with pytest.raises(PublishRefusedError, match="square brackets in “Who sees your data”"):
            writers.publish(writers.save(draft))
        assert not ConsentTemplate.objects.at(harbour).exists()

    @pytest.mark.parametrize("place", ["purpose", "retention", "title"])
    def test_nor_while_one_stands_outside_the_words_of_a_part(self, place: str) -> None:
        content = approved_words()
        (content["sections"][0] if place == "title" else content)[place] = "Skin [say which]"
        assert [one for one in gate.missing(content) if one.endswith(": say which")] != []

    def test_with_words_in_them_it_passes_and_reads_easily(self) -> None:
        assert gate.missing(approved_words()) == []
        assert gate.findings(approved_words(), hosts=gate.PUBLIC_HOSTS) == []

    @pytest.mark.parametrize("kind", [*gate.REQUIRED, *sorted(RESEARCH_KINDS)])
    def test_each_thing_that_lacks_is_named(self, kind: str) -> None:
        words, code = {**gate.REQUIRED, **gate.RESEARCH_REQUIRED}[TextKind(kind)]
        basis = f"21 CFR 50.25(a)({code[1:]})" if code in Element.values else str(code)
        assert gate.missing(without(kind)) == [f"{words} ({basis})"]

    def test_all_eight_elements_are_asked_for(self) -> None:
        assert {code for _, code in gate.RESEARCH_REQUIRED.values()} == set(Element)

    def test_a_treatment_text_needs_none_of_them_and_may_not_have_their_kinds(self, harbour: Organization) -> None:
        assert gate.missing(wording.DEFAULT_TEMPLATE) == []
        draft = writers.begin(harbour)
        content = copy.deepcopy(draft.content)
        content["sections"].append({"kind": "injury", "title": "Harm", "text": "We help."})
        with pytest.raises(TemplateTextError, match="has no kind"):
            writers.save(draft, content)

    def test_a_draft_keeps_its_type(self, harbour: Organization) -> None:
        draft = writers.begin(harbour)
        with pytest.raises(TemplateTextError) as refusal:
            writers.save(draft, approved_words())
        assert refusal.value.code == "template.type"

    def test_each_type_has_its_own_line_of_versions_and_its_own_open_draft(self, harbour: Organization) -> None:
        treatment = writers.new_version(harbour)
        research = research_text(harbour)
        assert (treatment.version, research.version) == (2, 1)
        assert services.text_in_force(harbour, on=LATER + timedelta(days=1)) == treatment
        assert services.text_in_force(harbour, on=LATER, text_type=TextType.RESEARCH) == research
        one = services.start_draft(harbour, agent=lead(harbour), at=LATER)
        other = services.start_draft(harbour, agent=lead(harbour), at=LATER, text_type=TextType.RESEARCH)
        assert (one.base, other.base) == (treatment, research)

    def test_its_translation_begins_with_the_english_text_and_waits_for_it(self, harbour: Organization) -> None:
        start = {"agent": lead(harbour), "at": NOW, "language": "cy", "text_type": TextType.RESEARCH}
        with pytest.raises(PublishRefusedError, match="English text for research first"):
            services.start_draft(harbour, **start)
        english = research_text(harbour)
        draft = services.start_draft(harbour, **start)
        assert (draft.translates, draft.content["language"]) == (english, "cy")
        assert draft.content["sections"] == english.content["sections"]

    def test_the_record_of_a_treatment_text_is_what_it_was_before_there_were_types(self, harbour: Organization) -> None:
        assert "type" not in services.first_text(harbour, at=NOW).record_values()
        assert research_text(harbour).record_values()["type"] == "research"

    def test_the_table_is_still_guarded(self, harbour: Organization) -> None:
        research_text(harbour)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE consent_consenttemplate SET name = 'x'")


class TestTheDocument:
    @pytest.mark.parametrize(
        ("section", "words"),
        [
            (Section.RESEARCH, "This is not ordinary care"),
            (Section.RESEARCH, ROSE.duration),
            (Section.RESEARCH, "Why this study is done"),
            (Section.RISKS, "Harms from taking part"),
            (Section.TREATMENT, "Taking part may not help you."),
            (Section.ALTERNATIVES, "without taking part in the study"),
            (Section.TAKING_PART, "Who sees your data"),
            (Section.TAKING_PART, ROSE.records_seen_by[1:]),
            (Section.TAKING_PART, "If taking part harms you"),
            (Section.TAKING_PART, ROSE.compensation[1:]),
            (Section.TAKING_PART, ROSE.injury_treatment[1:]),
            (Section.TAKING_PART, "none of your legal rights"),
            (Section.TAKING_PART, "Who to ask"),
            (Section.TAKING_PART, ROSE.contact_study),
            (Section.TAKING_PART, ROSE.contact_rights),
            (Section.TAKING_PART, ROSE.contact_injury),
            (Section.TAKING_PART, "Taking part is your choice"),
            (Section.TAKING_PART, "You can leave the study at any time."),
        ],
    )
    def test_carries_each_element_in_its_place(self, section: Section, words: str) -> None:
        assert words in told_in(part_of(composed(), section))

    def test_says_first_that_it_is_research_with_which_product_and_who_approved_it(self) -> None:
        first = composed()["sections"][0]
        assert first["key"] == Section.RESEARCH
        for words in ("Harbour Clinic", specimen.DISCLOSURE["product"]["marketed_name"], ROSE.committee_reference):
            assert words in told_in(first)
        assert "5 October 2026" in told_in(first)

    def test_marks_all_eight_elements(self) -> None:
        said = {code for part in composed()["sections"] for code in part["clauses"] if code.startswith("E")}
        assert said == {element.value for element in Element}

    @pytest.mark.parametrize("element", Element)
    def test_without_one_it_is_refused(self, element: Element) -> None:
        content = composed()
        for part in content["sections"]:
            for block in part["blocks"]:
                block["clauses"] = [code for code in block.get("clauses", ()) if code != element]
        with pytest.raises(ClauseMissingError, match=f"{element.value} "):
            document.check_clauses(content)

    def test_a_title_of_the_clinics_own_stands_below_the_heading(self) -> None:
        content = approved_words()
        next(part for part in content["sections"] if part["kind"] == "injury")["title"] = "Harm, in our words"
        headings = [
            b["text"] for b in part_of(composed(content), Section.TAKING_PART)["blocks"] if b["type"] == "heading"
        ]
        place = headings.index("If taking part harms you")
        assert headings[place + 1] == "Harm, in our words"
        assert headings.count("Who to ask") == 1

    def test_asks_whether_it_is_understood_as_research(self) -> None:
        check = next(step for step in composed()["steps"] if step["key"] == "check")
        asked = check["prompts"][0]
        right = next(option["text"] for option in asked["options"] if option["key"] == asked["right"])
        assert (asked["key"], right) == ("research", "To take part in research")

    def test_what_is_signed_says_that_it_is_a_study(self) -> None:
        assert "this is a research study" in composed()["meaning"]

    def test_of_a_treatment_knows_nothing_of_it(self, handed: Handed) -> None:
        content = handed.consent.document.content
        assert "research" not in content
        assert content["meaning"] == wording.MEANING
        assert {Section.RESEARCH, Section.TAKING_PART}.isdisjoint(part["key"] for part in content["sections"])
        assert not any(code.startswith("E") for part in content["sections"] for code in part["clauses"])


class TestTheStudy:
    def test_is_on_record_with_who_wrote_it(self, harbour: Organization) -> None:
        study = study_of(harbour)
        assert (study.current.said, study.current.number, study.current.written_by_name) == (ROSE, 1, ADA)
        assert [entry.kind for entry in entries_for("consent.study", study.pk)] == ["consent.study_added"]

    def test_a_change_is_a_new_version_and_the_old_one_stays(self, harbour: Organization) -> None:
        study = study_of(harbour)
        edit = replace(ROSE, duration="24 weeks")
        changed = services.change_study(
            study.pk, edit, what_changed="The committee allowed more time.", agent=lead(harbour), at=LATER
        )
        assert [row.duration for row in changed.versions.all()] == [ROSE.duration, "24 weeks"]
        assert entries_for("consent.studyversion", changed.current.pk)[0].kind == "consent.study_changed"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"title": " "}, "title"),
            ({"approved_on": date(2026, 11, 24)}, "approved_on"),
            ({"contact_study": "Dr Nia Penrose"}, "contact_study"),
            ({"contact_injury": "Room 12"}, "contact_injury"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(
        self, harbour: Organization, changes: dict[str, Any], field: str
    ) -> None:
        with pytest.raises(StudyRefusedError) as refusal:
            study_of(harbour, **changes)
        assert refusal.value.field == field
        assert not Study.objects.exists()

    def test_a_change_says_something_new_and_why(self, harbour: Organization) -> None:
        study = study_of(harbour)
        change = {"agent": lead(harbour), "at": LATER}
        with pytest.raises(StudyRefusedError, match="the same as what is on record"):
            services.change_study(study.pk, ROSE, what_changed="Nothing at all.", **change)
        with pytest.raises(StudyRefusedError, match="Say in a sentence"):
            services.change_study(study.pk, replace(ROSE, sponsor="Other"), what_changed="x", **change)
        assert StudyVersion.objects.count() == 1

    def test_is_closed_once_with_a_reason_and_by_whom(self, harbour: Organization) -> None:
        study = study_of(harbour)
        with pytest.raises(StudyRefusedError, match="why it is closed"):
            services.close_study(study.pk, "", agent=lead(harbour), at=LATER)
        closed = services.close_study(study.pk, "The committee has stopped it.", agent=lead(harbour), at=LATER)
        assert (closed.closed_by_name, closed.closed_at) == (ADA, LATER)
        with pytest.raises(StudyRefusedError, match="This study is closed"):
            services.close_study(study.pk, "Once more, to be sure.", agent=lead(harbour), at=LATER)
        with pytest.raises(StudyRefusedError, match="This study is closed"):
            services.change_study(
                study.pk, replace(ROSE, sponsor="Other"), what_changed="A new sponsor.", agent=lead(harbour), at=LATER
            )

    def test_no_version_can_be_changed_in_the_database(self, harbour: Organization) -> None:
        study_of(harbour)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE consent_studyversion SET sponsor = 'somebody else'")


class TestIssuing:
    def test_composes_from_the_text_for_research_with_the_study(self, desk: Desk) -> None:
        study = study_of(desk.clinic)
        consent = issue_research(desk, study).consent
        content = consent.document.content
        assert consent.document.template.type == TextType.RESEARCH
        assert content["research"]["study_id"] == str(study.pk)
        assert (content["research"]["version"], content["research"]["approved_on"]) == (1, "2026-10-05")
        assert consent.text_type == TextType.RESEARCH

    @pytest.mark.parametrize("name", [name for name in STUDY_FACTS if name != "title"])
    def test_is_refused_while_something_is_missing_and_says_what_and_where(self, desk: Desk, name: str) -> None:
        study = study_of(desk.clinic, **{name: None if name == "approved_on" else ""})
        with pytest.raises(IssueRefusedError) as refusal:
            issue_research(desk, study)
        assert (refusal.value.code, refusal.value.field) == ("study.incomplete", "study")
        assert f"{STUDY_FACTS[name]}. Enter it under Clinic, Research studies" in refusal.value.message
        assert not Consent.objects.exists()

    def test_is_refused_without_a_published_text_for_research(self, desk: Desk) -> None:
        with pytest.raises(IssueRefusedError, match="No consent text for research is published"):
            desks.issue(desk, study=study_of(desk.clinic))

    def test_a_closed_study_issues_none_and_writes_no_text_anew(self, desk: Desk) -> None:
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        services.close_study(study.pk, "The committee has stopped it.", agent=lead(desk.clinic), at=LATER)
        with pytest.raises(IssueRefusedError, match="Nobody can join it any more"):
            issue_research(desk, Study.objects.get(pk=study.pk))
        with pytest.raises(IssueRefusedError, match="Nobody can join it any more"):
            # The page was opened before the study was closed.
            issue_research(desk, study)
        with pytest.raises(IssueRefusedError, match="Nobody can join it any more"):
            services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=LATER)

    def test_what_the_law_stops_it_stops_for_research_too(self, desk: Desk) -> None:
        with pytest.raises(IssueRefusedError) as refusal:
            issue_research(desk, route="ID_SC")
        assert refusal.value.code == "standing.stop"

    def test_a_study_changes_nothing_for_a_treatment(self, desk: Desk) -> None:
        study_of(desk.clinic)
        research_text(desk.clinic)
        consent = desks.issue(desk).consent
        assert (consent.study_id, consent.document.template.type) == (None, TextType.TREATMENT)
        assert "study_id" not in consent.record_values()


class TestTheCeremony:
    def test_is_the_same_and_ends_in_a_consent_in_force(self, desk: Desk) -> None:
        handed = issue_research(desk)
        read_all_research(handed)
        services.sign_consent(handed.consent.pk, desks.signing(handed), at=NOW + timedelta(minutes=10))
        declare(desk, handed)
        consent = Consent.objects.select_related("signature").get(pk=handed.consent.pk)
        assert consent.status == "active"
        assert "this is a research study" in consent.signature.signing_record["signature"]["meaning"]

    def test_waits_until_it_is_understood_as_research(self, desk: Desk) -> None:
        handed = issue_research(desk)
        desks.read_all(handed, check={**desks.ANSWERS["check"], "research": "a"})
        with pytest.raises(SigningRefusedError) as refusal:
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=NOW + timedelta(minutes=10))
        assert refusal.value.code == "signature.step_waiting"

    def test_nobody_signs_for_a_study_that_was_closed_meanwhile(self, desk: Desk) -> None:
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        read_all_research(handed)
        services.close_study(study.pk, "The committee has stopped it.", agent=lead(desk.clinic), at=LATER)
        with pytest.raises(SigningRefusedError) as refusal:
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=LATER)
        assert refusal.value.code == "signature.study_closed"

    def test_no_pack_is_handed_over_for_a_study_that_was_closed(self, desk: Desk) -> None:
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        pack = services.make_pack(handed.consent.pk, made_by_name="Dr Nia Penrose", agent=desk.agent, at=NOW)
        services.close_study(study.pk, "The committee has stopped it.", agent=lead(desk.clinic), at=NOW)
        with pytest.raises(PaperRefusedError) as refusal:
            services.hand_over_pack(pack.pk, by_name="Dr Nia Penrose", agent=desk.agent, at=LATER)
        assert refusal.value.code == "study.closed"


class TestWhatChangesLater:
    def marks(self, handed: Handed) -> list[ReviewMark]:
        services.compare_now(handed.consent.pk, at=LATER)
        return list(ReviewMark.objects.filter(consent=handed.consent, kind=MarkKind.STUDY))

    def test_a_new_version_marks_the_consents_that_said_otherwise(self, desk: Desk) -> None:
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        assert self.marks(handed) == []
        edit = replace(ROSE, contact_injury="New line, 0117 496 0199")
        services.change_study(study.pk, edit, what_changed="Another telephone.", agent=lead(desk.clinic), at=LATER)
        (mark,) = self.marks(handed)
        assert "New line, 0117 496 0199" in mark.told

    def test_a_closed_study_marks_them_too(self, desk: Desk) -> None:
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        services.close_study(study.pk, "The committee has stopped it.", agent=lead(desk.clinic), at=LATER)
        (mark,) = self.marks(handed)
        assert "closed" in mark.told

    def test_a_new_treatment_text_is_none_of_its_business(self, desk: Desk) -> None:
        handed = issue_research(desk)
        writers.new_version(desk.clinic)
        services.compare_now(handed.consent.pk, at=NOW + timedelta(hours=3))
        assert not ReviewMark.objects.filter(consent=handed.consent).exists()

    def test_a_consent_to_a_treatment_takes_the_place_of_none_to_a_study_and_has_none_of_its_news(
        self, desk: Desk
    ) -> None:
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        read_all_research(handed)
        services.sign_consent(handed.consent.pk, desks.signing(handed), at=NOW + timedelta(minutes=10))
        edit = replace(ROSE, contact_injury="New line, 0117 496 0199")
        services.change_study(study.pk, edit, what_changed="Another telephone.", agent=lead(desk.clinic), at=LATER)
        (mark,) = self.marks(handed)
        services.decide_on_changes(
            handed.consent.pk,
            frozenset({str(mark.pk)}),
            MarkOutcome.ASK_AGAIN,
            "They must know whom to call.",
            agent=desk.agent,
            at=LATER,
        )
        treatment, again = desks.issue(desk, at=LATER).consent, issue_research(desk, study, at=LATER).consent
        assert [replaced_by(one) for one in (treatment, again)] == [[], [handed.consent]]
        assert treatment.document.content["news"] == []
        assert [mark.told] == again.document.content["news"]


class TestWhereItSaysSo:
    def test_fhir_says_research(self, desk: Desk) -> None:
        handed = issue_research(desk)
        consent = Consent.objects.with_standing().get(pk=handed.consent.pk)
        told = fhir.resource(consent, base_url="https://clinic.example")
        assert told["scope"]["coding"][0]["code"] == "research"
        assert [one["coding"][0]["code"] for one in told["category"]] == ["59284-0", "research"]
        assert ROSE.title in told["category"][1]["text"]

    def test_the_register_has_its_columns(self, desk: Desk) -> None:
        issue_research(desk)
        desks.issue(desk)
        found = Consent.objects.at(desk.clinic)
        table = services.export_register(desk.clinic, found, "csv", "", agent=desk.agent, at=LATER).decode()
        lines = table.splitlines()
        assert lines[0].endswith(",purpose,study")
        assert sorted(line.split(",")[-2:] for line in lines[1:]) == [["research", ROSE.title], ["treatment", ""]]

    def test_the_pdf_says_it_on_page_one_and_has_every_heading(self, desk: Desk) -> None:
        content = issue_research(desk).consent.document.content
        pages = paper.text(rendering.render_unsigned_copy(content))
        for words in (
            "Research study",
            f"Approved by {ROSE.committee}, number {ROSE.committee_reference}, on 5 October 2026.",
            "This treatment is experimental",
            "This is a research study",
            "Who sees your data",
            "If taking part harms you",
            "Who to ask",
            "Taking part is your choice",
            ROSE.contact_rights,
        ):
            assert words in pages
