"""Every check of the certificate and of the transport finds what it names, on both sides of its limit, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from products.rules.findings import ResultFacts
from tests.products.clean_papers import BATCH, PRODUCT, STERILE, D, certificate, codes, of_product, result


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
