"""A batch's life and way through the API: the moves, the temperature, the vials, the chain; in the words of the pages."""

from __future__ import annotations

import pytest

from tests.api.program import refused

pytestmark = pytest.mark.django_db
REASON = {"reason": "the supplier called it back"}


class TestMoves:
    def test_a_recall_is_on_record_with_its_reason(self, nia, lot):
        shown = nia.post(f"batches/{lot.pk}/recall/", REASON).json()
        assert (shown["status"], shown["status_reason"]) == ("RECALLED", REASON["reason"])
        move = nia.get(f"batches/{lot.pk}/moves/").json()["results"][0]
        assert (move["from_status"], move["to_status"]) == ("QUARANTINE", "RECALLED")
        assert move["moved_by_name"] == "Dr Nia Penrose"

    @pytest.mark.parametrize("act", ["recall", "depletion", "return", "destruction", "hold"])
    def test_each_needs_its_reason(self, nia, lot, act):
        refused(nia.post(f"batches/{lot.pk}/{act}/"), 422, "schema.required", "reason")
        answer = nia.post(f"batches/{lot.pk}/{act}/", {"reason": "  "})
        assert answer.status_code in (409, 422)

    def test_one_that_the_table_does_not_allow_is_refused(self, nia, lot):
        nia.post(f"batches/{lot.pk}/destruction/", REASON)
        assert nia.post(f"batches/{lot.pk}/return/", REASON).status_code == 409

    def test_what_is_in_stock_is_not_used_up(self, nia, lot):
        refused(nia.post(f"batches/{lot.pk}/depletion/", REASON), 409, "batch.in_stock")


class TestTemperature:
    def test_an_excursion_holds_the_batch_until_a_lead_decides(self, nia, ada, lot):
        record = nia.post(f"batches/{lot.pk}/temperatures/", {"highest_c": 9.5, "limit_high_c": 8}).json()
        assert record["is_excursion"]
        assert nia.get(f"batches/{lot.pk}/").json()["status"] == "ON_HOLD"
        decision = {"outcome": "KEEP", "reason": "stable for a week, says the maker"}
        refused(nia.post(f"temperatures/{record['id']}/decision/", decision), 403, "role.required")
        assert ada.post(f"temperatures/{record['id']}/decision/", decision).json()["decision"] == "KEEP"
        refused(ada.post(f"temperatures/{record['id']}/decision/", decision), 422, "temperature.decided")

    @pytest.mark.parametrize(("body", "code", "field"), [
        ({"highest_c": "9.5"}, "schema.type", "highest_c"),
        ({"highest_c": True}, "schema.type", "highest_c"),
        ({"highest_c": 9.555}, "number.precision", "highest_c"),
        ({"highest_c": 1e11}, "temperature.range", "highest_c"),
        ({"highest_c": 4, "lowest_c": 5}, "temperature.order", "lowest_c"),
        ({"highest_c": 4, "started_at": "2026-11-23T10:30"}, "date.ambiguous", "started_at"),
        ({"highest_c": 4, "excursion_minutes": 1.5}, "schema.type", "excursion_minutes"),
    ])  # fmt: skip
    def test_what_cannot_be_is_refused_at_its_field(self, nia, lot, body, code, field):
        refused(nia.post(f"batches/{lot.pk}/temperatures/", body), 422, code, field)


class TestVials:
    def test_are_counted(self, nia, lot):
        unit = nia.get(f"batches/{lot.pk}/units/").json()["results"][0]
        before = nia.get(f"batches/{lot.pk}/stock/").json()
        missing = {"act": "MISSING", "unit": unit["id"], "happened_on": "2026-11-24", "reason": "not on the shelf"}
        assert nia.post(f"batches/{lot.pk}/unit-counts/", missing).status_code == 201
        after = nia.get(f"batches/{lot.pk}/stock/").json()
        assert (after["in_stock"], after["unknown"]) == (before["in_stock"] - 1, before["unknown"] + 1)
        assert nia.get(f"batches/{lot.pk}/unit-counts/").json()["results"][0]["act"] == "MISSING"

    def test_of_another_batch_are_not_taken(self, nia, lot):
        body = {"act": "USED", "unit": str(lot.pk), "happened_on": "2026-11-24", "reason": "x"}
        answer = nia.post(f"batches/{lot.pk}/unit-counts/", body)
        assert answer.json()["code"] == "units.other_batch"


class TestTheChain:
    def test_who_had_it_when(self, nia, lot):
        party = nia.post("parties/", {"name": "Cold Vans Ltd", "role": "DISTRIBUTOR", "country": "GB"}).json()
        body = {"party": party["id"], "act": "SHIPPED", "happened_on": "2026-11-20"}
        assert nia.post(f"batches/{lot.pk}/custody/", body).status_code == 201
        assert nia.get(f"batches/{lot.pk}/custody/").json()["results"][0]["party_id"] == party["id"]

    def test_another_clinics_party_is_not_there(self, nia, sid, lot):
        party = sid.post("parties/", {"name": "Cold Vans Ltd", "role": "DISTRIBUTOR"}).json()
        body = {"party": party["id"], "act": "SHIPPED", "happened_on": "2026-11-20"}
        answer = nia.post(f"batches/{lot.pk}/custody/", body)
        assert (answer.json()["code"], answer.json()["field"]) == ("custody.party", "party")

    def test_a_wrong_gln_says_which_digit(self, nia, harbour):
        answer = nia.post("parties/", {"name": "X", "role": "IMPORTER", "gln": "9521101900018"})
        assert (answer.json()["code"], answer.json()["field"]) == ("gln.check_digit", "gln")

    def test_without_an_origin_the_trace_is_empty(self, nia, lot):
        assert nia.get(f"batches/{lot.pk}/trace/").json()["start"] is None


class TestPromises:
    def test_are_flagged_and_withdrawn(self, nia, rosaline):
        made = nia.post(f"products/{rosaline.pk}/marketing-claims/", {"text": "Cures acne", "place": "WEBSITE"}).json()
        assert made["flags"]
        gone = nia.post(f"marketing-claims/{made['id']}/withdrawal/", {"reason": "gone from the site"}).json()
        assert gone["is_withdrawn"]
        assert gone["supersedes_id"] == made["id"]
        refused(nia.post(f"marketing-claims/{made['id']}/withdrawal/", {"reason": "again"}), 422, "claim.stale")
