"""The pages: what a person types becomes a record, what is wrong is said at its field, and a stranger finds nothing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from products.models import Batch, Evidence, Product, Unit
from products.services import Upload, attach_certificate, attach_size_measurement, receive_batch
from products.services.evidence import path_of
from tests.cast import NOW
from tests.products.conftest import LOT, TODAY, certificate, pdf
from tests.products.test_sizing import zetaview

pytestmark = pytest.mark.django_db
SCAN = "0109521104000051172801191126012010RSE2601\x1d21R1"
BASES = (
    "ev_term_on_label",
    "donor_relation",
    "material",
    "cell_or_tissue",
    "species",
    "isolation_methods",
    "formulation",
)


def filled(**changes: object) -> dict[str, object]:
    """The shortest honest product: a name, a maker, a plant, two routes; the rest is not stated."""
    return {
        "marketed_name": "Rosaline Callus",
        "gtin": "09521104000051",
        "manufacturer": "new",
        "manufacturer_name": "Placeholder Botanicals SAS",
        "manufacturer_country": "FR",
        "origin": "PLANT",
        "origin_basis": "STATED",
        "intended_routes": ["TOPICAL_INTACT"],
        "intended_routes_basis": "STATED",
        **{f"{name}_basis": "NOT_STATED" for name in BASES},
    } | changes


def certificate_page(**changes: object) -> dict[str, object]:
    """A certificate of RSE2601 as the page sends it: two results, and a test that does not apply."""
    return {
        "certificate": SimpleUploadedFile("coa.pdf", pdf()),
        "certificate_lot": "RSE2601",
        "signed": "YES",
        "rows": "4",
        "row-0-basis": "MEASURED_BATCH",
        "row-0-result": "no growth",
        "row-1-basis": "MEASURED_BATCH",
        "row-1-result": "<0.05",
        "row-2-basis": "NOT_APPLICABLE",
        "row-2-reason": "No animal cells.",
    } | changes


def errors(response, form="form"):
    return {name: list(found) for name, found in response.context[form].errors.items()}


@pytest.fixture
def desk(signed_in, practitioner):
    return signed_in(practitioner)


class TestRegisterPage:
    def test_a_simple_product_in_one_page(self, desk):
        response = desk.post(reverse("product_add"), filled(), follow=True)
        product = Product.objects.get()
        assert response.redirect_chain == [(reverse("product", args=[product.pk]), 302)]
        assert "Rosaline Callus is registered" in response.content.decode()

    def test_the_gtin_may_be_scanned(self, desk):
        desk.post(reverse("product_add"), filled(gtin=SCAN))
        assert Product.objects.get().gtin == "09521104000051"

    @pytest.mark.parametrize(
        ("changes", "field", "words"),
        [
            ({"gtin": "09521104000052"}, "gtin", "must be 1"),
            ({"gtin": ""}, "gtin", "tick that the product carries none"),
            ({"has_no_gtin": "on"}, "gtin", "Keep one of the two"),
            ({"marketed_name": ""}, "marketed_name", "name that the product is sold under"),
            ({"marketed_name": "Rosa\u200bline"}, "marketed_name", ""),
            ({"manufacturer": ""}, "manufacturer", "Choose the manufacturer"),
            ({"manufacturer_name": ""}, "manufacturer_name", "Enter the manufacturer"),
            ({"origin": ""}, "origin", "Give a value"),
            ({"material": "CCM"}, "material", "also “not stated”"),
            ({"material_basis": "NOT_APPLICABLE"}, "material_reason", "why it does not apply"),
            ({"isolation_methods_basis": "STATED"}, "isolation_1", "Give a value"),
            ({"origin_basis": ""}, "origin_basis", "Choose how we know"),
            ({"intended_routes": []}, "intended_routes", "Give a value"),
        ],
    )
    def test_each_mistake_is_said_at_its_field_and_nothing_typed_is_lost(self, changes, field, words, desk):
        response = desk.post(reverse("product_add"), filled(**changes))
        assert response.status_code == 422
        assert list(errors(response)) == [field]
        assert words in errors(response)[field][0]
        assert "Placeholder Botanicals SAS" in response.content.decode() or field.startswith("manufacturer")
        assert not Product.objects.exists()

    def test_a_page_called_pdf_is_refused_and_nothing_is_half_written(self, desk):
        page = SimpleUploadedFile("sheet.pdf", b"<!doctype html><p>hi", "application/pdf")
        response = desk.post(reverse("product_add"), filled(source=page))
        assert "is a web page" in errors(response)["source"][0]
        assert not Product.objects.exists()

    def test_the_same_gtin_twice(self, desk, rosaline):
        response = desk.post(reverse("product_add"), filled())
        assert "is registered already" in errors(response)["gtin"][0]


class TestReceivePage:
    def read(self, desk, scan=SCAN):
        return desk.post(reverse("batch_receive"), {"act": "scan", "scan": scan})

    def test_a_scan_is_read_back_in_words_and_received_on_confirmation(self, desk, rosaline):
        page = self.read(desk)
        for words in ("Rosaline Callus", "RSE2601", "19 January 2028", "20 January 2026", "R1"):
            assert words in page.content.decode()
        assert not Batch.objects.exists()
        confirmed = {"act": "confirm", "reading": page.context["reading"]}
        desk.post(reverse("batch_receive"), confirmed)
        again = desk.post(reverse("batch_receive"), confirmed, follow=True)
        assert "already received" in again.content.decode()
        assert (Batch.objects.count(), Unit.objects.count()) == (1, 1)

    @pytest.mark.parametrize(
        ("scan", "words"),
        [
            ("0109521104000052172801191126012010RSE2601", "must be 1"),
            ("01095211040000511702302910RSE2601", ""),
            ("10RSE2601", ""),
            ("=G12349865432177", ""),
            ("0109521104000051172501191126012010RSE2601", ""),
            ("0109521101000016172801191126012010RSE2601", "No product with GTIN 09521101000016"),
            ("", "Scan the code"),
            ("x" * 5000, ""),
        ],
    )
    def test_what_is_wrong_with_a_code_is_said_at_the_field_and_it_stays_there(self, scan, words, desk, rosaline):
        response = self.read(desk, scan)
        assert response.status_code == 422
        assert words in errors(response, "scan_form")["scan"][0]
        assert not Batch.objects.exists()

    def test_a_code_with_the_product_only_leads_to_typing(self, desk, rosaline):
        response = self.read(desk, "9521104000051")
        assert response["Location"] == f"{reverse('product_receive', args=[rosaline.pk])}?typed=1"

    def test_the_label_can_be_typed(self, desk, rosaline):
        typed = {
            "act": "label",
            "lot_number": "RSE2601",
            "expiration_date_0": "19",
            "expiration_date_1": "1",
            "expiration_date_2": "2028",
        }
        page = desk.post(reverse("product_receive", args=[rosaline.pk]), typed)
        assert "19 January 2028" in page.content.decode()
        expired = desk.post(reverse("product_receive", args=[rosaline.pk]), typed | {"expiration_date_2": "2020"})
        assert "expired on 19 January 2020" in errors(expired, "label_form")["expiration_date"][0]
        impossible = desk.post(reverse("product_receive", args=[rosaline.pk]), typed | {"expiration_date_1": "13"})
        assert "expiration_date" in errors(impossible, "label_form")

    def test_a_reading_that_was_changed_or_is_another_clinics_is_asked_for_again(
        self, desk, rosaline, signed_in, stranger
    ):
        reading = self.read(desk).context["reading"]
        for client, value in ((desk, reading[:-2] + "xx"), (signed_in(stranger), reading)):
            response = client.post(reverse("batch_receive"), {"act": "confirm", "reading": value})
            assert response.status_code == 422
            assert "scan once more" in response.content.decode()
        assert not Batch.objects.exists()


class TestBatchPages:
    def test_an_export_is_drawn_with_its_numbers(self, desk, lot):
        upload = SimpleUploadedFile("run.txt", zetaview().encode())
        page = desk.post(reverse("batch_size", args=[lot.pk]), {"export": upload}, follow=True).content.decode()
        for words in ("D10", "D50", "D90", "Mode", "Particles per mL", "<svg", "nanoparticle tracking analysis"):
            assert words in page

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"", "empty"), (b"<html>", "web page"), (b"a;b\n1;2\n", ""), (b"0" * (30 << 20), "30 MB")],
    )
    def test_a_file_that_is_none_is_refused_at_its_field(self, content, words, desk, lot):
        response = desk.post(reverse("batch_size", args=[lot.pk]), {"export": SimpleUploadedFile("run.txt", content)})
        assert response.status_code == 422
        assert words in errors(response)["export"][0]

    def test_a_certificate_is_filed_and_the_lead_releases(self, desk, lot, signed_in, lead):
        desk.post(reverse("batch_certificate", args=[lot.pk]), certificate_page())
        signed_in(lead).post(reverse("batch_release", args=[lot.pk]))
        lot.refresh_from_db()
        assert lot.status == "RELEASED"

    def test_an_endotoxin_result_that_is_no_number(self, desk, lot):
        sent = certificate_page(**{"row-1-result": "low"})
        response = desk.post(reverse("batch_certificate", args=[lot.pk]), sent)
        assert "EU/mL" in response.context["form"].rows[1].errors["result"][0]
        assert not Evidence.objects.exists()

    def test_why_it_cannot_be_released_is_said(self, lot, signed_in, lead):
        response = signed_in(lead).post(reverse("batch_release", args=[lot.pk]))
        assert response.status_code == 422
        assert "No certificate of analysis is on file" in response.content.decode()

    def test_only_a_lead_releases(self, desk, lot):
        assert desk.post(reverse("batch_release", args=[lot.pk])).status_code == 403


class TestCorrectPage:
    def test_a_correction_needs_its_reason(self, desk, rosaline):
        url = reverse("product_correct", args=[rosaline.pk, "formulation"])
        seen = desk.get(url).context["form"].initial["seen"]
        sent = {"seen": seen, "formulation": "GEL", "formulation_basis": "STATED"}
        assert list(errors(desk.post(url, sent))) == ["correction_reason"]
        desk.post(url, sent | {"correction_reason": "The box says so."})
        page = desk.get(reverse("product_provenance", args=[rosaline.pk])).content.decode()
        assert "Changed because: The box says so." in page
        assert "/log/" in page


class TestEvidencePage:
    @pytest.fixture
    def evidence(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        return Evidence.objects.get()

    def test_it_is_a_download_and_never_a_page(self, evidence, signed_in, auditor):
        response = signed_in(auditor).get(reverse("evidence", args=[evidence.pk]))
        assert response.content == pdf()
        assert response["Content-Disposition"] == 'attachment; filename="coa.pdf"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]

    def test_a_damaged_file_is_not_served(self, evidence, signed_in, auditor):
        path_of(evidence.sha256).write_bytes(b"something else")
        response = signed_in(auditor).get(reverse("evidence", args=[evidence.pk]))
        assert response.status_code == 503
        assert b"something else" not in response.content


def addresses(product, batch, evidence):
    """Every page of the room that shows something of this clinic."""
    return [
        *(
            reverse(name, args=[product.pk])
            for name in ("product", "product_provenance", "product_receive", "product_standing", "record_add")
        ),
        reverse("product_correct", args=[product.pk, "origin"]),
        *(reverse(name, args=[batch.pk]) for name in ("batch", "batch_provenance", "batch_certificate", "batch_size")),
        reverse("batch_correct", args=[batch.pk, "mycoplasma"]),
        reverse("evidence", args=[evidence.pk]),
    ]


class TestWhoMaySee:
    @pytest.fixture
    def everything(self, rosaline, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        return addresses(rosaline, lot, Evidence.objects.get())

    def test_a_stranger_finds_nothing(self, everything, signed_in, stranger):
        client = signed_in(stranger)
        assert {client.get(url).status_code for url in everything} == {404}
        for name in ("products", "batches", "batch_receive"):
            assert "Rosaline" not in client.get(reverse(name)).content.decode()

    def test_nor_changes_anything(self, lot, signed_in, stranger):
        client = signed_in(stranger)
        for name in ("batch_release", "batch_hold"):
            assert client.post(reverse(name, args=[lot.pk]), {"reason": "mine"}).status_code == 404

    def test_the_clinics_own_people_see_every_page(self, everything, desk):
        assert {desk.get(url).status_code for url in everything} == {200}

    def test_an_auditor_reads_and_changes_nothing(self, everything, rosaline, lot, signed_in, auditor):
        client = signed_in(auditor)
        for name, key in (("product_provenance", rosaline.pk), ("batch_provenance", lot.pk), ("product", rosaline.pk)):
            assert client.get(reverse(name, args=[key])).status_code == 200
        assert client.get(reverse("product_add")).status_code == 403
        assert client.post(reverse("batch_hold", args=[lot.pk]), {"reason": "no"}).status_code == 403

    def test_who_is_not_signed_in_is_sent_to_sign_in(self, everything, client):
        assert {client.get(url).status_code for url in everything} == {302}


class TestProductPage:
    def test_leads_to_issuing_a_consent_unless_every_use_is_stopped(self, desk):
        desk.post(reverse("product_add"), filled())
        plant = Product.objects.get()
        issue = f"{reverse('consent_issue')}?product={plant.pk}"
        assert issue in desk.get(reverse("product", args=[plant.pk])).content.decode()
        desk.post(reverse("product_add"), filled(marketed_name="Cordelia", gtin="", has_no_gtin="on", origin="HUMAN"))
        human = Product.objects.exclude(pk=plant.pk).get()
        page = desk.get(reverse("product", args=[human.pk])).content.decode()
        assert "No consent can be issued for any of its uses" in page
        assert reverse("consent_issue") not in page


class TestLists:
    def test_an_empty_list_says_what_to_do_first(self, desk):
        assert "No product is registered yet" in desk.get(reverse("products")).content.decode()
        assert "No batch has been received yet" in desk.get(reverse("batches")).content.decode()

    @pytest.mark.parametrize("query", ["rosaline", "9521104", "RSE2601", "placeholder botanicals"])
    def test_search_by_name_gtin_lot_and_maker(self, query, desk, lot):
        assert "Rosaline Callus" in desk.get(reverse("products"), {"q": query}).content.decode()

    def test_search_that_finds_nothing_says_so(self, desk, lot):
        assert "Nothing is called “xyz”" in desk.get(reverse("products"), {"q": "xyz"}).content.decode()


class TestQueries:
    @pytest.mark.parametrize("batches", [1, 4])
    def test_a_product_page_asks_the_same_number_of_questions_for_any_number_of_batches(
        self, batches, desk, rosaline, nia, django_assert_num_queries
    ):
        for number in range(batches):
            label = LOT.__class__(f"LOT{number}", LOT.expiration_date, None, f"S{number}")
            batch = receive_batch(rosaline, label, today=TODAY, agent=nia, at=NOW).batch
            attach_size_measurement(batch, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        for name, count in (("product", 17), ("product_provenance", 7)):
            with django_assert_num_queries(count):
                desk.get(reverse(name, args=[rosaline.pk]))
        with django_assert_num_queries(10):
            desk.get(reverse("products"))
