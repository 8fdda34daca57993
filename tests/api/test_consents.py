"""Consents through the API: what staff do on the pages, and nothing that is the patient's or needs a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction

from clinic.models import Patient
from consent.models import Consent, Notice, PatientLink
from consent.services import ask_question, confirm_identity, stamp_due
from consent.timestamps import read_response
from tests import cast
from tests.api.bodies import CONSENT
from tests.api.program import refused
from tests.clinic.test_names_and_texts import NAMES as LISTED_NAMES
from tests.clinic.test_names_and_texts import WRITTEN
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.authority import Authority
from tests.consent.conftest import sealing_key
from tests.consent.desk import Desk
from tests.consent.staffroom import AFTER_THINKING
from tests.consent.test_clearance import ready
from tests.products.conftest import pdf

pytestmark = pytest.mark.django_db
assert sealing_key


def body(desk: Desk, **changes: Any) -> dict[str, Any]:
    named = {name: str(getattr(desk, name).pk) for name in ("patient", "practitioner", "product", "batch")}
    return {**CONSENT, **named, **changes}


def issued(program, desk: Desk, **changes: Any) -> Any:
    """Issue after reading the warnings, as a program does."""
    answer = program.post("consents/", body(desk, **changes))
    if answer.json().get("code") == "consent.unacknowledged":
        answer = program.post("consents/", body(desk, acknowledged_rules=answer.json()["rule_ids"], **changes))
    return answer


class TestIssuing:
    def test_a_consent_whose_document_says_what_was_sent(self, nia, desk):
        answer = issued(nia, desk, goals=["Softer skin"])
        assert answer.status_code == 201, answer.content
        shown = answer.json()
        assert shown["status"] == "draft"
        assert shown["stands"]["code"] == "not-sent"
        assert shown["patient_id"] == str(desk.patient.pk)
        document = nia.get(f"consents/{shown['id']}/document/").json()
        assert document["sha256"] == shown["document_sha256"]
        assert "£430" in str(document["content"])
        assert "Softer skin" in str(document["content"])

    def test_with_the_reasons_of_who_treats_which_may_promise_nothing(self, nia, desk):
        assert issued(nia, desk, reasons=["Nothing else has helped."]).status_code == 201
        refused = issued(nia, desk, reasons=["It always works: guaranteed."])
        assert refused.status_code == 422
        assert refused.json()["field"] == "reasons"

    def test_the_warnings_of_the_rules_are_acknowledged_first(self, nia, desk):
        answer = nia.post("consents/", body(desk))
        problem = refused(answer, 409, "consent.unacknowledged", "acknowledged_rules")
        assert problem["rule_ids"]
        assert all(rule in problem["message"] for rule in problem["rule_ids"])
        assert not Consent.objects.exists()

    def test_what_the_rules_stop_is_not_issued(self, nia, desk):
        problem = nia.post("consents/", body(desk, route="ID_SC")).json()
        assert problem["status"] in (409, 422)
        assert not Consent.objects.exists()

    @pytest.mark.parametrize("field", ["patient", "practitioner", "product", "batch"])
    def test_a_row_of_another_clinic_is_not_there(self, nia, desk, inland, field):
        other = str(getattr(desks.open_desk(inland), field).pk)
        refused(nia.post("consents/", body(desk, **{field: other})), 409, f"{field}.unknown", field)
        assert not Consent.objects.exists()

    def test_a_batch_in_quarantine_is_not_offered(self, nia, desk):
        staffroom.hold(desk)
        answer = issued(nia, desk)
        assert answer.status_code in (409, 422)
        assert not Consent.objects.exists()

    @pytest.mark.parametrize(("changes", "status", "code", "field"), [
        ({"cost": {"total": " ", "refund_terms": "x"}}, 409, "cost.blank", "cost.total"),
        ({"cost": {"total": "£1"}}, 422, "schema.required", "cost.refund_terms"),
        ({"signed_at": "2026-11-26T10:00:00Z"}, 422, "schema.unknown_field", "signed_at"),
        ({"status": "active"}, 422, "schema.unknown_field", "status"),
        ({"route": "BY_MOUTH"}, 422, "schema.choice", "route"),
        ({"patient": str(uuid4())}, 409, "patient.unknown", "patient"),
    ])  # fmt: skip
    def test_what_cannot_be_is_refused_at_its_field(self, nia, desk, changes, status, code, field):
        refused(nia.post("consents/", body(desk, **changes)), status, code, field)

    def test_the_same_key_issues_one(self, nia, desk):
        rules = nia.post("consents/", body(desk)).json()["rule_ids"]
        sent = body(desk, acknowledged_rules=rules)
        first, second = (nia.post("consents/", sent, key="k-1").json() for _ in range(2))
        assert first == second
        assert Consent.objects.count() == 1


class TestWhatNoTokenDoes:
    """A14 and A15: patient acts are the patient's, and a declaration needs the person."""

    def test_sign_decline_or_read_for_a_patient(self, nia, ada, desk):
        consent = desks.issue(desk).consent
        for program in (nia, ada):
            refused(program.post(f"consents/{consent.pk}/signature/"), 403, "signature.patient_only")
        consent.refresh_from_db()
        assert consent.status == "draft"

    def test_declare(self, nia, desk):
        consent = desks.signed(desk).consent
        problem = refused(nia.post(f"consents/{consent.pk}/declaration/"), 409, "declaration.in_person")
        assert "shown who they are" in problem["message"]
        assert staffroom.fresh(consent).status == "draft"

    def test_see_a_link(self, nia, desk, settings):
        settings.EMAIL_HOST = "mail.example.org"
        consent = desks.issue(desk).consent
        answer = nia.post(f"consents/{consent.pk}/link/")
        assert answer.status_code == 200, answer.content
        assert "/p/" not in answer.content.decode()
        assert Notice.objects.filter(consent=consent).count() == 1
        assert PatientLink.objects.filter(consent=consent, revoked_at=None).count() == 1
        assert mail.outbox == []

    def test_a_token_opens_no_patients_page(self, nia, desk):
        handed = desks.issue(desk)
        answer = nia.get(handed.path("sign/"))
        assert answer.status_code in (302, 401, 403, 404)


