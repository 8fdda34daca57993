"""Vials counted: received = used + in stock + returned + destroyed + unknown, whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products import rules
from products.errors import UnitCountError
from products.models import UnitCount
from products.services import (
    attach_certificate,
    count_stock,
    place_of,
    receive_batch,
    record_units,
    release_batch,
    state_received,
    stock_of,
)
from products.vocabulary import UnitAct
from tests.cast import NOW
from tests.products.conftest import LOT, TODAY, certificate


class TestTheEquation:
    @given(st.lists(st.tuples(st.sampled_from(UnitAct.values), st.integers(-2, 9)), max_size=40))
    def test_it_holds_after_every_event_and_nothing_is_ever_below_zero(self, events):
        count = rules.Tally()
        for act, quantity in events:
            before = count
            try:
                count = count.after(act, quantity)
            except UnitCountError:
                assert count == before
            assert count.adds_up

    def test_more_that_left_than_came_is_seen(self):
        assert not rules.tally([("RECEIVED", 1), ("USED", 2)]).adds_up
        assert rules.tally([("USED", 1), ("RECEIVED", 2)]) == rules.Tally(received=2, used=1, in_stock=1)

    def test_a_tally_that_does_not_add_up_says_so(self):
        assert not rules.Tally(received=3, used=1, in_stock=1).adds_up
        assert not rules.Tally(received=0, used=1, in_stock=-1).adds_up

    def test_more_cannot_go_than_are_there(self):
        with pytest.raises(UnitCountError, match="You entered 3, but 2 are in stock"):
            rules.Tally(received=2, in_stock=2).after("USED", 3)


@pytest.fixture
def released(lot, nia, ada):
    """The batch, released; one vial, R1, is known by its serial number."""
    attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
    return release_batch(lot, today=TODAY, agent=ada, at=NOW)


@pytest.mark.django_db
class TestReceived:
    def test_a_vial_with_a_serial_number_counts_by_itself(self, lot):
        assert stock_of(lot) == rules.Tally(received=1, in_stock=1)

    def test_a_stated_number_includes_those_that_are_scanned_later(self, lot, rosaline, nia):
        state_received(lot, 3, today=TODAY, agent=nia, at=NOW)
        for serial in ("R2", "R3"):
            receive_batch(rosaline, replace(LOT, serial_number=serial), today=TODAY, agent=nia, at=NOW)
        assert stock_of(lot).received == 3
        receive_batch(rosaline, replace(LOT, serial_number="R4"), today=TODAY, agent=nia, at=NOW)
        assert stock_of(lot).received == 4

    @pytest.mark.parametrize(("total", "code"), [(0, "units.range"), (-1, "units.range"), (1_000_001, "units.range")])
    def test_a_number_out_of_range_is_refused(self, total, code, lot, nia):
        with pytest.raises(UnitCountError) as refused:
            state_received(lot, total, today=TODAY, agent=nia, at=NOW)
        assert (refused.value.code, refused.value.field) == (code, "quantity")

    def test_fewer_than_are_known_is_refused_and_the_same_changes_nothing(self, lot, nia):
        state_received(lot, 3, today=TODAY, agent=nia, at=NOW)
        with pytest.raises(UnitCountError, match="3 vials are on record"):
            state_received(lot, 2, today=TODAY, agent=nia, at=NOW)
        assert state_received(lot, 3, today=TODAY, agent=nia, at=NOW) is None


@pytest.mark.django_db
class TestRecordUnits:
    def record(self, batch, act, nia, quantity=1, **changes):
        options = {"happened_on": TODAY, "today": TODAY, "agent": nia, "at": NOW, "reason": "why"} | changes
        return record_units(batch, act, quantity, **options)

    def test_each_leaves_stock_for_its_place(self, released, nia):
        state_received(released, 9, today=TODAY, agent=nia, at=NOW)
        for quantity, act in enumerate(("USED", "RETURNED", "DESTROYED"), start=1):
            self.record(released, act, nia, quantity)
        assert stock_of(released) == rules.Tally(received=9, used=1, returned=2, destroyed=3, in_stock=3)

    def test_one_vial_is_somewhere_once(self, released, nia):
        vial = released.units.get()
        self.record(released, "USED", nia, unit=vial)
        assert place_of(vial) == "USED"
        with pytest.raises(UnitCountError, match="R1 is on record as “used”"):
            self.record(released, "DESTROYED", nia, unit=vial)

    def test_a_vial_with_a_serial_number_is_named(self, released, nia):
        with pytest.raises(UnitCountError) as refused:
            self.record(released, "USED", nia)
        assert (refused.value.code, refused.value.field) == ("units.name_the_vial", "unit")

    def test_a_missing_vial_is_found_again(self, released, nia):
        vial = released.units.get()
        self.record(released, "MISSING", nia, unit=vial)
        assert stock_of(released).unknown == 1
        self.record(released, "FOUND", nia, unit=vial)
        assert stock_of(released) == rules.Tally(received=1, in_stock=1)

    def test_a_use_of_a_batch_that_is_not_released_is_recorded_only_with_its_reason(self, lot, nia):
        state_received(lot, 2, today=TODAY, agent=nia, at=NOW)
        with pytest.raises(UnitCountError, match="must not hide it"):
            self.record(lot, "USED", nia, reason=" ")
        assert self.record(lot, "USED", nia, reason="Mistaken for another lot").reason == "Mistaken for another lot"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"act": "RECEIVED"}, "act"),
            ({"act": "LOST"}, "act"),
            ({"act": "DESTROYED", "reason": ""}, "reason"),
            ({"act": "USED", "happened_on": TODAY + timedelta(days=1)}, "happened_on"),
            ({"act": "USED", "happened_on": date(2026, 1, 1)}, "happened_on"),
            ({"act": "USED", "quantity": 4}, "quantity"),
            ({"act": "USED", "quantity": 0}, "quantity"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, changes, field, rosaline, nia, ada):
        batch = receive_batch(rosaline, replace(LOT, serial_number=""), today=TODAY, agent=nia, at=NOW).batch
        attach_certificate(batch, certificate(), today=TODAY, agent=nia, at=NOW)
        release_batch(batch, today=TODAY, agent=ada, at=NOW)
        state_received(batch, 3, today=TODAY, agent=nia, at=NOW)
        act = changes.pop("act")
        with pytest.raises(UnitCountError) as refused:
            self.record(batch, act, nia, **changes)
        assert refused.value.field == field
        assert UnitCount.objects.count() == 1


@pytest.mark.django_db
class TestCountStock:
    def test_what_is_short_becomes_unknown_and_is_found_again_later(self, lot, nia):
        state_received(lot, 6, today=TODAY, agent=nia, at=NOW)
        assert count_stock(lot, 4, today=TODAY, agent=nia, at=NOW).reason == "Counted 4 on the shelf, 6 expected"
        assert stock_of(lot) == rules.Tally(received=6, in_stock=4, unknown=2)
        count_stock(lot, 5, today=TODAY, agent=nia, at=NOW)
        assert stock_of(lot) == rules.Tally(received=6, in_stock=5, unknown=1)

    def test_a_count_that_agrees_adds_nothing(self, lot, nia):
        assert count_stock(lot, 1, today=TODAY, agent=nia, at=NOW) is None

    @pytest.mark.parametrize("found", [2, -1])
    def test_more_than_ever_came_is_refused(self, found, lot, nia):
        with pytest.raises(UnitCountError, match="at most 1 can be there"):
            count_stock(lot, found, today=TODAY, agent=nia, at=NOW)
