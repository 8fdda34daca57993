"""What all checks have in common: clean papers, the state that follows, the thresholds, and the list of them."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from products.records import Finding
from products.rules.findings import (
    CHECKS,
    DEFAULTS,
    THRESHOLDS,
    BatchFacts,
    ProductFacts,
    ResultFacts,
    Thresholds,
    provenance_state,
)
from tests.products.clean_papers import BATCH, PRODUCT, SIZE, D, codes, of_product, result


class TestCleanPapers:
    def test_nothing_is_found(self) -> None:
        assert codes() == []
        assert of_product() == []

    def test_and_they_are_complete(self) -> None:
        assert provenance_state([]) == "COMPLETE"


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