class TestReading:
    def test_lists_name_nobody(self, nia, desk):
        desks.issue(desk)
        answer = nia.get("consents/")
        assert "Ilves" not in answer.content.decode()
        assert "Mara" not in answer.content.decode()

    def test_by_state_reference_and_what_they_are_about(self, nia, desk):
        consent = desks.issue(desk).consent
        for asked in (
            f"reference={consent.reference}",
            "status=draft",
            f"patient={desk.patient.pk}",
            f"batch={desk.batch.pk}",
        ):
            assert [row["id"] for row in nia.get(f"consents/?{asked}").json()["results"]] == [str(consent.pk)]
        for asked in ("reference=HC-0000", "status=active", f"patient={uuid4()}"):
            assert nia.get(f"consents/?{asked}").json()["results"] == []
        refused(nia.get("consents/?patient=mara"), 400, "query.range", "patient")
        refused(nia.get("consents/?status=signed"), 400, "query.range", "status")

    def test_the_history_says_what_happened(self, cleo, desk):
        consent = desks.signed(desk).consent
        shown = cleo.get(f"consents/{consent.pk}/history/").json()
        kinds = [line["kind"] for line in shown["lines"]]
        assert kinds[0] == "consent.issued"
        assert "consent.signed" in kinds
        assert shown["changed"] == shown["unlogged"] == []

    def test_a_question_is_answered_once(self, nia, desk):
        handed = desks.issue(desk)
        confirm_identity(handed.link.pk, cast.MARA.birth_date, at=cast.NOW)
        ask_question(handed.consent.pk, "product", "How long?", shown_sha256=handed.sha256, at=cast.NOW)
        question = nia.get(f"consents/{handed.consent.pk}/questions/").json()["results"][0]
        assert (question["text"], question["is_open"]) == ("How long?", True)
        answered = nia.post(f"questions/{question['id']}/answer/", {"answer": "Two hours."}).json()
        assert (answered["answer"], answered["answered_by"]) == ("Two hours.", "Dr Nia Penrose")
        refused(nia.post(f"questions/{question['id']}/answer/", {"answer": "Three."}), 409, "question.answered")

    @pytest.mark.pdf
    def test_a_sealed_file_comes_whole_and_the_log_says_who_took_it(self, nia, desk, sealing_key):
        handed = desks.signed(desk)
        file = staffroom.seal(desk, handed)
        answer = nia.get(f"consents/{handed.consent.pk}/files/signed-record/")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert len(answer.content) == file.size
        kinds = [line["kind"] for line in nia.get(f"consents/{handed.consent.pk}/history/").json()["lines"]]
        assert kinds[-1] == "document.exported"
        checked = nia.send("documents/check/", answer.content, "a.pdf").json()
        assert (checked["outcome"], checked["consent_id"]) == ("genuine", str(handed.consent.pk))

    @pytest.mark.pdf
    def test_the_trusted_time_of_a_file_is_told_and_its_token_handed_out(
        self, nia, desk, sealing_key, settings, tmp_path
    ):
        tsa = Authority(tmp_path / "tsa")
        settings.TIMESTAMP_URL, settings.TIMESTAMP_ROOTS = tsa.url, (tsa.root,)
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
        handed = desks.signed(desk)
        address = f"consents/{handed.consent.pk}/"
        tsa.answers = ["500"]
        staffroom.seal(desk, handed)
        (file,) = nia.get(address).json()["files"]
        assert (file["time"]["way"], file["time"]["level"], file["time"]["timed_at"]) == ("none", "B-B", None)
        assert "It answered 500" in file["time"]["reason"]
        assert nia.get(f"{address}files/signed-record/timestamp/").status_code == 404
        assert stamp_due(at=staffroom.LATER + timedelta(minutes=1)) == 1
        (file,) = nia.get(address).json()["files"]
        assert (file["time"]["way"], file["time"]["authority"]) == ("detached", "Test Time Authority")
        assert file["time"]["imprint"] == file["sha256"]
        answer = nia.get(f"{address}files/signed-record/timestamp/")
        assert answer["Content-Type"] == "application/timestamp-reply"
        assert read_response(answer.content, bytes.fromhex(file["sha256"]), (tsa.root,)).facts.at
        checked = nia.send("documents/check/", nia.get(f"{address}files/signed-record/").content, "a.pdf").json()
        assert any("by Test Time Authority" in sentence for sentence in checked["sentences"])
        tsa.close()

    def test_a_strange_pdf_is_not_genuine(self, nia):
        checked = nia.send("documents/check/", pdf(), "a.pdf").json()
        assert checked["outcome"] != "genuine"
        assert checked["consent_id"] is None


