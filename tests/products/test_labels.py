"""Labels of our own: numbered once, drawn, and read back by our own reader to the very vial."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
import zxingcpp
from django.urls import reverse
from PIL import Image, ImageDraw

from audit.services import entries_for
from products import gs1
from products.errors import ScanError, UnitCountError
from products.labels import QUIET, Symbol, symbol_for
from products.models import LotNode, Unit
from products.scans import found_by
from products.services import issue_labels, receive_batch, register_product, state_received, stock_of
from tests.cast import NOW
from tests.products.conftest import LOT, ROSALINE, TODAY

FACTS = {
    "unit": uuid4(),
    "number": "HC-000001",
    "gtin": "09521104000051",
    "lot_number": "RSE2601",
    "expiration_date": date(2028, 1, 19),
}


def painted(symbol: Symbol, scale: int = 6) -> Image.Image:
    """The symbol as a browser paints its path: black squares on white, with its quiet zone."""
    side = (symbol.size + 2 * QUIET) * scale
    picture = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(picture)
    found = re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)h-\3Z", symbol.path)
    assert found
    for x, y, width, height in (tuple(map(int, numbers)) for numbers in found):
        left, top = (x + QUIET) * scale, (y + QUIET) * scale
        pen.rectangle((left, top, left + width * scale - 1, top + height * scale - 1), fill=0)
    return picture


def scanned(symbol: Symbol) -> str:
    """What a scanner sends of the painted symbol: its identifier, then its bytes."""
    (read,) = zxingcpp.read_barcodes(painted(symbol))
    return read.symbology_identifier + read.bytes.decode()


class TestSymbol:
    def test_a_product_with_a_gtin_gets_a_gs1_datamatrix(self):
        symbol = symbol_for(**FACTS)
        assert symbol.kind == "GS1 DataMatrix"
        read = gs1.parse_element_string(scanned(symbol), today=TODAY)
        assert (read.gtin, read.lot_number, read.expiration_date, read.others) == (
            "09521104000051",
            "RSE2601",
            date(2028, 1, 19),
            (("91", "HC-000001"),),
        )

    def test_one_without_gets_a_qr_code_of_its_vial(self):
        symbol = symbol_for(**{**FACTS, "gtin": ""})
        assert symbol.kind == "QR code"
        assert gs1.parse_internal_code(scanned(symbol)) == FACTS["unit"]

    def test_so_does_a_lot_number_with_brackets(self):
        symbol = symbol_for(**{**FACTS, "lot_number": "A(21)B"})
        assert gs1.parse_internal_code(scanned(symbol)) == FACTS["unit"]

    def test_every_other_mark_of_a_lot_number_comes_back(self):
        lot = "!\"%&'*+,-./:;<=>?_"
        read = gs1.parse_element_string(scanned(symbol_for(**{**FACTS, "lot_number": lot})), today=TODAY)
        assert read.lot_number == lot

    @pytest.mark.parametrize(
        "text", ["urn:uuid:1", "urn:isbn:0451450523", "", "]Q1", "0c5d0d4e-5f6d-4c7e-9b1a-2f1f4d0c0a01"]
    )
    def test_nothing_else_is_taken_for_one_of_ours(self, text):
        assert gs1.parse_internal_code(text) is None


@pytest.fixture
def unnamed(rosaline, nia):
    """A batch of five vials without a serial number."""
    batch = receive_batch(rosaline, replace(LOT, serial_number=""), today=TODAY, agent=nia, at=NOW).batch
    state_received(batch, 5, today=TODAY, agent=nia, at=NOW)
    return batch


@pytest.mark.django_db
class TestIssueLabels:
    def test_vials_get_numbers_and_the_count_stays(self, unnamed, nia):
        units = issue_labels(unnamed, 2, agent=nia, at=NOW)
        more = issue_labels(unnamed, 1, agent=nia, at=NOW)
        assert [unit.serial_number for unit in (*units, *more)] == ["HC-000001", "HC-000002", "HC-000003"]
        assert stock_of(unnamed).received == 5
        assert entries_for("products.unit", units[0].pk)[0].kind == "products.labels_issued"

    @pytest.mark.parametrize(("quantity", "code"), [(0, "units.range"), (201, "units.range"), (6, "units.too_many")])
    def test_not_more_than_there_are(self, quantity, code, unnamed, nia):
        with pytest.raises(UnitCountError) as refused:
            issue_labels(unnamed, quantity, agent=nia, at=NOW)
        assert (refused.value.code, refused.value.field) == (code, "quantity")
        assert not Unit.objects.exists()

    def test_vials_with_a_serial_number_of_the_maker_need_none(self, lot, nia):
        with pytest.raises(UnitCountError, match="0 vials of this lot"):
            issue_labels(lot, 1, agent=nia, at=NOW)


@pytest.mark.django_db
class TestFoundBy:
    def test_a_printed_label_leads_to_its_vial(self, harbour, unnamed, nia):
        vial = issue_labels(unnamed, 1, agent=nia, at=NOW)[0]
        symbol = symbol_for(
            **{**FACTS, "unit": vial.pk, "number": vial.serial_number, "expiration_date": unnamed.expiration_date}
        )
        assert found_by(harbour, scanned(symbol), today=TODAY).unit == vial
        assert (
            found_by(harbour, scanned(symbol_for(**{**FACTS, "unit": vial.pk, "gtin": ""})), today=TODAY).unit == vial
        )

    def test_never_to_another_clinics(self, inland, unnamed, nia):
        vial = issue_labels(unnamed, 1, agent=nia, at=NOW)[0]
        with pytest.raises(ScanError) as refused:
            found_by(inland, gs1.internal_code(vial.pk), today=TODAY)
        assert refused.value.code == "label.unknown"

    @pytest.mark.parametrize("raw", ["=G12341765432170", "]C0=G12341765432170"])
    def test_a_donation_number_leads_to_its_donation(self, raw, harbour):
        node = LotNode.objects.create(organization=harbour, kind="DONATION", code="P", donation_code="G123417654321")
        found = found_by(harbour, raw, today=TODAY)
        assert (found.donation.kind, found.node) == ("DIN", node)

    def test_a_european_code_is_told_apart(self, harbour):
        found = found_by(harbour, "SEC: PL001499Z549917123456 A00T041600320171231", today=TODAY)
        assert (found.donation.kind, found.node, found.product) == ("SEC", None, None)


@pytest.mark.django_db
class TestPages:
    CODE = "]d20109521104000051172801191126012010RSE2601\x1d21R1"

    @pytest.fixture
    def desk(self, signed_in, practitioner):
        return signed_in(practitioner)

    def ask(self, browser, raw):
        return browser.post(reverse("scan"), {"scan": raw})

    def test_a_code_is_named_and_leads_on(self, desk, lot):
        assert "Vial R1 of lot RSE2601" in self.ask(desk, self.CODE).content.decode()
        unknown = self.ask(desk, "]d201095060001343521728123110LOT-42A").content.decode()
        assert "Not registered here" in unknown
        assert "has not been received here" in self.ask(desk, self.CODE.replace("RSE2601", "RSE9")).content.decode()

    def test_a_wrong_code_is_refused_at_the_field(self, desk):
        response = self.ask(desk, "=G12341765432171")
        assert response.status_code == 422
        assert "must be 70, not 71" in response.context["form"].errors["scan"][0]

    def test_a_stranger_learns_nothing_of_our_lots(self, signed_in, stranger, lot):
        assert "Not registered here" in self.ask(signed_in(stranger), self.CODE).content.decode()

    def test_an_auditor_may_look_a_code_up(self, signed_in, auditor, lot):
        assert "Vial R1 of lot RSE2601" in self.ask(signed_in(auditor), self.CODE).content.decode()

    def test_only_pages_that_scan_may_use_the_camera_and_the_reader(self, desk, lot):
        for address in (reverse("scan"), reverse("batch_receive"), reverse("product_receive", args=[lot.product_id])):
            response = desk.get(address)
            assert "camera=(self)" in response["Permissions-Policy"], address
            assert "script-src 'self' 'wasm-unsafe-eval'" in response["Content-Security-Policy"], address
        for address in (reverse("batch", args=[lot.pk]), reverse("products")):
            response = desk.get(address)
            assert "camera=()" in response["Permissions-Policy"], address
            assert "wasm" not in response["Content-Security-Policy"], address

    def test_the_other_doors_stay_shut_there(self, desk):
        response = desk.get(reverse("scan"))
        assert "microphone=()" in response["Permissions-Policy"]
        assert "unsafe-inline" not in response["Content-Security-Policy"]

    def test_labels_are_made_and_drawn(self, desk, unnamed):
        page = desk.post(
            reverse("batch_labels_add", args=[unnamed.pk]), {"quantity": "2"}, follow=True
        ).content.decode()
        assert page.count("<svg viewBox=") >= 2
        assert "HC-000002" in page

    def test_a_product_without_a_gtin_is_labelled_too(self, desk, harbour, nia):
        product = register_product(harbour, replace(ROSALINE, gtin=""), agent=nia, at=NOW)
        batch = receive_batch(
            product, replace(LOT, gtin="", serial_number="", label_scan=""), today=TODAY, agent=nia, at=NOW
        ).batch
        state_received(batch, 1, today=TODAY, agent=nia, at=NOW)
        page = desk.post(reverse("batch_labels_add", args=[batch.pk]), {"quantity": "1"}, follow=True).content.decode()
        assert "QR code of vial HC-000001" in page

    def test_strangers_and_auditors(self, signed_in, stranger, auditor, unnamed):
        for name in ("batch_labels", "batch_labels_add"):
            assert signed_in(stranger).get(reverse(name, args=[unnamed.pk])).status_code == 404
        assert signed_in(auditor).get(reverse("batch_labels", args=[unnamed.pk])).status_code == 200
        assert (
            signed_in(auditor).post(reverse("batch_labels_add", args=[unnamed.pk]), {"quantity": "1"}).status_code
            == 403
        )

    def test_a_label_of_ours_is_not_received_again(self, desk, unnamed, nia):
        vial = issue_labels(unnamed, 1, agent=nia, at=NOW)[0]
        response = desk.post(reverse("batch_receive"), {"act": "scan", "scan": gs1.internal_code(vial.pk)})
        assert "printed here" in response.context["scan_form"].errors["scan"][0]
