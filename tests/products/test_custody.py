"""Who had a batch when: events are added, superseded, never changed, and gaps are said in words."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from audit.errors import AppendOnlyError
from products import rules
from products.errors import CustodyRefusedError
from products.models import CustodyEvent, Evidence, Party
from products.services import CustodyDraft, Upload, correct_custody, record_custody
from tests.cast import NOW
from tests.products.conftest import TODAY, pdf

MAKER, IMPORTER = ("M", "Maker"), ("I", "Importer")


def handover(party: str | None, act: str, day: int) -> rules.Handover:
    names = {None: "This clinic", "M": "Maker", "I": "Importer", "D": "Dealer"}
    return rules.Handover(party, names[party], act, date(2026, 3, day))


WHOLE = [
    handover("M", "SHIPPED", 1),
    handover("I", "RECEIVED", 3),
    handover("I", "SHIPPED", 4),
    handover(None, "RECEIVED", 6),
]


@pytest.mark.django_db
class TestRecordCustody:
    def draft(self, party, **changes):
        values = {"party": party, "act": "SHIPPED", "happened_on": date(2026, 2, 14)} | changes
        return CustodyDraft(**values)

    def test_an_event_is_on_record_with_its_file(self, lot, nia):
        maker = lot.product.manufacturer
        event = record_custody(
            lot, self.draft(maker, upload=Upload(pdf(), "cmr.pdf"), note="Box 4"), today=TODAY, agent=nia, at=NOW
        )
        assert (event.party, event.act, event.note, event.evidence.original_name) == (
            maker,
            "SHIPPED",
            "Box 4",
            "cmr.pdf",
        )
        assert event.recorded_by_name == nia.name

    @pytest.mark.parametrize(
        ("changes", "field", "code"),
        [
            ({"happened_on": date(2026, 11, 24)}, "happened_on", "custody.future"),
            ({"happened_on": date(2026, 1, 19)}, "happened_on", "custody.before_production"),
            ({"act": "VOID"}, "act", "custody.act"),
            ({"act": "LOST"}, "act", "custody.act"),
        ],
    )
    def test_what_cannot_be_is_refused_and_nothing_is_written(self, changes, field, code, lot, nia):
        with pytest.raises(CustodyRefusedError) as refused:
            record_custody(lot, self.draft(None, **changes), today=TODAY, agent=nia, at=NOW)
        assert (refused.value.field, refused.value.code) == (field, code)
        assert not CustodyEvent.objects.exists()
        assert not Evidence.objects.exists()

    def test_never_a_party_of_another_clinic(self, lot, inland, nia):
        theirs = Party.objects.create(organization=inland, name="Theirs")
        with pytest.raises(CustodyRefusedError):
            record_custody(lot, self.draft(theirs), today=TODAY, agent=nia, at=NOW)

    def test_a_correction_supersedes_and_the_old_entry_stays(self, lot, nia):
        maker = lot.product.manufacturer
        wrong = record_custody(lot, self.draft(maker), today=TODAY, agent=nia, at=NOW)
        right = correct_custody(
            wrong, self.draft(maker, happened_on=date(2026, 2, 16)), reason="Misread", today=TODAY, agent=nia, at=NOW
        )
        assert list(lot.custody_events.in_force()) == [right]
        assert lot.custody_events.count() == 2
        with pytest.raises(CustodyRefusedError, match="Somebody corrected this"):
            correct_custody(wrong, self.draft(maker), reason="Late", today=TODAY, agent=nia, at=NOW)

    def test_an_entry_made_by_mistake_leaves_the_way_but_not_the_record(self, lot, nia):
        wrong = record_custody(lot, self.draft(None), today=TODAY, agent=nia, at=NOW)
        correct_custody(
            wrong, self.draft(None, act="VOID"), reason="It was another lot", today=TODAY, agent=nia, at=NOW
        )
        assert not lot.custody_events.in_force().exists()
        assert lot.custody_events.count() == 2

    def test_neither_python_nor_the_database_changes_one(self, lot, nia):
        event = record_custody(lot, self.draft(None), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(AppendOnlyError):
            event.save()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE products_custodyevent SET note = 'x'")


class TestGaps:
    def gaps(self, events, manufacturer=MAKER, importer=IMPORTER):
        found = rules.custody_gaps(events, manufacturer=manufacturer, importer=importer)
        return [(gap.place, gap.words) for gap in found]

    def test_a_whole_way_has_none(self):
        assert self.gaps(WHOLE) == []

    def test_a_way_that_does_not_begin_at_the_maker(self):
        assert self.gaps(WHOLE[1:]) == [(0, "When it left Maker is not on record.")]

    def test_a_maker_that_nobody_named(self):
        assert self.gaps(WHOLE, manufacturer=None)[0][1].startswith("The manufacturer is not stated")

    def test_a_shipment_that_is_not_recorded(self):
        assert self.gaps([*WHOLE[:2], WHOLE[3]]) == [(2, "When Importer shipped it is not on record.")]

    def test_a_receipt_that_is_not_recorded(self):
        assert self.gaps([WHOLE[0], *WHOLE[2:]]) == [(1, "When Importer received it is not on record.")]

    def test_an_importer_that_does_not_appear(self):
        assert self.gaps([WHOLE[0], WHOLE[3]]) == [
            (1, "Importer imports this product but is not on record on the way.")
        ]
        assert self.gaps([WHOLE[0], WHOLE[3]], importer=MAKER) == []
        assert self.gaps([WHOLE[0], WHOLE[3]], importer=None) == []

    def test_a_way_that_does_not_end_here(self):
        assert self.gaps(WHOLE[:3]) == [(3, "How it came here from Importer is not on record.")]

    def test_a_jump_from_one_holder_to_another(self):
        jump = [WHOLE[0], WHOLE[1], handover("D", "SHIPPED", 5), WHOLE[3]]
        assert self.gaps(jump) == [(2, "Nothing is on record between Importer and Dealer.")]

    @pytest.mark.parametrize("act", ["SHIPPED", "RECEIVED"])
    def test_a_shipment_after_which_its_sender_acts_again(self, act):
        again = [WHOLE[0], handover("M", act, 2), *WHOLE[1:]]
        assert "Where it was after Maker shipped it is not on record." in dict(self.gaps(again)).values()
