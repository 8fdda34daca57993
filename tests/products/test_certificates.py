"""Certificates of analysis: every line as the laboratory reported it, typed or pasted; read anew where it was wrong."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from audit.errors import AppendOnlyError, Refusal
from audit.services import entries_for
from products.errors import ChronologyError, ClaimRefusedError
from products.models import Certificate, CertificateResult
from products.services import ResultDraft, Upload, attach_certificate, correct_certificate
from products.services.result_table import read_results
from products.services.samples import sample_set
from tests.cast import NOW
from tests.products.conftest import TODAY, certificate, pdf
from tests.products.test_pages import certificate_page

FULL = (
    ResultDraft(
        "STER", "no growth", method="Ph. Eur. 2.6.1", sampled_on=date(2026, 2, 2), reported_on=date(2026, 2, 17)
    ),
    ResultDraft("ENDO", "<0.05", unit="EU/mL", method="Ph. Eur. 2.6.14", limit="<= 0.5"),
    ResultDraft("RES", "<10", detail="BSA", unit="ng/mL", method="ELISA"),
    ResultDraft("PH", "7.2", unit="pH"),
)
PASTED = """Test\tResult\tUnit\tMethod\tLimit\tSampled\tReported
Sterility\tno growth\t\tPh. Eur. 2.6.1\tno growth\t2026-02-02\t2026-02-17
Endotoxin\t0.08\tEU/mL\tPh. Eur. 2.6.14\t0.5\t\t
residual BSA\t<10\tng/mL\tELISA\t\t\t
pH\t7.2\tpH\t\t7.0-7.6\t\t
"""


class TestResultTable:
    def test_a_table_from_a_spreadsheet_is_read_line_by_line(self):
        lines = read_results(PASTED)
        assert [line.errors for line in lines] == [()] * 4
        results = [line.result for line in lines]
        assert [(one.code, one.detail, one.result, one.unit) for one in results] == [
            ("STER", "", "no growth", ""),
            ("ENDO", "", "0.08", "EU/mL"),
            ("RES", "BSA", "<10", "ng/mL"),
            ("PH", "", "7.2", "pH"),
        ]
        assert (results[0].sampled_on, results[0].reported_on) == (date(2026, 2, 2), date(2026, 2, 17))

    def test_commas_quotes_and_codes_without_a_header(self):
        [line] = read_results('ENDO,"<0,05",EU/mL,"Ph. Eur. 2.6.14, gel clot"')
        assert (line.result.result, line.result.method) == ("<0,05", "Ph. Eur. 2.6.14, gel clot")

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("Colour\tblue", "not a test that we know"),
            ("STER\t", "result is missing"),
            ("STER\tno growth\t\t\t\t02/02/2026", "year-month-day"),
            ("STER\tno growth\t\t\t\t2026-02-30", "no such date"),
            ("STER\tno growth\t\t\t\t\t\tLab\textra", "would be lost"),
            ("Test\tResult\tColour\nSTER\tno growth\tblue", "“Colour”"),
        ],
    )
    def test_a_line_that_cannot_be_read_says_why(self, line, words):
        [found] = read_results(line)
        assert found.result is None
        assert any(words in error for error in found.errors)

    def test_nothing_gives_nothing(self):
        assert read_results(" \n\t\n") == []

    def test_every_test_of_the_samples_is_known(self):
        names = {
            name
            for product in sample_set()["products"]
            for batch in product["batches"]
            for name in (batch.get("coa") or {}).get("tests", {})
        }
        for name in names:
            [line] = read_results(f"{name}\tpass")
            assert line.result, name


@pytest.mark.django_db
class TestAttachCertificate:
    def test_each_line_is_kept_with_its_number_method_limit_and_dates(self, lot, nia):
        attach_certificate(lot, certificate(results=FULL, signed="YES"), today=TODAY, agent=nia, at=NOW)
        found = Certificate.objects.get()
        sterility, endotoxin, bsa, ph = found.results.all()
        assert (found.signed, found.laboratory) == ("YES", "Testhouse Example")
        assert (sterility.reported_on, sterility.number) == (date(2026, 2, 17), None)
        assert (endotoxin.comparator, endotoxin.number, endotoxin.unit) == ("<", Decimal("0.05"), "EU/mL")
        assert (bsa.detail, bsa.comparator, bsa.number) == ("BSA", "<", Decimal(10))
        assert ph.number == Decimal("7.2")
        for row in (found, sterility, ph):
            assert len(entries_for(row._meta.label_lower, row.pk)) == 1

    def test_what_a_second_certificate_leaves_out_stays_as_the_first_said(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        second = certificate(upload=Upload(pdf("2"), "two.pdf"), results=(ResultDraft("MYCO", "not detected"),))
        attach_certificate(lot, second, today=TODAY, agent=nia, at=NOW)
        lot.refresh_from_db()
        assert lot.snapshot["sterility"]["evidence_name"] == "coa.pdf"
        assert lot.snapshot["mycoplasma"]["evidence_name"] == "two.pdf"

    def test_a_paper_dated_before_the_batch_was_made_is_kept_as_it_is(self, lot, nia):
        attach_certificate(lot, certificate(issued_on=date(2025, 1, 1)), today=TODAY, agent=nia, at=NOW)
        assert Certificate.objects.get().issued_on == date(2025, 1, 1)

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"results": (ResultDraft("ENDO", "low"),)}, "result-1-result"),
            ({"results": (ResultDraft("PH", "7"), ResultDraft("ENDO", "1e3"))}, "result-2-result"),
            ({"results": (ResultDraft("ENDO", "0.1", unit="EU/mg"),)}, "result-1-unit"),
            ({"results": (ResultDraft("COLOUR", "blue"),)}, "result-1-code"),
            ({"results": (ResultDraft("PH", " "),)}, "result-1-result"),
            ({"results": (replace(FULL[0], reported_on=date(2026, 2, 1)),)}, "result-1-reported_on"),
            ({"lot_number": ""}, "certificate_lot"),
            ({"issued_on": date(2027, 1, 1)}, "issued_on"),
            ({"does_not_apply": {"STER": "a cream"}}, "sterility"),
            ({"results": (), "does_not_apply": {"STER": " "}}, "sterility_reason"),
            ({"upload": None}, "certificate"),
        ],
    )
    def test_what_cannot_be_kept_is_said_at_its_line_and_leaves_nothing(self, changes, field, lot, nia):
        with pytest.raises(Refusal) as refused:
            attach_certificate(lot, certificate(**changes), today=TODAY, agent=nia, at=NOW)
        assert refused.value.field == field
        assert not Certificate.objects.exists()

    def test_application_and_database_refuse_a_change(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(AppendOnlyError):
            CertificateResult.objects.all().delete()
        for statement in ("UPDATE products_certificateresult SET result = '0'", "DELETE FROM products_certificate"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.django_db
class TestCorrectCertificate:
    def corrected(self, found, nia, **changes):
        options = {"correction_reason": "A digit was read wrongly.", "today": TODAY, "agent": nia, "at": NOW}
        draft = certificate(**{"results": (ResultDraft("ENDO", "0.8"),), "upload": None} | changes)
        return correct_certificate(found, draft, **options)

    def test_the_file_stays_and_the_reading_before_too(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        first = Certificate.objects.get()
        self.corrected(first, nia)
        second = Certificate.objects.in_force().get()
        assert (second.supersedes, second.evidence) == (first, first.evidence)
        lot.refresh_from_db()
        assert lot.snapshot["endotoxin"]["value"] == "0.8"
        assert lot.snapshot["sterility"]["basis"] == "NOT_STATED"

    def test_not_without_a_reason_and_not_twice(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        first = Certificate.objects.get()
        with pytest.raises(ClaimRefusedError):
            correct_certificate(first, certificate(), correction_reason=" ", today=TODAY, agent=nia, at=NOW)
        self.corrected(first, nia)
        with pytest.raises(ClaimRefusedError) as refused:
            self.corrected(first, nia)
        assert refused.value.code == "claim.stale"

    def test_an_older_certificate_read_anew_does_not_become_the_one_in_force(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        first = Certificate.objects.get()
        newer = certificate(upload=Upload(pdf("2"), "two.pdf"), results=(ResultDraft("ENDO", "0.1"),))
        attach_certificate(lot, newer, today=TODAY, agent=nia, at=NOW)
        assert self.corrected(first, nia) == {}
        lot.refresh_from_db()
        assert lot.snapshot["endotoxin"]["value"] == "0.1"

    def test_a_date_to_come_is_refused(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(ChronologyError):
            self.corrected(Certificate.objects.get(), nia, issued_on=date(2027, 1, 1))


@pytest.mark.django_db
class TestCertificatePages:
    @pytest.fixture
    def desk(self, signed_in, practitioner):
        return signed_in(practitioner)

    def test_a_pasted_table_fills_the_lines_and_asks_for_nothing_yet(self, desk, lot):
        sent = certificate_page(act="table", table=PASTED) | {"row-0-basis": "", "row-1-basis": "", "row-0-result": ""}
        del sent["certificate"]
        response = desk.post(reverse("batch_certificate", args=[lot.pk]), sent)
        assert response.status_code == 200
        form = response.context["form"]
        assert form.rows[0]["result"].value() == "no growth"
        assert form.rows[1]["result"].value() == "0.08"
        assert (form.rows[3]["code"].value(), form.rows[3]["detail"].value()) == ("RES", "BSA")
        assert form.rows[4]["code"].value() == "PH"
        assert "4 lines read" in response.content.decode()
        assert not Certificate.objects.exists()

    def test_a_table_with_a_wrong_line_is_kept_whole_and_says_which(self, desk, lot):
        sent = certificate_page(act="table", table=PASTED + "Colour\tblue\n")
        page = desk.post(reverse("batch_certificate", args=[lot.pk]), sent)
        assert page.status_code == 422
        words = page.content.decode()
        assert "1 of 5 lines cannot be read" in words
        assert "Colour\tblue" in words
        assert page.context["form"].rows[0]["result"].value() == "no growth"

    def test_a_table_that_nobody_read_is_not_lost_by_filing(self, desk, lot):
        response = desk.post(reverse("batch_certificate", args=[lot.pk]), certificate_page(table=PASTED))
        assert "Read the table" in response.context["form"].errors["table"][0]
        assert not Certificate.objects.exists()

    def test_more_lines_keep_what_was_typed(self, desk, lot):
        response = desk.post(reverse("batch_certificate", args=[lot.pk]), certificate_page(act="rows"))
        assert len(response.context["form"].rows) == 7
        assert response.context["form"].rows[0]["result"].value() == "no growth"

    def test_from_filing_to_the_reading_to_a_correction(self, desk, lot, signed_in, auditor):
        more = {"row-3-code": "RES", "row-3-detail": "BSA", "row-3-result": "<10", "row-3-unit": "ng/mL"}
        desk.post(reverse("batch_certificate", args=[lot.pk]), certificate_page(**more))
        found = Certificate.objects.get()
        url = reverse("certificate", args=[lot.pk, found.pk])
        page = signed_in(auditor).get(url).content.decode()
        for words in ("BSA", "&lt;10", "no growth", "coa.pdf"):
            assert words in page
        change = reverse("certificate_correct", args=[lot.pk, found.pk])
        form = desk.get(change).context["form"]
        assert form.rows[3]["code"].value() == "RES"
        sent = certificate_page(**more, correction_reason="Wrong line.", **{"row-0-result": "growth"})
        del sent["certificate"]
        desk.post(change, sent)
        lot.refresh_from_db()
        assert lot.snapshot["sterility"]["value"] == "growth"
        assert "This reading was corrected" in desk.get(url).content.decode()

    def test_a_line_half_filled_in_is_refused_at_the_line(self, desk, lot):
        sent = certificate_page(**{"row-3-code": "RES", "row-3-unit": "ng/mL"})
        response = desk.post(reverse("batch_certificate", args=[lot.pk]), sent)
        assert response.status_code == 422
        assert "leave the whole line empty" in response.context["form"].rows[3].errors["result"][0]

    def test_what_was_left_out_is_listed_and_named_once(self, desk, lot):
        sent = certificate_page(certificate_lot="", signed="", **{"row-0-basis": "", "row-1-result": ""})
        page = desk.post(reverse("batch_certificate", args=[lot.pk]), sent).content.decode()
        listed = page.split("govuk-error-summary__list")[1].split("</ul>")[0]
        assert re.findall(r">([^<>]+)</a>", listed) == [
            "Enter the lot number that the certificate names.",
            "Is it signed? Choose whether it is signed.",
            "Sterility: Choose what the certificate says.",
            "Endotoxin, result: Enter the result as the certificate says it, or choose “not stated”.",
        ]

    def test_strangers_find_nothing_and_auditors_change_nothing(self, desk, lot, signed_in, stranger, auditor):
        desk.post(reverse("batch_certificate", args=[lot.pk]), certificate_page())
        found = Certificate.objects.get()
        pages = [reverse(name, args=[lot.pk, found.pk]) for name in ("certificate", "certificate_correct")]
        assert {signed_in(stranger).get(page).status_code for page in pages} == {404}
        assert signed_in(auditor).get(pages[1]).status_code == 403
