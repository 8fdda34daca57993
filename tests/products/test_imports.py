"""Tables in and out: every row's mistakes, all or nothing, once only, the same shape back, and a killed worker loses nothing."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from audit.models import LogEntry, LogRecord
from audit.verification import verify
from products.errors import ImportRefusedError, TableTooLargeError, UploadRefusedError
from products.fields import BATCH_FIELDS
from products.models import Batch, Claim, ImportJob, Party, Product
from products.services import Upload, imports, rebuilt_snapshot, receive_batch, register_product
from products.services.imports import jobs
from products.tasks import work_imports
from products.vocabulary import BatchStatus, ImportKind, ImportState
from tests.cast import NOW
from tests.products.conftest import GTIN, LOT, ROSALINE, TODAY

pytestmark = pytest.mark.django_db
BATCHES_HEAD = "gtin,lot_number,expiration_date,production_date,sterility,sterility_basis\n"
PRODUCTS = """marketed_name,gtin,manufacturer,manufacturer_country,origin,donor_relation_basis,intended_routes,isolation_methods
Cordelia,09506000134352,Atlas Bio,KR,HUMAN,,ID_SC; TOPICAL_INTACT,DUC; FILT
Lumi Serum,,Atlas Bio,KR,Plant,NOT_APPLICABLE: a plant product,TOPICAL_INTACT,
"""


def clock() -> datetime:
    return NOW


def put_in(organization, agent, text: str | bytes, kind=ImportKind.BATCHES, name="table.csv") -> ImportJob:
    """The table, checked."""
    content = text.encode() if isinstance(text, str) else text
    job, _ = imports.start_import(organization, kind, Upload(content, name), agent=agent, at=NOW)
    run()
    job.refresh_from_db()
    return job


def run(at: datetime = NOW) -> None:
    while job_id := imports.claim_import(at=at):
        imports.work_on(job_id, clock=lambda: at)


def brought_in(organization, agent, text: str | bytes, kind=ImportKind.BATCHES) -> ImportJob:
    """The table, checked and imported."""
    job = put_in(organization, agent, text, kind)
    assert (job.state, job.problems) == (ImportState.READY, [])
    imports.confirm_import(job, agent=agent)
    run()
    job.refresh_from_db()
    return job


def mistakes(job: ImportJob) -> list[tuple[int, str]]:
    return [(row, column) for row, column, *_ in job.problems]


class TestProducts:
    def test_each_row_becomes_a_product_as_if_registered_by_hand(self, harbour, nia):
        job = brought_in(harbour, nia, PRODUCTS, ImportKind.PRODUCTS)
        assert (job.state, job.report["new"]) == (ImportState.DONE, 2)
        cordelia = Product.objects.at(harbour).get(gtin="09506000134352")
        assert (cordelia.value_of("origin"), cordelia.routes) == ("HUMAN", ["ID_SC", "TOPICAL_INTACT"])
        assert cordelia.value_of("isolation_methods")["methods"] == ["DUC", "FILT"]
        assert cordelia.snapshot["species"]["basis"] == "NOT_STATED"
        lumi = Product.objects.at(harbour).get(gtin="")
        assert lumi.snapshot["donor_relation"]["reason"] == "a plant product"
        assert lumi.value_of("origin") == "PLANT"
        assert Party.objects.at(harbour).count() == 1
        assert all(rebuilt_snapshot(one) == one.snapshot for one in (cordelia, lumi))

    def test_every_value_rests_on_the_table_itself(self, harbour, nia):
        job = brought_in(harbour, nia, PRODUCTS, ImportKind.PRODUCTS)
        claim = Claim.objects.get(product__gtin="09506000134352", field="origin")
        assert claim.evidence_id == job.evidence_id
        assert job.evidence.original_name == "table.csv"
        assert job.content == b""

    def test_an_imported_product_is_found_by_search(self, harbour, nia, signed_in, practitioner):
        brought_in(harbour, nia, PRODUCTS, ImportKind.PRODUCTS)
        assert "Cordelia" in signed_in(practitioner).get(reverse("products"), {"q": "atlas corde"}).content.decode()

    @pytest.mark.parametrize(
        ("row", "column", "words"),
        [
            (",09506000134352,,,,,,", "marketed_name", "Enter the name"),
            ("A,09506000134353,,,,,,", "gtin", "The last digit"),
            ("A,12345,,,,,,", "gtin", "13 or 14 digits"),
            ("A,9.506E+12,,,,,,", "gtin", "13 or 14 digits"),
            ("A,,,FR,,,,", "manufacturer_country", "says nothing"),
            ("A,,B,XX,,,,", "manufacturer_country", "two letters"),
            ("A,,,,DRAGON,,,", "origin", "not one of the words"),
            ("A,,,,,NOT_APPLICABLE,,", "donor_relation_basis", "why it does not apply"),
            ("A,,,,,PERHAPS,,", "donor_relation_basis", "Enter one of"),
            ("A,,,,,STATED,,", "donor_relation_basis", "Give a value"),
            ("A,,,,,,ID_SC; NOWHERE,", "intended_routes", "NOWHERE"),
        ],
    )
    def test_each_mistake_is_named_by_row_and_column_in_words(self, row, column, words, harbour, nia):
        head = PRODUCTS.splitlines()[0]
        job = put_in(harbour, nia, f"{head}\n{row}\n", ImportKind.PRODUCTS)
        assert job.state == ImportState.FAULTY
        assert mistakes(job) == [(2, column)]
        assert words in job.problems[0][3]

    def test_all_mistakes_of_all_rows_are_named_at_once(self, harbour, nia):
        job = put_in(harbour, nia, f"{PRODUCTS}A,1,,,DRAGON,,,\n,,,,,,,MAGIC\n", ImportKind.PRODUCTS)
        assert mistakes(job) == [(4, "gtin"), (4, "origin"), (5, "marketed_name"), (5, "isolation_methods")]
        assert not Product.objects.exists()

    def test_a_nought_that_a_spreadsheet_took_is_put_back_and_said(self, harbour, nia):
        job = put_in(harbour, nia, "marketed_name,gtin\nA,9506000134352\n", ImportKind.PRODUCTS)
        assert job.state == ImportState.READY
        assert "09506000134352 for 9506000134352" in job.report["notes"][0]

    def test_the_same_product_twice_in_one_table(self, harbour, nia):
        job = put_in(harbour, nia, f"marketed_name,gtin\nA,{GTIN}\nB,{GTIN}\n", ImportKind.PRODUCTS)
        assert (mistakes(job), job.problems[0][3][:5]) == ([(3, "gtin")], "Row 2")

    def test_what_is_on_record_the_same_is_left_as_it_is(self, harbour, nia, rosaline):
        text = f"marketed_name,gtin,origin\nRosaline Callus,{GTIN},PLANT\nNew,,PLANT\n"
        job = brought_in(harbour, nia, text, ImportKind.PRODUCTS)
        assert (job.report["new"], job.report["unchanged"]) == (1, 1)

    def test_an_import_never_overwrites(self, harbour, nia, rosaline):
        text = f"marketed_name,gtin,origin\nRosaline Callus,{GTIN},HUMAN\n"
        job = put_in(harbour, nia, text, ImportKind.PRODUCTS)
        assert mistakes(job) == [(2, "origin")]
        assert "never overwrites" in job.problems[0][3]

    def test_every_field_of_a_dossier_can_be_a_column(self, harbour, nia):
        names = {column.name for column in imports.columns_of(ImportKind.PRODUCTS)}
        assert {"ev_term_evidenced", "taxon_id", "storage.min_c"} <= names
        text = "marketed_name,gtin,taxon_id,storage.label,storage.min_c,storage.max_c\nA,,9606,2-8 C,2,8\n"
        brought_in(harbour, nia, text, ImportKind.PRODUCTS)
        product = Product.objects.get()
        assert (product.value_of("taxon_id"), product.value_of("storage")["max_c"]) == (9606, 8)


class TestBatches:
    def test_each_row_becomes_a_batch_in_quarantine_as_if_received_by_hand(self, harbour, nia, rosaline):
        job = brought_in(harbour, nia, f"{BATCHES_HEAD}{GTIN},A1,2028-01-31,2026-01-20,,\n{GTIN},A2,2028-02-29,,,\n")
        first, second = Batch.objects.at(harbour).order_by("lot_number")
        by_hand = receive_batch(rosaline, LOT, today=TODAY, agent=nia, at=NOW).batch
        assert (job.report["new"], first.status, first.received_on) == (2, BatchStatus.QUARANTINE, TODAY)
        assert (first.expiration_date, first.production_date) == (date(2028, 1, 31), date(2026, 1, 20))
        assert second.production_date is None
        assert first.snapshot.keys() == by_hand.snapshot.keys() == BATCH_FIELDS.keys()
        assert rebuilt_snapshot(first) == first.snapshot

    def test_results_come_with_their_basis(self, harbour, nia, rosaline):
        brought_in(harbour, nia, f"{BATCHES_HEAD}{GTIN},A1,2028-01-31,,no growth,MEASURED_BATCH\n")
        assert Batch.objects.get().snapshot["sterility"]["basis"] == "MEASURED_BATCH"

    @pytest.mark.parametrize(
        ("row", "column", "words"),
        [
            (f"{GTIN},A1,31/01/2028,,,", "expiration_date", "2026-11-23"),
            (f"{GTIN},A1,46387,,,", "expiration_date", "year-month-day"),
            (f"{GTIN},A1,31-Dec-28,,,", "expiration_date", "year-month-day"),
            (f"{GTIN},A1,2027-02-29,,,", "expiration_date", "no such date"),
            (f"{GTIN},A1,,,,", "expiration_date", "year-month-day"),
            (f"{GTIN},A1,2020-01-31,,,", "expiration_date", "expired"),
            (f"{GTIN},A1,2028-01-31,2028-02-01,,", "production_date", "future"),
            (f"{GTIN},,2028-01-31,,,", "lot_number", "Enter the lot"),
            (f"{GTIN},A 1,2028-01-31,,,", "lot_number", "does not occur"),
            (f"{GTIN},{'A' * 21},2028-01-31,,,", "lot_number", "at most 20"),
            ("09506000134352,A1,2028-01-31,,,", "gtin", "No product"),
            (",A1,2028-01-31,,,", "gtin", "GTIN, or its name"),
            (f"{GTIN},A1,2028-01-31,,x,NOT_STATED", "sterility", "Keep one"),
        ],
    )
    def test_each_mistake_is_named_by_row_and_column_in_words(self, row, column, words, harbour, nia, rosaline):
        job = put_in(harbour, nia, f"{BATCHES_HEAD}{row}\n")
        assert (job.state, mistakes(job)) == (ImportState.FAULTY, [(2, column)])
        assert words in job.problems[0][3]

    def test_one_faulty_row_keeps_all_others_out(self, harbour, nia, rosaline):
        job = put_in(harbour, nia, f"{BATCHES_HEAD}{GTIN},A1,2028-01-31,,,\n{GTIN},A2,soon,,,\n")
        with pytest.raises(ImportRefusedError):
            imports.confirm_import(job, agent=nia)
        run()
        assert not Batch.objects.exists()

    def test_a_product_may_be_named_instead_of_its_gtin(self, harbour, nia, rosaline):
        brought_in(harbour, nia, "product,lot,expiry\nrosaline callus,A1,2028-01-31\n")
        assert Batch.objects.get().product == rosaline

    def test_two_products_of_one_name_need_their_gtin(self, harbour, nia, rosaline):
        from dataclasses import replace

        register_product(harbour, replace(ROSALINE, gtin=""), agent=nia, at=NOW)
        job = put_in(harbour, nia, "product,lot,expiry\nRosaline Callus,A1,2028-01-31\n")
        assert "More than one" in job.problems[0][3]

    def test_a_lot_on_record_with_another_expiry_is_a_conflict(self, harbour, nia, lot):
        job = put_in(harbour, nia, f"gtin,lot,expiry\n{GTIN},RSE2601,2029-01-01\n")
        assert mistakes(job) == [(2, "expiration_date")]
        assert "19 January 2028" in job.problems[0][3]

    def test_the_same_lot_twice_in_one_table(self, harbour, nia, rosaline):
        job = put_in(harbour, nia, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n{GTIN},A1,2028-01-31\n")
        assert mistakes(job) == [(3, "lot_number")]

    def test_a_product_of_another_clinic_is_not_known_here(self, inland, nia, rosaline, stranger):
        from tests.cast import agent_for

        job = put_in(inland, agent_for(stranger, inland), f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n")
        assert "No product with GTIN" in job.problems[0][3]


class TestHeadings:
    def test_names_are_read_without_regard_to_case_and_spaces(self, harbour, nia, rosaline):
        assert put_in(harbour, nia, f" GTIN , Lot ,EXPIRY\n{GTIN},A1,2028-01-31\n").state == ImportState.READY

    def test_an_unknown_column_is_said_before_anything_is_imported(self, harbour, nia, rosaline):
        job = put_in(harbour, nia, f"gtin,lot,expiry,colour\n{GTIN},A1,2028-01-31,blue\n")
        assert (job.state, job.report["ignored"]) == (ImportState.READY, ["colour"])

    @pytest.mark.parametrize(
        ("head", "words"),
        [
            ("gtin,lot", "expiration_date"),
            ("gtin,lot,lot_number,expiry", "twice"),
            ("gtin,lot,expiry,expiry", "twice"),
            ("gtin,,lot,expiry", "Column 2 has no name"),
        ],
    )
    def test_a_first_row_that_cannot_be_used(self, head, words, harbour, nia):
        job = put_in(harbour, nia, f"{head}\n{','.join('x' * (head.count(',') + 1))}\n")
        assert job.state == ImportState.REFUSED
        assert words in job.refusal
        assert job.content == b""

    def test_too_many_rows_say_where_the_limit_is(self, harbour, nia, monkeypatch):
        monkeypatch.setattr(jobs, "MOST_ROWS", {"sqlite": 2, "postgresql": 2})
        job = put_in(harbour, nia, "gtin,lot,expiry\n" + "1,2,3\n" * 3)
        assert "more than 2 rows" in job.refusal

    def test_a_file_above_10_mb_is_refused_at_once(self, harbour, nia):
        with pytest.raises(TableTooLargeError) as caught:
            put_in(harbour, nia, b"x" * (10 * 1024 * 1024 + 1))
        assert caught.value.field == "table"

    def test_a_file_of_another_kind_is_refused_at_once(self, harbour, nia):
        with pytest.raises(UploadRefusedError):
            put_in(harbour, nia, b"%PDF-1.4 nonsense")
        assert not ImportJob.objects.exists()


class TestOnce:
    def test_the_same_file_while_it_waits_leads_to_the_import_that_there_is(self, harbour, nia, rosaline):
        text = Upload(f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n".encode(), "a.csv")
        first, is_new = imports.start_import(harbour, ImportKind.BATCHES, text, agent=nia, at=NOW)
        again, is_new_again = imports.start_import(harbour, ImportKind.BATCHES, text, agent=nia, at=NOW)
        assert (first.pk, is_new, is_new_again) == (again.pk, True, False)

    def test_the_same_file_after_it_was_imported_changes_nothing(self, harbour, nia, rosaline):
        text = f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n"
        done = brought_in(harbour, nia, text)
        job, is_new = imports.start_import(
            harbour, ImportKind.BATCHES, Upload(text.encode(), "b.csv"), agent=nia, at=NOW
        )
        assert (job.pk, is_new) == (done.pk, False)

    def test_confirming_twice_imports_once(self, harbour, nia, rosaline):
        job = put_in(harbour, nia, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n")
        imports.confirm_import(job, agent=nia)
        imports.confirm_import(job, agent=nia)
        run()
        run()
        assert Batch.objects.count() == 1

    def test_a_dropped_table_is_forgotten_and_cannot_be_imported(self, harbour, nia, rosaline):
        job = put_in(harbour, nia, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n")
        imports.drop_import(job, at=NOW)
        job.refresh_from_db()
        assert (job.state, bytes(job.content)) == (ImportState.DROPPED, b"")
        with pytest.raises(ImportRefusedError):
            imports.confirm_import(job, agent=nia)


class TestKilledWorkers:
    @pytest.fixture
    def job(self, harbour, nia, rosaline):
        text = f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n"
        return imports.start_import(harbour, ImportKind.BATCHES, Upload(text.encode(), "a.csv"), agent=nia, at=NOW)[0]

    def test_what_one_worker_has_taken_up_no_other_takes(self, job):
        assert imports.claim_import(at=NOW) == job.pk
        assert imports.claim_import(at=NOW + timedelta(seconds=5)) is None

    def test_a_worker_that_was_killed_leaves_its_work_to_the_next(self, job, nia):
        imports.claim_import(at=NOW)
        later = NOW + jobs.LEASE + timedelta(seconds=1)
        run(later)
        imports.confirm_import(job, agent=nia)
        imports.claim_import(at=later)
        run(later + jobs.LEASE + timedelta(seconds=1))
        job.refresh_from_db()
        assert (job.state, Batch.objects.count()) == (ImportState.DONE, 1)

    def test_one_that_dies_in_the_midst_of_writing_leaves_nothing_behind(self, job, nia, monkeypatch):
        run()
        imports.confirm_import(job, agent=nia)
        with monkeypatch.context() as broken:
            broken.setattr(jobs, "append", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                run()
        assert not Batch.objects.exists()
        run(NOW + jobs.LEASE + timedelta(seconds=1))
        assert Batch.objects.count() == 1

    def test_a_table_that_stops_every_worker_is_given_up_in_words(self, job):
        at = NOW
        for _ in range(jobs.MOST_ATTEMPTS):
            assert imports.claim_import(at=at) == job.pk
            at += jobs.LEASE + timedelta(seconds=1)
        assert imports.claim_import(at=at) is None
        job.refresh_from_db()
        assert (job.state, "Split it" in job.refusal) == (ImportState.REFUSED, True)

    def test_what_changed_in_between_is_looked_at_again(self, job, nia, rosaline):
        run()
        imports.confirm_import(job, agent=nia)
        other = type(LOT)("A1", date(2029, 1, 1))
        receive_batch(rosaline, other, today=TODAY, agent=nia, at=NOW)
        run()
        job.refresh_from_db()
        assert (job.state, mistakes(job)) == (ImportState.FAULTY, [(2, "expiration_date")])

    def test_the_sweep_does_everything_that_waits(self, job, nia):
        work_imports()
        job.refresh_from_db()
        assert job.state == ImportState.READY


class TestLog:
    def test_an_import_is_one_act_that_names_every_row_and_the_table(self, harbour, nia, rosaline):
        before = LogEntry.objects.count()
        job = brought_in(harbour, nia, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n{GTIN},A2,2028-01-31\n")
        assert LogEntry.objects.count() == before + 1
        entry = LogEntry.objects.last()
        body = json.loads(entry.detail.canonical_body)
        assert (entry.kind, body["table_sha256"], body["new"]) == ("products.batches_imported", job.sha256, 2)
        rows = 2 + 2 * len(BATCH_FIELDS) + 1
        assert len(body["records"]) == LogRecord.objects.filter(entry=entry).count() == rows

    def test_verify_log_checks_every_imported_row(self, harbour, nia, rosaline):
        brought_in(harbour, nia, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n")
        assert list(verify(None)) == []
        Batch.objects.filter(lot_number="A1").update(expiration_date=date(2030, 1, 1))
        assert [finding.code for finding in verify(None)] == ["record.changed"]


class TestExport:
    def rows(self, organization, kind) -> list[dict[str, Any]]:
        content = imports.as_csv(*imports.export(organization, kind)).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(content)))

    def test_what_is_exported_can_be_imported_elsewhere_and_says_the_same(self, harbour, inland, nia, stranger, lot):
        from tests.cast import agent_for

        sid = agent_for(stranger, inland)
        brought_in(harbour, nia, PRODUCTS, ImportKind.PRODUCTS)
        for kind in ImportKind:
            brought_in(inland, sid, imports.as_csv(*imports.export(harbour, kind)), kind)
            assert self.rows(inland, kind) == self.rows(harbour, kind)
        for kind in ImportKind:
            table = imports.as_xlsx(*imports.export(harbour, kind))
            job = put_in(inland, sid, table, kind, "table.xlsx")
            assert (job.report["new"], job.problems) == (0, [])

    def test_only_columns_that_are_filled_are_there(self, harbour, rosaline):
        assert "formulation" not in self.rows(harbour, ImportKind.PRODUCTS)[0]
        assert self.rows(harbour, ImportKind.PRODUCTS)[0]["donor_relation_basis"] == "NOT_APPLICABLE: a plant product"

    def test_no_cell_of_a_csv_begins_a_formula_and_it_comes_back_as_it_was(self, harbour, nia, rosaline):
        lots = ["=1+1", "-7", "+A", "'-7", "A=1"]
        text = "gtin,lot,expiry\n" + "".join(f'{GTIN},"{lot}",2028-01-31\n' for lot in lots if lot != "'-7")
        brought_in(harbour, nia, text)
        receive_batch(rosaline, type(LOT)("'-7", date(2028, 1, 31)), today=TODAY, agent=nia, at=NOW)
        content = imports.as_csv(*imports.export(harbour, ImportKind.BATCHES))
        cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t")]
        job = put_in(harbour, nia, content)
        assert (job.report["new"], job.report["unchanged"], job.problems) == (0, len(lots), [])

    def test_an_excel_export_holds_texts_and_no_formulas(self, harbour, nia, rosaline):
        brought_in(harbour, nia, f'gtin,lot,expiry\n{GTIN},"=1+1",2028-01-31\n')
        table = imports.as_xlsx(*imports.export(harbour, ImportKind.BATCHES))
        sheet = openpyxl.load_workbook(io.BytesIO(table)).active
        assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}

    @pytest.mark.parametrize("kind", list(ImportKind))
    def test_the_empty_table_names_columns_that_are_known(self, kind):
        names, rows = imports.template(kind)
        assert set(names) <= {column.name for column in imports.columns_of(kind)}
        assert rows == []


class TestPages:
    @pytest.fixture
    def desk(self, signed_in, practitioner):
        return signed_in(practitioner)

    def send(self, browser, text, kind="batches", follow=True):
        upload = SimpleUploadedFile("table.csv", text.encode())
        return browser.post(reverse("tables"), {"kind": kind, "table": upload}, follow=follow)

    def test_a_table_is_checked_shown_and_imported(self, desk, rosaline):
        page = self.send(desk, f"gtin,lot,expiry,colour\n{GTIN},A1,2028-01-31,blue\n")
        assert "Look again now" in page.content.decode()
        job = ImportJob.objects.get()
        work_imports()
        page = desk.get(reverse("import", args=[job.pk])).content.decode()
        assert "Import 1 row<" in page
        assert "colour" in page
        assert "Look again now" not in page
        desk.post(reverse("import_confirm", args=[job.pk]))
        work_imports()
        assert "New batches are in quarantine" in desk.get(reverse("import", args=[job.pk])).content.decode()
        assert Batch.objects.count() == 1

    def test_mistakes_are_shown_and_can_be_taken_away(self, desk, rosaline):
        self.send(desk, f"gtin,lot,expiry\n{GTIN},A1,soon\n")
        work_imports()
        job = ImportJob.objects.get()
        page = desk.get(reverse("import", args=[job.pk])).content.decode()
        assert "Nothing was imported: 1 mistake" in page
        assert "soon" in page
        taken = desk.get(reverse("import_mistakes", args=[job.pk, "csv"])).content.decode("utf-8-sig")
        assert list(csv.reader(io.StringIO(taken)))[1][:3] == ["2", "expiration_date", "soon"]

    def test_confirming_what_is_not_ready_is_refused_on_the_page(self, desk, rosaline):
        self.send(desk, f"gtin,lot,expiry\n{GTIN},A1,soon\n")
        work_imports()
        answer = desk.post(reverse("import_confirm", args=[ImportJob.objects.get().pk]))
        assert answer.status_code == 409
        assert "not ready to be imported" in answer.content.decode()

    def test_a_file_of_another_kind_is_refused_at_its_field(self, desk):
        answer = self.send(desk, "<html></html>")
        assert answer.status_code == 422
        assert "web page" in str(answer.context["form"].errors["table"])

    def test_without_a_file_or_a_kind_both_are_asked_for(self, desk):
        answer = desk.post(reverse("tables"), {})
        assert set(answer.context["form"].errors) == {"kind", "table"}

    @pytest.mark.parametrize(("form", "begins"), [("csv", b"\xef\xbb\xbfmarketed_name"), ("xlsx", b"PK")])
    def test_tables_are_downloads(self, form, begins, desk, rosaline):
        for address in ("table_export", "table_template"):
            answer = desk.get(reverse(address, args=["products", form]))
            assert answer.content.startswith(begins)
            assert answer["Content-Disposition"].startswith("attachment")

    def test_there_is_no_other_table_and_no_other_form(self, desk):
        assert desk.get("/products/tables/patients.csv").status_code == 404
        assert desk.get("/products/tables/products.exe").status_code == 404

    def test_a_stranger_finds_nothing_and_takes_nothing_of_ours(self, desk, signed_in, stranger, rosaline):
        self.send(desk, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n")
        job = ImportJob.objects.get()
        theirs = signed_in(stranger)
        assert theirs.get(reverse("import", args=[job.pk])).status_code == 404
        assert theirs.post(reverse("import_confirm", args=[job.pk])).status_code == 404
        assert theirs.post(reverse("import_drop", args=[job.pk])).status_code == 404
        assert theirs.get(reverse("import_mistakes", args=[job.pk, "csv"])).status_code == 404
        assert b"Rosaline" not in theirs.get(reverse("table_export", args=["products", "csv"])).content
        assert job.original_name not in theirs.get(reverse("tables")).content.decode()

    def test_an_auditor_reads_and_changes_nothing(self, signed_in, auditor, rosaline):
        eyes = signed_in(auditor)
        assert eyes.get(reverse("tables")).status_code == 200
        assert self.send(eyes, f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n").status_code == 403
        assert not ImportJob.objects.exists()


def test_the_day_of_an_import_is_the_clinics_own(harbour, nia, rosaline):
    late = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
    job, _ = imports.start_import(
        harbour,
        ImportKind.BATCHES,
        Upload(f"gtin,lot,expiry\n{GTIN},A1,2028-01-31\n".encode(), "a.csv"),
        agent=nia,
        at=late,
    )
    run(late)
    imports.confirm_import(job, agent=nia)
    run(late)
    assert Batch.objects.get().received_on == date(2026, 11, 23)
