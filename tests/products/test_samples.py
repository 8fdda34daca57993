"""The demo's products come in by the same acts that people use, once."""

from __future__ import annotations

import pytest

from products import disclosure, lineage
from products.models import Batch, Claim, Product
from products.services import demo_product, rebuilt_snapshot, sample_set
from tests.cast import NOW
from tests.products.conftest import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def products(harbour, nia, ben) -> list[Product]:
    return [
        demo_product(spec, organization=harbour, agent=nia, at=NOW, today=TODAY, releaser=ben)
        for spec in sample_set()["products"]
    ]


class TestDemoProducts:
    def test_come_in_once_and_are_what_the_sample_says(self, products, harbour, nia, subtests):
        """All of it about one import, which takes seconds."""
        for check in (
            self.check_all_come_in_with_their_batches,
            self.check_snapshots_are_what_the_claims_say,
            self.check_sizes_read_from_the_made_export_are_those_of_the_sample,
            self.check_the_rules_say_what_the_samples_expect,
            self.check_only_batches_against_which_nothing_stands_are_released,
            self.check_each_batch_has_its_way_and_its_origin_as_the_sample_tells_it,
            self.check_the_batch_that_was_too_warm_is_on_hold,
        ):
            with subtests.test(check.__name__):
                check(products)
        with subtests.test("a second time nothing changes"):
            claims = Claim.objects.count()
            demo_product(sample_set()["products"][0], organization=harbour, agent=nia, at=NOW, today=TODAY)
            assert Claim.objects.count() == claims

    def check_all_come_in_with_their_batches(self, products):
        assert len(products) == 4
        assert Batch.objects.count() == 9

    def check_snapshots_are_what_the_claims_say(self, products):
        for subject in (*Product.objects.all(), *Batch.objects.all()):
            assert subject.snapshot == rebuilt_snapshot(subject)

    def check_sizes_read_from_the_made_export_are_those_of_the_sample(self, products):
        size = Batch.objects.get(lot_number="UCX26A01").snapshot["size"]
        assert size["basis"] == "MEASURED_BATCH"
        assert size["value"]["d50_nm"] == pytest.approx(115, abs=3)
        assert size["value"]["d10_nm"] == pytest.approx(78, abs=3)
        assert size["value"]["d90_nm"] == pytest.approx(168, abs=3)
        assert size["value"]["particles_per_ml"] == pytest.approx(1e10, rel=0.02)

    def check_the_rules_say_what_the_samples_expect(self, products):
        for spec, product in zip(sample_set()["products"], products, strict=True):
            use = spec["planned_use"]
            found = disclosure.standing(product, jurisdiction=use["jurisdiction"], route=use["route"], on=TODAY)
            assert found.severity == spec["expected_regulatory"]["severity"]
            assert [rule.id for rule in found.verdict.rules] == spec["expected_regulatory"]["rules"]

    def check_only_batches_against_which_nothing_stands_are_released(self, products):
        released = set(Batch.objects.filter(status="RELEASED").values_list("lot_number", flat=True))
        assert {"RSE2601", "COL26-07"} <= released
        # Stopped by the rules here, expired, or with papers that disagree.
        assert not released & {"UCX26A01", "UCX26B02", "UCX26C03", "ADX-2601", "ADX-2602"}

    def check_each_batch_has_its_way_and_its_origin_as_the_sample_tells_it(self, products):
        cords = Batch.objects.get(lot_number="UCX26C03")
        origin = lineage.lineage_of(cords)
        assert [(one.code, one.tissue) for one in origin.origins] == [
            ("DONOR-KR-0031", "adult abdominal fat (liposuction)")
        ]
        assert (origin.cell_banks, origin.production_lots, origin.passage) == (("WCB-UC-03",), ("PL-UC-26-044",), 5)
        assert [(event.party.name, event.act) for event in cords.custody_events.in_force()] == [
            ("Notreal Cordworks Ltd (fictional)", "SHIPPED"),
            ("Dummy Aesthetic Imports Ltd (fictional)", "RECEIVED"),
        ]
        assert cords.product.importer.gln == "9521107900013"

    def check_the_batch_that_was_too_warm_is_on_hold(self, products):
        assert list(Batch.objects.filter(status="ON_HOLD").values_list("lot_number", flat=True)) == ["UCX26C03"]