class TestEnding:
    def test_an_open_one_is_voided_once(self, nia, desk):
        consent = desks.issue(desk).consent
        assert nia.post(f"consents/{consent.pk}/void/", {"reason": "issued twice"}).json()["status_reason"] == "voided"
        assert nia.post(f"consents/{consent.pk}/void/", {"reason": "issued twice"}).status_code == 409

    def test_a_no_by_telephone_is_recorded(self, nia, desk):
        consent = desks.issue(desk).consent
        shown = nia.post(f"consents/{consent.pk}/decline/", {"how": "by telephone", "reason": "Too dear."}).json()
        assert (shown["status"], shown["status_reason"]) == ("not-done", "declined")
        assert shown["declined_at"]
        consent.refresh_from_db()
        assert consent.decline.received_by.endswith(", by telephone")

    def test_a_withdrawal_by_telephone_is_recorded(self, nia, desk):
        consent = desks.signed(desk).consent
        shown = nia.post(f"consents/{consent.pk}/withdrawal/", {"how": "by telephone"}).json()
        assert shown["status_reason"] == "withdrawn"
        assert shown["withdrawn_at"]

    def test_one_choice_is_taken_back_and_the_rest_stays(self, nia, desk):
        consent = desks.signed(desk).consent
        place = f"consents/{consent.pk}/choices/photos_record/withdrawal/"
        shown = nia.post(place, {"how": "by telephone"}).json()
        assert shown["status"] == "draft"
        found = {one["key"]: one for one in shown["choices"]}
        assert (found["photos_record"]["is_agreed"], found["photos_record"]["is_in_force"]) == (True, False)
        assert found["photos_record"]["received_by"].endswith(", by telephone")
        assert found["photos_marketing"]["is_agreed"] is False


