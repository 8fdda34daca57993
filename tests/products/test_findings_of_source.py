"""Every check of names, sources and donors, of twins and of the label finds what it names, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from products.rules.findings import BatchFacts, ProductFacts, SizeFacts, SourceFacts, Thresholds, batch_findings
from tests.products.clean_papers import BATCH, COW, ON, PRODUCT, ROSE, SCREENED, SIZE, D, certificate, codes, of_product


class TestNames:
    @pytest.mark.parametrize(
        ("origin", "term", "found"),
        [
            ("BACTERIAL", "EXOSOME_CLAIMED", ["EV015"]),
            ("BACTERIAL", "BEV", []),
            ("PLANT", "EXOSOME_CLAIMED", ["EV016"]),
            ("ALGAL", "EXOSOME_EVIDENCED", ["EV016"]),
            ("FUNGAL", "EXOSOME_CLAIMED", ["EV016"]),
            ("PLANT", "PDEV", []),
            ("HUMAN", "EXOSOME_CLAIMED", []),
        ],
    )
    def test_what_cannot_or_should_not_be_called_exosome(self, origin: str, term: str, found: list[str]) -> None:
        assert of_product(origin=origin, label_term=term) == found

    @pytest.mark.parametrize(
        ("claim", "is_found"),
        [
            ("contains live stem cells", True),
            ("Living mesenchymal stem cells in every vial", True),
            ("millions of viable MSCs", True),
            ("rich in stem cells", True),
            ("contains no live stem cells", False),
            ("free of living stem cells", False),
            ("contains stem cell-derived exosomes", False),
            ("from stem cells", False),
            ("not a cream, but it contains live stem cells", True),
        ],
    )
    def test_live_cells_in_what_has_none(self, claim: str, *, is_found: bool) -> None:
        assert of_product(marketing_claims=(claim,)) == (["EV018"] if is_found else [])

    def test_nobody_described_a_product_without_a_term_as_free_of_cells(self) -> None:
        assert of_product(marketing_claims=("contains live stem cells",), label_term="UNKNOWN") == []

    @pytest.mark.parametrize(
        ("steps", "is_found"),
        [
            ((), True),
            (("PROPRIETARY",), True),
            (("UNKNOWN", "PROPRIETARY"), True),
            (("PROPRIETARY", "SEC"), False),
            (("NONE",), False),
        ],
    )
    def test_a_method_that_is_not_told(self, steps: tuple[str, ...], *, is_found: bool) -> None:
        assert of_product(isolation_methods=steps) == (["EV019"] if is_found else [])

    @pytest.mark.parametrize(
        ("changes", "is_found"),
        [
            ({"label_term": "EXOSOME_CLAIMED", "isolation_methods": ("NONE",)}, True),
            ({"label_term": "EXOSOME_CLAIMED", "evidenced_term": "LYSATE"}, True),
            ({"label_term": "CONDITIONED_MEDIUM", "marketed_name": "Exosome Serum"}, True),
            ({"label_term": "LYSATE", "marketing_claims": ("powered by exosomes",)}, True),
            ({"label_term": "CONDITIONED_MEDIUM"}, False),
            ({"label_term": "EV", "isolation_methods": ("NONE",)}, False),
            ({"label_term": "EXOSOME_CLAIMED"}, False),
        ],
    )
    def test_sold_as_exosomes_and_nothing_enriched(self, changes: dict[str, Any], *, is_found: bool) -> None:
        assert codes(BATCH, replace(PRODUCT, **changes)) == (["EV021"] if is_found else [])


class TestSource:
    @pytest.mark.parametrize(
        ("declared", "tissue", "is_found"),
        [
            ("MSC_UC", "adult abdominal fat (liposuction)", True),
            ("MSC_UC", "bone marrow", True),
            ("MSC_UC", "Wharton's jelly", False),
            ("MSC_UC", "umbilical cord", False),
            ("MSC_UC", "something nobody listed", False),
            ("MSC_AD", "umbilical cord", True),
            ("MSC_AD", "abdominal fat", False),
            ("MSC_BM", "lipoaspirate", True),
            ("MSC_DP", "placenta", True),
            ("COLOSTRUM", "testis (milt)", True),
            ("COLOSTRUM", "colostrum", False),
            ("FISH_TESTIS", "testis (milt)", False),
            ("FISH_TESTIS", "milk", True),
            ("PLANT_STEM", "leaf callus", False),
            ("PLANT_STEM", "umbilical cord", True),
            ("PLATELET", "peripheral blood", False),
            ("PLATELET", "leaf", True),
            ("OTHER", "leaf", False),
            ("MSC_UC", "", False),
        ],
    )
    def test_the_tissue_can_have_given_the_cells(self, declared: str, tissue: str, *, is_found: bool) -> None:
        batch = replace(BATCH, source=replace(BATCH.source, tissue=tissue, species=""))
        assert ("EV020" in codes(batch, replace(PRODUCT, cell_or_tissue=declared))) is is_found

    @pytest.mark.parametrize(
        ("product", "species", "is_found"),
        [
            (COW, "Salmo salar", True),
            (COW, "Sus scrofa", True),
            (COW, "Bos taurus", False),
            (COW, "bovine", False),
            (COW, "Nescio quid", False),
            (PRODUCT, "Bos taurus", True),
            (ROSE, "Rosa damascena", False),
            (ROSE, "Homo sapiens", True),
            (replace(PRODUCT, species=""), "Bos taurus", True),
            (replace(PRODUCT, species="", origin="UNKNOWN"), "Bos taurus", False),
        ],
    )
    def test_the_species_is_one(self, product: ProductFacts, species: str, *, is_found: bool) -> None:
        batch = replace(BATCH, source=replace(BATCH.source, tissue="", species=species))
        assert ("EV020" in codes(batch, product)) is is_found

    @pytest.mark.parametrize("missing", list(SCREENED))
    def test_each_infection_is_screened(self, missing: str) -> None:
        for result_text in (None, "positive", "pending", "not done"):
            screening = (
                {**SCREENED, missing: result_text}
                if result_text
                else {k: v for k, v in SCREENED.items() if k != missing}
            )
            batch = replace(BATCH, source=replace(BATCH.source, screening=screening))
            assert codes(batch) == ["QB008"]

    @pytest.mark.parametrize("word", ["negative", "Neg", "non-reactive", "not detected", "-"])
    def test_every_word_for_negative_counts(self, word: str) -> None:
        screening = {"anti-HIV 1/2": word, "HBsAg": word, "anti-HCV": word, "Syphilis": word}
        assert codes(replace(BATCH, source=replace(BATCH.source, screening=screening))) == []

    def test_only_people_are_screened(self) -> None:
        batch = replace(BATCH, source=SourceFacts("leaf callus", "Rosa x damascena"))
        assert "QB008" not in codes(batch, ROSE)

    @pytest.mark.parametrize(
        ("changes", "is_found"),
        [({}, False), ({"country": ""}, True), ({"tse_statement": ""}, True), ({"species": ""}, False)],
    )
    @pytest.mark.parametrize("origin", ["ANIMAL_MAMMAL", "ANIMAL_FISH", "ANIMAL_OTHER"])
    def test_an_animal_has_species_country_and_statement(
        self, origin: str, changes: dict[str, str], *, is_found: bool
    ) -> None:
        whole = SourceFacts("", "Nescia", "NL", "BSE-free herd")
        batch = replace(BATCH, source=replace(whole, **changes))
        product = replace(COW, origin=origin, species="Nescia")
        assert codes(batch, product) == (["QB018"] if is_found else [])
        assert "QB018" in codes(replace(batch, source=replace(batch.source, species="")), replace(product, species=""))


class TestTwins:
    def twin(self, **changes: Any) -> BatchFacts:
        return replace(BATCH, lot_number="LOT2", labels=(), certificate=None, **changes)

    def test_batches_that_measure_alike_to_the_last_digit_name_each_other(self) -> None:
        found = batch_findings(BATCH, PRODUCT, [BATCH, self.twin()], Thresholds(), on=ON)
        assert [(one.code, one.found) for one in found] == [("EV022", "same values as LOT2")]

    @pytest.mark.parametrize(
        "changes",
        [
            {"size": replace(SIZE, mode_nm=D("110.1"))},
            {"size": replace(SIZE, d90_nm=D(181))},
            {"particles_per_ml": D("1.1e11")},
            {"protein_ug_per_ml": D("1.1")},
            {"protein_ug_per_ml": None},
        ],
    )
    def test_one_other_value_makes_them_two(self, changes: dict[str, Any]) -> None:
        assert codes(BATCH, PRODUCT, self.twin(**changes)) == []

    def test_values_of_a_reference_batch_are_shared_on_purpose(self) -> None:
        shared = replace(SIZE, is_reference=True)
        assert codes(replace(BATCH, size=shared), PRODUCT, self.twin(size=shared)) == []

    def test_two_batches_of_which_nothing_is_known_are_not_alike(self) -> None:
        bare = replace(BATCH, size=SizeFacts(), particles_per_ml=None, protein_ug_per_ml=D(1))
        assert "EV022" not in codes(bare, PRODUCT, replace(bare, lot_number="LOT2"))


class TestLabel:
    def test_another_lot_on_the_certificate(self) -> None:
        assert codes(certificate(lot_number="LOT9")) == ["QB001"]
        assert codes(certificate(lot_number="")) == []

    def test_another_expiry_on_the_certificate(self) -> None:
        assert codes(certificate(expiration_date=date(2028, 1, 30))) == ["QB002"]
        assert codes(certificate(expiration_date=None)) == []

    @pytest.mark.parametrize(
        ("made", "certified", "received", "is_found"),
        [
            ("2026-02-01", "2026-02-01", "2026-02-01", False),
            ("2026-02-02", "2026-02-01", "2026-02-01", True),
            ("2026-02-01", "2026-02-03", "2026-02-02", True),
            ("2028-01-31", "2028-01-31", "2028-01-31", False),
            ("2028-02-01", "2028-02-01", "2028-02-01", True),
        ],
    )
    def test_days_follow_one_another(self, made: str, certified: str, received: str, *, is_found: bool) -> None:
        batch = replace(
            certificate(issued_on=date.fromisoformat(certified)),
            production_date=date.fromisoformat(made),
            received_on=date.fromisoformat(received),
        )
        assert codes(batch) == (["QB003"] if is_found else [])

    @pytest.mark.parametrize(
        "changes",
        [
            {"keys": (("GTIN", "09521101000017"),)},
            {"keys": (("GLN", "9521101900018"),)},
            {"keys": (("SSCC", "095211010000000015"),)},
            {"labels": ("0109521101000017172801311126020110LOT1",)},
            {"labels": ("(01)09521101000017(17)280131(10)LOT1",)},
        ],
    )
    def test_a_wrong_check_digit(self, changes: dict[str, Any]) -> None:
        assert codes(replace(BATCH, **changes)) == ["QB009"]

    def test_a_wrong_check_digit_of_the_product_is_found_on_the_batch(self) -> None:
        assert codes(BATCH, replace(PRODUCT, keys=(("GTIN", "09521101000017"),))) == ["QB009"]

    @pytest.mark.parametrize(
        ("label", "is_found"),
        [
            ("0109521101000016172711311126020110LOT1", True),
            ("0109521101000016172711301126130110LOT1", True),
            ("0109521101000016172711001126020110LOT1", False),
            ("(01)09521101000016(17)270229(10)LOT1", True),
            ("(01)09521101000016(17)280229(10)LOT1", False),
        ],
    )
    def test_a_date_that_no_calendar_has(self, label: str, *, is_found: bool) -> None:
        assert codes(replace(BATCH, labels=(label,))) == (["QB010"] if is_found else [])

    def test_expired_the_day_after_its_last(self) -> None:
        last = replace(certificate(expiration_date=ON), expiration_date=ON, labels=())
        gone = replace(certificate(expiration_date=date(2026, 11, 22)), expiration_date=date(2026, 11, 22), labels=())
        assert codes(last) == []
        assert codes(gone) == ["QB011"]
