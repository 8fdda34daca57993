"""The pages of a batch's life, its way and its origin: typed facts become records, strangers find nothing."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from audit.services import entries_for
from products.models import CustodyEvent, LotEdge, LotNode, Party, TemperatureRecord
from products.services import (
    CustodyDraft,
    DonorDraft,
    LineageDraft,
    LotDraft,
    LotFacts,
    PartyEntry,
    add_lot,
    add_party,
    attach_certificate,
    hold_batch,
    record_custody,
    record_temperature,
    release_batch,
    state_lineage,
    stock_of,
)
from tests.cast import NOW
from tests.products.conftest import TODAY, certificate
from tests.products.test_life_cycle import WARM

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(signed_in, practitioner):
    return signed_in(practitioner)


@pytest.fixture
def importer(harbour, nia) -> Party:
    return add_party(harbour, PartyEntry("Dummy Imports", "IMPORTER", "GB", "9521107900013"), agent=nia, at=NOW)


@pytest.fixture
def donor(harbour, nia) -> LotNode:
    return add_lot(harbour, LotDraft("DONOR", "DONOR-7", facts=LotFacts(tissue="leaf callus")), agent=nia, at=NOW)


@pytest.fixture
def everything(lot, importer, donor, nia):
    """A batch with a way, an origin, a warm logger: every page of it has something to show."""
    draft = CustodyDraft(importer, "RECEIVED", date(2026, 2, 20), "CMR 7")
    event = record_custody(lot, draft, today=TODAY, agent=nia, at=NOW)
    state_lineage(lot, LineageDraft(donors=(DonorDraft("D-9"),), working_bank="WCB-1"), agent=nia, at=NOW)
    record = record_temperature(lot, WARM, agent=nia, at=NOW)
    return {"event": event, "record": record, "edge": LotEdge.objects.first()}


def addresses(lot, importer, donor, everything) -> dict[str, str]:
    """Every page of this part, by what it is."""
    return {
        "party": reverse("party", args=[importer.pk]),
        "party_correct": reverse("party_correct", args=[importer.pk]),
        "importer": reverse("product_importer", args=[lot.product_id]),
        "custody": reverse("custody_add", args=[lot.pk]),
        "custody_correct": reverse("custody_correct", args=[lot.pk, everything["event"].pk]),
        "temperature": reverse("batch_temperature", args=[lot.pk]),
        "decide": reverse("excursion_decide", args=[lot.pk, everything["record"].pk]),
        "received": reverse("units_received", args=[lot.pk]),
        "count": reverse("units_count", args=[lot.pk]),
        "record": reverse("units_record", args=[lot.pk]),
        "recall": reverse("batch_move", args=[lot.pk, "recall"]),
        "trace": reverse("batch_trace", args=[lot.pk]),
        "lineage": reverse("batch_lineage", args=[lot.pk]),
        "batch_link": reverse("batch_link", args=[lot.pk]),
        "lot": reverse("lot", args=[donor.pk]),
        "lot_correct": reverse("lot_correct", args=[donor.pk]),
        "lot_link": reverse("lot_link", args=[donor.pk]),
        "withdraw": reverse("lot_link_withdraw", args=[everything["edge"].pk]),
    }


READ = {"party", "trace", "lot"}


class TestWhoMaySee:
    def test_a_stranger_finds_none_of_it(self, signed_in, stranger, lot, importer, donor, everything):
        browser = signed_in(stranger)
        for name, address in addresses(lot, importer, donor, everything).items():
            assert browser.get(address).status_code == 404, name
            # A page that only shows refuses every post, before it looks for anything.
            assert browser.post(address, {"reason": "x"}).status_code == (405 if name in READ else 404), name

    def test_lists_show_a_stranger_only_their_own(self, signed_in, stranger, importer, donor):
        browser = signed_in(stranger)
        assert "Dummy Imports" not in browser.get(reverse("parties")).content.decode()
        assert "DONOR-7" not in browser.get(reverse("lots")).content.decode()

    def test_staff_see_every_page(self, signed_in, lead, lot, importer, donor, everything):
        browser = signed_in(lead)
        for name, address in addresses(lot, importer, donor, everything).items():
            assert browser.get(address).status_code == 200, name

    def test_an_auditor_reads_and_changes_nothing(self, signed_in, auditor, lot, importer, donor, everything):
        browser = signed_in(auditor)
        for name, address in addresses(lot, importer, donor, everything).items():
            assert browser.get(address).status_code == (200 if name in READ else 403), name
            assert browser.post(address, {"reason": "x"}).status_code == 403, name

    def test_only_a_lead_decides_about_an_excursion(self, desk, lot, everything):
        assert desk.get(reverse("excursion_decide", args=[lot.pk, everything["record"].pk])).status_code == 403


class TestParties:
    def test_one_is_added_and_corrected_and_the_old_name_stays(self, desk, harbour):
        typed = {"name": "Faux Wholesale", "role": "DISTRIBUTOR", "country": "GB", "gln": "9521107900020"}
        assert "Faux Wholesale" in desk.post(reverse("party_add"), typed, follow=True).content.decode()
        party = Party.objects.at(harbour).get()
        changed = typed | {"name": "Faux Supply", "reason": "Renamed"}
        page = desk.post(reverse("party_correct", args=[party.pk]), changed, follow=True).content.decode()
        assert "Faux Supply" in page
        assert "Faux Wholesale" in page
        assert "Changed because: Renamed" in page

    def test_a_wrong_gln_is_said_at_its_field_and_what_was_typed_is_kept(self, desk):
        typed = {"name": "Faux Wholesale", "role": "DISTRIBUTOR", "country": "GB", "gln": "9521107900021"}
        response = desk.post(reverse("party_add"), typed)
        assert response.status_code == 422
        assert "must be 0, not 1" in response.context["form"].errors["gln"][0]
        assert "Faux Wholesale" in response.content.decode()
        assert not Party.objects.exists()

    def test_a_product_names_its_importer(self, desk, lot, importer):
        page = desk.post(
            reverse("product_importer", args=[lot.product_id]), {"importer": str(importer.pk)}, follow=True
        )
        assert "Dummy Imports" in page.content.decode()


class TestTheWayOfABatch:
    def test_it_is_shown_in_order_with_its_gaps(self, desk, lot, everything):
        page = desk.get(reverse("batch", args=[lot.pk])).content.decode()
        left = page.index("When it left Placeholder Botanicals SAS is not on record.")
        assert left < page.index("<b>Dummy Imports</b>") < page.index("<b>Harbour Clinic</b>")
        assert "When Dummy Imports shipped it is not on record." in page

    def test_an_event_is_typed(self, desk, lot, importer):
        typed = {
            "party": str(importer.pk),
            "act": "SHIPPED",
            "happened_on_0": "21",
            "happened_on_1": "2",
            "happened_on_2": "2026",
        }
        desk.post(reverse("custody_add", args=[lot.pk]), typed)
        event = CustodyEvent.objects.get()
        assert (event.party, event.happened_on) == (importer, date(2026, 2, 21))

    def test_a_day_in_the_future_is_refused_at_its_field(self, desk, lot):
        typed = {
            "party": "here",
            "act": "RECEIVED",
            "happened_on_0": "1",
            "happened_on_1": "1",
            "happened_on_2": "2099",
        }
        response = desk.post(reverse("custody_add", args=[lot.pk]), typed)
        assert "lies in the future" in response.context["form"].errors["happened_on"][0]
        assert not CustodyEvent.objects.exists()

    def test_a_correction_shows_the_earlier_entry(self, desk, lot, everything):
        typed = {
            "party": "here",
            "act": "VOID",
            "happened_on_0": "20",
            "happened_on_1": "2",
            "happened_on_2": "2026",
            "reason": "Another box",
        }
        address = reverse("custody_correct", args=[lot.pk, everything["event"].pk])
        page = desk.post(address, typed, follow=True).content.decode()
        assert "Changed because: Another box" in page
        assert "<b>Dummy Imports</b>" not in page


class TestTemperaturePage:
    TYPED = {
        "highest_c": "12.4",
        "limit_high_c": "8",
        "started_on_0": "20",
        "started_on_1": "11",
        "started_on_2": "2025",
        "started_time": "09:30",
        "ended_on_0": "21",
        "ended_on_1": "11",
        "ended_on_2": "2025",
        "ended_time": "10:00",
    }

    def test_an_excursion_is_said_and_holds_the_lot(self, desk, lot):
        page = desk.post(reverse("batch_temperature", args=[lot.pk]), self.TYPED, follow=True).content.decode()
        lot.refresh_from_db()
        assert lot.status == "ON_HOLD"
        assert "until a named person has decided" in page
        assert TemperatureRecord.objects.get().started_at.isoformat() == "2025-11-20T09:30:00+00:00"

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"highest_c": ""}, "highest_c", "highest temperature"),
            ({"highest_c": "12,4"}, "highest_c", "one full stop"),
            ({"highest_c": "1e1"}, "highest_c", "digits 0 to 9"),
            ({"lowest_c": "13"}, "lowest_c", "above the highest"),
            ({"started_time": ""}, "started_time", "day and the time"),
            ({"started_time": "25:00"}, "started_time", "hours and minutes"),
            ({"started_on_0": "26", "started_on_1": "10", "started_time": "01:30"}, "started_time", "clocks changed"),
            ({"excursion_minutes": "2.5"}, "excursion_minutes", "whole number"),
        ],
    )
    def test_each_mistake_is_said_at_its_field(self, changes, field, words, desk, lot):
        response = desk.post(reverse("batch_temperature", args=[lot.pk]), self.TYPED | changes)
        assert response.status_code == 422
        assert words in response.context["form"].errors[field][0]
        assert not TemperatureRecord.objects.exists()

    def test_a_lead_decides_and_then_it_can_be_released(self, signed_in, lead, lot, nia, everything):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        browser = signed_in(lead)
        assert "waits for a named person" in browser.get(reverse("batch", args=[lot.pk])).content.decode()
        address = reverse("excursion_decide", args=[lot.pk, everything["record"].pk])
        assert browser.post(address, {"outcome": "KEEP"}).status_code == 422
        page = browser.post(address, {"outcome": "KEEP", "reason": "Stable at 25 °C"}, follow=True).content.decode()
        assert "May still be used: Stable at 25 °C (Ada Lead" in page
        assert "Release for use" in page


class TestUnitsPages:
    def test_the_equation_is_shown(self, desk, lot):
        desk.post(reverse("units_received", args=[lot.pk]), {"quantity": "5"})
        desk.post(reverse("units_count", args=[lot.pk]), {"quantity": "4"})
        page = desk.get(reverse("batch", args=[lot.pk])).content.decode()
        assert "1 unaccounted for" in page
        assert "Counted 4 on the shelf, 5 expected" in page

    def test_what_became_of_a_vial(self, desk, lot, nia, ada):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        release_batch(lot, today=TODAY, agent=ada, at=NOW)
        vial = lot.units.get()
        day = {"happened_on_0": "23", "happened_on_1": "11", "happened_on_2": "2026"}
        typed = {"act": "DESTROYED", "unit": str(vial.pk), "quantity": "1", **day}
        response = desk.post(reverse("units_record", args=[lot.pk]), typed)
        assert "Say in a few words why" in response.context["form"].errors["reason"][0]
        desk.post(reverse("units_record", args=[lot.pk]), typed | {"reason": "Broken"})
        assert stock_of(lot).destroyed == 1

    def test_more_than_there_are_is_refused_at_the_field(self, desk, lot):
        response = desk.post(reverse("units_count", args=[lot.pk]), {"quantity": "9"})
        assert "at most 1 can be there" in response.context["form"].errors["quantity"][0]


class TestMoves:
    def test_a_recall_asks_for_its_reason_and_stands_in_the_history(self, desk, lot):
        address = reverse("batch_move", args=[lot.pk, "recall"])
        assert desk.post(address, {"reason": ""}).status_code == 422
        page = desk.post(address, {"reason": "Letter of the maker"}, follow=True).content.decode()
        assert "Letter of the maker" in page
        assert "<b>Recalled</b> by Dr Nia Penrose" in page

    def test_only_moves_that_the_table_names_are_offered(self, desk, lot, nia):
        hold_batch(lot, reason="x", today=TODAY, agent=nia, at=NOW)
        page = desk.get(reverse("batch", args=[lot.pk])).content.decode()
        assert reverse("batch_move", args=[lot.pk, "recall"]) in page
        assert reverse("batch_move", args=[lot.pk, "deplete"]) not in page
        response = desk.post(reverse("batch_move", args=[lot.pk, "deplete"]), {"reason": "x"}, follow=True)
        assert response.status_code == 422

    def test_there_is_no_other_move(self, desk, lot):
        assert desk.get(reverse("batch_move", args=[lot.pk, "release"])).status_code == 404


class TestOriginPages:
    def test_papers_are_typed_in_one_page_and_drawn(self, desk, lot):
        typed = {
            "donor_code": "DONOR-KR-0007",
            "tissue": "umbilical cord",
            "HIV1_2": "negative",
            "working_bank": "WCB-UC-03",
            "production_lot": "PL-11",
            "passage": "4",
        }
        page = desk.post(reverse("batch_lineage", args=[lot.pk]), typed, follow=True).content.decode()
        for words in ("DONOR-KR-0007", "WCB-UC-03", "PL-11", "RSE2601", "<svg", "R1"):
            assert words in page
        donor = LotNode.objects.get(kind="DONOR")
        assert donor.screening == {"HIV1_2": "negative"}
        said = desk.get(reverse("lot", args=[donor.pk])).content.decode()
        assert "umbilical cord" in said
        assert "HIV 1 and 2 negative" in said

    def test_nothing_typed_is_refused(self, desk, lot):
        response = desk.post(reverse("batch_lineage", args=[lot.pk]), {"donor_code": ""})
        assert response.status_code == 422
        assert "at least one thing" in response.context["form"].errors["donor_code"][0]

    def test_a_circle_is_refused_with_its_way(self, desk, harbour, nia):
        bulk = [add_lot(harbour, LotDraft("BULK_LOT", f"B-{number}"), agent=nia, at=NOW) for number in (1, 2)]
        for above, below in (bulk, bulk[::-1]):
            address = reverse("lot_link", args=[below.pk])
            response = desk.post(address, {"upstream": str(above.pk), "link": "SPLIT_FROM", "basis": "STATED"})
        assert response.status_code == 422
        assert "B-1 → B-2 → B-1" in response.context["form"].errors["upstream"][0]

    def test_a_link_is_taken_back_and_stays_readable(self, desk, lot, everything):
        edge = LotEdge.objects.get(downstream__batch=lot)
        page = desk.post(
            reverse("lot_link_withdraw", args=[edge.pk]), {"reason": "Wrong bank"}, follow=True
        ).content.decode()
        assert "Wrong bank" in page
        assert "Links taken back" in page

    def test_a_place_is_added_and_corrected(self, desk, harbour):
        typed = {"kind": "DONATION", "code": "P-1", "donation_code": "=G12341765432170", "basis": "STATED"}
        desk.post(reverse("lot_add"), typed)
        node = LotNode.objects.get()
        assert node.donation_code == "G123417654321"
        changed = {"donation_code": "G1234 17 654321 A", "tissue": "cord", "basis": "STATED", "reason": "Letter"}
        page = desk.post(reverse("lot_correct", args=[node.pk]), changed, follow=True).content.decode()
        assert "Changed because: Letter" in page

    def test_a_wrong_check_character_is_said_at_its_field(self, desk):
        typed = {"kind": "DONATION", "code": "P-1", "donation_code": "=G12341765432171", "basis": "STATED"}
        response = desk.post(reverse("lot_add"), typed)
        assert "must be 70, not 71" in response.context["form"].errors["donation_code"][0]

    def test_the_picture_names_what_it_draws_for_who_cannot_see_it(self, desk, lot, everything):
        page = desk.get(reverse("batch_trace", args=[lot.pk])).content.decode()
        assert "working cell bank WCB-1: derived from donor D-9." in page
        assert 'role="region"' in page


class TestWhereItComesFrom:
    def test_every_act_of_its_life_leads_to_its_file_and_its_log_entry(self, signed_in, auditor, lot, everything):
        page = signed_in(auditor).get(reverse("batch_provenance", args=[lot.pk])).content.decode()
        for words in (
            "Dummy Imports: received, 20 February 2026",
            "WCB-1 derived from D-9",
            "at most 12.4 °C, outside the limits on record",
            "Quarantine to On hold. Temperature excursion",
            "1 received",
        ):
            assert words in page, words
        first = entries_for("products.custodyevent", everything["event"].pk)[0]
        assert reverse("log_entry", args=[first.leaf_index]) in page
