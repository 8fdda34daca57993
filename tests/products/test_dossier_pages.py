"""The pages of the dossier: filled in page by page, each answer with its document, nothing typed is lost."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from PIL import Image

from audit.models import LogEntry
from products.fields import BATCH_DOSSIER, DOSSIER, PRODUCT_DOSSIER
from products.models import EvidenceAlarm, MarketingClaim
from products.services import (
    ClaimDraft,
    MarketingDraft,
    Upload,
    answer_finding,
    attach_certificate,
    attach_size_measurement,
    file_evidence,
    record_claims,
    record_marketing_claim,
)
from products.services.evidence import path_of
from products.uploads import DOCUMENTS, TABLES
from tests.cast import NOW
from tests.products.conftest import TODAY, certificate, jpeg, pdf, png
from tests.products.test_sizing import zetaview

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(signed_in, practitioner):
    return signed_in(practitioner)


def page_of(subject, name):
    level = "batch_dossier" if hasattr(subject, "lot_number") else "product_dossier"
    return reverse(level, args=[subject.pk, name])


class TestFillIn:
    def test_every_page_of_both_levels_opens(self, desk, rosaline, lot):
        for page in DOSSIER:
            if any(field.condition == "ALWAYS" for field in page.product):
                assert desk.get(page_of(rosaline, page.name)).status_code == 200, page.name
            if any(field.condition == "ALWAYS" for field in page.batch):
                assert desk.get(page_of(lot, page.name)).status_code == 200, page.name
        assert desk.get(page_of(lot, "nonsense")).status_code == 404
        assert desk.get(page_of(rosaline, "potency")).status_code == 404

    def test_answers_are_recorded_with_their_document_and_shown_with_it(self, desk, lot):
        sent = {
            "particles_per_ml": "50",
            "particles_per_ml_scale": str(10**9),
            "particles_per_ml_basis": "MEASURED_BATCH",
            "particle_method": "NFCM",
            "particle_method_basis": "STATED",
            "size__method": "NTA",
            "size__d50_nm": "115.5",
            "size_basis": "STATED",
            "size_seen": lot.snapshot["size"]["claim"],
            "evidence": SimpleUploadedFile("sheet.pdf", pdf()),
        }
        response = desk.post(page_of(lot, "size"), sent, follow=True)
        lot.refresh_from_db()
        assert lot.value_of("particles_per_ml") == 50_000_000_000
        assert lot.value_of("size") == {"method": "NTA", "d50_nm": 115.5}
        assert lot.particles_per_ml == 50_000_000_000
        page = response.content.decode()
        assert "5 × 10¹⁰ particles/mL" in page
        assert reverse("evidence_page", args=[lot.snapshot["particle_method"]["evidence"]]) in page

    def test_an_instruments_size_stays_whole_when_another_answer_of_the_page_is_saved(self, desk, lot, nia):
        attach_size_measurement(lot, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        lot.refresh_from_db()
        before = lot.snapshot["size"]
        form = desk.get(page_of(lot, "size")).context["form"]
        names = [name for name in form.fields if name not in ("evidence", "filed", "correction_reason")]
        sent = {name: form[name].value() or "" for name in names}
        sent |= {"particle_method": "NFCM", "particle_method_basis": "STATED"}
        response = desk.post(page_of(lot, "size"), sent)
        assert response.status_code == 302, response.context["form"].errors
        lot.refresh_from_db()
        assert lot.snapshot["size"] == before
        assert lot.value_of("particle_method") == "NFCM"

    def test_markers_are_typed_as_they_are_printed(self, desk, lot):
        sent = {"markers_C1": "CD9 +, CD63+ , CD81 62 %", "markers_C3": "Apo A1 −", "markers_basis": "MEASURED_BATCH"}
        desk.post(page_of(lot, "markers"), sent)
        lot.refresh_from_db()
        assert lot.value_of("markers") == {"C1": {"CD9": "+", "CD63": "+", "CD81": "62 %"}, "C3": {"Apo A1": "-"}}
        form = desk.get(page_of(lot, "markers")).context["form"]
        assert form["markers_C1"].value() == "CD9 +, CD63 +, CD81 62 %"

    @pytest.mark.parametrize(
        ("page", "changes", "field", "words"),
        [
            ("composition", {"protein_ug_per_ml": "1,1"}, "protein_ug_per_ml", "digits 0 to 9"),
            ("composition", {"protein_ug_per_ml": "1e3"}, "protein_ug_per_ml", "digits 0 to 9"),
            ("composition", {"protein_ug_per_ml": "-1"}, "protein_ug_per_ml", "from 0"),
            ("composition", {"protein_ug_per_ml": "1.23456"}, "protein_ug_per_ml", "do not round"),
            ("composition", {"protein_ug_per_ml": "\uff11"}, "protein_ug_per_ml", "digits 0 to 9"),
            ("composition", {"protein_ug_per_ml": "1.1", "protein_ug_per_ml_basis": ""}, "protein_ug_per_ml_basis", "how we know"),
            ("composition", {"protein_ug_per_ml": ""}, "protein_ug_per_ml", "Give a value"),
            ("composition", {"protein_ug_per_ml": "1", "protein_ug_per_ml_basis": "NOT_STATED"}, "protein_ug_per_ml", "Keep one"),
            ("composition", {"protein_ug_per_ml": "", "protein_ug_per_ml_basis": "NOT_APPLICABLE"}, "protein_ug_per_ml_reason", "why it does not"),
            ("size", {"size__d10_nm": "200", "size__d90_nm": "50", "size_basis": "STATED"}, "size__method", "cannot be larger"),
            ("size", {"size__mode_nm": "x", "size_basis": "STATED"}, "size__mode_nm", "digits 0 to 9"),
            ("size", {"particles_per_ml": "1.5", "particles_per_ml_basis": "STATED"}, "particles_per_ml", "whole number"),
            ("markers", {"markers_C2": "TSG101", "markers_basis": "STATED"}, "markers_C2", "Give “TSG101” a result"),
        ],
    )  # fmt: skip
    def test_each_mistake_is_said_at_its_input_and_nothing_is_lost(self, page, changes, field, words, desk, lot):
        sent = {"protein_ug_per_ml_basis": "STATED", "rna_ng_per_ml": "7.5", "rna_ng_per_ml_basis": "STATED"}
        sent = sent | {"size_basis": "NOT_STATED"} | changes
        sent["size_seen"] = lot.snapshot["size"]["claim"]
        response = desk.post(page_of(lot, page), sent)
        assert response.status_code == 422
        errors = response.context["form"].errors
        assert list(errors) == [field]
        assert words in errors[field][0]
        if page == "composition":
            assert response.context["form"]["rna_ng_per_ml"].value() == "7.5"
        lot.refresh_from_db()
        assert "rna_ng_per_ml" not in lot.snapshot

    def test_a_changed_answer_asks_for_the_reason(self, desk, rosaline, nia):
        record_claims(rosaline, [ClaimDraft("fill_volume_ml", 5, "STATED")], agent=nia, at=NOW)
        form = desk.get(page_of(rosaline, "dose")).context["form"]
        sent = {
            "fill_volume_ml": "2",
            "fill_volume_ml_basis": "STATED",
            "fill_volume_ml_seen": form["fill_volume_ml_seen"].value(),
        }
        response = desk.post(page_of(rosaline, "dose"), sent)
        assert list(response.context["form"].errors) == ["correction_reason"]
        desk.post(page_of(rosaline, "dose"), sent | {"correction_reason": "The box says so."})
        rosaline.refresh_from_db()
        assert rosaline.value_of("fill_volume_ml") == 2

    def test_a_document_on_file_can_be_used_again(self, desk, lot, nia):
        [first] = record_claims(
            lot,
            [ClaimDraft("protein_assay", "BCA", "STATED")],
            upload=Upload(pdf(), "sheet.pdf"),
            agent=nia,
            at=NOW,
        )
        sent = {"rna_ng_per_ml": "3", "rna_ng_per_ml_basis": "STATED", "filed": str(first.evidence_id)}
        sent |= {"protein_assay": "BCA", "protein_assay_basis": "STATED", "protein_assay_seen": str(first.pk)}
        desk.post(page_of(lot, "composition"), sent)
        lot.refresh_from_db()
        assert lot.snapshot["rna_ng_per_ml"]["evidence"] == str(first.evidence_id)

    def test_a_single_answer_is_corrected_on_its_own_page(self, desk, lot, nia):
        [first] = record_claims(lot, [ClaimDraft("protein_ug_per_ml", 1.1, "STATED")], agent=nia, at=NOW)
        url = reverse("batch_correct", args=[lot.pk, "protein_ug_per_ml"])
        assert desk.get(url).context["form"]["protein_ug_per_ml"].value() == "1.1"
        desk.post(
            url,
            {
                "protein_ug_per_ml": "1.2",
                "protein_ug_per_ml_basis": "STATED",
                "seen": str(first.pk),
                "correction_reason": "typo",
            },
        )
        lot.refresh_from_db()
        assert lot.value_of("protein_ug_per_ml") == 1.2
        assert desk.get(reverse("batch_correct", args=[lot.pk, "rna_ng_per_ml"])).status_code == 404

    def test_strangers_find_nothing_and_auditors_change_nothing(self, rosaline, lot, signed_in, stranger, auditor):
        urls = [page_of(rosaline, "storage"), page_of(lot, "markers")]
        assert {signed_in(stranger).get(url).status_code for url in urls} == {404}
        assert {signed_in(auditor).post(url, {}).status_code for url in urls} == {403}


class TestAtOneLook:
    def test_known_not_known_and_what_cannot_be_true(self, desk, rosaline, lot, nia):
        page = desk.get(reverse("product", args=[rosaline.pk]))
        glance = page.context["glance"]
        assert "Marketed name" in glance.known
        assert "Formulation" in glance.not_stated
        assert "Storage on the label" in glance.not_recorded
        assert "Donor sex" not in (*glance.known, *glance.not_stated, *glance.not_recorded)
        assert "Lipid" not in glance.not_recorded
        assert glance.cannot_be == []
        assert set(PRODUCT_DOSSIER)
        assert set(BATCH_DOSSIER)
        assert "cannot be true" in page.content.decode()

    def test_what_is_found_and_cannot_be_stands_on_both_pages_until_somebody_answers(self, desk, rosaline, lot, ada):
        record_claims(
            lot,
            [ClaimDraft("size", {"method": "NTA", "mode_nm": 12}, "STATED")],
            agent=ada,
            at=NOW,
        )
        pages = [reverse("product", args=[rosaline.pk]), reverse("batch", args=[lot.pk])]
        for page in pages:
            [words] = desk.get(page).context["glance"].cannot_be
            assert words.startswith("EV001: ")
        lot.refresh_from_db()
        [digest] = [one["digest"] for one in lot.findings if one["code"] == "EV001"]
        answer_finding(
            lot,
            digest,
            reason="a slip in the data sheet",
            may_answer_contradictions=True,
            today=TODAY,
            agent=ada,
            at=NOW,
        )
        for page in pages:
            assert desk.get(page).context["glance"].cannot_be == []

    def test_a_certificate_of_another_lot_cannot_be_true_whatever_is_answered(self, desk, rosaline, lot, nia):
        attach_certificate(lot, certificate(lot_number="RSE2602"), today=TODAY, agent=nia, at=NOW)
        for page in (reverse("product", args=[rosaline.pk]), reverse("batch", args=[lot.pk])):
            assert "The certificate names lot RSE2602" in desk.get(page).context["glance"].cannot_be[0]


class TestPromisePages:
    def test_from_writing_down_to_no_longer_said(self, desk, rosaline, signed_in, auditor):
        sent = {"text": "FDA approved", "place": "WEBSITE", "support": "NONE"}
        desk.post(reverse("promise_add", args=[rosaline.pk]), sent)
        claim = MarketingClaim.objects.get()
        register = reverse("product_promises", args=[rosaline.pk])
        for page in (register, reverse("product", args=[rosaline.pk])):
            assert "Says that it is approved" in signed_in(auditor).get(page).content.decode()
        correct = reverse("promise_correct", args=[rosaline.pk, claim.pk])
        response = desk.post(correct, sent | {"text": "approved"})
        assert list(response.context["form"].errors) == ["correction_reason"]
        desk.post(correct, sent | {"text": "approved", "correction_reason": "Read wrongly."})
        newer = MarketingClaim.objects.in_force().get()
        withdraw = reverse("promise_withdraw", args=[rosaline.pk, newer.pk])
        assert desk.post(withdraw, {"reason": ""}).status_code == 422
        desk.post(withdraw, {"reason": "Gone."})
        assert "no longer said: Gone." in desk.get(register).content.decode()

    def test_strangers_and_auditors(self, rosaline, nia, signed_in, stranger, auditor):
        claim = record_marketing_claim(rosaline, MarketingDraft("x", "LABEL"), today=TODAY, agent=nia, at=NOW)
        keys = ([rosaline.pk], [rosaline.pk], [rosaline.pk, claim.pk])
        urls = [
            reverse(name, args=key)
            for name, key in zip(("product_promises", "promise_add", "promise_correct"), keys, strict=True)
        ]
        assert {signed_in(stranger).get(url).status_code for url in urls} == {404}
        withdraw = reverse("promise_withdraw", args=[rosaline.pk, claim.pk])
        assert signed_in(stranger).post(withdraw, {"reason": "x"}).status_code == 404
        assert signed_in(auditor).get(urls[1]).status_code == 403
        assert signed_in(auditor).post(withdraw, {"reason": "x"}).status_code == 403


class TestEvidenceViewer:
    @pytest.fixture
    def filed(self, harbour, nia):
        def file(content: bytes, name: str):
            with transaction.atomic():
                return file_evidence(
                    harbour, Upload(content, name), allowed=DOCUMENTS | TABLES, field="", agent=nia, at=NOW
                )[0]

        return file

    def sheet(self) -> bytes:
        book = openpyxl.Workbook()
        book.active.append(["Test", "Result"])
        book.active.append(["<script>alert(1)</script>", "7.2"])
        stream = io.BytesIO()
        book.save(stream)
        return stream.getvalue()

    def test_text_is_shown_as_text(self, filed, signed_in, auditor):
        evidence = filed(b"lot,result\nA,b & a < b\n", "results.csv")
        page = signed_in(auditor).get(reverse("evidence_page", args=[evidence.pk])).content.decode()
        assert "A,b &amp; a &lt; b" in page
        assert evidence.sha256 in page

    def test_a_sheet_is_shown_as_a_table_of_text(self, filed, signed_in, auditor):
        evidence = filed(self.sheet(), "results.xlsx")
        page = signed_in(auditor).get(reverse("evidence_page", args=[evidence.pk])).content.decode()
        assert "<td>&lt;script&gt;alert(1)&lt;/script&gt;</td>" in page

    @pytest.mark.parametrize("content", [png(2000, 40), jpeg(64, 64)])
    def test_a_picture_is_drawn_anew(self, content, filed, signed_in, auditor):
        hidden = content + b"" if content.startswith(b"\xff") else content
        evidence = filed(hidden, "gel.png")
        client = signed_in(auditor)
        page = client.get(reverse("evidence_page", args=[evidence.pk])).content.decode()
        picture = reverse("evidence_picture", args=[evidence.pk])
        assert picture in page
        response = client.get(picture)
        assert response["Content-Type"] == "image/png"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response.content != content
        assert max(Image.open(io.BytesIO(response.content)).size) <= 1600

    def test_a_pdf_is_a_download(self, filed, signed_in, auditor):
        evidence = filed(pdf(), "coa.pdf")
        client = signed_in(auditor)
        page = client.get(reverse("evidence_page", args=[evidence.pk])).content.decode()
        assert reverse("evidence", args=[evidence.pk]) in page
        assert client.get(reverse("evidence_picture", args=[evidence.pk])).status_code == 404

    def test_strangers_find_nothing(self, filed, signed_in, stranger):
        evidence = filed(png(), "gel.png")
        for name in ("evidence", "evidence_page", "evidence_picture"):
            assert signed_in(stranger).get(reverse(name, args=[evidence.pk])).status_code == 404

    @pytest.mark.parametrize("damage", ["changed", "missing"])
    def test_a_damaged_file_is_an_alarm_until_it_is_whole(self, damage, filed, signed_in, auditor, lead, practitioner):
        evidence = filed(png(), "gel.png")
        path = path_of(evidence.sha256)
        whole = path.read_bytes()
        path.unlink() if damage == "missing" else path.write_bytes(b"other")
        client = signed_in(practitioner)
        entries = LogEntry.objects.count()
        for name in ("evidence", "evidence_page", "evidence_picture"):
            assert client.get(reverse(name, args=[evidence.pk])).status_code == 503
        alarm = EvidenceAlarm.objects.get()
        assert alarm.problem == damage.upper()
        assert LogEntry.objects.count() == entries + 1
        for person in (auditor, lead):
            for name in ("products", "today"):
                assert "A filed document is damaged" in signed_in(person).get(reverse(name)).content.decode()
        assert "A filed document is damaged" not in signed_in(practitioner).get(reverse("products")).content.decode()
        path.write_bytes(whole)
        assert signed_in(lead).get(reverse("evidence", args=[evidence.pk])).status_code == 200
        alarm.refresh_from_db()
        assert alarm.restored_at
        assert "A filed document is damaged" not in signed_in(lead).get(reverse("products")).content.decode()

    def test_from_a_printed_claim_to_its_file_in_two_clicks(self, lot, nia, signed_in, auditor):
        record_claims(
            lot,
            [ClaimDraft("protein_assay", "BCA", "STATED")],
            upload=Upload(pdf(), "sheet.pdf"),
            agent=nia,
            at=NOW,
        )
        lot.refresh_from_db()
        client = signed_in(auditor)
        look = reverse("evidence_page", args=[lot.snapshot["protein_assay"]["evidence"]])
        assert look in client.get(reverse("batch", args=[lot.pk])).content.decode()
        page = client.get(look).content.decode()
        assert "Protein assay" in page
        file = reverse("evidence", args=[lot.snapshot["protein_assay"]["evidence"]])
        assert file in page
        assert client.get(file).content == pdf()
