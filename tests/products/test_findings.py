"""Every check finds what it names, on both sides of its limit, and nothing else: one table of changes to clean papers."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from products.records import Finding
from products.rules.findings import (
    CHECKS,
    DEFAULTS,
    THRESHOLDS,
    BatchFacts,
    CertificateFacts,
    MarkerFacts,
    ProductFacts,
    ResultFacts,
    SizeFacts,
    SourceFacts,
    StatusFacts,
    Thresholds,
    batch_findings,
    product_findings,
    provenance_state,
)

ON = date(2026, 11, 23)
GTIN = ("GTIN", "09521101000016")
D = Decimal
PRODUCT = ProductFacts(
    marketed_name="Clean EV",
    label_term="EV",
    origin="HUMAN",
    material="CCM",
    cell_or_tissue="MSC_UC",
    species="Homo sapiens",
    isolation_methods=("TFF", "SEC"),
    formulation="LYO",
    storage_label="2-8 C",
    fill_volume_ml=D(5),
    particles_per_vial=D("5e11"),
    max_dose_ml=D(5),
    marketing_claims=("supports the look of skin",),
    statuses=(StatusFacts("GB", "GB", "TRIAL", "REGISTER_CHECKED"),),
    routes=("TOPICAL_MN",),
    manufacturer="M1",
    importer="D1",
    keys=(GTIN,),
)
SIZE = SizeFacts("NTA", D(110), D(70), D(115), D(180))
MARKERS = (
    MarkerFacts("C1", "CD9", "+"),
    MarkerFacts("C1", "CD63", "+"),
    MarkerFacts("C2", "TSG101", "+"),
    MarkerFacts("C4", "Calnexin", "-"),
)
STERILE = ResultFacts("no growth", "Ph. Eur. 2.6.1", "", date(2026, 2, 2), date(2026, 2, 17))
RESULTS = {
    "sterility": STERILE,
    "endotoxin": ResultFacts("0.08", "USP <85>", "EU/mL"),
    "mycoplasma": ResultFacts("not detected"),
}
SCREENED = {"HIV1_2": "negative", "HBV": "negative", "HCV": "negative", "SYPHILIS": "negative"}
CERTIFICATE = CertificateFacts("LOT1", date(2028, 1, 31), date(2026, 2, 20), "Testhouse", is_signed=True)
BATCH = BatchFacts(
    lot_number="LOT1",
    expiration_date=date(2028, 1, 31),
    production_date=date(2026, 2, 1),
    received_on=date(2026, 3, 9),
    labels=("0109521101000016172801311126020110LOT1\x1d21S1",),
    keys=(GTIN, ("GLN", "9521101900019")),
    size=SIZE,
    image_methods=("CRYO_EM",),
    particles_per_ml=D("1e11"),
    protein_ug_per_ml=D(1),
    markers=MARKERS,
    certificate=CERTIFICATE,
    results=RESULTS,
    source=SourceFacts("umbilical cord", "Homo sapiens", screening=SCREENED),
    custody=("M1", "D1"),
    warmest_c=D("7.4"),
)
COW = replace(PRODUCT, origin="ANIMAL_MAMMAL", material="BIOFLUID", cell_or_tissue="COLOSTRUM", species="Bos taurus")
ROSE = replace(
    PRODUCT, origin="PLANT", material="PLANT_CALLUS", cell_or_tissue="PLANT_STEM", species="Rosa x damascena"
)
EXOSOME = replace(PRODUCT, label_term="EXOSOME_CLAIMED")


def codes(
    batch: BatchFacts = BATCH,
    product: ProductFacts = PRODUCT,
    *others: BatchFacts,
    limits: Thresholds = Thresholds(),  # noqa: B008
) -> list[str]:
    """Codes found on a batch."""
    return [one.code for one in batch_findings(batch, product, others, limits, on=ON)]


def of_product(**changes: Any) -> list[str]:
    """Codes found on the clean product with something changed."""
    return [one.code for one in product_findings(replace(PRODUCT, **changes))]


def size(**changes: Any) -> list[str]:
    return codes(replace(BATCH, size=replace(SIZE, **changes)))


def result(name: str, value: ResultFacts | None) -> BatchFacts:
    """The batch with one result replaced or taken away."""
    kept = {key: one for key, one in RESULTS.items() if key != name}
    return replace(BATCH, results={**kept, **({name: value} if value else {})})


def certificate(**changes: Any) -> BatchFacts:
    return replace(BATCH, certificate=replace(CERTIFICATE, **changes))


def markers(*results: tuple[str, str, str]) -> BatchFacts:
    return replace(BATCH, markers=tuple(MarkerFacts(*one) for one in results))


class TestCleanPapers:
    def test_nothing_is_found(self) -> None:
        assert codes() == []
        assert of_product() == []

    def test_and_they_are_complete(self) -> None:
        assert provenance_state([]) == "COMPLETE"


class TestSize:
    @pytest.mark.parametrize(
        ("mode", "found"),
        [("19.9", ["EV001"]), ("20", ["EV002"]), ("29.9", ["EV002"]), ("30", [])],
    )
    def test_a_mode_that_no_vesicle_has_and_one_that_other_particles_have(self, mode: str, found: list[str]) -> None:
        assert [
            code for code in size(mode_nm=D(mode), d10_nm=D(10), d50_nm=D(30), d90_nm=D(60)) if code != "EV006"
        ] == found

    @pytest.mark.parametrize("value", ["0", "-1"])
    def test_a_percentile_of_nothing(self, value: str) -> None:
        assert "EV001" in size(d10_nm=D(value))

    @pytest.mark.parametrize("term", ["EXOSOME_CLAIMED", "EXOSOME_EVIDENCED", "SEV"])
    @pytest.mark.parametrize(
        ("mode", "middle", "is_found"), [("200", "200", False), ("200.1", "150", True), ("180", "201", True)]
    )
    def test_small_by_name_and_large_by_measure(self, term: str, mode: str, middle: str, *, is_found: bool) -> None:
        batch = replace(BATCH, size=SizeFacts("NTA", D(mode), D(100), D(middle), D(260)))
        assert ("EV003" in codes(batch, replace(PRODUCT, label_term=term))) is is_found

    def test_but_an_ev_may_be_large(self) -> None:
        assert codes(replace(BATCH, size=SizeFacts("NTA", D(260), D(120), D(255), D(410)))) == []

    @pytest.mark.parametrize(("mode", "is_found"), [("150", False), ("150.1", True), ("200", True), ("200.1", False)])
    def test_beyond_the_quoted_range(self, mode: str, *, is_found: bool) -> None:
        batch = replace(BATCH, size=replace(SIZE, mode_nm=D(mode), d90_nm=D(260)))
        assert ("EV004" in codes(batch, EXOSOME)) is is_found
        assert "EV004" not in codes(batch, replace(PRODUCT, label_term="SEV"))

    @pytest.mark.parametrize(
        ("low", "middle", "high", "is_found"),
        [
            ("70", "115", "180", False),
            ("100", "100", "120", False),
            ("116", "115", "180", True),
            ("70", "181", "180", True),
            ("190", None, "180", True),
            (None, None, "180", False),
        ],
    )
    def test_percentiles_rise(self, low: str | None, middle: str | None, high: str | None, *, is_found: bool) -> None:
        parts = [None if one is None else D(one) for one in (low, middle, high)]
        assert ("EV005" in codes(replace(BATCH, size=SizeFacts("NTA", None, *parts)))) is is_found

    @pytest.mark.parametrize(("mode", "is_found"), [("69.9", True), ("70", False), ("180", False), ("180.1", True)])
    def test_the_mode_lies_inside(self, mode: str, *, is_found: bool) -> None:
        assert ("EV006" in size(mode_nm=D(mode))) is is_found

    @pytest.mark.parametrize(
        ("low", "middle", "high", "is_found"),
        [
            ("50", "100", "250", False),
            ("50", "100", "250.1", True),
            ("100", "100", "115", False),
            ("100", "100", "114.9", True),
        ],
    )
    def test_neither_too_broad_nor_too_narrow(self, low: str, middle: str, high: str, *, is_found: bool) -> None:
        batch = replace(BATCH, size=SizeFacts("NTA", None, D(low), D(middle), D(high)))
        assert ("EV007" in codes(batch)) is is_found

    @pytest.mark.parametrize("method", ["", "UNKNOWN"])
    def test_a_diameter_without_its_method(self, method: str) -> None:
        assert "EV014" in size(method=method)

    def test_a_batch_without_any_size(self) -> None:
        assert codes(replace(BATCH, size=SizeFacts())) == ["EV013", "EV014"]


class TestAmounts:
    @pytest.mark.parametrize(
        ("particles", "severity"),
        [
            ("0", "ERROR"),
            ("-1", "ERROR"),
            ("1.01e14", "ERROR"),
            ("1e14", "WARN"),
            ("1.01e13", "WARN"),
            ("1e13", ""),
            ("1e7", ""),
            ("9.9e6", "WARN"),
        ],
    )
    def test_a_count_that_cannot_be(self, particles: str, severity: str) -> None:
        batch = replace(BATCH, particles_per_ml=D(particles))
        found = batch_findings(batch, PRODUCT, (), Thresholds(), on=ON)
        assert [one.severity for one in found if one.code == "EV008"] == ([severity] if severity else [])

    @pytest.mark.parametrize(
        ("particles", "found", "words"),
        [
            ("1.99e9", ["EV009"], "impure"),
            ("2e9", ["EV009"], "low or medium"),
            ("2.99e10", ["EV009"], "low or medium"),
            ("3e10", [], ""),
            ("1e12", [], ""),
            ("1.01e12", ["EV010"], "per µg"),
        ],
    )
    def test_particles_against_protein(self, particles: str, found: list[str], words: str) -> None:
        batch = replace(BATCH, particles_per_ml=D(particles))
        product = replace(PRODUCT, particles_per_vial=None)
        seen = batch_findings(batch, product, (), Thresholds(), on=ON)
        assert [one.code for one in seen] == found
        assert all(words in one.found for one in seen)

    def test_protein_of_nothing_gives_no_ratio(self) -> None:
        assert codes(replace(BATCH, protein_ug_per_ml=D(0))) == []

    @pytest.mark.parametrize(
        ("particles", "protein", "others", "is_found"),
        [
            ("1e11", None, [], True),
            (None, "1", [], True),
            (None, None, [], True),
            ("1e11", None, ["LIPID"], False),
            (None, None, ["LIPID", "RNA"], False),
        ],
    )
    def test_two_kinds_of_amount(
        self, particles: str | None, protein: str | None, others: list[str], *, is_found: bool
    ) -> None:
        batch = replace(
            BATCH,
            particles_per_ml=particles and D(particles),
            protein_ug_per_ml=protein and D(protein),
            quantities=frozenset(others),
        )
        assert ("EV011" in codes(batch)) is is_found

    @pytest.mark.parametrize(
        ("label", "is_found"),
        [("5e11", False), ("4.1666e11", True), ("4.1667e11", False), ("6.25e11", False), ("6.26e11", True)],
    )
    def test_the_label_promises_what_the_certificate_counts(self, label: str, *, is_found: bool) -> None:
        assert ("QB013" in codes(BATCH, replace(PRODUCT, particles_per_vial=D(label)))) is is_found

    @pytest.mark.parametrize("change", [{"particles_per_vial": None}, {"fill_volume_ml": None}])
    def test_a_label_without_a_number_promises_nothing(self, change: dict[str, None]) -> None:
        assert codes(BATCH, replace(PRODUCT, **change)) == []


class TestMarkers:
    @pytest.mark.parametrize(
        ("results", "is_found"),
        [
            ([("C1", "CD9", "+"), ("C1", "CD63", "+"), ("C2", "ALIX", "+"), ("C3", "Albumin", "-")], False),
            ([("C1", "CD9", "+"), ("C2", "TSG101", "+"), ("C2", "ALIX", "+"), ("C4", "GM130", "negative")], False),
            ([("C1", "CD9", "+"), ("C2", "ALIX", "+"), ("C3", "Albumin", "-")], True),
            ([("C1", "CD9", "+"), ("C1", "cd-9", "+"), ("C2", "ALIX", "+"), ("C3", "Albumin", "-")], True),
            ([("C1", "CD9", "+"), ("C1", "CD63", "+"), ("C1", "CD81", "+"), ("C3", "Albumin", "-")], True),
            ([("C2", "TSG101", "+"), ("C2", "ALIX", "+"), ("C2", "HSC70", "+"), ("C3", "Albumin", "-")], True),
            ([("C1", "CD9", "+"), ("C1", "CD63", "+"), ("C2", "ALIX", "+")], True),
            ([("C1", "CD9", "+"), ("C1", "CD63", "+"), ("C2", "ALIX", "+"), ("C3", "Albumin", "+")], True),
            ([("C1", "CD9", "+"), ("C1", "CD63", "-"), ("C2", "ALIX", "+"), ("C3", "Albumin", "-")], True),
            ([("C1", "CD9", "+"), ("C5", "VEGF", "+"), ("C2", "ALIX", "+"), ("C3", "Albumin", "-")], True),
            ([("C1", "CD9", "85 %"), ("C1", "CD63", "weak"), ("C2", "ALIX", "++"), ("C3", "Albumin", "0 %")], False),
            ([], True),
        ],
    )
    def test_the_least_that_shows_vesicles(self, results: list[tuple[str, str, str]], *, is_found: bool) -> None:
        assert ("EV012" in codes(markers(*results))) is is_found

    def test_markers_that_do_not_apply_need_their_reason(self) -> None:
        none = replace(BATCH, markers=())
        assert codes(none) == ["EV012"]
        assert codes(replace(none, markers_reason="No marker is agreed for this plant.")) == []

    @pytest.mark.parametrize(
        ("method", "images", "is_found"),
        [
            ("NTA", ("TEM",), False),
            ("TRPS", ("AFM",), False),
            ("TEM", ("NFCM",), False),
            ("NTA", (), True),
            ("DLS", ("TEM",), True),
            ("MALS", ("TEM",), True),
            ("TEM", ("CRYO_EM",), True),
            ("", (), True),
        ],
    )
    def test_a_picture_and_a_count(self, method: str, images: tuple[str, ...], *, is_found: bool) -> None:
        batch = replace(BATCH, size=replace(SIZE, method=method), image_methods=images)
        assert ("EV013" in codes(batch)) is is_found

    @pytest.mark.parametrize(
        ("origin", "name", "sign", "is_found"),
        [
            ("PLANT", "CD63", "+", True),
            ("BACTERIAL", "CD-9", "+", True),
            ("FUNGAL", "CD81", "+", True),
            ("SYNTHETIC", "CD9", "+", True),
            ("PLANT", "CD63", "-", False),
            ("PLANT", "TET8", "+", False),
            ("PLANT", "CD630", "+", False),
            ("HUMAN", "CD63", "+", False),
            ("ANIMAL_FISH", "CD63", "+", False),
            ("UNKNOWN", "CD63", "+", False),
        ],
    )
    def test_a_protein_of_animals_in_a_plant(self, origin: str, name: str, sign: str, *, is_found: bool) -> None:
        assert ("EV017" in codes(markers(("C1", name, sign)), replace(PRODUCT, origin=origin))) is is_found


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


class TestCertificate:
    @pytest.mark.parametrize(("test", "code"), [("sterility", "QB004"), ("endotoxin", "QB005")])
    @pytest.mark.parametrize(
        ("route", "is_found"),
        [
            ("TOPICAL_INTACT", False),
            ("TOPICAL_HOME", False),
            ("TOPICAL_PEEL", True),
            ("TOPICAL_LASER", True),
            ("ID_SC", True),
            ("IV", True),
            ("", True),
        ],
    )
    def test_what_breaks_the_skin_needs_both(self, test: str, code: str, route: str, *, is_found: bool) -> None:
        assert codes(result(test, None), replace(PRODUCT, routes=(route,) if route else ())) == (
            [code] if is_found else []
        )

    def test_one_of_several_uses_is_enough(self) -> None:
        both = replace(PRODUCT, routes=("TOPICAL_INTACT", "ID_SC"))
        assert codes(result("sterility", None), both) == ["QB004"]

    def test_a_result_that_is_still_to_come_is_none(self) -> None:
        assert codes(result("sterility", ResultFacts("pending"))) == ["QB004"]

    @pytest.mark.parametrize(
        ("route", "endotoxin", "dose", "is_found"),
        [
            ("IV", "60", "5", False),
            ("IV", "60.1", "5", True),
            ("IV", "<60.1", "5", True),
            ("INJ_OTHER", "150.1", "2", True),
            ("INTRATHECAL", "2.4", "5", False),
            ("INTRATHECAL", "2.5", "5", True),
            ("ID_SC", "120", "2", False),
            ("ID_SC", "9999", "5", False),
            ("TOPICAL_MN", "9999", "5", False),
        ],
    )
    def test_more_endotoxin_than_the_pharmacopoeia_allows(
        self, route: str, endotoxin: str, dose: str, *, is_found: bool
    ) -> None:
        batch = result("endotoxin", ResultFacts(endotoxin, unit="EU/mL"))
        assert codes(batch, replace(PRODUCT, routes=(route,) if route else (), max_dose_ml=D(dose))) == (
            ["QB006"] if is_found else []
        )

    def test_an_amount_in_another_unit_or_a_dose_not_stated_is_not_judged(self) -> None:
        assert codes(result("endotoxin", ResultFacts("9999", unit="EU/mg")), replace(PRODUCT, routes=("IV",))) == []
        high = result("endotoxin", ResultFacts("9999", unit="EU/mL"))
        assert codes(high, replace(PRODUCT, routes=("IV",), max_dose_ml=None)) == []

    @pytest.mark.parametrize(
        ("material", "is_found"),
        [("CCM", True), ("CELL_EXTRUSION", True), ("PLANT_CALLUS", False), ("BIOFLUID", False)],
    )
    def test_cell_culture_needs_mycoplasma(self, material: str, *, is_found: bool) -> None:
        found = codes(result("mycoplasma", None), replace(PRODUCT, material=material))
        assert found == (["QB007"] if is_found else [])

    @pytest.mark.parametrize(
        ("reported", "method", "is_found"),
        [
            (date(2026, 2, 15), "Ph. Eur. 2.6.1", True),
            (date(2026, 2, 16), "Ph. Eur. 2.6.1", False),
            (date(2026, 2, 5), "", True),
            (date(2026, 2, 5), "Ph. Eur. 2.6.27", False),
            (date(2026, 2, 5), "rapid method", False),
            (date(2026, 2, 5), "BacT/ALERT", False),
            (None, "Ph. Eur. 2.6.1", False),
        ],
    )
    def test_germs_need_their_time_to_grow(self, reported: date | None, method: str, *, is_found: bool) -> None:
        batch = result("sterility", replace(STERILE, method=method, reported_on=reported))
        assert codes(batch) == (["QB012"] if is_found else [])

    @pytest.mark.parametrize("changes", [{"laboratory": ""}, {"is_signed": False}, {"is_signed": None}])
    def test_somebody_answers_for_the_results(self, changes: dict[str, Any]) -> None:
        assert codes(certificate(**changes)) == ["QB014"]

    def test_a_certificate_that_is_not_there_needs_no_signature(self) -> None:
        assert codes(replace(BATCH, certificate=None)) == []


class TestTransport:
    @pytest.mark.parametrize(
        ("custody", "changes", "is_found"),
        [
            (("M1", "D1"), {}, False),
            (("D2",), {}, False),
            (("M1",), {}, True),
            ((), {}, True),
            (("M1",), {"importer": "M1"}, False),
            (("M1",), {"importer": ""}, True),
            (("M1",), {"importer": "", "is_domestic": True}, False),
        ],
    )
    def test_somebody_is_named_between_maker_and_clinic(
        self, custody: tuple[str, ...], changes: dict[str, Any], *, is_found: bool
    ) -> None:
        found = codes(replace(BATCH, custody=custody), replace(PRODUCT, **changes))
        assert found == (["QB015"] if is_found else [])

    @pytest.mark.parametrize(
        ("label", "warmest", "is_found"),
        [
            ("2-8 C", "8", False),
            ("2-8 C", "8.1", True),
            ("2 to 8 °C", "19", True),
            ("2\N{EN DASH}8 °C", "7", False),
            ("+2 °C to +8 °C", "8.5", True),
            ("2-25 C", "25", False),
            ("room temperature", "25", False),
            ("room temperature", "25.1", True),
            ("-80 C", "-80", False),
            ("-80 C", "-60", True),
            ("-25 to -15 C", "-14", True),
            ("-25 to -15 C", "-15", False),
            ("36-46 F", "9", True),
            ("below 25 °C", "26", True),
            ("store well", "99", False),
            ("", "99", False),
        ],
    )
    def test_the_way_was_as_cold_as_the_label_asks(self, label: str, warmest: str, *, is_found: bool) -> None:
        found = codes(replace(BATCH, warmest_c=D(warmest)), replace(PRODUCT, storage_label=label))
        assert found == (["QB016"] if is_found else [])

    @pytest.mark.parametrize(
        ("form", "label", "is_found"),
        [
            ("LYO", "2-8 C", False),
            ("LYO", "2-25 C", False),
            ("LYO", "-80 C", True),
            ("LIQ_RT", "room temperature", False),
            ("LIQ_RT", "2-8 C", True),
            ("LIQ_2_8", "2-8 C", False),
            ("LIQ_2_8", "room temperature", True),
            ("LIQ_2_8", "-20 C", True),
            ("FROZEN_M20", "-20 C", False),
            ("FROZEN_M20", "2-8 C", True),
            ("FROZEN_M80", "-80 C", False),
            ("FROZEN_M80", "-20 C", True),
            ("FROZEN_M80", "room temperature", True),
            ("GEL", "2-25 C", False),
            ("GEL", "-20 C", True),
            ("MASK", "room temperature", False),
            ("UNKNOWN", "-80 C", False),
            ("FROZEN_M80", "", False),
        ],
    )
    def test_form_and_storage_agree(self, form: str, label: str, *, is_found: bool) -> None:
        assert of_product(formulation=form, storage_label=label) == (["QB017"] if is_found else [])


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


class TestState:
    @pytest.mark.parametrize(
        ("code", "severity", "state"),
        [
            ("EV001", "ERROR", "CONTRADICTORY"),
            ("QB001", "CONTRADICTION", "CONTRADICTORY"),
            ("QB004", "INCOMPLETE", "INCOMPLETE"),
            ("EV009", "WARN", "COMPLETE"),
            ("QB012", "QUERY", "COMPLETE"),
            ("EV004", "INFO", "COMPLETE"),
            ("QB011", "ERROR", "COMPLETE"),
        ],
    )
    def test_it_follows_from_the_gravest_finding_but_the_expiry(self, code: str, severity: str, state: str) -> None:
        assert provenance_state([Finding(code, severity, "", "", "", "", "")]) == state

    def test_a_contradiction_outweighs_what_is_missing(self) -> None:
        missing = Finding("QB004", "INCOMPLETE", "", "", "", "", "")
        assert provenance_state([missing, Finding("EV005", "ERROR", "", "", "", "", "")]) == "CONTRADICTORY"

    def test_no_check_suppresses_another(self) -> None:
        empty = codes(BatchFacts(), ProductFacts(origin="HUMAN", material="CCM"))
        assert empty == ["EV011", "EV012", "EV013", "EV014", "QB004", "QB005", "QB007", "QB008", "QB015"]


class TestThresholds:
    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("smallest_mode_nm", "29", "EV001"),
            ("widest_span", "0.9", "EV007"),
            ("narrowest_span", "1.2", "EV007"),
            ("pure_per_ug", "2e11", "EV009"),
            ("label_tolerance_percent", "19", "QB013"),
            ("sterility_days", "16", "QB012"),
            ("body_weight_kg", "30", "QB006"),
        ],
    )
    def test_a_clinic_may_set_them(self, name: str, value: str, code: str) -> None:
        batch = replace(
            result("endotoxin", ResultFacts("40", unit="EU/mL")), size=replace(SIZE, mode_nm=D(28), d10_nm=D(20))
        )
        batch = batch if name in ("smallest_mode_nm", "body_weight_kg") else BATCH
        product = replace(PRODUCT, routes=("IV",), particles_per_vial=D("4.18e11"))
        assert code not in codes(batch, product)
        assert code in codes(batch, product, limits=replace(Thresholds(), **{name: D(value)}))

    def test_each_number_has_a_row_with_its_default_inside_its_limits(self) -> None:
        assert set(THRESHOLDS) == {field.name for field in fields(Thresholds)} == set(DEFAULTS)
        for row in THRESHOLDS.values():
            assert row.least <= row.default <= row.most
            assert set(row.codes) <= set(CHECKS)


class TestCatalogue:
    def test_the_reference_names_every_check_with_its_severity_rule_and_basis(self) -> None:
        page = (Path(__file__).parents[2] / "docs/reference/findings.md").read_text(encoding="utf-8")
        rows = [line for line in page.splitlines() if line.startswith(("| EV", "| QB", "| RG"))]
        assert rows == [
            f"| {check.code} | {check.severity} | {'product' if check.is_of_product else 'batch'} | {check.rule} | {check.basis_words} |"
            for check in CHECKS.values()
        ]

    def test_the_reference_names_every_threshold(self) -> None:
        page = (Path(__file__).parents[2] / "docs/reference/findings.md").read_text(encoding="utf-8")
        for row in THRESHOLDS.values():
            numbers = " | ".join(f"{number:g}" for number in (float(row.default), float(row.least), float(row.most)))
            assert f"| `{row.name}` | {row.label} | {row.unit} | {numbers} | {', '.join(row.codes)} |" in page

    def test_all_46_are_there(self) -> None:
        wanted = (
            [f"EV{n:03}" for n in range(1, 23)]
            + [f"QB{n:03}" for n in range(1, 19)]
            + [f"RG{n:03}" for n in range(1, 7)]
        )
        assert list(CHECKS) == wanted

    @pytest.mark.parametrize("code", ["EV001", "EV009", "EV015", "EV017", "QB012", "QB018"])
    def test_what_is_only_remembered_says_so(self, code: str) -> None:
        assert CHECKS[code].basis_words.startswith("From memory, not yet looked up")

    def test_a_rule_of_thumb_says_so(self) -> None:
        assert CHECKS["EV007"].basis_words == "Rule of thumb, not yet looked up"
