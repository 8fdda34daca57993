"""Every check of sizes, amounts and markers finds what it names, on both sides of its limit, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.rules.findings import SizeFacts, Thresholds, batch_findings
from tests.products.clean_papers import BATCH, EXOSOME, ON, PRODUCT, SIZE, D, codes, markers, size


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
