"""Staff pages of the consent room: who sees what, who may do what, and what a stranger gets (404)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from audit.services import entries_for
from clinic.models import User
from consent import services
from consent.models import Consent, PatientLink, Question, SealedFile
from consent.vocabulary import LinkWay
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, fresh, release, seal_on_paper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk_time")]

READING = ("", "text/", "history/")
ACTING = ("handover/", "reissue/", "void/", "decline/", "withdrawal/", "clearance/")
POSTING = ("link/", *ACTING, "declare/")


def path(handed: Handed, rest: str = "") -> str:
    return f"/consents/{handed.consent.pk}/{rest}"


class TestAStranger:
    @pytest.mark.parametrize("rest", [*READING, *ACTING, "declare/", "files/signed-record.pdf"])
    def test_finds_nothing_to_read(self, handed: Handed, stranger: User, signed_in: SignedIn, rest: str) -> None:
        assert signed_in(stranger).get(path(handed, rest)).status_code == 404

    @pytest.mark.parametrize("rest", POSTING)
    def test_finds_nothing_to_act_on(self, handed: Handed, stranger: User, signed_in: SignedIn, rest: str) -> None:
        before = Consent.objects.values().get(pk=handed.consent.pk)
        assert signed_in(stranger).post(path(handed, rest), {"way": "qr"}).status_code == 404
        assert Consent.objects.values().get(pk=handed.consent.pk) == before

    def test_cannot_answer_a_question(self, handed: Handed, stranger: User, signed_in: SignedIn) -> None:
        question = asked(handed)
        answer = signed_in(stranger).post(
            path(handed, f"questions/{question.pk}/"), {f"{str(question.pk)[:8]}-answer": "Yes"}
        )
        assert answer.status_code == 404
        assert Question.objects.get(pk=question.pk).is_open

    def test_sees_no_patient_on_board_or_list(self, handed: Handed, stranger: User, signed_in: SignedIn) -> None:
        client = signed_in(stranger)
        for page in (
            "/",
            "/consents/",
            f"/consents/?patient={handed.consent.patient_id}",
            f"/consents/?q={handed.consent.reference}",
        ):
            assert "Mara" not in client.get(page).content.decode()

    def test_a_question_of_another_consent_is_not_found_under_this_one(
        self, desk: Desk, nia: Client, handed: Handed
    ) -> None:
        question = asked(handed)
        other = desks.issue(desk)
        assert nia.post(path(other, f"questions/{question.pk}/"), {}).status_code == 404


class TestSignedOut:
    @pytest.mark.parametrize("page", ["/", "/consents/", "/consents/issue/", "/verify/"])
    def test_leads_to_the_sign_in(self, harbour: Any, page: str) -> None:
        assert "/accounts/login/" in Client().get(page).url

    def test_every_staff_page_asks_for_it(self, handed: Handed) -> None:
        for rest in (*READING, *ACTING, "declare/", "files/signed-record.pdf"):
            assert "/accounts/login/" in Client().get(path(handed, rest)).url


class TestAnAuditor:
    @pytest.mark.parametrize("rest", READING)
    def test_reads(self, handed: Handed, auditor: User, signed_in: SignedIn, rest: str) -> None:
        assert signed_in(auditor).get(path(handed, rest)).status_code == 200

    @pytest.mark.parametrize("rest", POSTING)
    def test_changes_nothing(self, handed: Handed, auditor: User, signed_in: SignedIn, rest: str) -> None:
        before = Consent.objects.values().get(pk=handed.consent.pk)
        assert signed_in(auditor).post(path(handed, rest), {"way": "qr", "how": "in person"}).status_code == 403
        assert Consent.objects.values().get(pk=handed.consent.pk) == before
        assert PatientLink.objects.count() == 1

    def test_issues_nothing(self, desk: Desk, auditor: User, signed_in: SignedIn) -> None:
        where = f"/consents/issue/?patient={desk.patient.pk}&product={desk.product.pk}"
        assert signed_in(auditor).post(where, {"act": "issue"}).status_code == 403
        assert not Consent.objects.exists()

    def test_sees_no_way_to_act(self, handed: Handed, auditor: User, signed_in: SignedIn) -> None:
        page = signed_in(auditor).get(path(handed)).content.decode()
        for rest in POSTING:
            assert path(handed, rest) not in page


class TestTheLink:
    def test_it_is_shown_once_with_its_code_and_address(self, nia: Client, handed: Handed) -> None:
        page = nia.post(path(handed, "link/"), {"way": "qr"}).content.decode()
        link = PatientLink.objects.get(revoked_at=None)
        assert services.token_of(link) in page
        assert "<svg" in page
        assert services.token_of(link) not in nia.get(path(handed)).content.decode()

    def test_a_new_one_stops_the_old_one(self, nia: Client, handed: Handed) -> None:
        nia.post(path(handed, "link/"), {"way": "qr"})
        assert PatientLink.objects.get(pk=handed.link.pk).revoked_at is not None

    def test_without_a_mail_server_it_says_so_and_makes_none(self, nia: Client, handed: Handed) -> None:
        page = nia.post(path(handed, "link/"), {"way": "email"}, follow=True).content.decode()
        assert "No mail server is set up" in page
        assert PatientLink.objects.get().revoked_at is None

    def test_handing_over_signs_out_and_names_who_did(self, nia: Client, handed: Handed) -> None:
        answer = nia.post(path(handed, "handover/"))
        link = PatientLink.objects.get(revoked_at=None)
        assert answer.url == f"/p/{services.token_of(link)}/"
        assert (link.way, link.handed_over_by) == (LinkWay.HANDOVER, "Dr Nia Penrose")
        assert "/accounts/login/" in nia.get("/").url
        assert nia.get(answer.url).status_code == 200


class TestQuestions:
    def test_an_answer_is_kept_with_its_author(self, nia: Client, handed: Handed) -> None:
        question = asked(handed)
        nia.post(
            path(handed, f"questions/{question.pk}/"), {f"{str(question.pk)[:8]}-answer": "Tell us about it first."}
        )
        question.refresh_from_db()
        assert (question.answer, question.answered_by) == ("Tell us about it first.", "Dr Nia Penrose")

    def test_an_empty_answer_is_refused_at_its_field(self, nia: Client, handed: Handed) -> None:
        question = asked(handed)
        answer = nia.post(path(handed, f"questions/{question.pk}/"), {f"{str(question.pk)[:8]}-answer": "  "})
        assert answer.status_code == 422
        assert "Write the answer first" in answer.content.decode()
        assert Question.objects.get(pk=question.pk).is_open

    def test_a_second_answer_does_not_replace_the_first(self, nia: Client, handed: Handed) -> None:
        question = asked(handed)
        for words in ("First.", "Second."):
            nia.post(path(handed, f"questions/{question.pk}/"), {f"{str(question.pk)[:8]}-answer": words})
        assert Question.objects.get(pk=question.pk).answer == "First."


class TestEnding:
    def test_voiding_is_asked_once_and_stops_the_links(self, nia: Client, handed: Handed) -> None:
        assert "cannot be undone" in nia.get(path(handed, "void/")).content.decode()
        assert fresh(handed.consent).status == "draft"
        nia.post(path(handed, "void/"), {"reason": "issued twice"})
        assert fresh(handed.consent).status_reason == "voided"
        assert not PatientLink.objects.filter(revoked_at=None).exists()

    def test_a_withdrawal_by_telephone_names_who_took_the_call(self, nia: Client, signed: Handed) -> None:
        nia.post(path(signed, "withdrawal/"), {"how": "by telephone", "reason": "I changed my mind"})
        found = fresh(signed.consent)
        assert found.status_reason == "withdrawn"
        assert (found.withdrawal.received_by, found.withdrawal.reason) == (
            "Dr Nia Penrose, by telephone",
            "I changed my mind",
        )

    def test_a_no_on_the_telephone_names_who_took_the_call_and_is_on_the_board(
        self, nia: Client, handed: Handed
    ) -> None:
        assert path(handed, "decline/") in nia.get(path(handed)).content.decode()
        unsaid = nia.post(path(handed, "decline/"), {"reason": "Too dear."})
        assert (unsaid.status_code, "Choose how the patient told you." in unsaid.content.decode()) == (422, True)
        assert "Too dear." in unsaid.content.decode()
        nia.post(path(handed, "decline/"), {"how": "by telephone", "reason": "Too dear."})
        found = fresh(handed.consent)
        assert (found.status, found.status_reason) == ("not-done", "declined")
        assert (found.decline.received_by, found.decline.reason) == ("Dr Nia Penrose, by telephone", "Too dear.")
        assert entries_for("consent.decline", found.decline.pk)[0].detail.body["agent"]["name"] == "Dr Nia Penrose"
        page = nia.get(path(handed)).content.decode()
        assert "Received by Dr Nia Penrose, by telephone: “Too dear.”" in page
        assert path(handed, "decline/") not in page

    def test_what_was_signed_is_not_declined_but_taken_back(self, nia: Client, signed: Handed) -> None:
        assert path(signed, "decline/") not in nia.get(path(signed)).content.decode()
        answer = nia.post(path(signed, "decline/"), {"how": "in person"})
        assert (answer.status_code, "record that it was taken back" in answer.content.decode()) == (422, True)
        assert fresh(signed.consent).status == "draft"

    def test_nothing_signed_is_nothing_to_take_back(self, nia: Client, handed: Handed) -> None:
        page = nia.post(path(handed, "withdrawal/"), {"how": "in person"}).content.decode()
        assert "Nothing was signed" in page
        assert fresh(handed.consent).status == "draft"

    def test_writing_anew_takes_another_cost(self, desk: Desk, nia: Client, handed: Handed) -> None:
        assert 'value="Not stated"' not in nia.get(path(handed, "reissue/")).content.decode()
        nia.post(path(handed, "reissue/"), {"batch": "on-the-day", "total": "£500", "refund_terms": "All of it."})
        found = fresh(handed.consent)
        assert (found.document.number, found.batch) == (2, None)
        assert "£500" in str(found.document.content["sections"])


class TestFiles:
    def test_a_file_not_sealed_yet_is_said_to_be_coming(self, nia: Client, signed: Handed) -> None:
        answer = nia.get(path(signed, "files/signed-record.pdf"))
        assert answer.status_code == 503
        assert "still being made" in answer.content.decode()

    def test_a_file_that_storage_lost_is_not_served(self, desk: Desk, nia: Client, signed: Handed) -> None:
        seal_on_paper(desk, signed)
        answer = nia.get(path(signed, "files/signed-record.pdf"))
        assert answer.status_code == 503
        assert answer["Content-Type"].startswith("text/html")
        file = SealedFile.objects.get()
        assert [entry.kind for entry in entries_for("consent.sealedfile", file.pk)] == ["document.sealed"]

    def test_an_unknown_kind_is_not_there(self, nia: Client, signed: Handed) -> None:
        assert nia.get(path(signed, "files/other.pdf")).status_code == 404


class TestTheHistory:
    def test_every_row_stands_there_with_its_entry(self, nia: Client, signed: Handed) -> None:
        answer = nia.get(path(signed, "history/"))
        kinds = [line.kind for line in answer.context["history"].lines]
        assert kinds[:3] == ["consent.issued", "consent.link_made", "consent.opened"]
        assert kinds.count("consent.section_acknowledged") == 9
        assert kinds[-1] == "consent.signed"
        assert "Every row is as the log says" in answer.content.decode()

    def test_times_are_local_and_utc_and_lead_to_the_log(self, nia: Client, handed: Handed) -> None:
        page = nia.get(path(handed, "history/")).content.decode()
        assert "2026-11-23 10:12:00" in page
        index = entries_for("consent.consent", handed.consent.pk)[0].leaf_index
        assert f"/log/{index}/" in page

    def test_a_row_changed_behind_the_back_is_named(self, nia: Client, handed: Handed) -> None:
        Consent.objects.filter(pk=handed.consent.pk).update(route="ID_SC")
        page = nia.get(path(handed, "history/")).content.decode()
        assert "disagrees with the log" in page
        assert f"consent.consent {handed.consent.pk}" in page

    def test_it_costs_as_many_queries_for_many_rows_as_for_few(
        self, desk: Desk, nia: Client, handed: Handed, django_assert_max_num_queries: Any
    ) -> None:
        many = desks.signed(desk)
        nia.get(path(handed, "history/"))
        with django_assert_max_num_queries(40) as few_rows:
            nia.get(path(handed, "history/"))
        with django_assert_max_num_queries(40) as many_rows:
            nia.get(path(many, "history/"))
        assert abs(len(many_rows) - len(few_rows)) <= 3


class TestTheConsentPage:
    def test_it_costs_a_fixed_number_of_queries(
        self, nia: Client, signed: Handed, django_assert_max_num_queries: Any
    ) -> None:
        nia.get(path(signed))
        with django_assert_max_num_queries(40):
            nia.get(path(signed))

    def test_only_the_treating_practitioner_is_led_to_the_declaration(
        self, nia: Client, signed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        assert path(signed, "declare/") in nia.get(path(signed)).content.decode()
        other = signed_in(lead).get(path(signed)).content.decode()
        assert path(signed, "declare/") not in other
        assert "Only Dr Nia Penrose" in other

    @pytest.mark.parametrize(
        "rest", ["", "text/", "history/", "handover/", "reissue/", "void/", "decline/", "withdrawal/", "clearance/"]
    )
    def test_no_page_is_kept_by_a_cache_and_none_has_inline_script(
        self, desk: Desk, nia: Client, handed: Handed, rest: str
    ) -> None:
        release(desk)
        answer = nia.get(path(handed, rest))
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        page = answer.content.decode()
        assert "onclick" not in page
        assert " style=" not in page


def test_every_staff_address_of_this_room_is_tested_here_or_beside() -> None:
    names = {pattern.name for pattern in _patterns("consent.urls")}
    assert names == {
        "today",
        "consents",
        "consent_issue",
        "consent",
        "consent_text",
        "consent_file",
        "consent_pack",
        "consent_link",
        "consent_handover",
        "consent_answer",
        "consent_review",
        "screening",
        "screening_change",
        "consent_reissue",
        "consent_declare",
        "consent_void",
        "consent_decline",
        "consent_withdrawal",
        "consent_clearance",
        "consent_history",
        # tests/consent/test_timestamps.py
        "consent_file_time",
        # tests/consent/test_paper.py
        "consent_paper",
        "consent_paper_pack",
        "consent_paper_pack_file",
        "consent_paper_handover",
        "consent_paper_answers",
        "consent_paper_question",
        "consent_paper_scan",
        "consent_paper_scan_file",
        "consent_paper_attest",
        # tests/consent/test_choices.py, test_terms.py and test_talks.py
        "consent_choice",
        "consent_terms",
        "consent_sooner",
        "consent_conversation",
        "consent_pause",
        # tests/consent/test_exits.py
        "consent_invalidate",
        # tests/consent/test_people.py
        "consent_person_add",
        "consent_person",
        "consent_person_leave",
        # tests/consent/test_register.py
        "consent_register",
        "consent_files",
        # tests/consent/test_reminders.py
        "reminders",
        # tests/consent/test_disposal.py
        "patient_record",
        "disposal_propose",
        "disposals",
        "disposal",
        "disposal_confirm",
        "disposal_decline",
        "disposal_certificate",
        "request_add",
        "requests",
        "patient_request",
        "request_extend",
        "request_answer",
        # tests/consent/test_study_pages.py
        "studies",
        "study",
        "study_add",
        "study_change",
        "study_close",
        # tests/consent/test_tasks.py
        "tasks",
        "task",
        "task_assign",
        # tests/consent/test_text_pages.py
        "texts",
        "text",
        "text_pdf",
        "text_difference",
        "changes",
        "consent_changes",
        "text_start",
        # tests/consent/test_languages.py
        "languages",
        "language",
        "language_pdf",
        "draft",
        "draft_preview",
        "draft_pdf",
        "draft_difference",
        "draft_check",
        "draft_publish",
        "draft_discard",
        # tests/products/test_rule_sets.py and tests/consent/test_rule_sets.py
        "rule_set_consents",
        "verify",
    }


def asked(handed: Handed) -> Question:
    return services.ask_question(
        handed.consent.pk, "risks", "Is it safe with roses?", shown_sha256=handed.sha256, at=LATER
    )


def _patterns(urlconf: str) -> list[Any]:
    return [pattern for pattern in get_resolver(urlconf).url_patterns if getattr(pattern, "name", None)]
