"""Findings on the pages: seen with what to do, answered by name, read, listed by gravity; a stranger finds nothing."""

from __future__ import annotations

import pytest
from django.urls import reverse

from products import assessment
from products.errors import ReleaseRefusedError
from products.models import FindingAnswer, FindingsReading, ThresholdSetting
from products.services import attach_certificate, release_batch, state_size
from tests.cast import NOW
from tests.products.conftest import TODAY, certificate

pytestmark = pytest.mark.django_db


def digest_of(subject, code: str) -> str:
    subject.refresh_from_db()
    judged = (
        assessment.findings_of_batch(subject, on=TODAY)
        if hasattr(subject, "lot_number")
        else assessment.findings_of_product(subject)
    )
    return next(one.finding.digest for one in judged if one.finding.code == code)


@pytest.fixture
def desk(signed_in, practitioner):
    return signed_in(practitioner)


@pytest.fixture
def lead_desk(signed_in, lead):
    return signed_in(lead)


class TestTheFindings:
    def test_stand_on_the_batch_with_what_to_do_and_what_they_rest_on(self, desk, lot, nia):
        state_size(lot, mode_nm=12, particles_per_ml=1e10, agent=nia, at=NOW)
        page = desk.get(reverse("batch", args=[lot.pk])).content.decode()
        assert "mode 12 nm" in page
        assert "Cannot be" in page
        assert "From memory, not yet looked up" in page
        assert "not a mark of safety" in page

    def test_and_on_the_product(self, desk, rosaline):
        page = desk.get(reverse("product", args=[rosaline.pk])).content.decode()
        assert "EV016" in page

    def test_are_answered_with_a_reason_and_stay(self, desk, lot):
        url = reverse("batch_answer", args=[lot.pk, digest_of(lot, "EV014")])
        assert "EV014: found neither a size nor a method" in desk.get(url).content.decode()
        assert desk.post(url, {"reason": ""}).status_code == 422
        page = desk.post(url, {"reason": "Asked the maker on Monday."}, follow=True).content.decode()
        assert "Asked the maker on Monday." in page
        assert FindingAnswer.objects.get().answered_by_name == "Dr Nia Penrose"

    def test_of_a_product_too(self, desk, rosaline):
        url = reverse("product_answer", args=[rosaline.pk, digest_of(rosaline, "EV016")])
        assert "Known." in desk.post(url, {"reason": "Known."}, follow=True).content.decode()

    def test_that_cannot_be_wait_for_a_lead(self, desk, lead_desk, lot, nia):
        state_size(lot, mode_nm=12, particles_per_ml=1e10, agent=nia, at=NOW)
        url = reverse("batch_answer", args=[lot.pk, digest_of(lot, "EV001")])
        assert desk.post(url, {"reason": "It is so."}).status_code == 422
        assert not FindingAnswer.objects.exists()
        lead_desk.post(url, {"reason": "Typing mistake of the maker, letter on file."})
        assert FindingAnswer.objects.get().code == "EV001"

    def test_are_read_by_name(self, desk, lot):
        page = desk.get(reverse("batch", args=[lot.pk]))
        desk.post(reverse("batch_read", args=[lot.pk]), {"findings": page.context["findings_digest"]})
        assert FindingsReading.objects.get().read_by_name == "Dr Nia Penrose"
        assert "Read by Dr Nia Penrose" in desk.get(reverse("batch", args=[lot.pk])).content.decode()

    def test_that_changed_meanwhile_are_not(self, desk, lot):
        page = desk.post(reverse("batch_read", args=[lot.pk]), {"findings": "0" * 64}, follow=True)
        assert "have changed since you opened the page" in page.content.decode()
        assert not FindingsReading.objects.exists()


class TestRelease:
    def test_names_the_findings_that_were_read(self, lead_desk, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        page = lead_desk.get(reverse("batch", args=[lot.pk]))
        lead_desk.post(reverse("batch_release", args=[lot.pk]), {"findings": page.context["findings_digest"]})
        lot.refresh_from_db()
        assert lot.status == "RELEASED"
        assert "EV012" in lot.moves.last().findings_read

    def test_not_on_a_page_that_is_out_of_date(self, lead_desk, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        response = lead_desk.post(reverse("batch_release", args=[lot.pk]), {"findings": "0" * 64})
        assert "has changed since you opened the page" in response.content.decode()
        lot.refresh_from_db()
        assert lot.status == "QUARANTINE"

    def test_not_while_something_that_cannot_be_is_open(self, lot, nia, ada):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        state_size(lot, mode_nm=12, particles_per_ml=1e10, agent=nia, at=NOW)
        with pytest.raises(ReleaseRefusedError, match="EV001 is open"):
            release_batch(lot, today=TODAY, agent=ada, at=NOW)


class TestAttention:
    def test_names_the_gravest_thing_and_what_to_do(self, desk, lot, rosaline, nia):
        state_size(lot, mode_nm=12, particles_per_ml=1e10, agent=nia, at=NOW)
        page = desk.get(reverse("attention")).content.decode()
        assert "mode 12 nm" in page
        assert "Lot RSE2601" in page
        assert "instrument&#x27;s own export" in page

    def test_is_empty_where_nothing_is_registered(self, desk):
        assert "Nothing waits for an answer" in desk.get(reverse("attention")).content.decode()


class TestThresholds:
    def test_everybody_sees_them_and_a_lead_sets_one(self, desk, lead_desk, harbour):
        assert "widest plausible span" in desk.get(reverse("thresholds")).content.decode().lower()
        url = reverse("threshold_set", args=["widest_span"])
        assert lead_desk.post(url, {"value": "9", "reason": "Why not."}).status_code == 422
        assert lead_desk.post(url, {"value": "1.8", "reason": ""}).status_code == 422
        lead_desk.post(url, {"value": "1.8", "reason": "Our own experience."})
        assert ThresholdSetting.objects.get().set_by_name == "Ada Lead"
        assert "Our own experience." in desk.get(reverse("thresholds")).content.decode()

    def test_one_that_does_not_exist_is_not_found(self, lead_desk):
        assert lead_desk.get(reverse("threshold_set", args=["shoe_size"])).status_code == 404

    def test_a_practitioner_does_not_set_them(self, desk):
        assert desk.get(reverse("threshold_set", args=["widest_span"])).status_code == 403


class TestStrangersAndAuditors:
    def test_a_stranger_finds_nothing(self, signed_in, stranger, lot, rosaline):
        inland = signed_in(stranger)
        batch_url = reverse("batch_answer", args=[lot.pk, digest_of(lot, "EV014")])
        product_url = reverse("product_answer", args=[rosaline.pk, digest_of(rosaline, "EV016")])
        for url in (batch_url, product_url):
            assert inland.get(url).status_code == 404
            assert inland.post(url, {"reason": "x"}).status_code == 404
        assert inland.post(reverse("batch_read", args=[lot.pk]), {"findings": ""}).status_code == 404
        assert "Rosaline" not in inland.get(reverse("attention")).content.decode()

    def test_an_auditor_reads_and_changes_nothing(self, signed_in, auditor, lot):
        eyes = signed_in(auditor)
        assert eyes.get(reverse("attention")).status_code == 200
        assert eyes.get(reverse("thresholds")).status_code == 200
        url = reverse("batch_answer", args=[lot.pk, digest_of(lot, "EV014")])
        assert eyes.post(url, {"reason": "x"}).status_code == 403
        assert not FindingAnswer.objects.exists()
