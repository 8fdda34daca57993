"""A record that is disposed of beside those of others: theirs stay as they are, and what somebody waits for is not lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from audit.models import LogEntry
from audit.services import entries_for
from audit.verification import verify
from clinic import services as clinic_services
from clinic.models import Patient, User
from consent import services
from consent.errors import DisposalRefusedError
from consent.models import Consent, Ending, ReviewMark, StaffTask
from consent.services.remains import rows_about
from consent.vocabulary import MarkOutcome, SealKind, TaskKind, TimeOfDay, Wish
from tests.cast import MARA, NOW, agent_for, make_patient
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import AFTER_THINKING, LATER, declare, fresh, seal_on_paper
from tests.consent.test_changes import correct, decide
from tests.consent.test_disposal import DUE, confirm, propose

pytestmark = pytest.mark.django_db
BOTH_DUE = DUE + timedelta(days=7)


@pytest.fixture
def liis(desk: Desk) -> Desk:
    """The same desk with another patient before it."""
    return replace(desk, patient=make_patient(desk.clinic, replace(MARA, given_name="Liis")))


def ended(desk: Desk, handed: Handed) -> None:
    services.decline_consent(handed.consent.pk, "Not now", at=LATER)
    seal_on_paper(desk, handed, SealKind.DECLINED)


class TestAnEntryAboutTwoPatients:
    @pytest.fixture
    def others(self, desk: Desk, liis: Desk, lead: User, second_lead: User) -> Consent:
        """Liis's consent: it was marked in one entry with that of Mara, whose record is gone."""
        mine, hers = desks.issue(desk), desks.issue(liis)
        correct(desk, "species", "Rosa canina")
        assert services.compare_due_consents(at=LATER) == 2
        assert ReviewMark.objects.count() == 2
        ended(desk, mine)
        ended(liis, hers)
        confirm(desk, propose(desk, lead), second_lead)
        assert [line.kind for line in services.history_of(mine.consent).lines][-1] == "consent.record_disposed"
        return fresh(hers.consent)

    def test_does_not_say_of_the_other_that_the_record_is_gone(self, others: Consent) -> None:
        history = services.history_of(others)
        kinds = [line.kind for line in history.lines]
        assert "consent.marked_for_review" in kinds
        assert "consent.record_disposed" not in kinds
        assert kinds[-1] == "consent.rows_named_again"
        assert (history.changed, history.unlogged) == ((), ())

    def test_does_not_count_as_an_entry_of_the_other(self, others: Consent, liis: Desk) -> None:
        assert services.keeping_of(liis.patient, at=DUE).facts.last_entry_on == date(2026, 11, 23)

    def test_leaves_a_log_that_still_speaks_for_the_other_s_rows(self, others: Consent) -> None:
        assert [one.message for one in verify(None)] == []
        mark = ReviewMark.objects.get(consent=others)
        told = [one for entry in entries_for("consent.reviewmark", mark.pk) for one in records_in(entry)]
        assert told == [("consent.rows_named_again", mark.record_sha256())]


def records_in(entry: LogEntry) -> list[tuple[str, str]]:
    """The kind of an entry that still says something, with the digest of every mark that it names."""
    named = entry.detail.body["records"] if hasattr(entry, "detail") else ()
    return [(entry.kind, one["sha256"]) for one in named if one["model"] == "consent.reviewmark"]


