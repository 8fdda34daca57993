"""The frozen facts for a consent: every field with its basis, in words for a patient, and what is not known."""

from __future__ import annotations

import json

import pytest

from audit.records import canonical_json
from products import disclosure
from products.fields import BATCH_FIELDS, SCIENCE_FIELDS, number_words
from products.services import (
    ClaimDraft,
    ProductDraft,
    Upload,
    attach_certificate,
    attach_size_measurement,
    register_product,
)
from tests.cast import NOW
from tests.products.conftest import ROSALINE, TODAY, certificate, changed
from tests.products.test_sizing import zetaview


def disclosed(product, batch=None, route="TOPICAL_INTACT"):
    return disclosure.of(product, batch, route=route, jurisdiction="GB", on=TODAY).as_json()


@pytest.mark.django_db
class TestDisclosure:
    def test_every_field_is_there_whatever_is_known(self, rosaline, lot):
        for said in (disclosed(rosaline), disclosed(rosaline, lot)):
            assert set(said["claims"]) == {*SCIENCE_FIELDS, *BATCH_FIELDS}
            assert all(claim["display"] and claim["basis"] for claim in said["claims"].values())

    def test_it_is_canonical_json_and_survives_the_journey(self, rosaline, lot, nia):
        attach_size_measurement(lot, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        lot.refresh_from_db()
        said = disclosed(rosaline, lot)
        assert canonical_json(json.loads(canonical_json(said))) == canonical_json(said)

    def test_patients_read_words_and_staff_read_terms(self, rosaline):
        claim = disclosed(rosaline)["claims"]["isolation_methods"]
        assert claim["display"] == "spun at very high speed, then passed through a filter"
        assert claim["technical"].startswith("Differential ultracentrifugation, then Membrane filtration (100,000 g")

    def test_what_does_not_apply_says_why(self, rosaline):
        claim = disclosed(rosaline)["claims"]["donor_relation"]
        assert (claim["basis"], claim["display"]) == ("NOT_APPLICABLE", "does not apply: a plant product")

    def test_what_is_not_stated_is_listed(self, rosaline, lot):
        fields = [item["field"] for item in disclosed(rosaline, lot)["not_stated"]]
        assert fields == [
            "formulation",
            "size",
            "certificate_of_analysis",
            "sterility",
            "endotoxin",
            "mycoplasma",
        ]

    def test_a_secret_method_counts_as_not_stated(self, harbour, nia):
        secret = ClaimDraft("isolation_methods", {"methods": ["PROPRIETARY"], "detail": ""}, "STATED")
        draft: ProductDraft = changed(ROSALINE, isolation_methods=secret)
        product = register_product(harbour, draft, agent=nia, at=NOW)
        assert "isolation_methods" in [item["field"] for item in disclosed(product)["not_stated"]]

    def test_the_batch_brings_its_papers_and_its_distribution(self, rosaline, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        attach_size_measurement(lot, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        lot.refresh_from_db()
        said = disclosed(rosaline, lot)
        assert said["batch"]["serial_numbers"] == ["R1"]
        assert said["claims"]["endotoxin"]["display"] == "0.08 EU/mL"
        assert said["claims"]["sterility"]["evidence_name"] == "coa.pdf"
        assert said["size_distribution"]["lot_number"] == "RSE2601"
        assert "nanometres" in said["claims"]["size"]["display"]

    def test_a_certificate_of_another_lot_is_called_a_contradiction(self, rosaline, lot, nia):
        attach_certificate(lot, certificate(lot_number="RSE2602"), today=TODAY, agent=nia, at=NOW)
        lot.refresh_from_db()
        claim = disclosed(rosaline, lot)["claims"]["certificate_of_analysis"]
        assert claim["basis"] == "CONTRADICTED"
        assert "names lot RSE2602" in claim["reason"]

    def test_without_a_batch_it_says_that_one_is_chosen_on_the_day(self, rosaline):
        said = disclosed(rosaline)
        assert said["batch"] is None
        assert said["claims"]["lot_and_expiry"]["reason"] == "The batch is chosen on the day."

    def test_the_standing_is_that_of_the_route_asked_for(self, rosaline):
        assert disclosed(rosaline)["standing"]["severity"] == "WARN"
        stopped = disclosed(rosaline, route="ID_SC")["standing"]
        assert stopped["severity"] == "STOP"
        assert stopped["rules"][0]["patient_sentence"]
        assert stopped["rule_set"]["version"]


class TestDownSampled:
    def test_it_keeps_the_whole_and_stays_below_the_limit(self):
        diameters, densities = [float(n) for n in range(1, 1001)], [0.0] * 100 + [1.0] * 800 + [0.0] * 100
        kept, heights = disclosure.down_sampled(diameters, densities)
        assert len(kept) == len(heights) <= 120
        assert sum(heights) == 800

    def test_an_empty_distribution_is_empty(self):
        assert disclosure.down_sampled([1.0, 2.0], [0.0, 0.0]) == ([], [])


class TestNumberWords:
    @pytest.mark.parametrize(
        ("number", "words"), [(5.03e10, "about 50 thousand million"), (1.26e6, "about 1.3 million"), (950, "about 950")]
    )
    def test_two_figures_in_words(self, number, words):
        assert number_words(number) == words
