"""What the staff have to see to: opened with the act that makes it necessary, closed with the one that answers it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core import mail
from django.test import Client

from audit.models import LogRecord
from clinic.models import User
from clinic.services import remove_member
from clinic.vocabulary import Role
from consent import rules, services
from consent.errors import TaskRefusedError
from consent.models import StaffTask
from consent.services.marks import compare_now
from consent.vocabulary import TaskEnd, TaskKind, TimeOfDay, Wish
from tests import cast
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, fresh, hold, user_of


def only(**asked) -> StaffTask:
    return StaffTask.objects.get(**asked)


def ask(handed: Handed, words: str = "Is it safe with roses?"):
    return services.ask_question(handed.consent.pk, "risks", words, shown_sha256=handed.sha256, at=LATER)


class TestTheRules:
    @pytest.mark.parametrize("kind", [TaskKind.QUESTION, TaskKind.CHANGED])
    def test_a_question_and_a_change_are_not_closed_by_a_note(self, kind: TaskKind) -> None:
        with pytest.raises(TaskRefusedError) as refused:
            rules.check_can_close(kind=kind, is_open=True, note="done")
        assert refused.value.code == "task.by_act"

    def test_a_note_is_needed_and_a_task_ends_once(self) -> None:
        with pytest.raises(TaskRefusedError) as refused:
            rules.check_can_close(kind=TaskKind.DECLINE, is_open=True, note=" ")
        assert (refused.value.code, refused.value.field) == ("task.note", "note")
        with pytest.raises(TaskRefusedError, match="closed already"):
            rules.check_can_close(kind=TaskKind.DECLINE, is_open=False, note="done")

    def test_an_auditor_owns_nothing(self) -> None:
        rules.check_can_assign(is_open=True, roles=frozenset({Role.CLINIC_LEAD}))
        with pytest.raises(TaskRefusedError, match="no practitioner or lead"):
            rules.check_can_assign(is_open=True, roles=frozenset({Role.AUDITOR}))

    def test_every_kind_stands_in_the_reference(self) -> None:
        page = Path("docs/reference/tasks.md").read_text(encoding="utf-8")
        assert [kind for kind in TaskKind.values if f"| `{kind}` |" not in page] == []


@pytest.mark.django_db
class TestWhatOpensAndCloses:
    def test_a_question_is_the_practitioner_s_until_it_is_answered(self, desk: Desk, handed: Handed) -> None:
        question = ask(handed)
        task = only()
        assert (task.kind, task.subject, task.owner) == (TaskKind.QUESTION, str(question.pk), user_of(desk))
        other = ask(handed, "And with nuts?")
        services.answer_question(question.pk, "Yes.", answered_by="Nia", agent=desk.agent, at=LATER)
        assert only(subject=str(question.pk)).ended == TaskEnd.ACT
        services.drop_question(other.pk, at=LATER)
        assert only(subject=str(other.pk)).ended == TaskEnd.MOOT
        assert not StaffTask.objects.open().exists()

    def test_a_no_ends_what_waited_and_opens_one_of_its_own(self, handed: Handed) -> None:
        ask(handed)
        services.decline_consent(handed.consent.pk, "", at=LATER)
        assert only(kind=TaskKind.QUESTION).ended == TaskEnd.MOOT
        assert [task.kind for task in StaffTask.objects.open()] == [TaskKind.DECLINE]

    def test_a_withdrawal_opens_one_and_only_one(self, desk: Desk, signed: Handed) -> None:
        for _ in range(2):
            services.withdraw_consent(signed.consent.pk, "", received_by="Nia", agent=desk.agent, at=LATER)
        assert only().kind == TaskKind.WITHDRAWAL

    @pytest.mark.parametrize("wish", [Wish.CALL, Wish.DISPUTE])
    def test_what_the_patient_asked_a_person_for_outlives_the_consent(
        self, desk: Desk, signed: Handed, wish: Wish
    ) -> None:
        asked = services.ask_for_help(
            signed.link.pk, wish, phone="", time_of_day=TimeOfDay.ANY, is_confirmed=True, at=LATER
        )
        services.void_consent(signed.consent.pk, reason="no longer wanted", agent=desk.agent, at=LATER)
        assert StaffTask.objects.open().exists()
        assert services.waiting_help(fresh(signed.consent)) == [asked]

    def test_a_choice_that_was_taken_back_is_still_to_be_seen_to_when_the_consent_ends(
        self, desk: Desk, signed: Handed
    ) -> None:
        services.withdraw_choice(signed.consent.pk, "photos_record", "", received_by="", agent=None, at=LATER)
        services.void_consent(signed.consent.pk, reason="no longer wanted", agent=desk.agent, at=LATER)
        assert [task.kind for task in StaffTask.objects.open()] == [TaskKind.CHOICE]

    def test_where_the_practitioner_has_left_the_leads_own_it_and_are_told(
        self, desk: Desk, handed: Handed, lead: User, auditor: User, settings, signed_in: SignedIn
    ) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        ask(handed)
        remove_member(user_of(desk).memberships.get(), agent=desk.agent, at=LATER)
        services.send_due_notices(at=LATER)
        mail.outbox.clear()
        ask(handed, "And with nuts?")
        hold(desk)
        compare_now(handed.consent.pk, at=LATER)
        assert [task.owner for task in StaffTask.objects.order_by("owner")].count(None) == 2
        services.send_due_notices(at=LATER)
        assert [one.to for one in mail.outbox] == [[lead.email]]
        assert signed_in(lead).get("/tasks/").content.decode().count("See to it") == 3
        other = cast.make_practitioner(desk.clinic, "Dr Other")
        assert "See to it" not in signed_in(other).get("/tasks/").content.decode()
        assert "See to it" not in signed_in(auditor).get("/tasks/?show=mine").content.decode()

    def test_a_lead_s_own_list_leaves_out_what_a_colleague_sees_to(
        self, handed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        ask(handed)
        assert "See to it" not in signed_in(lead).get("/tasks/?show=mine").content.decode()

    def test_a_change_opens_one_for_all_its_marks_and_the_decision_closes_it(self, desk: Desk, handed: Handed) -> None:
        hold(desk)
        marks = compare_now(handed.consent.pk, at=LATER)
        assert marks
        assert only().kind == TaskKind.CHANGED
        shown = frozenset(str(mark.pk) for mark in marks)
        services.decide_on_changes(handed.consent.pk, shown, "stands", "looked", agent=desk.agent, at=LATER)
        assert only().ended == TaskEnd.ACT

    def test_every_change_of_a_task_stands_in_the_consent_s_history(self, desk: Desk, handed: Handed) -> None:
        question = ask(handed)
        services.answer_question(question.pk, "Yes.", answered_by="Nia", agent=desk.agent, at=LATER)
        services.decline_consent(handed.consent.pk, "", at=LATER)
        task = only(kind=TaskKind.DECLINE)
        services.close_task(task.pk, "Called.", agent=desk.agent, at=LATER)
        history = services.history_of(fresh(handed.consent))
        assert (history.changed, history.unlogged) == ((), ())
        assert LogRecord.objects.filter(model="consent.stafftask", record_pk=str(task.pk)).count() == 2
        assert only(kind=TaskKind.DECLINE).note == "Called."
        assert b"Called" not in bytes(only(kind=TaskKind.DECLINE).sealed_note)


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestThePages:
    def test_mine_are_counted_listed_taken_over_and_closed(
        self, desk: Desk, nia: Client, handed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        services.decline_consent(handed.consent.pk, "No money", at=LATER)
        task = only()
        page = nia.get("/tasks/").content.decode()
        assert "Mara Ilves" in page
        assert f"/tasks/{task.pk}/" in page
        assert '<span class="count">1' in page
        ada = signed_in(lead)
        assert "Nothing waits for you" in ada.get("/tasks/").content.decode()
        assert f"/tasks/{task.pk}/" in ada.get("/tasks/?show=all").content.decode()
        assert ada.post(f"/tasks/{task.pk}/owner/", {"owner": str(lead.pk)}).status_code == 302
        assert only().owner == lead
        assert ada.post(f"/tasks/{task.pk}/", {"note": ""}).status_code == 422
        assert ada.post(f"/tasks/{task.pk}/", {"note": "Called, all is well."}).status_code == 302
        assert "Called, all is well." in ada.get(f"/tasks/{task.pk}/").content.decode()
        assert f"/tasks/{task.pk}/" in ada.get("/tasks/?show=closed&kind=decline").content.decode()

    def test_a_question_leads_to_its_answer_and_is_not_closed_by_a_note(self, nia: Client, handed: Handed) -> None:
        ask(handed)
        page = nia.get(f"/tasks/{only().pk}/").content.decode()
        assert f'/consents/{handed.consent.pk}/#questions"' in page
        assert "Close the task" not in page
        assert nia.post(f"/tasks/{only().pk}/", {"note": "done"}).status_code == 422
        assert only().is_open

    def test_an_auditor_reads_and_a_stranger_finds_nothing(
        self, handed: Handed, auditor: User, stranger: User, signed_in: SignedIn
    ) -> None:
        ask(handed)
        reader = signed_in(auditor)
        assert "Mara Ilves" in reader.get("/tasks/").content.decode()
        assert reader.post(f"/tasks/{only().pk}/", {"note": "x"}).status_code == 403
        other = signed_in(stranger)
        assert "Mara Ilves" not in other.get("/tasks/?show=all").content.decode()
        assert other.get(f"/tasks/{only().pk}/").status_code == 404
        assert other.post(f"/tasks/{only().pk}/owner/", {"owner": str(stranger.pk)}).status_code == 404

    def test_the_number_of_queries_does_not_grow(self, desk: Desk, nia: Client, django_assert_max_num_queries) -> None:
        ask(desks.issue(desk))
        nia.get("/tasks/")
        with django_assert_max_num_queries(20) as few:
            nia.get("/tasks/")
        for _ in range(3):
            ask(desks.issue(desk))
        with django_assert_max_num_queries(20) as many:
            nia.get("/tasks/")
        assert len(many) == len(few)
