"""The product register through the API: the acts of the pages, in the same words."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from products.models import Batch, Evidence, Product
from products.services import read_evidence
from products.services.evidence import path_of
from tests.api.bodies import PRODUCT, RESULTS, SCAN, with_claim
from tests.api.program import refused
from tests.products.conftest import GTIN, pdf

pytestmark = pytest.mark.django_db
SIZE_FILE = Path(__file__).parents[2] / "docs/tutorial/rse2699-size.csv"


def registered(program, **changes) -> str:
    answer = program.post("products/", {**PRODUCT, **changes})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def filed(program, content: bytes | None = None, name: str = "coa.pdf") -> str:
    answer = program.send("evidence/", content or pdf(), name)
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def certified(program, batch: str, **changes):
    body = {"evidence": filed(program), "certificate_lot": "RSE2601", "number": "COA-1", **RESULTS, **changes}
    return program.post(f"batches/{batch}/certificates/", body)


class TestRegistering:
    def test_a_product_with_every_claim(self, nia):
        answer = nia.post("products/", PRODUCT)
        shown = answer.json()
        assert answer.status_code == 201
        assert answer["Location"] == f"/api/v1/products/{shown['id']}/"
        assert shown["claims"]["origin"]["value"] == "PLANT"
        assert shown["claims"]["origin"]["basis"] == "STATED"
        assert shown["claims"]["formulation"]["basis"] == "NOT_STATED"
        assert shown["claims"]["donor_relation"]["reason"] == "a plant product"
        assert nia.get(f"products/{shown['id']}/").json() == shown

    def test_its_answers_rest_on_the_file_that_was_named(self, nia):
        source = filed(nia)
        shown = nia.post("products/", {**PRODUCT, "source": source}).json()
        assert shown["claims"]["origin"]["evidence"] == source

    @pytest.mark.parametrize(("body", "status", "code", "field"), [
        (with_claim("origin", value="MARS", basis="STATED"), 422, "claim.unknown_code", "origin"),
        (with_claim("origin", basis="STATED"), 422, "claim.blank", "origin"),
        (with_claim("origin", value="PLANT", basis="NOT_STATED"), 422, "claim.value_and_not_stated", "origin"),
        (with_claim("origin", basis="NOT_APPLICABLE", reason="x"), 422, "claim.always_applies", "origin"),
        (with_claim("species", basis="NOT_APPLICABLE"), 422, "claim.reason", "species"),
        (with_claim("origin", value=5, basis="STATED"), 422, "schema.type", "origin"),
        (with_claim("species", value=["a"], basis="STATED"), 422, "schema.type", "species"),
        (with_claim("intended_routes", value="ID_SC", basis="STATED"), 422, "schema.type", "intended_routes"),
        (with_claim("isolation_methods", value=["DUC"], basis="STATED"), 422, "schema.type", "isolation_methods"),
        (with_claim("isolation_methods", value={"methods": "DUC"}, basis="STATED"), 422, "schema.type", "isolation_methods"),
        (with_claim("nothing", value="x", basis="STATED"), 422, "claim.unknown_field", "field"),
        (with_claim("origin", value="PLANT", basis="GUESSED"), 422, "schema.choice", "claims.origin.basis"),
        ({**PRODUCT, "gtin": "09521104000052"}, 422, "gs1.check_digit", "gtin"),
        ({**PRODUCT, "manufacturer_country": "ZZ"}, 422, "place", "manufacturer_country"),
        ({**PRODUCT, "manufacturer_id": str(uuid4()), "manufacturer_name": ""}, 422, "claim.no_party", "manufacturer_id"),
        ({**PRODUCT, "source": str(uuid4())}, 422, "evidence.unknown", "source"),
        ({**PRODUCT, "claims": {}}, 422, "claim.blank", "ev_term_on_label"),
    ])  # fmt: skip
    def test_what_a_page_refuses_is_refused(self, nia, body, status, code, field):
        refused(nia.post("products/", body), status, code, field)
        assert not Product.objects.exists()

    def test_one_gtin_is_one_product(self, nia):
        registered(nia)
        problem = refused(nia.post("products/", PRODUCT), 409, "product.duplicate", "gtin")
        assert "Rosaline Callus" in problem["message"]

    def test_another_clinics_manufacturer_is_not_there(self, nia, sid):
        registered(sid)
        party = sid.get("parties/").json()["results"][0]["id"]
        body = {**PRODUCT, "manufacturer_id": party, "manufacturer_name": ""}
        refused(nia.post("products/", body), 422, "claim.no_party", "manufacturer_id")

    def test_another_clinics_evidence_is_not_there(self, nia, sid):
        refused(nia.post("products/", {**PRODUCT, "source": filed(sid)}), 422, "evidence.unknown", "source")


class TestLists:
    def test_come_in_pages_without_a_row_twice_or_missing(self, nia):
        names = [f"Product {number:02d}" for number in range(7)]
        made = [registered(nia, marketed_name=name, gtin=None) for name in names]
        page, seen = nia.get("products/?limit=3").json(), []
        while True:
            seen += [row["id"] for row in page["results"]]
            if page["next"] is None:
                break
            assert page["next"].startswith("/api/v1/products/?")
            page = nia.get(page["next"]).json()
        assert sorted(seen) == sorted(made)
        assert len(seen) == len(set(seen))
        assert nia.get(page["previous"]).json()["results"]

    def test_search_by_name_gtin_and_lot(self, nia, lot):
        for words in ("rosaline", GTIN, "RSE2601", "botanicals"):
            assert len(nia.get(f"products/?q={words}").json()["results"]) == 1
        assert nia.get("products/?q=nothing").json()["results"] == []

    def test_batches_by_state_lot_and_product(self, nia, lot):
        for asked in ("status=QUARANTINE", "lot_number=RSE2601", f"product={lot.product_id}"):
            assert [row["id"] for row in nia.get(f"batches/?{asked}").json()["results"]] == [str(lot.pk)]
        for asked in ("status=RELEASED", "lot_number=RSE", f"product={uuid4()}", "product=x"):
            assert nia.get(f"batches/?{asked}").json()["results"] == []
        refused(nia.get("batches/?status=LOST"), 400, "query.range", "status")

    def test_ask_the_database_a_fixed_number_of_questions(self, nia, django_assert_max_num_queries):
        for number in range(5):
            registered(nia, marketed_name=f"P{number}", gtin=None)
        nia.get("products/")
        with django_assert_max_num_queries(4):
            nia.get("products/?limit=2")
        with django_assert_max_num_queries(4):
            nia.get("products/")


class TestClaims:
    def test_a_correction_supersedes_and_says_why(self, nia, rosaline):
        seen = nia.get(f"products/{rosaline.pk}/").json()["claims"]["formulation"]["claim"]
        body = {
            "field": "formulation",
            "value": "LYO",
            "basis": "STATED",
            "expected": seen,
            "correction_reason": "letter",
        }
        answer = nia.post(f"products/{rosaline.pk}/claims/", body)
        assert answer.status_code == 201, answer.content
        history = nia.get(f"products/{rosaline.pk}/claims/?field=formulation").json()["results"]
        assert [row["is_in_force"] for row in history] == [True, False]
        assert history[0]["supersedes_id"] == history[1]["id"] == seen
        assert history[0]["correction_reason"] == "letter"

    def test_a_value_that_somebody_changed_meanwhile_is_not_overwritten(self, nia, rosaline):
        body = {
            "field": "species",
            "value": "Rosa",
            "basis": "STATED",
            "expected": str(uuid4()),
            "correction_reason": "x",
        }
        problem = refused(nia.post(f"products/{rosaline.pk}/claims/", body), 422, "claim.stale")
        assert "Somebody changed this value" in problem["message"]

    def test_a_second_first_claim_is_refused(self, nia, rosaline):
        body = {"field": "species", "value": "Rosa", "basis": "STATED"}
        refused(nia.post(f"products/{rosaline.pk}/claims/", body), 422, "claim.exists", "species")

    def test_a_correction_needs_its_reason(self, nia, rosaline):
        seen = rosaline.snapshot["species"]["claim"]
        body = {"field": "species", "value": "Rosa", "basis": "STATED", "expected": seen}
        refused(nia.post(f"products/{rosaline.pk}/claims/", body), 422, "claim.correction_reason", "correction_reason")

    def test_what_no_hand_corrects_stays(self, nia, lot):
        seen = lot.snapshot["lot_and_expiry"]["claim"]
        body = {"field": "lot_and_expiry", "value": "x", "basis": "STATED", "expected": seen, "correction_reason": "x"}
        refused(nia.post(f"batches/{lot.pk}/claims/", body), 422, "claim.not_correctable")


class TestReceiving:
    def test_by_a_scan(self, nia, rosaline):
        shown = nia.post("batches/", {"scan": SCAN}).json()
        assert shown["is_new"]
        assert shown["batch"]["lot_number"] == "RSE2601"
        assert shown["batch"]["status"] == "QUARANTINE"
        assert shown["unit"]["serial_number"] == "R1"
        again = nia.post("batches/", {"scan": SCAN}).json()
        assert not again["is_new"]
        assert again["unit"] is None

    def test_as_typed_from_the_label(self, nia, rosaline):
        body = {"product": str(rosaline.pk), "lot_number": "A1", "expiration_date": "2028-01-19"}
        assert nia.post("batches/", body).json()["batch"]["expiration_date"] == "2028-01-19"

    @pytest.mark.parametrize(("changes", "code", "field"), [
        ({"lot_number": "' OR 1=1--"}, "gs1.charset", "lot_number"),
        ({"expiration_date": "19/01/2028"}, "date.format", "expiration_date"),
        ({"expiration_date": "2028-02-30"}, "date.invalid", "expiration_date"),
        ({"expiration_date": 20280119}, "schema.type", "expiration_date"),
    ])  # fmt: skip
    def test_what_is_typed_wrongly_is_refused_at_its_field(self, nia, rosaline, changes, code, field):
        body = {"product": str(rosaline.pk), "lot_number": "A1", "expiration_date": "2028-01-19", **changes}
        answer = nia.post("batches/", body)
        assert answer.json()["field"] == field
        assert answer.status_code in (409, 422)
        assert answer.json()["code"].split(".")[0] == code.split(".")[0]
        assert not Batch.objects.exists()

    def test_an_expired_vial_is_not_taken(self, nia, rosaline):
        body = {"product": str(rosaline.pk), "lot_number": "A1", "expiration_date": "2020-01-19"}
        refused(nia.post("batches/", body), 409, "product.expired", "expiration_date")

    def test_a_code_of_no_product_here(self, nia, sid):
        registered(sid)
        refused(nia.post("batches/", {"scan": SCAN}), 409, "batch.unknown_gtin", "scan")

    def test_a_bad_code_says_what_was_expected_and_found(self, nia, rosaline):
        problem = nia.post("batches/", {"scan": SCAN.replace("0952", "0953")}).json()
        assert problem["code"] == "gs1.check_digit"
        assert problem["expected"]
        assert problem["found"]


class TestTheLifeOfABatch:
    def test_from_the_vial_to_its_release(self, nia, ada, rosaline):
        batch = nia.post("batches/", {"scan": SCAN}).json()["batch"]["id"]
        assert "No certificate" in " ".join(nia.get(f"batches/{batch}/").json()["reasons_against_release"])
        digest = ada.get(f"batches/{batch}/findings/").json()["digest"]
        refused(ada.post(f"batches/{batch}/release/", {"findings_digest": digest}), 409, "batch.release")
        shown = certified(nia, batch)
        assert shown.status_code == 200, shown.content
        assert shown.json()["claims"]["endotoxin"]["value"] == "0.08"
        assert ada.get(f"batches/{batch}/").json()["claims"]["endotoxin"]["unit"] == "EU/mL"
        held = nia.post(f"batches/{batch}/hold/", {"reason": "seen a crack"}).json()
        assert (held["status"], held["status_reason"]) == ("ON_HOLD", "seen a crack")

    def test_a_practitioner_does_not_release(self, nia, lot):
        refused(nia.post(f"batches/{lot.pk}/release/"), 403, "role.required")

    def test_a_hold_needs_a_reason(self, nia, lot):
        refused(nia.post(f"batches/{lot.pk}/hold/"), 422, "schema.required", "reason")

    def test_a_certificate_of_another_lot_shows_that_both_disagree(self, nia, lot):
        shown = certified(nia, str(lot.pk), certificate_lot="OTHER1").json()
        assert shown["claims"]["endotoxin"]["basis"] == "MEASURED_REF"
        assert any("OTHER1" in words for words in shown["reasons_against_release"])


class TestEvidence:
    def test_comes_back_as_it_was_sent(self, nia):
        content = pdf("marks")
        found = nia.get(f"evidence/{filed(nia, content)}/file/")
        assert found.content == content
        assert found["Content-Type"] == "application/pdf"
        assert found["Content-Disposition"].startswith("attachment")
        assert "sandbox" in found["Content-Security-Policy"]

    def test_the_same_bytes_are_one_evidence(self, nia):
        assert filed(nia) == filed(nia, name="other.pdf")
        assert Evidence.objects.count() == 1

    @pytest.mark.parametrize(("content", "name", "code"), [
        (b"", "a.pdf", "upload.empty"),
        (b"<html></html>", "a.pdf", "upload.type"),
        (b"PK\x03\x04rubbish", "a.pdf", "upload.type"),
        (pdf()[:60], "a.pdf", "pdf.damaged"),
    ])  # fmt: skip
    def test_what_a_page_refuses_is_refused(self, nia, content, name, code):
        refused(nia.send("evidence/", content, name), 422, code, "file")
        assert not Evidence.objects.exists()

    def test_bytes_that_changed_on_disk_are_not_given_out(self, nia):
        evidence = Evidence.objects.get(pk=filed(nia))
        path_of(evidence.sha256).write_bytes(b"other")
        refused(nia.get(f"evidence/{evidence.pk}/file/"), 503, "evidence.damaged")
        with pytest.raises(Exception, match="hash differs"):
            read_evidence(evidence)

    def test_too_large_is_told_before_it_is_read(self, nia, settings):
        settings.UPLOAD_MAX_BYTES = 1000
        refused(nia.send("evidence/", b"x" * 100_000, "a.txt"), 413, "body.too_large")


class TestReading:
    def test_a_scan_writes_nothing(self, cleo, rosaline):
        before = Batch.objects.count()
        shown = cleo.post("scans/", {"scan": SCAN}).json()
        assert (shown["gtin"], shown["lot_number"], shown["expiration_date"]) == (GTIN, "RSE2601", "2028-01-19")
        assert shown["product_id"] == str(rosaline.pk)
        assert Batch.objects.count() == before

    def test_a_scan_of_a_strangers_product_names_none(self, sid, rosaline):
        assert sid.post("scans/", {"scan": SCAN}).json()["product_id"] is None

    def test_a_size_file(self, nia):
        shown = nia.send("sizes/", SIZE_FILE.read_bytes(), SIZE_FILE.name).json()
        assert shown["d10_nm"] < shown["d50_nm"] < shown["d90_nm"]

    def test_a_file_that_holds_no_distribution(self, nia):
        answer = nia.send("sizes/", b"hello\n", "a.txt")
        assert answer.status_code == 422
        assert answer.json()["field"] == "file"


class TestStanding:
    def test_says_which_rules_matched(self, nia, rosaline):
        shown = nia.get(f"products/{rosaline.pk}/standing/").json()
        assert {use["route"] for use in shown["uses"]} == {"TOPICAL_INTACT", "ID_SC"}
        assert all(use["rules"] and use["severity"] for use in shown["uses"])

    def test_two_people_lift_a_stop(self, nia, ada, ben, rosaline):
        record = {
            "jurisdiction": "GB",
            "route": "ID_SC",
            "status": "TRIAL",
            "evidence_level": "DOCUMENT_SEEN",
            "reference": "T1",
        }
        made = nia.post(f"products/{rosaline.pk}/regulatory-records/", record)
        assert made.status_code == 201, made.content
        proposal = f"regulatory-records/{made.json()['id']}/stop-release/"
        refused(nia.post(proposal, {"reason": "covers it"}), 403, "role.required")
        release = ada.post(proposal, {"reason": "covers it"}).json()
        refused(ada.post(f"stop-releases/{release['id']}/confirmation/"), 422, "standing.second_person")
        confirmed = ben.post(f"stop-releases/{release['id']}/confirmation/").json()
        assert confirmed["confirmed_by_name"] == "Ben Lead"
        assert nia.get(f"products/{rosaline.pk}/stop-releases/").json()["results"] == [confirmed]

    def test_a_place_that_is_none(self, nia, rosaline):
        record = {
            "jurisdiction": "ZZ",
            "route": "ID_SC",
            "status": "TRIAL",
            "evidence_level": "DOCUMENT_SEEN",
            "reference": "T1",
        }
        refused(nia.post(f"products/{rosaline.pk}/regulatory-records/", record), 422, "place", "jurisdiction")

    def test_documentation_names_what_is_missing(self, nia, rosaline):
        shown = nia.get(f"products/{rosaline.pk}/documentation/").json()
        assert shown["met"] < shown["applies"]
        assert "Formulation" in shown["missing"]
        items = [item for group in shown["groups"] for item in group["items"]]
        assert {"item": "Formulation", "is_met": False, "why": "not stated"} in items
        assert shown["applies"] == len(items)
        assert shown["note"] == "Complete papers are not a mark of safety."

    def test_documentation_of_a_batch_counts_its_own_papers(self, nia, rosaline, lot):
        shown = nia.get(f"batches/{lot.pk}/documentation/").json()
        assert shown == nia.get(f"products/{rosaline.pk}/documentation/").json()
        papers = next(group for group in shown["groups"] if group["title"] == "Papers of the batch")
        assert {"item": "Lot and expiry", "is_met": True, "why": ""} in papers["items"]

    def test_certificates_are_read_line_by_line(self, nia, lot):
        assert nia.get(f"batches/{lot.pk}/certificates/").json()["results"] == []
        assert certified(nia, str(lot.pk)).status_code in (200, 201)
        [shown] = nia.get(f"batches/{lot.pk}/certificates/").json()["results"]
        assert (shown["number"], shown["lot_number"], shown["is_in_force"]) == ("COA-1", "RSE2601", True)
        lines = {line["code"]: line["result"] for line in shown["results"]}
        assert set(lines) >= {"STER", "ENDO"}
        assert all(lines.values())
