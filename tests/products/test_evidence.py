"""Filed documents: what they are is decided by their bytes, and what is handed out is what was filed."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from PIL import ImageFile

from audit.errors import AppendOnlyError
from products.errors import EvidenceDamagedError, SizeFileError, UploadRefusedError
from products.models import Evidence, SizeMeasurement
from products.services import Upload, attach_certificate, attach_size_measurement, file_evidence, read_evidence
from products.services.evidence import path_of
from products.uploads import DOCUMENTS, TABLES, clean_file_name, media_type_of
from tests.cast import NOW
from tests.products.conftest import TODAY, certificate, jpeg, pdf, png
from tests.products.test_sizing import zetaview

MB = 1024 * 1024


def refusal(content: bytes, name: str = "coa.pdf", allowed=DOCUMENTS) -> UploadRefusedError:
    with pytest.raises(UploadRefusedError) as refused:
        media_type_of(Upload(content, name), allowed=allowed, field="certificate", most_bytes=25 * MB)
    return refused.value


class TestMediaType:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (pdf(), "application/pdf"),
            (png(), "image/png"),
            (jpeg(), "image/jpeg"),
            ("D50\t120 µm\n".encode("latin-1"), "text/plain"),
        ],
    )
    def test_it_is_decided_by_content(self, content, kind):
        upload = Upload(content, "anything.exe")
        assert media_type_of(upload, allowed=DOCUMENTS | TABLES, most_bytes=25 * MB) == kind

    @pytest.mark.parametrize(
        ("content", "code", "words"),
        [
            (b"", "upload.empty", "empty"),
            (b"<!DOCTYPE html><html><script>1</script>", "upload.type", "web page"),
            (b"\n\n  <HTML>", "upload.type", "web page"),
            (b"<script>alert(1)</script>" + pdf(), "upload.type", "web page"),
            (b"PK\x03\x04rest", "upload.type", "ZIP archive"),
            (b"MZ\x90\x00", "upload.type", "Windows program"),
            (pdf()[: len(pdf()) // 2], "pdf.damaged", "cut off"),
            (b"%PDF-1.7 %%EOF", "pdf.damaged", "cut off"),
            (pdf("/OpenAction<</S/JavaScript>>"), "pdf.active_content", "program"),
            (png(64, 64)[:60], "image.damaged", "damaged"),
            (png(64, 64)[:-12], "image.damaged", "damaged"),
            (jpeg(64, 64)[: len(jpeg(64, 64)) // 2], "image.damaged", "damaged"),
            (b"some text", "upload.type", "text"),
            (b"\x00\x01\x02\x03", "upload.type", "does not know"),
        ],
    )
    @pytest.mark.parametrize("lenient", [False, True])
    def test_what_is_not_asked_for_is_refused_in_words(self, content, code, words, lenient, monkeypatch):
        # Another library in the same process may tell Pillow to let damaged pictures pass.
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
        refused = refusal(content)
        assert refused.code == code
        assert refused.field == "certificate"
        assert words in refused.message

    def test_thirty_megabytes_are_too_many(self):
        refused = refusal(b"%PDF-" + b"0" * 30 * MB)
        assert refused.code == "upload.too_large"
        assert "30 MB; the limit is 25 MB" in refused.message

    @pytest.mark.parametrize(
        ("name", "label"),
        [
            ("C:\\papers\\coa.pdf", "coa.pdf"),
            ("a\r\nX: y.pdf", "aX: y.pdf"),
            ("coa\u202efdp.exe", "coafdp.exe"),
            ("", "unnamed"),
        ],
    )
    def test_a_name_is_only_a_label(self, name, label):
        assert clean_file_name(name) == label


@pytest.mark.django_db
class TestStore:
    def filed(self, harbour, nia, content=None):
        with transaction.atomic():
            return file_evidence(
                harbour, Upload(content or pdf(), "coa.pdf"), allowed=DOCUMENTS, field="", agent=nia, at=NOW
            )

    def test_the_bytes_come_back_as_they_were(self, harbour, nia):
        evidence, is_new = self.filed(harbour, nia)
        assert is_new
        assert evidence.sha256 == hashlib.sha256(pdf()).hexdigest()
        assert read_evidence(evidence) == pdf()

    def test_the_same_bytes_are_one_row_and_one_file(self, harbour, nia):
        first, _ = self.filed(harbour, nia)
        second, is_new = self.filed(harbour, nia)
        assert (first, is_new) == (second, False)

    def test_two_clinics_have_a_row_each(self, harbour, inland, nia):
        self.filed(harbour, nia)
        self.filed(inland, nia)
        assert Evidence.objects.at(harbour).count() == Evidence.objects.at(inland).count() == 1

    @pytest.mark.parametrize("damage", [b"", b"%PDF-1.4 another"])
    def test_a_changed_file_is_never_handed_out(self, damage, harbour, nia):
        evidence, _ = self.filed(harbour, nia)
        path_of(evidence.sha256).write_bytes(damage)
        with pytest.raises(EvidenceDamagedError):
            read_evidence(evidence)

    def test_nor_is_a_missing_one_and_filing_it_again_brings_it_back(self, harbour, nia):
        evidence, _ = self.filed(harbour, nia)
        path_of(evidence.sha256).unlink()
        with pytest.raises(EvidenceDamagedError):
            read_evidence(evidence)
        self.filed(harbour, nia)
        assert read_evidence(evidence) == pdf()

    def test_nothing_half_written_stays_behind(self, harbour, nia):
        evidence, _ = self.filed(harbour, nia)
        assert [path.name for path in path_of(evidence.sha256).parent.iterdir()] == [evidence.sha256]

    def test_application_and_database_refuse_a_change(self, harbour, nia):
        evidence, _ = self.filed(harbour, nia)
        with pytest.raises(AppendOnlyError):
            evidence.save()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE products_evidence SET original_name = 'other.pdf'")


@pytest.mark.django_db
class TestSizeMeasurement:
    def test_an_export_becomes_the_size_claim_measured_on_this_batch(self, lot, nia):
        measurement = attach_size_measurement(lot, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        lot.refresh_from_db()
        size = lot.snapshot["size"]
        assert size["basis"] == "MEASURED_BATCH"
        assert size["evidence_name"] == "run.txt"
        assert size["value"]["d50_nm"] == float(measurement.d50_nm)
        assert size["value"]["method"] == "NTA"

    def test_the_instruments_own_warnings_are_kept(self, lot, nia):
        content = zetaview(drift="Failed").encode()
        measurement = attach_size_measurement(lot, Upload(content, "run.txt"), agent=nia, at=NOW)
        assert measurement.warnings

    @pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"\xef\xbb\xbf", zetaview()[:400].encode()])
    def test_a_foreign_or_cut_file_leaves_nothing(self, content, lot, nia):
        with pytest.raises(SizeFileError) as refused:
            attach_size_measurement(lot, Upload(content, "run.txt"), agent=nia, at=NOW)
        assert refused.value.field == "export"
        assert not SizeMeasurement.objects.exists()
        assert not Evidence.objects.exists()

    def test_a_pdf_is_no_export(self, lot, nia):
        with pytest.raises(UploadRefusedError) as refused:
            attach_size_measurement(lot, Upload(pdf(), "run.txt"), agent=nia, at=NOW)
        assert refused.value.code == "upload.type"

    @pytest.mark.parametrize("bad", [{"d10_nm": 0}, {"d90_nm": 50}, {"mode_nm": -1}, {"mode_nm": Decimal("NaN")}])
    def test_the_database_refuses_sizes_that_cannot_be(self, bad, lot, nia):
        kept = attach_size_measurement(lot, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        columns = [field.attname for field in SizeMeasurement._meta.concrete_fields]
        row = {name: getattr(kept, name) for name in columns if name != "id"} | bad
        with pytest.raises((DatabaseError, ValidationError)), transaction.atomic():
            SizeMeasurement.objects.create(**row)


@pytest.mark.django_db
class TestCertificate:
    def test_each_result_is_known_not_stated_or_not_applicable(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        lot.refresh_from_db()
        assert lot.snapshot["sterility"]["value"] == "no growth, 14 days"
        assert (lot.snapshot["endotoxin"]["value"], lot.snapshot["endotoxin"]["unit"]) == ("0.08", "EU/mL")
        assert lot.snapshot["mycoplasma"]["basis"] == "NOT_STATED"

    def test_a_newer_one_supersedes_and_both_stay(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        newer = certificate(upload=Upload(pdf("second"), "coa2.pdf"), number="COA-2")
        attach_certificate(lot, newer, today=TODAY, agent=nia, at=NOW)
        claims = lot.claims.filter(field="certificate_of_analysis")
        newest = claims.in_force().get()
        assert newest.evidence.original_name == "coa2.pdf"
        assert newest.supersedes.evidence.original_name == "coa.pdf"
        assert newest.supersedes.supersedes.basis == "NOT_STATED"

    def test_results_of_another_lots_certificate_do_not_count_as_this_batchs(self, lot, nia):
        attach_certificate(lot, certificate(lot_number="RSE2602"), today=TODAY, agent=nia, at=NOW)
        lot.refresh_from_db()
        assert lot.snapshot["sterility"]["basis"] == "MEASURED_REF"