class TestPatients:
    MARA = {"given_name": "Mara", "family_name": "Ilves", "birth_date": "1984-03-14"}

    def test_registered_and_found(self, nia):
        made = nia.post("patients/", self.MARA)
        assert made.status_code == 201, made.content
        for asked in ({"family_name": "ILVES"}, {"birth_date": "1984-03-14"}):
            assert nia.post("patients/search/", asked).json()["results"] == [made.json()]
        assert nia.post("patients/search/", {"family_name": "Ilv"}).json()["results"] == []
        assert nia.get(made["Location"]).json() == made.json()

    def test_a_namesake_is_confirmed_first(self, nia, mara):
        refused(nia.post("patients/", self.MARA), 409, "confirm", "is_confirmed")
        assert nia.post("patients/", {**self.MARA, "is_confirmed": True}).status_code == 201

    @pytest.mark.parametrize(("changes", "status", "code", "field"), [
        ({"birth_date": "2020-01-01"}, 422, "patient.under_age", "birth_date"),
        ({"birth_date": "14/03/1984"}, 422, "date.format", "birth_date"),
        ({"given_name": ""}, 422, "schema.blank", "given_name"),
        ({"id": "x"}, 422, "schema.unknown_field", "id"),
    ])  # fmt: skip
    def test_what_a_page_refuses_is_refused(self, nia, changes, status, code, field):
        refused(nia.post("patients/", {**self.MARA, **changes}), status, code, field)

    def test_each_listed_name_is_kept_as_typed_or_refused_with_its_code(self, nia, subtests):
        """As on the page; a null character and half of a character are refused before, as JSON."""
        for row in LISTED_NAMES:
            name = WRITTEN.get(row["id"], row["input"])
            code = "text.control" if row["code"] == "text.nul" else row["code"]
            with subtests.test(row["id"]), transaction.atomic():
                answer = nia.post("patients/", {**self.MARA, "family_name": name, "is_confirmed": True})
                if code.startswith("OK"):
                    assert answer.status_code == 201, answer.content
                    assert answer.json()["family_name"] == name
                else:
                    refused(answer, 422, code, "family_name")
                    assert not Patient.objects.exists()
                transaction.set_rollback(True)

    def test_nobody_is_asked_for_everybody(self, nia, mara):
        refused(nia.post("patients/search/", {}), 422, "schema.required", "family_name")

    def test_a_stranger_finds_none(self, sid, mara):
        assert sid.post("patients/search/", {"family_name": "Ilves"}).json()["results"] == []


class TestTheLog:
    def test_is_the_clinics_own(self, cleo, sid, desk):
        rows = cleo.get("log/").json()["results"]
        assert rows[0]["leaf_index"] > rows[-1]["leaf_index"]
        assert {"products.product_registered", "products.batch_received"} <= {row["kind"] for row in rows}
        assert all("Rosaline" not in row["leaf"] for row in rows)
        assert not {row["leaf_hash"] for row in rows} & {row["leaf_hash"] for row in sid.get("log/").json()["results"]}


class TestTheDayOfTreatment:
    def test_the_check_names_its_batch_and_is_on_the_list(self, nia, desk, monkeypatch):
        handed = ready(desk)
        monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_THINKING)
        place = f"consents/{handed.consent.pk}/clearances/"
        answers = {"still_wanted": True, "nothing_changed": True}
        assert nia.post(place, answers).json()["code"] == "clearance.batch"
        assert nia.post(place, {**answers, "nothing_changed": False, "batch": str(desk.batch.pk)}).status_code == 409
        done = nia.post(place, {**answers, "scan": "(01)09521104000051(17)280119(10)RSE2601"})
        assert (done.status_code, done.json()["is_passed"], done.json()["batch_way"]) == (201, True, "scan")
        assert sorted(row["is_passed"] for row in nia.get(place).json()["results"]) == [False, True]
