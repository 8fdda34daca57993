"""Registering a product: everything is known, not stated, or does not apply, and the log names every row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from audit.models import LogEntry
from audit.services import entries_for
from products.errors import ClaimRefusedError, DuplicateProductError
from products.models import Claim, Party, Product
from products.services import ClaimDraft, PartyDraft, Upload, rebuilt_snapshot, register_product
from tests.cast import NOW, agent_for
from tests.products.conftest import ROSALINE, changed, pdf

pytestmark = pytest.mark.django_db


class TestRegisterProduct:
    def test_each_field_has_one_claim_with_its_basis(self, rosaline):
        bases = dict(rosaline.claims.values_list("field", "basis"))
        assert len(bases) == 12
        assert bases["formulation"] == "NOT_STATED"
        assert bases["donor_relation"] == "NOT_APPLICABLE"
        assert bases["origin"] == "STATED"

    def test_the_snapshot_is_what_the_claims_say(self, rosaline):
        rosaline.refresh_from_db()
        assert rosaline.snapshot == rebuilt_snapshot(rosaline)

    def test_the_log_names_the_product_its_maker_and_every_claim(self, rosaline):
        assert [entry.kind for entry in entries_for("products.product", rosaline.pk)] == ["products.product_registered"]
        assert entries_for("products.party", rosaline.manufacturer_id)
        assert all(entries_for("products.claim", claim.pk) for claim in rosaline.claims.all())

    def test_a_known_manufacturer_is_not_made_twice(self, rosaline, harbour, nia):
        twin = register_product(harbour, changed_name(ROSALINE, "Rosaline Two"), agent=nia, at=NOW)
        assert twin.manufacturer == rosaline.manufacturer
        assert Party.objects.count() == 1

    def test_the_source_document_stands_behind_what_is_stated_and_nothing_else(self, harbour, nia):
        product = register_product(
            harbour, replace(ROSALINE, source=Upload(pdf(), "data sheet.pdf")), agent=nia, at=NOW
        )
        assert product.snapshot["origin"]["evidence_name"] == "data sheet.pdf"
        assert product.snapshot["formulation"]["evidence_sha256"] is None

    def test_the_maker_may_be_not_stated(self, harbour, nia):
        product = register_product(harbour, replace(ROSALINE, manufacturer=None), agent=nia, at=NOW)
        assert product.snapshot["manufacturer"]["basis"] == "NOT_STATED"


class TestRegisterProductRefuses:
    @pytest.mark.parametrize(
        ("claim", "code"),
        [
            (ClaimDraft("origin", None, "STATED"), "claim.blank"),
            (ClaimDraft("origin", "PLANT", "NOT_STATED"), "claim.value_and_not_stated"),
            (ClaimDraft("origin", None, "NOT_APPLICABLE", reason="none"), "claim.always_applies"),
            (ClaimDraft("material", None, "NOT_APPLICABLE"), "claim.reason"),
            (ClaimDraft("material", "GOLD", "STATED"), "claim.unknown_code"),
            (ClaimDraft("isolation_methods", {"methods": ["MAGIC"], "detail": ""}, "STATED"), "claim.unknown_code"),
        ],
    )
    def test_a_claim_that_is_blank_or_says_two_things(self, claim, code, harbour, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            register_product(harbour, changed(ROSALINE, **{claim.field: claim}), agent=nia, at=NOW)
        assert refused.value.code == code
        assert refused.value.field == claim.field
        assert not Product.objects.exists()
        assert not LogEntry.objects.filter(leaf__contains="product_registered").exists()

    def test_a_field_left_out(self, harbour, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            register_product(harbour, replace(ROSALINE, claims=ROSALINE.claims[1:]), agent=nia, at=NOW)
        assert refused.value.field == "ev_term_on_label"

    def test_a_gtin_that_is_registered_here_and_not_one_registered_elsewhere(self, rosaline, harbour, inland, stranger):
        elsewhere = register_product(inland, ROSALINE, agent=agent_for(stranger, inland), at=NOW)
        assert elsewhere.gtin == rosaline.gtin
        with pytest.raises(DuplicateProductError) as refused:
            register_product(harbour, ROSALINE, agent=agent_for(stranger, harbour), at=NOW)
        assert rosaline.marketed_name in refused.value.message

    def test_a_second_first_claim_by_the_database_itself(self, rosaline):
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.create(
                product=rosaline, field="origin", value="HUMAN", basis="STATED", recorded_by="x", recorded_at=NOW
            )


def changed_name(draft, name):
    return replace(draft, marketed_name=name, gtin="", manufacturer=PartyDraft("Placeholder Botanicals SAS", "FR"))
