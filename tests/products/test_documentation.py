"""Documentation completeness: the items that apply, those on record and those missing, and never more than papers."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from products.documentation import Documentation, documentation_of
from products.fields import DOSSIER, Need
from products.models import Batch, Product
from products.services import (
    ClaimDraft,
    CustodyDraft,
    Upload,
    attach_certificate,
    attach_size_measurement,
    record_claims,
    record_custody,
    register_product,
)
from products.vocabulary import CustodyAct
from tests.cast import NOW
from tests.products.conftest import ROSALINE, TODAY, certificate, changed
from tests.products.test_sizing import zetaview

pytestmark = pytest.mark.django_db


def counted(product: Product, batch: Batch | None = None, *, has_record: bool = False) -> Documentation:
    product.refresh_from_db()
    if batch:
        batch.refresh_from_db()
    return documentation_of(product, batch, has_record=has_record)


def labels(documentation: Documentation, title: str) -> dict[str, str]:
    """Every item of one group, with why it is not met."""
    return {item.label: item.why for group in documentation.groups if group.title == title for item in group.items}


class TestWhichItemsApply:
    def test_every_mandatory_field_of_the_dossier_is_an_item(self, rosaline, lot):
        listed = {item.label for group in counted(rosaline, lot).groups for item in group.items}
        mandatory = [f for page in DOSSIER for f in (*page.product, *page.batch) if f.need == Need.MANDATORY]
        assert {field.label for field in mandatory} <= listed

    def test_an_optional_field_is_none(self, rosaline, lot):
        assert "Lipid" not in labels(counted(rosaline, lot), "Protein, lipid and RNA")

    def test_what_is_asked_of_humans_is_not_asked_of_a_plant(self, rosaline, lot):
        found = counted(rosaline, lot)
        assert "Donor sex" not in labels(found, "Source and donors")
        assert not {"Donors, by code", "Donor tests", "Donor consent"} & set(labels(found, "Way and origin"))

    def test_of_an_unknown_origin_it_is_asked(self, harbour, nia):
        draft = changed(ROSALINE, origin=ClaimDraft("origin", None, "NOT_STATED"))
        found = counted(register_product(harbour, draft, agent=nia, at=NOW))
        assert {"Donors, by code", "Donor tests", "TSE/BSE statement"} <= set(labels(found, "Way and origin"))

    def test_what_does_not_apply_by_its_claim_is_left_out(self, rosaline):
        assert "Donor" not in labels(counted(rosaline), "What it is")

    def test_a_size_that_does_not_apply_asks_for_no_method(self, rosaline, lot, nia):
        assert "How the size was measured" in labels(counted(rosaline, lot), "Size and number")
        record_claims(lot, [ClaimDraft("size", None, "NOT_APPLICABLE", reason="a lysate")], agent=nia, at=NOW)
        assert not {"Particle size", "How the size was measured"} & set(
            labels(counted(rosaline, lot), "Size and number")
        )


class TestWhatIsMet:
    def test_an_answer_moves_one_item_and_no_more(self, rosaline, lot, nia):
        before = counted(rosaline, lot)
        assert labels(before, "Protein, lipid and RNA")["Protein"] == "not recorded yet"
        record_claims(lot, [ClaimDraft("protein_ug_per_ml", 1.1, "STATED")], agent=nia, at=NOW)
        after = counted(rosaline, lot)
        assert (after.met, after.applies) == (before.met + 1, before.applies)
        assert labels(after, "Protein, lipid and RNA")["Protein"] == ""

    def test_not_stated_is_not_met_and_says_so(self, rosaline):
        assert labels(counted(rosaline), "What it is")["Formulation"] == "not stated"

    def test_a_secret_method_is_not_met(self, harbour, nia):
        secret = ClaimDraft("isolation_methods", {"methods": ["PROPRIETARY"], "detail": ""}, "STATED")
        product = register_product(harbour, changed(ROSALINE, isolation_methods=secret), agent=nia, at=NOW)
        assert labels(counted(product), "What it is")["Isolation"] == "not stated"

    def test_an_instruments_file_says_size_method_and_number(self, rosaline, lot, nia):
        attach_size_measurement(lot, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        assert not any(labels(counted(rosaline, lot), "Size and number").values())

    def test_a_certificate_brings_the_tests_that_it_names(self, rosaline, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        papers = labels(counted(rosaline, lot), "Papers of the batch")
        assert [label for label, why in papers.items() if why] == ["Mycoplasma"]

    def test_a_certificate_of_another_lot_is_not_met(self, rosaline, lot, nia):
        attach_certificate(lot, certificate(lot_number="RSE2602"), today=TODAY, agent=nia, at=NOW)
        papers = labels(counted(rosaline, lot), "Papers of the batch")
        assert papers["Certificate of analysis"] == "contradicts the label"

    def test_the_way_here_is_met_by_a_handing_over(self, rosaline, lot, nia):
        assert labels(counted(rosaline, lot), "Way and origin")["Who had it on its way here"] == "not recorded yet"
        draft = CustodyDraft(None, CustodyAct.RECEIVED, date(2026, 11, 20))
        record_custody(lot, draft, today=TODAY, agent=nia, at=NOW)
        assert labels(counted(rosaline, lot), "Way and origin")["Who had it on its way here"] == ""

    def test_the_law_is_met_by_a_record_that_was_checked(self, rosaline):
        assert counted(rosaline).met + 1 == counted(rosaline, has_record=True).met

    def test_without_a_batch_its_items_say_that_there_is_none(self, rosaline):
        assert set(labels(counted(rosaline), "Papers of the batch").values()) == {"no batch is on record yet"}

    def test_the_numbers_are_those_of_the_lists(self, rosaline, lot):
        found = counted(rosaline, lot)
        items = [item for group in found.groups for item in group.items]
        assert found.applies == len(items)
        assert found.met == sum(item.is_met for item in items)
        assert len(found.missing) == found.applies - found.met


class TestWhereItIsShown:
    def test_product_and_batch_page_list_each_item_and_say_what_it_is_not(self, rosaline, lot, signed_in, practitioner):
        desk = signed_in(practitioner)
        for address in (reverse("product", args=[rosaline.pk]), reverse("batch", args=[lot.pk])):
            page = desk.get(address).content.decode()
            found = counted(rosaline, lot)
            assert f"{found.met} of {found.applies}" in page
            assert "Complete papers are not a mark of safety." in page
            assert "EV-METRIC" not in page.upper()
            for group in found.groups:
                assert f"{len(group.met)} of {group.applies}" in page
                assert all(item.label in page for item in group.items)
