"""Every check of status and claims against the law finds what it names, and nothing else."""

from __future__ import annotations

import pytest

from products.rules.findings import StatusFacts
from tests.products.clean_papers import of_product


class TestLaw:
    @pytest.mark.parametrize(
        ("claim", "is_found"),
        [
            ("FDA approved", True),
            ("FDA-approved exosomes", True),
            ("MHRA approved", True),
            ("approved by the FDA", True),
            ("CE exosome medicine", True),
            ("EMA authorised", True),
            ("an approved medicine", True),
            ("not FDA approved", False),
            ("has not been approved by the MHRA", False),
            ("made in a clean room", False),
            ("dermatologists love it", False),
        ],
    )
    def test_a_claim_of_approval(self, claim: str, *, is_found: bool) -> None:
        assert ("RG001" in of_product(marketing_claims=(claim,))) is is_found

    @pytest.mark.parametrize(
        ("claim", "is_found"),
        [
            ("regrows hair", True),
            ("treats acne", True),
            ("Cures alopecia", True),
            ("heals wounds", True),
            ("treatment of psoriasis", True),
            ("relieves joint pain", True),
            ("anti-inflammatory", True),
            ("for eczema", True),
            ("stimulates hair growth", True),
            ("hair regrowth in weeks", True),
            ("does not treat or cure any disease", False),
            ("supports skin appearance", False),
            ("radiance", False),
            ("moisturising", False),
            ("reduces the appearance of scars", False),
            ("for acne-prone skin", False),
            ("treat yourself", False),
            ("after-treatment serum", False),
        ],
    )
    def test_a_claim_of_treatment(self, claim: str, *, is_found: bool) -> None:
        assert of_product(marketing_claims=(claim,)) == (["RG006"] if is_found else [])

    @pytest.mark.parametrize(
        ("status", "route", "is_found"),
        [
            ("COSMETIC_NOTIFIED", "ID_SC", True),
            ("COSMETIC_CLAIMED", "IV", True),
            ("COSMETIC_CLAIMED", "TOPICAL_MN", False),
            ("COSMETIC_CLAIMED", "", False),
            ("TRIAL", "ID_SC", False),
        ],
    )
    def test_a_cosmetic_stays_outside(self, status: str, route: str, *, is_found: bool) -> None:
        found = of_product(
            statuses=(StatusFacts("KR", "KR", status, "DOCUMENT_SEEN"),), routes=(route,) if route else ()
        )
        assert found == (["RG002"] if is_found else [])

    @pytest.mark.parametrize(
        ("place", "area", "origin", "status", "is_found"),
        [
            ("GB", "GB", "HUMAN", "COSMETIC_NOTIFIED", True),
            ("GB-NIR", "NI", "HUMAN", "COSMETIC_NOTIFIED", True),
            ("DE", "EU", "HUMAN", "COSMETIC_NOTIFIED", True),
            ("KR", "KR", "HUMAN", "COSMETIC_NOTIFIED", False),
            ("GB", "GB", "PLANT", "COSMETIC_NOTIFIED", False),
            ("GB", "GB", "HUMAN", "COSMETIC_CLAIMED", False),
        ],
    )
    def test_no_human_material_in_a_cosmetic_here(
        self, place: str, area: str, origin: str, status: str, *, is_found: bool
    ) -> None:
        statuses = (StatusFacts(place, area, status, "DOCUMENT_SEEN"),)
        found = of_product(statuses=statuses, origin=origin, routes=("TOPICAL_INTACT",))
        assert found == (["RG003"] if is_found else [])

    @pytest.mark.parametrize(
        ("status", "route", "is_found"),
        [
            ("COSMETIC_NOTIFIED", "TOPICAL_LASER", True),
            ("COSMETIC_NOTIFIED", "TOPICAL_INTACT", False),
            ("COSMETIC_CLAIMED", "TOPICAL_LASER", False),
        ],
    )
    def test_a_notification_says_nothing_of_broken_skin(self, status: str, route: str, *, is_found: bool) -> None:
        found = of_product(
            statuses=(StatusFacts("GB", "GB", status, "DOCUMENT_SEEN"),),
            routes=(route,) if route else (),
            origin="PLANT",
        )
        assert found == (["RG004"] if is_found else [])

    @pytest.mark.parametrize(
        ("evidence", "is_found"),
        [("SUPPLIER_STATED", True), ("NONE", True), ("DOCUMENT_SEEN", False), ("REGISTER_CHECKED", False)],
    )
    def test_a_status_rests_on_more_than_words(self, evidence: str, *, is_found: bool) -> None:
        assert of_product(statuses=(StatusFacts("US", "US", "AUTHORISED", evidence),)) == (
            ["RG005"] if is_found else []
        )

    def test_each_status_is_judged_by_itself(self) -> None:
        twice = (StatusFacts("KR", "KR", "UNKNOWN", "NONE"), StatusFacts("GB", "GB", "UNKNOWN", "NONE"))
        assert of_product(statuses=twice) == ["RG005", "RG005"]
