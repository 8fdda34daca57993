"""When the facts under a consent change, it is marked, listed, and no ground to treat before a person decides."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

from audit.services import entries_for
from clinic.models import User
from consent import services
from consent.changes import standing_changes
from consent.errors import ClearanceRefusedError, ReviewRefusedError
from consent.models import Clearance, Consent, FactCheck, ReviewMark
from consent.vocabulary import MarkKind, MarkOutcome, StandingCode
from products.services import ClaimDraft, RegulatoryDraft, add_regulatory_record, correct_claim
from tests.cast import NOW, record
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import writers
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import AFTER_THINKING, LATER, declare, fresh, hold
from tests.consent.test_clearance import clear, ready

pytestmark = pytest.mark.django_db

TOMORROW = NOW + timedelta(days=1)


def compare(handed: Handed, at=AFTER_THINKING) -> list[ReviewMark]:
    return services.compare_now(handed.consent.pk, at=at)


def correct(desk: Desk, field: str = "cell_or_tissue", value: Any = "PLANT_LEAF", at=LATER) -> None:
    correct_claim(
        desk.product, ClaimDraft(field, value, "STATED"), correction_reason="the label says so", agent=desk.agent, at=at
    )


def decide(
    desk: Desk, handed: Handed, outcome: MarkOutcome, reason: str = "I looked at it.", at=AFTER_THINKING
) -> None:
    shown = frozenset(str(mark.pk) for mark in fresh(handed.consent).marks if mark.is_open)
    services.decide_on_changes(handed.consent.pk, shown, outcome, reason, agent=desk.agent, at=at)


class TestWhatCountsAsAChange:
    def test_nothing_is_marked_while_everything_is_as_it_was(self, desk: Desk) -> None:
        assert compare(ready(desk)) == []

    def test_a_value_of_the_product_with_what_the_patient_was_told_and_what_is_so_now(self, desk: Desk) -> None:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        (mark,) = compare(handed)
        assert mark.kind == MarkKind.DOSSIER
        (line,) = mark.lines
        assert "damascena" in line["then"]
        assert "canina" in line["now"]
        assert "canina" in mark.told

    def test_a_value_put_back_marks_nothing(self, desk: Desk) -> None:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        correct(desk, "species", "Rosa x damascena", at=LATER + timedelta(minutes=1))
        assert compare(handed) == []

    def test_a_batch_on_hold_with_its_reason(self, desk: Desk) -> None:
        handed = ready(desk)
        hold(desk, "warm transport")
        (mark,) = compare(handed)
        assert (mark.kind, mark.lines[0]["now"]) == (MarkKind.BATCH, "on hold: warm transport")

    def test_papers_that_disagree_are_a_finding_and_no_change_of_the_product(self, desk: Desk) -> None:
        paper = {"number": "K-77", "lot_number": "RSE2601", "expiration_date": "2028-01-19"}
        entry = {"value": paper, "basis": "MEASURED_BATCH", "recorded_at": ""}
        desk.batch.snapshot = {**desk.batch.snapshot, "certificate_of_analysis": entry}
        record(desk.clinic, desk.batch)
        handed = ready(desk)
        desk.batch.expiration_date = date(2027, 1, 19)
        record(desk.clinic, desk.batch)
        assert {str(mark.kind) for mark in compare(handed)} == {MarkKind.BATCH, MarkKind.FINDING}

    def test_a_record_that_the_clinic_filed(self, desk: Desk) -> None:
        handed = ready(desk)
        add_regulatory_record(
            desk.product,
            RegulatoryDraft("GB", "TOPICAL_INTACT", "COSMETIC_CLAIMED", "SUPPLIER_STATED", authority="OPSS"),
            today=TOMORROW.date(),
            agent=desk.agent,
            at=TOMORROW,
        )
        (mark,) = compare(handed)
        assert mark.kind == MarkKind.STANDING
        assert ("nothing", "OPSS") in [(line["then"], line["now"]) for line in mark.lines]

    def test_a_newer_text_of_the_clinic_with_what_it_says_changed(self, desk: Desk) -> None:
        handed = ready(desk)
        writers.new_version(desk.clinic, what_changed="Aftercare is clearer.")
        (mark,) = compare(handed)
        assert mark.kind == MarkKind.TEMPLATE
        assert "Aftercare is clearer." in mark.told

    def test_another_register_number_of_who_treats(self, desk: Desk) -> None:
        handed = ready(desk)
        desk.practitioner.registration_number = "7654321"
        record(desk.clinic, desk.practitioner)
        (mark,) = compare(handed)
        assert (mark.kind, mark.lines[0]["now"]) == (MarkKind.PRACTITIONER, "7654321")

    def test_a_practitioner_who_left_the_clinic(self, desk: Desk) -> None:
        handed = ready(desk)
        user = desk.practitioner.user
        user.is_active = False
        user.save()
        (mark,) = compare(handed)
        assert [line["now"] for line in mark.lines] == ["no more"]

    def test_the_day_after_the_clinic_s_age_limit_and_not_its_last_day(self, desk: Desk, settings: Any) -> None:
        settings.CONSENT_AGE_LIMIT_DAYS = 30
        handed = ready(desk)
        assert compare(handed, NOW + timedelta(days=30)) == []
        (mark,) = compare(handed, NOW + timedelta(days=31))
        assert (mark.kind, mark.lines[0]["now"]) == (MarkKind.AGE_LIMIT, "was good until 23 December 2026")

    def test_the_same_change_is_marked_once_and_a_further_one_anew(self, desk: Desk) -> None:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        assert len(compare(handed)) == 1
        assert compare(handed, AFTER_THINKING + timedelta(hours=1)) == []
        correct(desk, "species", "Rosa gallica", at=AFTER_THINKING)
        assert len(compare(handed, AFTER_THINKING + timedelta(hours=2))) == 1

    def test_a_closed_consent_is_left_alone(self, desk: Desk) -> None:
        handed = ready(desk)
        services.withdraw_consent(handed.consent.pk, "", received_by="", agent=None, at=TOMORROW)
        correct(desk, "species", "Rosa canina")
        assert compare(handed) == []


SAID = {
    "severity": "WARN",
    "status": "COSMETIC_CLAIMED",
    "rules": [
        {
            "id": "GB-1",
            "status": "COSMETIC_CLAIMED",
            "severity": "WARN",
            "patient_sentence": "It is a cosmetic.",
            "warn_clinic": "",
        }
    ],
    "rule_set": {"version": "a"},
    "clinic_record": None,
    "lifted": None,
}


class TestRulesAndRecords:
    def test_another_rule_set_that_says_the_same_changes_nothing(self) -> None:
        assert standing_changes(SAID, {**SAID, "rule_set": {"version": "b"}}) == []

    def test_another_sentence_in_another_rule_set_is_a_change_of_rules(self) -> None:
        row = {**SAID["rules"][0], "patient_sentence": "It is not allowed."}  # type: ignore[index]
        (found,) = standing_changes(SAID, {**SAID, "rules": [row], "severity": "STOP", "rule_set": {"version": "b"}})
        assert found.kind == MarkKind.RULE_SET
        assert "It is not allowed." in found.told
        assert [line.key for line in found.lines] == ["verdict", "GB-1"]

    def test_a_stop_that_is_lifted_no_more_is_a_change_of_standing(self) -> None:
        (found,) = standing_changes({**SAID, "lifted": {"reason": "x"}}, SAID)
        assert (found.kind, found.lines[0].now) == (MarkKind.STANDING, "not lifted")


class TestAtTheChair:
    def test_a_change_of_this_minute_stops_the_treatment_and_stays_marked(self, desk: Desk) -> None:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        with pytest.raises(ClearanceRefusedError, match=r"nobody has decided on it yet \(product record\)"):
            clear(desk, handed)
        assert ReviewMark.objects.open().count() == 1
        assert not Clearance.objects.exists()

    def test_once_a_person_let_it_stand_the_patient_may_be_treated(self, desk: Desk) -> None:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        compare(handed)
        decide(desk, handed, MarkOutcome.STANDS)
        assert clear(desk, handed)

    def test_a_standing_that_was_let_stand_stops_it_no_more(self, desk: Desk) -> None:
        handed = ready(desk)
        draft = RegulatoryDraft("GB", "TOPICAL_INTACT", "COSMETIC_CLAIMED", "SUPPLIER_STATED", authority="OPSS")
        add_regulatory_record(desk.product, draft, today=TOMORROW.date(), agent=desk.agent, at=TOMORROW)
        with pytest.raises(ClearanceRefusedError, match="rules for this product"):
            clear(desk, handed)
        decide(desk, handed, MarkOutcome.STANDS)
        assert clear(desk, handed)

    def test_where_the_patient_is_to_be_asked_again_it_stays_shut(self, desk: Desk) -> None:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        compare(handed)
        decide(desk, handed, MarkOutcome.ASK_AGAIN)
        with pytest.raises(ClearanceRefusedError, match="must be asked again"):
            clear(desk, handed)
        assert services.standing_of(fresh(handed.consent), at=AFTER_THINKING).code == StandingCode.ASK_AGAIN


class TestDeciding:
    @pytest.fixture
    def changed(self, desk: Desk) -> Handed:
        handed = ready(desk)
        correct(desk, "species", "Rosa canina")
        compare(handed)
        return handed

    def test_the_board_says_what_changed_and_leads_to_the_decision(self, changed: Handed) -> None:
        found = services.standing_of(fresh(changed.consent), at=AFTER_THINKING)
        assert (found.code, found.next_url_name, found.is_waiting) == (StandingCode.CHANGED, "consent_changes", True)
        assert "canina" in found.why

    def test_it_is_one_entry_that_names_the_decision_by_person(self, desk: Desk, changed: Handed) -> None:
        decide(desk, changed, MarkOutcome.STANDS)
        (mark,) = fresh(changed.consent).marks
        assert mark.decision.decided_by_name == desk.practitioner.printed_name
        assert mark.decision.reason == "I looked at it."
        kinds = [entry.kind for entry in entries_for("consent.markdecision", mark.decision.pk)]
        assert kinds == ["consent.change_decided"]

    def test_a_reason_is_needed(self, desk: Desk, changed: Handed) -> None:
        with pytest.raises(ReviewRefusedError, match="why"):
            decide(desk, changed, MarkOutcome.STANDS, reason="  ")

    def test_what_changed_after_the_page_was_opened_is_read_first(self, desk: Desk, changed: Handed) -> None:
        shown = frozenset(str(mark.pk) for mark in fresh(changed.consent).marks)
        hold(desk)
        compare(changed, AFTER_THINKING + timedelta(hours=1))
        with pytest.raises(ReviewRefusedError) as refusal:
            services.decide_on_changes(
                changed.consent.pk, shown, MarkOutcome.STANDS, "x", agent=desk.agent, at=AFTER_THINKING
            )
        assert refusal.value.code == "mark.stale"

    def test_twice_is_refused(self, desk: Desk, changed: Handed) -> None:
        decide(desk, changed, MarkOutcome.STANDS)
        with pytest.raises(ReviewRefusedError) as refusal:
            decide(desk, changed, MarkOutcome.ASK_AGAIN)
        assert refusal.value.code == "mark.none"

    def test_the_history_agrees_with_the_log(self, desk: Desk, changed: Handed) -> None:
        decide(desk, changed, MarkOutcome.STANDS)
        history = services.history_of(fresh(changed.consent))
        assert (history.changed, history.unlogged) == ((), ())
        assert {"consent.marked_for_review", "consent.change_decided"} <= {line.kind for line in history.lines}


def news_in(handed: Handed) -> list[str]:
    """The paragraphs of the part on what is new; none where the Document has no such part."""
    content = Consent.objects.select_related("document", "patient").get(pk=handed.consent.pk).document.content
    parts = [part for part in content["sections"] if part["key"] == "news"]
    assert not parts or content["sections"][0] == parts[0]
    return [block["text"] for part in parts for block in part["blocks"]]


class TestAskingAgain:
    def test_a_first_text_has_nothing_new_to_tell(self, handed: Handed) -> None:
        assert news_in(handed) == []

    def test_a_text_written_anew_begins_with_one_paragraph_on_what_changed(self, desk: Desk, handed: Handed) -> None:
        correct(desk, "species", "Rosa canina")
        hold(desk)
        compare(handed)
        services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=AFTER_THINKING)
        (paragraph,) = news_in(handed)
        assert "Rosa canina" in paragraph
        assert "RSE2601" in paragraph
        assert not ReviewMark.objects.open().exists()
        assert fresh(handed.consent).marks == []

    def test_it_is_still_told_when_the_text_is_written_anew_once_more(self, desk: Desk, handed: Handed) -> None:
        correct(desk, "species", "Rosa canina")
        compare(handed)
        for hours in (1, 2):
            at = AFTER_THINKING + timedelta(hours=hours)
            services.reissue_document(handed.consent.pk, batch=desk.batch, cost=None, agent=desk.agent, at=at)
        assert "Rosa canina" in news_in(handed)[0]

    def test_a_new_consent_tells_what_changed_and_its_declaration_replaces_the_older_one(self, desk: Desk) -> None:
        older = ready(desk)
        correct(desk, "species", "Rosa canina")
        compare(older)
        decide(desk, older, MarkOutcome.ASK_AGAIN)
        newer = desks.signed(desk, seed=2)
        assert "Rosa canina" in news_in(newer)[0]
        assert fresh(older.consent).status == "active"
        declare(desk, newer)
        found = fresh(older.consent)
        assert (found.status, found.status_reason) == ("inactive", "superseded")
        assert services.history_of(found).changed == ()

    def test_a_consent_that_stands_is_replaced_by_no_other(self, desk: Desk) -> None:
        older = ready(desk)
        correct(desk, "species", "Rosa canina")
        compare(older)
        decide(desk, older, MarkOutcome.STANDS)
        newer = desks.signed(desk, seed=2)
        assert news_in(newer) == []
        declare(desk, newer)
        assert fresh(older.consent).status == "active"


class TestTheSweep:
    def test_one_round_marks_every_consent_with_one_entry(self, desk: Desk) -> None:
        handed = [desks.issue(desk) for _ in range(3)]
        correct(desk, "species", "Rosa canina")
        assert services.compare_due_consents(at=LATER) == 3
        marks = ReviewMark.objects.open()
        assert {mark.consent_id for mark in marks} == {one.consent.pk for one in handed}
        entries = {entry.pk for mark in marks for entry in entries_for("consent.reviewmark", mark.pk)}
        assert len(entries) == 1

    def test_it_works_off_a_long_list_in_pieces_and_tells_how_far_it_is(self, desk: Desk, monkeypatch: Any) -> None:
        monkeypatch.setattr("consent.services.marks.MOST_AT_ONCE", 2)
        for _ in range(3):
            desks.issue(desk)
        assert (services.comparing(desk.clinic, at=LATER).total, services.comparing(desk.clinic, at=LATER).done) == (
            3,
            0,
        )
        assert services.compare_due_consents(at=LATER) == 2
        assert services.comparing(desk.clinic, at=LATER).done == 2
        assert services.compare_due_consents(at=LATER) == 1
        assert services.compare_due_consents(at=LATER) == 0

    def test_a_consent_at_rest_is_compared_again_after_ten_minutes(self, desk: Desk) -> None:
        desks.issue(desk)
        services.compare_due_consents(at=LATER)
        assert services.compare_due_consents(at=LATER + timedelta(minutes=9)) == 0
        assert services.compare_due_consents(at=LATER + timedelta(minutes=10)) == 1

    def test_a_round_in_which_nothing_changed_reads_no_text(
        self, desk: Desk, django_assert_max_num_queries: Any
    ) -> None:
        for _ in range(3):
            desks.issue(desk)
        services.compare_due_consents(at=LATER)
        with django_assert_max_num_queries(30) as asked:
            services.compare_due_consents(at=LATER + timedelta(hours=1))
        assert not [query for query in asked.captured_queries if "sealed_content" in query["sql"]]
        assert FactCheck.objects.filter(checked_at=LATER + timedelta(hours=1)).count() == 3

    def test_an_erased_patient_s_consent_is_passed_over(self, desk: Desk) -> None:
        handed = desks.issue(desk)
        type(handed.consent.patient).objects.filter(pk=handed.consent.patient_id).update(wrapped_key=None)
        correct(desk, "species", "Rosa canina")
        assert compare(handed, LATER) == []


@pytest.mark.usefixtures("desk_time")
class TestThePages:
    @pytest.fixture
    def changed(self, desk: Desk) -> Handed:
        handed = desks.issue(desk)
        correct(desk, "species", "Rosa canina", at=NOW)
        compare(handed, NOW)
        return handed

    def path(self, handed: Handed) -> str:
        return f"/consents/{handed.consent.pk}/changes/"

    def test_the_board_counts_them_and_leads_to_the_list(self, nia: Client, changed: Handed) -> None:
        page = nia.get("/").content.decode()
        assert "1 open consent rests on something that has changed." in page
        listed = nia.get("/consents/changed/").content.decode()
        assert "Rosa canina" in listed
        assert changed.consent.reference in listed

    def test_the_list_can_be_narrowed_to_one_kind(self, nia: Client, changed: Handed) -> None:
        assert "Rosa canina" in nia.get("/consents/changed/?kind=dossier").content.decode()
        assert "Rosa canina" not in nia.get("/consents/changed/?kind=batch").content.decode()

    def test_a_person_reads_both_values_and_decides(self, nia: Client, changed: Handed) -> None:
        page = nia.get(self.path(changed)).content.decode()
        assert "Rosa x damascena" in page
        assert "Rosa canina" in page
        (mark,) = fresh(changed.consent).marks
        answer = nia.post(
            self.path(changed), {"shown": str(mark.pk), "outcome": "stands", "reason": "Only the name."}, follow=True
        )
        page = answer.content.decode()
        assert "Decided. The consent stands." in page
        assert "Only the name." in page

    def test_without_a_reason_it_is_said_at_the_field_and_nothing_is_decided(
        self, nia: Client, changed: Handed
    ) -> None:
        (mark,) = fresh(changed.consent).marks
        answer = nia.post(self.path(changed), {"shown": str(mark.pk), "outcome": "stands", "reason": ""})
        assert answer.status_code == 422
        assert 'href="#id_reason"' in answer.content.decode()
        assert ReviewMark.objects.open().count() == 1

    def test_only_what_is_too_old_can_be_said_to_be_too_old(self, desk: Desk, nia: Client, changed: Handed) -> None:
        assert 'value="lapses"' not in nia.get(self.path(changed)).content.decode()
        (mark,) = fresh(changed.consent).marks
        answer = nia.post(self.path(changed), {"shown": str(mark.pk), "outcome": "lapses", "reason": "Too old."})
        assert answer.status_code == 422
        assert "This consent is not too old." in answer.content.decode()
        old = ready(desk)
        compare(old, NOW + timedelta(days=200))
        assert 'value="lapses"' in nia.get(self.path(old)).content.decode()

    def test_no_heading_leaves_out_a_level(self, nia: Client, changed: Handed) -> None:
        levels = [int(each) for each in re.findall(r"<h([1-6])", nia.get(self.path(changed)).content.decode())]
        assert levels[0] == 1
        assert all(below - above < 2 for above, below in pairwise(levels))

    def test_a_stranger_finds_nothing(self, stranger: User, signed_in: SignedIn, changed: Handed) -> None:
        client = signed_in(stranger)
        assert client.get(self.path(changed)).status_code == 404
        assert client.post(self.path(changed), {"outcome": "stands", "reason": "x"}).status_code == 404
        assert changed.consent.reference not in client.get("/consents/changed/").content.decode()

    def test_an_auditor_reads_and_decides_nothing(self, auditor: User, signed_in: SignedIn, changed: Handed) -> None:
        client = signed_in(auditor)
        assert client.get("/consents/changed/").status_code == 200
        assert "Rosa canina" in client.get(f"/consents/{changed.consent.pk}/").content.decode()
        assert client.post(self.path(changed), {"outcome": "stands", "reason": "x"}).status_code == 403

    def test_the_list_asks_the_same_number_of_questions_for_any_length(
        self, desk: Desk, nia: Client, changed: Handed, django_assert_max_num_queries: Any
    ) -> None:
        nia.get("/consents/changed/")
        with django_assert_max_num_queries(20) as few:
            nia.get("/consents/changed/")
        for _ in range(3):
            desks.issue(desk)
        correct(desk, "species", "Rosa gallica")
        services.compare_due_consents(at=LATER + timedelta(hours=1))
        with django_assert_max_num_queries(20) as many:
            nia.get("/consents/changed/")
        assert len(many) == len(few)
