"""The register as a table and the sealed files of a period: what they hold, who may take them, and what the log says of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from django.test import Client

from audit.models import LogEntry
from clinic.models import User
from clinic.records import PatientIdentity
from consent import rules
from consent.errors import ExportRefusedError
from consent.models import Signature
from consent.services import register
from products.services import ClaimDraft, Upload, correct_claim
from products.services.evidence import path_of
from tests import cast
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.desk import Desk, Handed
from tests.products.conftest import pdf


class TestThePeriod:
    @pytest.mark.parametrize(
        ("since", "until", "field"),
        [(date(2026, 11, 2), date(2026, 11, 1), "until"), (date(2026, 11, 24), date(2026, 11, 25), "since")],
    )
    def test_a_period_that_is_none_is_refused(self, since: date, until: date, field: str) -> None:
        rules.check_period(date(2026, 11, 23), date(2026, 11, 23), today=date(2026, 11, 23))
        with pytest.raises(ExportRefusedError) as refused:
            rules.check_period(since, until, today=date(2026, 11, 23))
        assert refused.value.field == field

    def test_every_column_stands_in_the_reference(self) -> None:
        page = Path("docs/reference/register.md").read_text(encoding="utf-8")
        assert tuple(re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)) == register.COLUMNS


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestTheRegister:
    def test_it_holds_what_the_list_shows_and_the_log_says_who_took_it(
        self, desk: Desk, signed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        other = desks.issue(desk)
        ada = signed_in(lead)
        rows = lines(ada.get("/consents/register.csv").content)
        assert {row["reference"] for row in rows} == {signed.consent.reference, other.consent.reference}
        answer = ada.get("/consents/register.csv?standing=not-opened")
        [row] = lines(answer.content)
        assert (row["reference"], row["family_name"], row["stands"]) == (other.consent.reference, "Ilves", "not-opened")
        entry = LogEntry.objects.filter(leaf__contains="register_exported").order_by("pk").last()
        assert entry.detail.body["sha256"] == hashlib.sha256(answer.content).hexdigest()
        assert (entry.detail.body["rows"], entry.detail.body["asked"]) == (1, "?standing=not-opened")

    def test_a_day_that_is_none_takes_nothing_away_and_says_so_on_the_list(
        self, handed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        ada = signed_in(lead)
        answer = ada.get("/consents/register.csv?since=1/2/2026", follow=True)
        assert answer.redirect_chain == [("/consents/?since=1%2F2%2F2026", 302)]
        page = answer.content.decode()
        assert "A date is written year-month-day" in page
        assert "register.csv" not in page
        assert not LogEntry.objects.filter(leaf__contains="register_exported").exists()

    def test_a_name_that_looks_like_a_formula_calculates_nothing(
        self, desk: Desk, lead: User, signed_in: SignedIn
    ) -> None:
        desk.product.marketed_name = "=1+1"
        cast.record(desk.clinic, desk.product)
        patient = cast.make_patient(desk.clinic, PatientIdentity("Jo", "O’Neill", date(1980, 1, 2)))
        desks.issue(desk, patient=patient)
        ada = signed_in(lead)
        assert lines(ada.get("/consents/register.csv").content)[0]["product"] == "'=1+1"
        book = openpyxl.load_workbook(io.BytesIO(ada.get("/consents/register.xlsx").content))
        cell = book.active["F2"]
        assert (cell.value, cell.data_type) == ("=1+1", "s")

    def test_only_leads_and_auditors_take_it(
        self, nia: Client, handed: Handed, auditor: User, stranger: User, signed_in: SignedIn
    ) -> None:
        for path in ("/consents/register.csv", "/consents/files/"):
            assert nia.get(path).status_code == 403
            assert signed_in(auditor).get(path).status_code == 200
        assert lines(signed_in(stranger).get("/consents/register.csv").content) == []
        assert signed_in(auditor).get("/consents/register.pdf").status_code == 404
        assert "register.csv" not in nia.get("/consents/").content.decode()
        assert "register.csv" in signed_in(auditor).get("/consents/").content.decode()


@pytest.mark.django_db
@pytest.mark.pdf
@pytest.mark.usefixtures("desk_time", "sealing_key")
class TestTheFilesOfAPeriod:
    def test_each_is_enclosed_with_its_proof_and_a_lost_one_is_named(
        self, desk: Desk, signed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        file = staffroom.seal(desk, signed)
        staffroom.seal_on_paper(desk, desks.signed(desk, seed=7))
        staffroom.publish(desk, staffroom.LATER)
        ada = signed_in(lead)
        answer = ada.get("/consents/files/?since=2026-11-23&until=2026-11-23")
        assert answer["Content-Type"] == "application/zip"
        packed = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        manifest = {row["sha256"]: row for row in lines(packed.read("manifest.csv"))}
        row = manifest[file.sha256]
        assert hashlib.sha256(packed.read(row["file"])).hexdigest() == file.sha256
        assert "tlog-proof" in row["proof"]
        assert packed.read(row["proof"])
        lost = next(row for sha256, row in manifest.items() if sha256 != file.sha256)
        assert (lost["file"], lost["state"].startswith("missing")) == ("", True)
        entry = LogEntry.objects.filter(leaf__contains="period_exported").get()
        assert entry.detail.body["manifest_sha256"] == hashlib.sha256(packed.read("manifest.csv")).hexdigest()
        assert ada.get("/consents/files/?since=2026-11-22&until=2026-11-22").status_code == 422
        assert ada.get("/consents/files/?since=2026-11-23&until=2026-11-01").status_code == 422


@pytest.mark.django_db
@pytest.mark.pdf
@pytest.mark.usefixtures("desk_time", "sealing_key")
class TestTheEvidencePack:
    def test_holds_all_that_bears_on_one_consent(
        self, desk: Desk, signed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        file = staffroom.seal(desk, signed)
        staffroom.publish(desk, staffroom.LATER)
        claim = correct_claim(
            desk.product,
            ClaimDraft("species", "Rosa canina", "STATED"),
            correction_reason="the paper says so",
            agent=desk.agent,
            at=staffroom.LATER,
            upload=Upload(pdf(), "../../a.pdf"),
        )
        answer = signed_in(lead).get(f"/consents/{signed.consent.pk}/pack.zip")
        packed = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        found = {row["file"]: row for row in lines(packed.read("manifest.csv"))}
        assert set(packed.namelist()) == {
            *found,
            *(row["proof"] for row in found.values() if row["proof"]),
            "manifest.csv",
        }
        for name, row in found.items():
            assert hashlib.sha256(packed.read(name)).hexdigest() == row["sha256"]
        signature = Signature.objects.get(consent=signed.consent)
        assert found["texts/1.json"]["sha256"] == signature.document_sha256
        assert found[f"{signed.consent.reference}-signed-record.pdf"]["sha256"] == file.sha256
        assert packed.read(f"papers/{claim.evidence.sha256}.pdf") == pdf()
        history = json.loads(packed.read("history.json"))
        assert (history["changed_rows"], history["rows_without_an_entry"]) == ([], [])
        assert {"consent.issued", "consent.signed", "document.sealed"} <= {one["kind"] for one in history["entries"]}
        assert json.loads(packed.read("product.json"))["batch"]["lot"] == desk.batch.lot_number
        entry = LogEntry.objects.filter(leaf__contains="pack_exported").get()
        assert entry.detail.body["manifest_sha256"] == hashlib.sha256(packed.read("manifest.csv")).hexdigest()

    def test_a_lost_paper_is_named_and_a_practitioner_is_refused(
        self, desk: Desk, signed: Handed, lead: User, signed_in: SignedIn, nia: Client
    ) -> None:
        claim = correct_claim(
            desk.product,
            ClaimDraft("species", "Rosa canina", "STATED"),
            correction_reason="the paper says so",
            agent=desk.agent,
            at=staffroom.LATER,
            upload=Upload(pdf(), "../../a.pdf"),
        )
        path_of(claim.evidence.sha256).unlink()
        answer = signed_in(lead).get(f"/consents/{signed.consent.pk}/pack.zip")
        packed = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        [row] = [row for row in lines(packed.read("manifest.csv")) if row["kind"] == "paper"]
        assert (row["file"], row["sha256"], row["state"].partition(":")[0]) == ("", claim.evidence.sha256, "missing")
        assert nia.get(f"/consents/{signed.consent.pk}/pack.zip").status_code == 403

    def test_a_stranger_finds_nothing(self, signed: Handed, stranger: User, signed_in: SignedIn) -> None:
        assert signed_in(stranger).get(f"/consents/{signed.consent.pk}/pack.zip").status_code == 404
