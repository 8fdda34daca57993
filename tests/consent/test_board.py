"""Where a consent stands follows from its rows, and the board says it with the one next act."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit import services as audit
from audit.models import LogDetail, LogEntry
from clinic.models import Organization, User
from consent import services
from consent.disclosure import JUST_NOW, OVERDUE_AFTER, BoardStanding, told_as
from consent.models import Consent, Notice, Opening, ReviewMark, SealingTask
from consent.services.asking import ASKED
from consent.services.kept import MOVE_ANY, WAYS
from consent.services.placing import placed
from consent.services.sparse import which_hold_rows_of
from consent.vocabulary import LinkWay, MarkKind, SealKind, StandingCode
from tests.cast import NOW
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import (
    AFTER_THINKING,
    DECLARED_AT,
    LATER,
    SIGNED_AT,
    declare,
    fresh,
    hold,
    release,
    seal_on_paper,
    user_of,
)
from tests.consent.test_clearance import clear, ready
from tests.consent.test_personal import PIANO

pytestmark = pytest.mark.django_db


def standing(consent: Consent, at=LATER) -> BoardStanding:
    """Where it stands; its own page, the board and a list must say the same, and the words ask for nothing more."""
    found = services.standing_of(fresh(consent), at=at)
    clinic = consent.organization
    assert placed(Consent.objects.filter(pk=consent.pk), clinic, at=at) == [found.place]
    assert services.places_on_page([consent.pk], clinic, at=at) == [found.place]
    [(row, _)] = services.read_rows(clinic, [found.place])
    with CaptureQueriesContext(connection) as asked:
        assert told_as(row, found.place, at=at) == found
    assert len(asked) == 0
    assert found.why != JUST_NOW
    assert_worked_out(clinic, at=at)
    return found


def assert_worked_out(clinic: Organization, at: datetime) -> None:
    """What is kept of the board must be what the rows say: nothing that an act moved was missed."""
    rows = Consent.objects.at(clinic)
    anew = {place for place in placed(rows, clinic, at=at) if place.is_at_work}
    assert set(services.board(clinic, at=at).placed) == anew


class TestWhereItStands:
    def test_without_a_link_it_is_not_sent_and_the_next_act_shows_one(self, desk: Desk, handed: Handed) -> None:
        services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=LATER)
        found = standing(handed.consent)
        assert (found.code, found.act, found.is_waiting) == (StandingCode.NOT_SENT, "Show QR", True)
        assert "newer" in found.why

    def test_with_a_link_that_nobody_used_it_is_not_opened(self, handed: Handed) -> None:
        found = standing(handed.consent)
        assert found.code == StandingCode.NOT_OPENED
        assert found.since == NOW
        assert "until 23 December 2026" in found.why

    def test_after_the_link_s_days_it_is_expired(self, handed: Handed) -> None:
        found = standing(handed.consent, at=handed.link.expires_at)
        assert (found.code, found.is_waiting) == (StandingCode.LINK_EXPIRED, True)

    def test_a_mail_that_came_back_is_not_reached(self, handed: Handed) -> None:
        Notice.objects.create(
            organization=handed.consent.organization,
            consent=handed.consent,
            link=handed.link,
            created_at=NOW,
            subject="x",
            last_error="mailbox unknown",
            attempts=1,
        )
        found = standing(handed.consent)
        assert found.code == StandingCode.NOT_REACHED
        assert "mailbox unknown" in found.why

    def test_a_reader_is_reading_so_many_of_nine_parts(self, handed: Handed) -> None:
        services.confirm_identity(handed.link.pk, handed.consent.patient.identity.birth_date, at=NOW)
        services.acknowledge(handed.consent.pk, "experimental", shown_sha256=handed.sha256, at=NOW)
        found = standing(handed.consent)
        assert (found.code, found.why) == (StandingCode.READING, "1 of 9 parts read")

    def test_what_matters_to_the_patient_counts_as_a_part_of_its_own(self, desk: Desk) -> None:
        handed = desks.issue(desk, personal=PIANO)
        services.confirm_identity(handed.link.pk, handed.consent.patient.identity.birth_date, at=NOW)
        assert standing(handed.consent).why == "0 of 10 parts read"

    def test_a_question_is_shown_with_its_words(self, handed: Handed) -> None:
        services.ask_question(
            handed.consent.pk, "risks", "Is it safe with roses?", shown_sha256=handed.sha256, at=LATER
        )
        found = standing(handed.consent)
        assert (found.code, found.act) == (StandingCode.QUESTION, "Answer")
        assert found.why == "“Is it safe with roses?”"

    def test_a_signature_waits_for_the_declaration(self, signed: Handed) -> None:
        found = standing(signed.consent, at=SIGNED_AT)
        assert (found.code, found.act, found.next_url_name) == (StandingCode.SIGNED, "Declare", "consent_declare")
        assert found.is_unsealed
        assert "Dr Nia Penrose" in found.why

    def test_a_seal_that_fails_is_shown_with_its_error_and_next_try(self, signed: Handed) -> None:
        SealingTask.objects.create(
            consent=signed.consent,
            kind=SealKind.SIGNED,
            attempts=2,
            last_error="No space left",
            next_attempt_at=SIGNED_AT + timedelta(minutes=5),
        )
        found = standing(signed.consent, at=SIGNED_AT + timedelta(seconds=30))
        assert found.code == StandingCode.SEAL_PENDING
        assert "No space left" in found.why
        assert "2 tries" in found.why
        assert "in 5 min" in found.why

    def test_a_seal_that_nobody_makes_is_shown_after_minutes(self, signed: Handed) -> None:
        assert standing(signed.consent, at=SIGNED_AT + timedelta(minutes=3)).code == StandingCode.SEAL_PENDING

    def test_a_batch_on_hold_is_shown_with_the_reason(self, desk: Desk, handed: Handed) -> None:
        hold(desk)
        found = standing(handed.consent)
        assert (found.code, found.act) == (StandingCode.BATCH_CHANGED, "Review")
        assert "warm transport" in found.why

    def test_a_batch_past_its_last_day_is_shown(self, desk: Desk, handed: Handed) -> None:
        last_day = NOW.replace(year=2028, month=1, day=19)
        assert standing(handed.consent, at=last_day).code != StandingCode.BATCH_CHANGED
        assert standing(handed.consent, at=last_day + timedelta(days=1)).code == StandingCode.BATCH_CHANGED

    def test_a_no_is_declined_with_the_patient_s_words(self, handed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "I would rather wait", at=LATER)
        found = standing(handed.consent)
        assert (found.code, found.why, found.is_waiting) == (StandingCode.DECLINED, "“I would rather wait”", False)

    def test_a_no_without_a_reason_says_so(self, handed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "", at=LATER)
        assert standing(handed.consent).why == "no reason given"

    def test_a_withdrawal_names_who_received_it(self, desk: Desk, signed: Handed) -> None:
        services.withdraw_consent(
            signed.consent.pk, "", received_by="Dr Nia Penrose, by telephone", agent=desk.agent, at=LATER
        )
        seal_on_paper(desk, signed)
        found = standing(signed.consent)
        assert (found.code, found.why) == (StandingCode.WITHDRAWN, "received by Dr Nia Penrose, by telephone")

    def test_declared_and_sealed_it_is_time_to_think_first(self, desk: Desk, signed: Handed) -> None:
        release(desk)
        declare(desk, signed)
        seal_on_paper(desk, signed)
        seal_on_paper(desk, signed, SealKind.COMPLETED)
        found = standing(signed.consent)
        assert (found.code, found.why) == (StandingCode.THINKING, "may be treated from 24 November 2026")

    def test_after_the_time_to_think_it_is_active(self, desk: Desk, signed: Handed) -> None:
        release(desk)
        declare(desk, signed)
        seal_on_paper(desk, signed)
        seal_on_paper(desk, signed, SealKind.COMPLETED)
        found = standing(signed.consent, at=AFTER_THINKING)
        assert (found.code, found.next_url_name) == (StandingCode.ACTIVE, "consent_clearance")

    def test_a_declaration_just_made_is_being_sealed(self, desk: Desk, signed: Handed) -> None:
        release(desk)
        seal_on_paper(desk, signed)
        declare(desk, signed)
        found = standing(signed.consent, at=DECLARED_AT)
        assert (found.code, found.is_waiting, found.is_unsealed) == (StandingCode.SEAL_PENDING, False, True)

    def test_voided_is_voided(self, desk: Desk, handed: Handed) -> None:
        services.void_consent(handed.consent.pk, reason="issued twice", agent=desk.agent, at=LATER)
        assert standing(handed.consent).code == StandingCode.VOIDED


# Every act that has a file of its own, on a consent that stands ready for it.
ACTS: dict[SealKind, Callable[[Desk], Handed]] = {}


def act(kind: SealKind) -> Callable[[Callable[[Desk], Handed]], Callable[[Desk], Handed]]:
    def keep(made: Callable[[Desk], Handed]) -> Callable[[Desk], Handed]:
        ACTS[kind] = made
        return made

    return keep


@act(SealKind.SIGNED)
def _signed(desk: Desk) -> Handed:
    return desks.signed(desk)


@act(SealKind.COMPLETED)
def _declared(desk: Desk) -> Handed:
    handed = desks.signed(desk)
    seal_on_paper(desk, handed)
    declare(desk, handed)
    return handed


@act(SealKind.DAY_OF)
def _checked(desk: Desk) -> Handed:
    handed = ready(desk)
    clear(desk, handed)
    return handed


@act(SealKind.DECLINED)
def _declined(desk: Desk) -> Handed:
    handed = desks.issue(desk)
    services.decline_consent(handed.consent.pk, "", at=LATER)
    return handed


@act(SealKind.WITHDRAWN)
def _withdrawn(desk: Desk) -> Handed:
    handed = desks.signed(desk)
    seal_on_paper(desk, handed)
    services.withdraw_consent(handed.consent.pk, "", received_by="", agent=None, at=LATER)
    return handed


@act(SealKind.CLOSED)
def _voided(desk: Desk) -> Handed:
    handed = desks.issue(desk)
    services.void_consent(handed.consent.pk, reason="twice", agent=desk.agent, at=LATER)
    return handed


@act(SealKind.ERROR)
def _in_error(desk: Desk) -> Handed:
    handed = desks.issue(desk)
    services.invalidate_consent(handed.consent.pk, reason="wrong", agent=desk.agent, at=LATER)
    return handed


class TestEveryFileThatIsMissing:
    def test_every_kind_of_file_is_tried_here(self) -> None:
        assert list(ACTS) == list(SealKind)

    @pytest.mark.parametrize("kind", SealKind)
    def test_is_alarmed_of_when_it_is_late_or_failing_and_no_more_once_it_is_there(
        self, desk: Desk, kind: SealKind
    ) -> None:
        handed = ACTS[kind](desk)
        since = standing(handed.consent, at=AFTER_THINKING + timedelta(hours=1)).since
        at_once = standing(handed.consent, at=since)
        assert (at_once.is_unsealed, "tries" in at_once.why) == (True, False)
        late = standing(handed.consent, at=since + timedelta(minutes=5))
        assert (late.code, late.is_waiting, late.place.late) == (StandingCode.SEAL_PENDING, True, kind)
        assert late.why.startswith(f"{kind.label}: what was decided counts. Its sealed file is late")
        task = SealingTask.objects.create(consent=handed.consent, kind=kind, attempts=2, last_error="No space left")
        for wait in (timedelta(seconds=30), timedelta(days=60)):
            failing = standing(handed.consent, at=since + wait)
            assert (failing.code, failing.is_waiting) == (StandingCode.SEAL_PENDING, True)
            assert "Sealing failed (2 tries): No space left" in failing.why
        assert services.board(desk.clinic, at=since + timedelta(days=60)).unsealed == 1
        seal_on_paper(desk, handed, kind, since + timedelta(minutes=6))
        SealingTask.objects.filter(pk=task.pk).update(last_error="")
        done = standing(handed.consent, at=since + timedelta(minutes=7))
        assert (done.code == StandingCode.SEAL_PENDING, done.is_unsealed) == (False, False)

    @pytest.mark.usefixtures("desk_time")
    def test_it_stands_among_what_waits_on_the_board(self, desk: Desk, nia: Client) -> None:
        handed = _declined(desk)
        SealingTask.objects.create(
            consent=handed.consent, kind=SealKind.DECLINED, attempts=1, last_error="the sealing key is gone"
        )
        page = nia.get("/")
        assert [row.consent for row in page.context["waiting"]] == [handed.consent]
        assert "Record of the no: what was decided counts. Sealing failed (1 try): the sealing key is gone" in (
            page.content.decode()
        )

    def test_an_erased_patient_has_no_file_of_an_end_to_wait_for(self, desk: Desk) -> None:
        _declined(desk)
        type(desk.patient).objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
        [place] = placed(Consent.objects.all(), desk.clinic, at=LATER + timedelta(hours=1))
        assert (place.code, place.is_unsealed) == (StandingCode.DECLINED, False)

    @pytest.mark.usefixtures("desk_time")
    def test_an_erased_patient_has_a_row_without_a_name(self, desk: Desk, nia: Client) -> None:
        handed = _declined(desk)
        SealingTask.objects.create(consent=handed.consent, kind=SealKind.DECLINED, attempts=1, last_error="no key")
        assert "Erased patient" not in nia.get("/").content.decode()
        type(desk.patient).objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
        for page in ("/consents/", f"/consents/?q={handed.consent.reference}"):
            said = nia.get(page).content.decode()
            assert "Erased patient</a>" in said
            assert "Mara Ilves" not in said


@pytest.mark.usefixtures("desk_time")
class TestTheBoard:
    def test_a_question_waits_for_the_clinic_with_one_act(self, desk: Desk, nia: Client, handed: Handed) -> None:
        services.ask_question(
            handed.consent.pk, "risks", "Is it safe with roses?", shown_sha256=handed.sha256, at=LATER
        )
        page = nia.get("/").content.decode()
        assert "Mara Ilves" in page
        assert "Is it safe with roses?" in page
        assert f'/consents/{handed.consent.pk}/">Answer' in page
        assert "question to answer" in page

    def test_a_tile_s_number_is_a_link_to_its_rows(self, nia: Client, handed: Handed) -> None:
        tiles = {tile["label"]: tile for tile in nia.get("/").context["tiles"]}
        tile = tiles["not yet opened"]
        assert tile["count"] == 1
        assert [row.consent for row in nia.get(tile["url"]).context["rows"]] == [handed.consent]

    def test_a_signed_record_without_its_file_is_counted_and_found(self, nia: Client, signed: Handed) -> None:
        tile = next(tile for tile in nia.get("/").context["tiles"] if tile["label"] == "not sealed yet")
        assert tile["count"] == 1
        assert [row.consent for row in nia.get(tile["url"]).context["rows"]] == [signed.consent]

    def test_an_empty_board_says_what_to_do_first(self, harbour: Organization, lead: User, signed_in: SignedIn) -> None:
        page = signed_in(lead).get("/").content.decode()
        assert "Start here" in page
        assert "/products/add/" in page

    def test_the_number_of_queries_does_not_grow_with_the_rows(
        self, desk: Desk, nia: Client, django_assert_max_num_queries
    ) -> None:
        def more(*numbers: int) -> None:
            for number in numbers:
                desks.issue(desk)
                desks.signed(desk, seed=number)

        more(0, 1)
        nia.get("/")
        more(2)
        with django_assert_max_num_queries(30) as few:
            nia.get("/")
        more(3, 4, 5, 6)
        with django_assert_max_num_queries(30) as many:
            nia.get("/")
        assert len(many) == len(few)

    def test_it_is_kept_while_nobody_acts(self, desk: Desk, handed: Handed, django_assert_num_queries) -> None:
        first = services.board(desk.clinic, at=LATER)
        with django_assert_num_queries(1):
            assert services.board(desk.clinic, at=LATER + timedelta(seconds=9)) is first
        # What leaves no entry in the log is seen after ten seconds ...
        Notice.objects.create(
            organization=desk.clinic, consent=handed.consent, link=handed.link, created_at=NOW, last_error="unknown"
        )
        assert services.board(desk.clinic, at=LATER + timedelta(seconds=9)) is first
        in_time = services.board(desk.clinic, at=LATER + timedelta(seconds=10))
        assert [one.code for one in in_time.placed] == [StandingCode.NOT_REACHED]
        # ... and an act at once, also by somebody whose clock is behind.
        services.ask_question(handed.consent.pk, "risks", "Why?", shown_sha256=handed.sha256, at=LATER)
        for seconds in (10, 0):
            found = services.board(desk.clinic, at=LATER + timedelta(seconds=seconds))
            assert [one.code for one in found.placed] == [StandingCode.QUESTION]

    def test_after_an_act_only_what_it_moved_is_placed_anew(self, desk: Desk, handed: Handed, signed: Handed) -> None:
        before = services.board(desk.clinic, at=LATER)
        services.ask_question(handed.consent.pk, "risks", "Why?", shown_sha256=handed.sha256, at=LATER)
        after = services.board(desk.clinic, at=LATER)
        by_key = [{one.pk: one for one in board.placed} for board in (before, after)]
        assert by_key[1][handed.consent.pk].code == StandingCode.QUESTION
        assert by_key[1][signed.consent.pk] is by_key[0][signed.consent.pk]
        assert_worked_out(desk.clinic, at=LATER)

    def test_after_an_act_no_table_is_asked_that_holds_nothing_of_what_it_moved(
        self, desk: Desk, handed: Handed, signed: Handed, django_assert_num_queries
    ) -> None:
        services.board(desk.clinic, at=LATER)
        desks.link_for(desk, handed.consent, at=LATER)
        # Size and entry of the log, the consent of the link, its row, which tables hold anything of it, and its links.
        with django_assert_num_queries(6):
            services.board(desk.clinic, at=LATER)
        assert_worked_out(desk.clinic, at=LATER)

    def test_every_table_that_holds_something_of_a_consent_is_found_in_one_question(
        self, desk: Desk, handed: Handed, signed: Handed, django_assert_num_queries
    ) -> None:
        keys = [handed.consent.pk, signed.consent.pk]
        for asked in (keys, keys[:1], keys[1:], [desk.clinic.pk]):
            with django_assert_num_queries(1):
                found = which_hold_rows_of(ASKED, asked)
            assert found == {model: model.objects.filter(consent__in=asked).exists() for model in ASKED}
        assert set(found.values()) == {False}
        assert which_hold_rows_of(ASKED, keys)[Opening] is True

    def test_the_hour_moves_a_link_and_the_day_moves_everything(self, desk: Desk, handed: Handed) -> None:
        ends = handed.link.expires_at
        for at in (ends - timedelta(minutes=9), ends, ends + timedelta(minutes=1), ends + timedelta(days=1)):
            assert services.board(desk.clinic, at=at).counts[StandingCode.LINK_EXPIRED] == (at >= ends)
            assert_worked_out(desk.clinic, at=at)

    def test_what_may_move_any_consent_has_all_placed_anew(self, desk: Desk, handed: Handed) -> None:
        assert services.board(desk.clinic, at=LATER).counts[StandingCode.NOT_OPENED] == 1
        hold(desk)
        assert services.board(desk.clinic, at=LATER).counts[StandingCode.BATCH_CHANGED] == 1

    def test_more_moved_than_is_worth_placing_one_by_one_has_all_placed_anew(
        self, desk: Desk, handed: Handed, signed: Handed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("consent.services.kept.MOST_MOVED", 1)
        services.board(desk.clinic, at=LATER)
        for each in (handed, signed):
            services.void_consent(each.consent.pk, reason="twice", agent=desk.agent, at=LATER)
        assert_worked_out(desk.clinic, at=LATER)

    def test_an_act_whose_entry_was_erased_has_all_placed_anew(self, desk: Desk, handed: Handed) -> None:
        services.board(desk.clinic, at=LATER)
        services.ask_question(handed.consent.pk, "risks", "Why?", shown_sha256=handed.sha256, at=LATER)
        entry = LogEntry.objects.latest("id")
        LogDetail.objects.filter(entry=entry).delete()
        assert services.board(desk.clinic, at=LATER).counts[StandingCode.QUESTION] == 1

    def test_no_place_rests_on_a_table_that_is_not_looked_for_in_the_log(self, desk: Desk, signed: Handed) -> None:
        with CaptureQueriesContext(connection) as asked:
            list(placed(Consent.objects.all(), desk.clinic, at=LATER))
        tables = set(re.findall(r'(?:FROM|JOIN) "(\w+)"', " ".join(one["sql"] for one in asked.captured_queries)))
        known = {*WAYS, *MOVE_ANY, *(model._meta.label_lower for model in (Notice, SealingTask))}
        assert tables <= {apps.get_model(label)._meta.db_table for label in known}
        assert len(tables) > 15

    def test_what_is_marked_in_the_background_is_seen_within_ten_seconds(self, desk: Desk, handed: Handed) -> None:
        first = services.board(desk.clinic, at=LATER)
        services.reissue_document(handed.consent.pk, batch=desk.batch, cost=None, agent=desk.agent, at=LATER)
        second = services.board(desk.clinic, at=LATER)
        assert second is not first
        document = fresh(handed.consent).document
        with transaction.atomic():
            mark = ReviewMark.objects.create(
                consent=handed.consent, document=document, kind=MarkKind.TEMPLATE, lines=[], told="", marked_at=LATER
            )
            audit.append("consent.marked_for_review", agent=desk.agent, occurred_at=LATER, records=[mark])
        assert services.board(desk.clinic, at=LATER + timedelta(seconds=9)) is second
        third = services.board(desk.clinic, at=LATER + timedelta(seconds=10))
        assert [one.code for one in third.placed] == [StandingCode.CHANGED]

    def test_what_is_kept_of_one_clinic_is_not_shown_to_another(
        self, desk: Desk, handed: Handed, inland: Organization
    ) -> None:
        assert services.board(desk.clinic, at=LATER).placed
        assert not services.board(inland, at=LATER).placed
        narrowed = services.board(desk.clinic, at=LATER, narrowed=Q(product=None))
        assert not narrowed.placed
        assert services.board(desk.clinic, at=LATER).placed

    def test_a_reference_is_found_in_any_case(self, nia: Client, handed: Handed) -> None:
        other = handed.consent.reference[-4:].lower()
        assert len(nia.get(f"/consents/?q={other}").context["rows"]) == 1
        assert len(nia.get("/consents/?q=NOSUCH").context["rows"]) == 0

    def test_every_filter_gives_a_page(self, nia: Client, handed: Handed) -> None:
        for code in [*StandingCode.values, "unsealed", "nonsense"]:
            assert nia.get(f"/consents/?standing={code}").status_code == 200

    def test_an_auditor_sees_it_without_acts(self, handed: Handed, auditor: User, signed_in: SignedIn) -> None:
        page = signed_in(auditor).get("/").content.decode()
        assert "Mara Ilves" in page
        assert "Issue a consent" not in page

    def test_a_link_by_e_mail_is_said_to_be_one(self, desk: Desk, handed: Handed, settings) -> None:
        settings.EMAIL_HOST = "mail.example"
        desks.link_for(desk, handed.consent, at=LATER, way=LinkWay.EMAIL)
        assert standing(handed.consent).why.startswith("sent by e-mail")

    def test_what_waits_the_longest_past_its_day_comes_first_and_is_said_to_be_overdue(
        self, desk: Desk, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late, fresh_one = desks.issue(desk), desks.issue(desk)
        for handed, at in ((fresh_one, LATER), (late, NOW)):
            services.reissue_document(handed.consent.pk, batch=desk.batch, cost=None, agent=desk.agent, at=at)
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW + timedelta(days=1, minutes=30))
        answer = signed_in(user_of(desk)).get("/")
        rows = answer.context["waiting"]
        assert [(row.consent, row.is_overdue) for row in rows] == [(late.consent, True), (fresh_one.consent, False)]
        assert "1 overdue" in answer.content.decode()

    def test_a_patient_who_does_not_open_it_is_overdue_after_two_weeks(self, handed: Handed) -> None:
        found = standing(handed.consent)
        assert found.place.due_at == NOW + timedelta(days=14)
        assert standing(handed.consent, at=NOW + timedelta(days=15)).place.due_at == found.place.due_at

    def test_it_is_narrowed_by_practitioner_product_and_place_and_the_address_keeps_it(
        self, desk: Desk, nia: Client, handed: Handed
    ) -> None:
        def shown(question: str) -> list[Consent]:
            return [row.consent for row in nia.get(f"/?{question}").context["others"]]

        assert shown(f"practitioner={desk.practitioner.pk}&product={desk.product.pk}") == [handed.consent]
        assert shown(f"location={handed.consent.location_id}") == [handed.consent]
        assert shown(f"product={desk.batch.pk}") == []
        page = nia.get(f"/?product={desk.product.pk}")
        tile = next(tile for tile in page.context["tiles"] if tile["label"] == "not yet opened")
        assert f"product={desk.product.pk}" in tile["url"]
        assert [row.consent for row in nia.get(tile["url"]).context["rows"]] == [handed.consent]

    def test_a_list_is_narrowed_to_days_in_three_boxes_and_folds_what_it_is_narrowed_by(
        self, nia: Client, handed: Handed
    ) -> None:
        def page(question: str) -> str:
            return nia.get(f"/consents/{question}").content.decode()

        assert '<details class="card">' in page("")
        boxes = "?since_0=23&since_1=11&since_2=2026&until_0=23&until_1=nov&until_2=2026"
        assert nia.get(f"/consents/{boxes}").context["question"] == "?since=2026-11-23&until=2026-11-23"
        found = page(boxes)
        assert handed.consent.reference in found
        assert '<details class="card" open>' in found
        assert handed.consent.reference not in page("?since_0=24&since_1=11&since_2=2026")
        slashed = page("?since=1/2/2026")
        assert '<details class="card" open>' in slashed
        assert "A date is written year-month-day" in slashed
        assert handed.consent.reference not in slashed
        assert "Put the day right to see the consents." in slashed
        assert nia.get("/consents/?since=2026-11-24").context["rows"] == []
        assert len(nia.get("/consents/?since=2026-11-23&until=2026-11-23").context["rows"]) == 1

    def test_the_picture_s_numbers_stand_in_a_table_as_well(self, nia: Client, handed: Handed, signed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "", at=LATER)
        picture = nia.get("/").context["picture"]
        assert picture["rows"][-1]["counts"] == [0, 1, 1, 0]
        assert sum(bar["height"] for bar in picture["bars"]) == 92
        assert "The same as a table" in nia.get("/").content.decode()

    def test_every_time_to_be_overdue_stands_in_the_reference(self) -> None:
        page = Path("docs/reference/board.md").read_text(encoding="utf-8")
        for code, allowed in OVERDUE_AFTER.items():
            words = f"{allowed.days} day{'s' if allowed.days > 1 else ''}" if allowed.days else "15 minutes"
            assert f"| `{code.value}` | {code.label} | {words} |" in page
