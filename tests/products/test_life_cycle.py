"""The life of a batch: only legal moves, each with its reason and its place in the history; expiry by the clinic's day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.services import entries_for
from products import rules
from products.errors import BatchRefusedError, ExpiredError, ReleaseRefusedError, TemperatureRefusedError
from products.models import Batch, TemperatureRecord
from products.services import (
    TemperatureDraft,
    Upload,
    attach_certificate,
    decide_excursion,
    deplete_batch,
    destroy_batch,
    hold_batch,
    recall_batch,
    record_temperature,
    record_units,
    release_batch,
    return_batch,
    state_received,
    stock_of,
)
from products.vocabulary import BatchStatus
from tests.cast import NOW, operator_for
from tests.products.conftest import TODAY, certificate, pdf

WARM = TemperatureDraft(
    highest_c=Decimal("12.4"),
    lowest_c=Decimal("3.1"),
    mean_kinetic_c=Decimal("6.0"),
    limit_low_c=Decimal(2),
    limit_high_c=Decimal(8),
    excursion_minutes=90,
    device_id="LOG-7",
    started_at=NOW - timedelta(days=3),
    ended_at=NOW - timedelta(days=1),
)
COOL = replace(WARM, highest_c=Decimal("7.4"), excursion_minutes=0)
ACTS = {"ON_HOLD": hold_batch, "RECALLED": recall_batch, "RETURNED": return_batch, "DESTROYED": destroy_batch}


class TestTheTable:
    def test_a_recall_is_possible_from_every_other_state(self):
        assert all(
            BatchStatus.RECALLED in moves for state, moves in rules.BATCH_TRANSITIONS.items() if state != "RECALLED"
        )

    def test_a_recall_is_final_except_for_return_and_destruction(self):
        assert rules.BATCH_TRANSITIONS["RECALLED"] == {"RETURNED", "DESTROYED"}

    def test_only_quarantine_and_hold_lead_to_release(self):
        assert {state for state, moves in rules.BATCH_TRANSITIONS.items() if "RELEASED" in moves} == {
            "QUARANTINE",
            "ON_HOLD",
        }

    def test_every_state_has_its_row(self):
        assert set(rules.BATCH_TRANSITIONS) == set(BatchStatus.values)

    @pytest.mark.parametrize("now", BatchStatus.values)
    @pytest.mark.parametrize("then", BatchStatus.values)
    def test_whatever_the_table_does_not_name_is_refused(self, now, then):
        if then in rules.BATCH_TRANSITIONS[now]:
            rules.check_batch_move(now, then)
        else:
            with pytest.raises(BatchRefusedError) as refused:
                rules.check_batch_move(now, then)
            assert refused.value.code == "batch.transition"


@pytest.fixture
def released(lot, nia, ada) -> Batch:
    """The batch, released."""
    attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
    return release_batch(lot, today=TODAY, agent=ada, at=NOW)


@pytest.mark.django_db
class TestMoves:
    def test_each_move_is_kept_with_who_when_and_why(self, released, nia, ada):
        hold_batch(released, reason="The box was wet.", today=TODAY, agent=nia, at=NOW)
        release_batch(released, today=TODAY, agent=ada, at=NOW + timedelta(hours=1))
        recall_batch(released, reason="Letter of the maker", today=TODAY, agent=nia, at=NOW + timedelta(hours=2))
        assert [(m.from_status, m.to_status, m.reason, m.moved_by_name) for m in released.moves.all()] == [
            ("QUARANTINE", "RELEASED", "", "Ada Lead"),
            ("RELEASED", "ON_HOLD", "The box was wet.", "Dr Nia Penrose"),
            ("ON_HOLD", "RELEASED", "", "Ada Lead"),
            ("RELEASED", "RECALLED", "Letter of the maker", "Dr Nia Penrose"),
        ]
        kinds = {entry.kind for entry in entries_for("products.batch", released.pk)}
        assert {"products.batch_held", "products.batch_released", "products.batch_recalled"} <= kinds

    @pytest.mark.parametrize("act", ACTS.values())
    @pytest.mark.parametrize("reason", ["", "  "])
    def test_none_without_a_reason(self, act, reason, lot, nia):
        with pytest.raises(BatchRefusedError) as refused:
            act(lot, reason=reason, today=TODAY, agent=nia, at=NOW)
        assert refused.value.field == "reason"
        assert not lot.moves.exists()

    def test_a_recalled_batch_is_never_released_again(self, released, nia, ada):
        recall_batch(released, reason="Letter", today=TODAY, agent=nia, at=NOW)
        with pytest.raises(ReleaseRefusedError, match="It is “Recalled”"):
            release_batch(released, today=TODAY, agent=ada, at=NOW)
        assert destroy_batch(released, reason="Burnt", today=TODAY, agent=nia, at=NOW).status == "DESTROYED"

    def test_one_that_was_sent_back_can_still_be_recalled(self, released, nia):
        return_batch(released, reason="Too many", today=TODAY, agent=nia, at=NOW)
        assert recall_batch(released, reason="Letter", today=TODAY, agent=nia, at=NOW).status == "RECALLED"

    def test_what_is_left_leaves_stock_with_the_batch(self, released, nia):
        state_received(released, 5, today=TODAY, agent=nia, at=NOW)
        destroy_batch(released, reason="Broken box", today=TODAY, agent=nia, at=NOW)
        stock = stock_of(released)
        assert (stock.in_stock, stock.destroyed) == (0, 5)
        assert released.unit_counts.filter(act="DESTROYED", unit__serial_number="R1").exists()

    def test_it_is_used_up_only_when_nothing_is_in_stock(self, released, nia):
        with pytest.raises(BatchRefusedError, match="1 vial is in stock"):
            deplete_batch(released, reason="All used", today=TODAY, agent=nia, at=NOW)
        vial = released.units.get()
        record_units(released, "USED", 1, unit=vial, happened_on=TODAY, today=TODAY, agent=nia, at=NOW)
        assert deplete_batch(released, reason="All used", today=TODAY, agent=nia, at=NOW).status == "DEPLETED"

    def test_the_database_changes_no_move(self, released):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE products_batchmove SET reason = 'x'")


@pytest.mark.django_db
class TestExpiry:
    LAST = date(2028, 1, 19)

    def test_the_last_day_counts_and_the_next_one_does_not(self, released):
        assert released.state_on(self.LAST) == "RELEASED"
        assert released.state_on(self.LAST + timedelta(days=1)) == "EXPIRED"

    def test_an_expired_batch_is_held_no_more_but_destroyed(self, released, nia):
        day = self.LAST + timedelta(days=1)
        with pytest.raises(BatchRefusedError, match="“Expired”"):
            hold_batch(released, reason="x", today=day, agent=nia, at=NOW)
        destroy_batch(released, reason="Expired", today=day, agent=nia, at=NOW)
        assert released.moves.last().from_status == "RELEASED"

    def test_one_that_left_does_not_expire(self, released, nia):
        gone = return_batch(released, reason="Too many", today=TODAY, agent=nia, at=NOW)
        assert gone.state_on(date(2030, 1, 1)) == "RETURNED"

    def test_it_is_never_stored(self, lot):
        lot.status = BatchStatus.EXPIRED
        with pytest.raises(IntegrityError), transaction.atomic():
            lot.save()

    def test_it_is_not_released(self, lot, nia, ada):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(ExpiredError):
            release_batch(lot, today=self.LAST + timedelta(days=1), agent=ada, at=NOW)


@pytest.mark.django_db
class TestTemperature:
    def test_within_the_limits_nothing_happens(self, released, nia):
        record = record_temperature(released, replace(COOL, upload=Upload(pdf("log"), "log.pdf")), agent=nia, at=NOW)
        released.refresh_from_db()
        assert (record.is_excursion, released.status, record.evidence.original_name) == (False, "RELEASED", "log.pdf")

    @pytest.mark.parametrize(
        "changes", [{}, {"highest_c": Decimal("7.9")}, {"lowest_c": Decimal("1.9"), "highest_c": Decimal(7)}]
    )
    def test_an_excursion_holds_the_batch_at_once(self, changes, released, nia):
        record = record_temperature(released, replace(WARM, **changes), agent=nia, at=NOW)
        released.refresh_from_db()
        assert (record.is_excursion, released.status) == (True, "ON_HOLD")
        assert released.status_reason.startswith("Temperature excursion")
        assert released.moves.last().reason == released.status_reason

    def test_the_words_say_how_far_and_how_long(self):
        words = rules.excursion_words(
            lowest_c=Decimal(-1),
            highest_c=Decimal("12.4"),
            limit_low_c=Decimal(2),
            limit_high_c=Decimal(8),
            minutes=90,
        )
        assert words == (
            "Temperature excursion: it was as warm as 12.4 °C, and the label allows 8 °C and it was as cold as -1 °C, "
            "and the label allows 2 °C, for 90 minutes."
        )

    def test_without_a_limit_there_is_no_excursion_to_find(self):
        assert not rules.excursion_words(
            lowest_c=None, highest_c=Decimal(30), limit_low_c=None, limit_high_c=None, minutes=None
        )

    def test_it_is_released_only_after_a_named_person_decided(self, released, nia, ada):
        record = record_temperature(released, WARM, agent=nia, at=NOW)
        with pytest.raises(ReleaseRefusedError, match="waits for a named person"):
            release_batch(released, today=TODAY, agent=ada, at=NOW)
        decide_excursion(record, "KEEP", reason="Stable for 14 days at 25 °C", agent=ada, at=NOW)
        released.refresh_from_db()
        assert released.status == "ON_HOLD"
        assert release_batch(released, today=TODAY, agent=ada, at=NOW).status == "RELEASED"

    def test_and_never_where_it_was_decided_against(self, released, nia, ada):
        record = record_temperature(released, WARM, agent=nia, at=NOW)
        decide_excursion(record, "REJECT", reason="No data", agent=ada, at=NOW)
        with pytest.raises(ReleaseRefusedError, match="Ada Lead decided after a temperature excursion"):
            release_batch(released, today=TODAY, agent=ada, at=NOW)

    @pytest.mark.parametrize(
        ("outcome", "reason", "code"), [("KEEP", " ", "temperature.reason"), ("MAYBE", "x", "temperature.outcome")]
    )
    def test_a_decision_needs_its_reason_and_is_one_of_two(self, outcome, reason, code, lot, nia):
        record = record_temperature(lot, WARM, agent=nia, at=NOW)
        with pytest.raises(TemperatureRefusedError) as refused:
            decide_excursion(record, outcome, reason=reason, agent=nia, at=NOW)
        assert refused.value.code == code

    def test_a_process_decides_nothing_and_nobody_decides_twice(self, lot, harbour, nia):
        record = record_temperature(lot, WARM, agent=nia, at=NOW)
        with pytest.raises(TemperatureRefusedError, match="named person"):
            decide_excursion(record, "KEEP", reason="x", agent=operator_for(harbour), at=NOW)
        decide_excursion(record, "KEEP", reason="x", agent=nia, at=NOW)
        with pytest.raises(TemperatureRefusedError, match="decided already"):
            decide_excursion(record, "REJECT", reason="y", agent=nia, at=NOW)

    def test_where_nothing_was_wrong_there_is_nothing_to_decide(self, lot, nia):
        record = record_temperature(lot, COOL, agent=nia, at=NOW)
        with pytest.raises(TemperatureRefusedError, match="nothing to decide"):
            decide_excursion(record, "KEEP", reason="x", agent=nia, at=NOW)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"lowest_c": Decimal(13)}, "lowest_c"),
            ({"mean_kinetic_c": Decimal(13)}, "mean_kinetic_c"),
            ({"mean_kinetic_c": Decimal(1)}, "mean_kinetic_c"),
            ({"limit_low_c": Decimal(9)}, "limit_low_c"),
            ({"highest_c": Decimal(101)}, "highest_c"),
            ({"started_at": NOW + timedelta(days=1)}, "started_at"),
            ({"ended_at": NOW - timedelta(days=9)}, "ended_at"),
        ],
    )
    def test_a_record_that_contradicts_itself_is_refused_at_its_field(self, changes, field, lot, nia):
        with pytest.raises(TemperatureRefusedError) as refused:
            record_temperature(lot, replace(WARM, **changes), agent=nia, at=NOW)
        assert refused.value.field == field
        assert not TemperatureRecord.objects.exists()