class TestPeopleWhoWereOneForAWhile:
    @pytest.fixture
    def parted(self, desk: Desk, liis: Desk, lead: User) -> tuple[Handed, Handed]:
        """A consent of Liis that one of Mara's replaced while both were taken for one person."""
        agent = agent_for(lead, desk.clinic)
        older = desks.signed(liis)
        correct(desk, "species", "Rosa canina")
        services.compare_due_consents(at=LATER)
        decide(desk, older, MarkOutcome.ASK_AGAIN)
        clinic_services.merge_patients(
            liis.patient.pk, desk.patient.pk, "Same", is_confirmed=True, agent=agent, at=AFTER_THINKING
        )
        newer = desks.signed(desk, seed=2)
        declare(desk, newer)
        assert Ending.objects.get(consent=older.consent).successor_id == newer.consent.pk
        clinic_services.unmerge_patient(liis.patient.pk, "Sisters", is_confirmed=True, agent=agent, at=AFTER_THINKING)
        return older, newer

    def test_do_not_own_each_other_s_rows(self, desk: Desk, liis: Desk, parted) -> None:
        older, newer = parted
        for patient, mine, other in ((desk.patient, newer, older), (liis.patient, older, newer)):
            owned = rows_about([[Patient.objects.get(pk=patient.pk)]])
            assert (Consent, mine.consent.pk) in owned
            assert (Consent, other.consent.pk) not in owned
        assert (Ending, Ending.objects.get().pk) not in rows_about([[Patient.objects.get(pk=desk.patient.pk)]])


def test_a_record_that_is_merged_into_one_whose_key_is_gone_is_disposed_of_too(
    desk: Desk, liis: Desk, lead: User, second_lead: User
) -> None:
    ended(liis, desks.issue(liis))
    Patient.objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
    Patient.objects.filter(pk=liis.patient.pk).update(merged_into=desk.patient)
    confirm(desk, propose(liis, lead), second_lead)
    assert Patient.objects.get(pk=liis.patient.pk).is_erased


class TestAHoldOnPeopleWhoWereOneForAWhile:
    @pytest.mark.parametrize(
        ("days", "are_held"),
        [(1, (True, True)), (-1, (True, False)), (3, (True, False))],
        ids=["then", "before", "after"],
    )
    def test_stands_on_both_where_it_was_set_then(
        self, desk: Desk, liis: Desk, lead: User, days: int, are_held: tuple[bool, bool]
    ) -> None:
        agent, day = agent_for(lead, desk.clinic), timedelta(days=1)
        for when, act in sorted(
            [
                (
                    0,
                    lambda at: clinic_services.merge_patients(
                        liis.patient.pk, desk.patient.pk, "Same", is_confirmed=True, agent=agent, at=at
                    ),
                ),
                (days, lambda at: clinic_services.set_hold(desk.patient.pk, "A claim", agent=agent, at=at)),
                (
                    2,
                    lambda at: clinic_services.unmerge_patient(
                        liis.patient.pk, "Sisters", is_confirmed=True, agent=agent, at=at
                    ),
                ),
            ],
            key=lambda one: one[0],
        ):
            act(LATER + when * day)
        held = [services.keeping_of(Patient.objects.get(pk=one.patient.pk), at=DUE).facts.holds for one in (desk, liis)]
        assert tuple(map(bool, held)) == are_held
        hold = clinic_services.standing_holds([desk.patient])[0]
        clinic_services.lift_hold(hold.pk, "Settled", agent=agent, at=DUE)
        assert clinic_services.standing_holds([liis.patient]) == []


class TestWhatThePatientAskedOfAPerson:
    @pytest.mark.parametrize("wish", [Wish.DISPUTE, Wish.CALL])
    def test_stops_it_until_somebody_has_seen_to_it(
        self, desk: Desk, lead: User, second_lead: User, wish: Wish
    ) -> None:
        handed = desks.issue(desk)
        services.ask_for_help(handed.link.pk, wish, phone="", time_of_day=TimeOfDay.ANY, is_confirmed=True, at=NOW)
        ended(desk, handed)
        with pytest.raises(DisposalRefusedError) as refused:
            propose(desk, lead)
        assert refused.value.code == "disposal.task"
        task = StaffTask.objects.get(kind__in=[TaskKind.REVIEW, TaskKind.CALL], closed_at=None)
        services.close_task(task.pk, "Seen to.", agent=agent_for(lead, desk.clinic), at=LATER)
        confirm(desk, propose(desk, lead), second_lead)
