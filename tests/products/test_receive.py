"""Receiving batches: the label is checked, each vial counts once, and nothing is half-written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from audit.services import entries_for
from products import gs1
from products.errors import (
    BatchRefusedError,
    ChronologyError,
    ExpiredError,
    IdentityError,
    ReleaseRefusedError,
)
from products.models import Batch, Unit
from products.services import (
    attach_certificate,
    draft_from_scan,
    hold_batch,
    rebuilt_snapshot,
    receive_batch,
    release_batch,
)
from tests.cast import NOW
from tests.products.conftest import LOT, TODAY, certificate

pytestmark = pytest.mark.django_db
SCAN = "]d20109521104000051172801191126012010RSE2601\x1d21R1"


class TestReceiveBatch:
    def test_a_scan_becomes_a_batch_in_quarantine_with_its_vial(self, rosaline, nia):
        draft = draft_from_scan(gs1.parse_element_string(SCAN, today=TODAY))
        receipt = receive_batch(rosaline, draft, today=TODAY, agent=nia, at=NOW)
        batch = receipt.batch
        assert (batch.lot_number, batch.expiration_date, batch.production_date) == (
            "RSE2601",
            date(2028, 1, 19),
            date(2026, 1, 20),
        )
        assert batch.status == "QUARANTINE"
        assert batch.label_scan == SCAN
        assert [unit.serial_number for unit in batch.units.all()] == ["R1"]

    def test_what_is_not_known_yet_is_said_to_be_not_stated(self, lot):
        assert {name: entry["basis"] for name, entry in lot.snapshot.items()} == {
            "lot_and_expiry": "STATED",
            "size": "NOT_STATED",
            "certificate_of_analysis": "NOT_STATED",
            "sterility": "NOT_STATED",
            "endotoxin": "NOT_STATED",
            "mycoplasma": "NOT_STATED",
        }
        lot.refresh_from_db()
        assert lot.snapshot == rebuilt_snapshot(lot)

    def test_the_same_label_twice_says_so_and_changes_nothing(self, lot, rosaline, nia):
        entries = len(entries_for("products.batch", lot.pk))
        receipt = receive_batch(rosaline, LOT, today=TODAY, agent=nia, at=NOW)
        assert not receipt.is_new
        assert "already received on 23 November 2026" in receipt.words
        assert Unit.objects.count() == 1
        assert len(entries_for("products.batch", lot.pk)) == entries

    def test_another_vial_of_the_lot_is_added(self, lot, rosaline, nia):
        receipt = receive_batch(rosaline, replace(LOT, serial_number="R2"), today=TODAY, agent=nia, at=NOW)
        assert "R2 is on record" in receipt.words
        assert Unit.objects.count() == 2
        assert Batch.objects.count() == 1
        assert entries_for("products.unit", receipt.unit.pk)


class TestReceiveBatchRefuses:
    @pytest.mark.parametrize(
        ("changes", "error", "code", "field"),
        [
            ({"expiration_date": date(2026, 11, 22)}, ExpiredError, "product.expired", "scan"),
            ({"gtin": "09521101000016"}, IdentityError, "batch.other_product", "scan"),
            ({"production_date": date(2026, 12, 1)}, ChronologyError, "batch.chronology", "scan"),
            ({"lot_number": "", "label_scan": ""}, BatchRefusedError, "batch.lot", "lot_number"),
        ],
    )
    def test_a_label_that_cannot_be(self, changes, error, code, field, rosaline, nia):
        with pytest.raises(error) as refused:
            receive_batch(rosaline, replace(LOT, **changes), today=TODAY, agent=nia, at=NOW)
        assert (refused.value.code, refused.value.field) == (code, field)
        assert not Batch.objects.exists()

    def test_but_takes_one_that_expires_today(self, rosaline, nia):
        receive_batch(rosaline, replace(LOT, expiration_date=TODAY), today=TODAY, agent=nia, at=NOW)
        assert Batch.objects.exists()

    def test_a_lot_whose_labels_differ(self, lot, rosaline, nia):
        with pytest.raises(IdentityError) as refused:
            receive_batch(rosaline, replace(LOT, expiration_date=date(2029, 1, 19)), today=TODAY, agent=nia, at=NOW)
        assert refused.value.code == "batch.labels_differ"

    def test_a_serial_number_that_is_another_lots(self, lot, rosaline, nia):
        with pytest.raises(IdentityError) as refused:
            receive_batch(rosaline, replace(LOT, lot_number="RSE2699"), today=TODAY, agent=nia, at=NOW)
        assert refused.value.code == "batch.serial_elsewhere"
        assert Batch.objects.count() == 1


class TestReleaseBatch:
    def test_with_a_certificate_a_lead_releases_it_by_name(self, lot, nia, ada):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        released = release_batch(lot, today=TODAY, agent=ada, at=NOW)
        assert (released.status, released.released_by_name) == ("RELEASED", "Ada Lead")
        assert list(Batch.objects.usable_on(date(2028, 1, 19))) == [released]
        assert not Batch.objects.usable_on(date(2028, 1, 20)).exists()

    def test_not_without_a_certificate(self, lot, ada):
        with pytest.raises(ReleaseRefusedError, match="No certificate of analysis"):
            release_batch(lot, today=TODAY, agent=ada, at=NOW)

    def test_not_with_the_certificate_of_another_lot(self, lot, nia, ada):
        attach_certificate(lot, certificate(lot_number="RSE2602"), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(ReleaseRefusedError, match="The certificate names lot RSE2602"):
            release_batch(lot, today=TODAY, agent=ada, at=NOW)

    def test_not_by_the_lead_who_received_it_while_there_is_another(self, rosaline, ada, ben):
        batch = receive_batch(rosaline, LOT, today=TODAY, agent=ada, at=NOW).batch
        attach_certificate(batch, certificate(), today=TODAY, agent=ada, at=NOW)
        with pytest.raises(ReleaseRefusedError, match="received this batch yourself"):
            release_batch(batch, today=TODAY, agent=ada, at=NOW)
        assert release_batch(batch, today=TODAY, agent=ben, at=NOW).status == "RELEASED"

    def test_but_by_the_only_lead_there_is(self, rosaline, ada):
        batch = receive_batch(rosaline, LOT, today=TODAY, agent=ada, at=NOW).batch
        attach_certificate(batch, certificate(), today=TODAY, agent=ada, at=NOW)
        assert release_batch(batch, today=TODAY, agent=ada, at=NOW).status == "RELEASED"

    def test_not_after_its_last_day(self, lot, nia, ada):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(ExpiredError):
            release_batch(lot, today=date(2028, 1, 20), agent=ada, at=NOW)


class TestHoldBatch:
    def test_it_stops_the_use_and_says_why(self, lot, nia):
        held = hold_batch(lot, reason="The box was warm.", today=TODAY, agent=nia, at=NOW)
        assert (held.status, held.status_reason) == ("ON_HOLD", "The box was warm.")

    @pytest.mark.parametrize("reason", ["", "   "])
    def test_not_without_a_reason(self, reason, lot, nia):
        with pytest.raises(BatchRefusedError):
            hold_batch(lot, reason=reason, today=TODAY, agent=nia, at=NOW)
        lot.refresh_from_db()
        assert lot.status == "QUARANTINE"
