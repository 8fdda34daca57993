"""The verdict of the rules on one use, and what lifts a STOP. Outside truth: expected verdicts of the fictitious samples."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from datetime import date
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from products import rules
from products.errors import ChronologyError, ExpiredError, RuleSetError, StopRefusedError
from products.records import ClinicRecord, Verdict
from products.vocabulary import DonorRelation, Origin, Route, RouteGroup

CONTENT = resources.files("products").joinpath("data", "regulatory_rules.json").read_bytes()
RULE_SET = rules.current_rule_set()
ROWS = {row.match.id: row for row in RULE_SET.rows}
SAMPLES: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "sample_products.json").read_text())
ON = date(2026, 11, 23)
PRODUCT = "0b7c3f0e-5a0e-4d52-9d7e-6d0f6f0c9a01"

PLACE_OF_AREA = {"EU": "DE", "NI": "GB-NIR", "*": "ZZ"}
PLACES = ["GB", "GB-NIR", "FR", "US", "CA", "KR", "JP", "AU", "SA", "AE", "IN", "TW", "CN", "BR"]
ORIGIN_OF_GROUP = {
    "HUMAN": (Origin.HUMAN, DonorRelation.ALLOGENEIC),
    "HUMAN_AUTOLOGOUS": (Origin.HUMAN, DonorRelation.AUTOLOGOUS),
    "ANIMAL": (Origin.ANIMAL_FISH, DonorRelation.XENOGENEIC),
    "NON_HUMAN": (Origin.PLANT, DonorRelation.NOT_APPLICABLE),
    "ANY": (Origin.BACTERIAL, DonorRelation.NOT_APPLICABLE),
}
ROUTE_OF_GROUP = {
    "G_INTACT": Route.TOPICAL_INTACT,
    "G_BREACHED": Route.TOPICAL_MN,
    "G_INJECT": Route.ID_SC,
    "G_SYSTEMIC": Route.IV,
}


def verdict(place: str, origin: str, relation: str = "ALLOGENEIC", route: str = "TOPICAL_MN") -> Verdict:
    return rules.verdict(place, origin, relation, route, RULE_SET)


def ids(found: Verdict) -> list[str]:
    return [rule.id for rule in found.rules]


def record(**changes: Any) -> ClinicRecord:
    """A record that lifts the STOP on a human product needled in, in Great Britain."""
    whole = ClinicRecord(
        product_id=PRODUCT,
        jurisdiction="GB",
        route="TOPICAL_MN",
        status="TRIAL",
        evidence="DOCUMENT_SEEN",
        reference="CTA-DEMO-1",
        named_people=("id-of-ines", "id-of-tom"),
    )
    return replace(whole, **changes)


def check(found: Verdict, *records: ClinicRecord, on: date = ON) -> None:
    rules.check_may_offer(found, records, product_id=PRODUCT, rule_set=RULE_SET, on=on)


class TestVerdict:
    @pytest.mark.parametrize("sample", SAMPLES["products"], ids=lambda sample: sample["id"])
    def test_every_sample_product_gets_its_expected_verdict(self, sample: dict[str, Any]) -> None:
        use = sample["planned_use"]
        found = verdict(use["jurisdiction"], sample["origin"], sample["donor_relation"], use["route"])
        expected = sample["expected_regulatory"]
        assert (found.severity, ids(found)) == (expected["severity"], expected["rules"])

    @pytest.mark.parametrize("rule_id", list(ROWS))
    def test_every_rule_matches_what_it_speaks_about(self, rule_id: str) -> None:
        row = ROWS[rule_id]
        place = PLACE_OF_AREA.get(row.match.jurisdiction, row.match.jurisdiction)
        origin, relation = ORIGIN_OF_GROUP[row.source_group]
        for group in RouteGroup:
            found = verdict(place, origin, relation, ROUTE_OF_GROUP[group])
            assert (rule_id in ids(found)) == (group.value in row.route_groups)

    @pytest.mark.parametrize(("place", "origin"), list(product(PLACES, Origin)))
    def test_every_use_has_a_verdict_and_the_most_severe_rule_wins(self, place: str, origin: Origin) -> None:
        for relation, route in product(DonorRelation, Route):
            found = verdict(place, origin, relation, route)
            severities = {rule.severity for rule in found.rules}
            expected = "STOP" if "STOP" in severities else "WARN" if "WARN" in severities else "INFO"
            assert found.severity == expected
            assert found.status in {rule.status for rule in found.rules if rule.status != "-"}

    @pytest.mark.parametrize(("place", "origin"), list(product(PLACES, Origin)))
    def test_nothing_is_injected_or_infused_without_a_stop_but_in_japan(self, place: str, origin: Origin) -> None:
        for route in (Route.ID_SC, Route.INJ_OTHER, Route.IV, Route.INHALED):
            assert verdict(place, origin, "UNKNOWN", route).severity == ("WARN" if place == "JP" else "STOP")

    def test_the_status_is_that_of_the_most_severe_row_and_ties_go_by_table_order(self) -> None:
        found = verdict("GB", "ANIMAL_MAMMAL", "XENOGENEIC", "TOPICAL_LASER")
        assert (ids(found), found.status) == (["GB-07", "GB-09", "GB-10"], "OUT_OF_SCOPE_USE")

    @pytest.mark.parametrize("origin", ["UNKNOWN", "MIXED"])
    def test_an_unknown_or_mixed_source_counts_as_human(self, origin: str) -> None:
        assert ids(verdict("GB", origin)) == ids(verdict("GB", "HUMAN"))

    def test_own_material_has_its_own_rows_where_the_place_has_them(self) -> None:
        assert ids(verdict("GB", "HUMAN", "AUTOLOGOUS", "ID_SC")) == ["GB-05", "GB-10"]
        assert ids(verdict("GB", "HUMAN", "AUTOLOGOUS", "IV")) == ["GB-11", "GB-10"]

    def test_own_material_falls_back_to_human_where_the_place_has_no_such_row(self) -> None:
        assert ids(verdict("FR", "HUMAN", "AUTOLOGOUS", "ID_SC")) == ["EU-02", "EU-06"]

    def test_a_source_that_is_not_known_to_be_human_is_not_taken_for_own_material(self) -> None:
        assert ids(verdict("GB", "UNKNOWN", "AUTOLOGOUS", "ID_SC")) == ["GB-03", "GB-10"]

    def test_rules_for_every_place_fill_a_gap(self) -> None:
        assert ids(verdict("TW", "HUMAN", route="ID_SC")) == ["XX-01"]
        assert ids(verdict("CN", "PLANT", "NOT_APPLICABLE", "TOPICAL_MN")) == ["XX-02"]

    def test_rules_for_every_place_apply_beside_rows_without_a_status(self) -> None:
        table = json.loads(CONTENT)
        table["rules"] = [row for row in table["rules"] if row["id"] in {"GB-10", "XX-02"}]
        thin = rules.parse_rule_set(json.dumps(table).encode())
        found = rules.verdict("GB", "PLANT", "NOT_APPLICABLE", "TOPICAL_INTACT", thin)
        assert (ids(found), found.status) == (["GB-10", "XX-02"], "UNKNOWN")

    @pytest.mark.parametrize(
        ("place", "area"),
        [
            ("GB", "GB"), ("GB-ENG", "GB"), ("GB-SCT", "GB"), ("gb ", "GB"), ("UK", "GB"), ("GB-NIR", "NI"),
            ("IE", "EU"), ("DE-BY", "EU"), ("GR", "EU"), ("EU", "EU"), ("US-CA", "US"), ("NO", "*"), ("CH", "*"),
            ("NI", "*"), ("*", "*"), ("", "*"), ("JE", "*"), ("HK", "*"),
        ],
    )  # fmt: skip
    def test_each_place_has_the_rules_of_its_area(self, place: str, area: str) -> None:
        assert rules.rule_area(place, RULE_SET) == area

    def test_the_eu_has_27_members(self) -> None:
        aliases = {"EU", "EL"}
        assert len({place for place, area in RULE_SET.areas.items() if area == "EU"} - aliases) == 27

    @pytest.mark.parametrize("change", [{"origin": "MARTIAN"}, {"route": "UP"}, {"relation": "COUSIN"}])
    def test_a_code_outside_the_vocabulary_is_an_error(self, change: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="is not a valid"):
            verdict("GB", **{"origin": "HUMAN", **change})

    def test_it_is_json_with_the_version_of_the_rules(self) -> None:
        found = json.loads(json.dumps(verdict("GB", "PLANT", route="TOPICAL_INTACT").as_json()))
        assert found["rule_set"] == {
            "version": hashlib.sha256(CONTENT).hexdigest()[:12],
            "as_of": "2026-11-23",
            "reviewed_by": None,
        }


class TestStop:
    def test_a_warning_is_no_obstacle(self) -> None:
        check(verdict("GB", "PLANT"))

    def test_a_stop_names_the_rules_and_what_would_change_them(self) -> None:
        with pytest.raises(StopRefusedError) as caught:
            check(verdict("GB", "HUMAN"))
        assert caught.value.rule_ids == ("GB-02",)
        assert "clinical trial" in caught.value.what_would_change_it[0]
        assert "GB-02" in caught.value.message
        assert "two people" in caught.value.message

    @pytest.mark.parametrize("status", ["TRIAL", "AUTHORISED", "SPECIAL"])
    @pytest.mark.parametrize("evidence", ["REGISTER_CHECKED", "DOCUMENT_SEEN"])
    def test_evidence_of_a_permission_lifts_it(self, status: str, evidence: str) -> None:
        check(verdict("GB", "HUMAN"), record(status=status, evidence=evidence))

    @pytest.mark.parametrize(
        "change",
        [
            {"status": "COSMETIC_NOTIFIED"},
            {"status": "NO_SPECIFIC_REGIME"},
            {"status": "UNKNOWN"},
            {"evidence": "SUPPLIER_STATED"},
            {"evidence": "NONE"},
            {"product_id": "another product"},
            {"route": "TOPICAL_LASER"},
            {"jurisdiction": "GB-NIR"},
            {"jurisdiction": "FR"},
            {"valid_from": date(2026, 11, 24)},
            {"valid_until": date(2026, 11, 22)},
            {"named_people": ()},
            {"named_people": ("id-of-ines",)},
            {"named_people": ("id-of-ines", "id-of-ines")},
            {"named_people": ("id-of-ines", "")},
        ],
        ids=str,
    )
    def test_anything_less_does_not(self, change: dict[str, Any]) -> None:
        with pytest.raises(StopRefusedError):
            check(verdict("GB", "HUMAN"), record(**change))

    def test_one_good_record_among_others_is_enough(self) -> None:
        check(verdict("GB", "HUMAN"), record(evidence="NONE"), record())

    def test_it_holds_on_its_first_and_last_day(self) -> None:
        check(verdict("GB", "HUMAN"), record(valid_from=ON, valid_until=ON))

    def test_a_record_for_the_whole_country_covers_its_parts(self) -> None:
        check(verdict("GB-SCT", "HUMAN"), record())
        check(verdict("FR", "HUMAN"), record(jurisdiction="EU"))

    def test_a_record_for_great_britain_does_not_cover_northern_ireland(self) -> None:
        with pytest.raises(StopRefusedError):
            check(verdict("GB-NIR", "HUMAN"), record())


class TestRuleSet:
    def test_every_stop_says_what_would_change_it_and_nothing_else_does(self) -> None:
        for row in RULE_SET.rows:
            assert bool(row.match.what_would_change_it) == (row.match.severity == "STOP"), row.match.id

    @pytest.mark.parametrize("rule_id", list(ROWS))
    def test_every_patient_sentence_is_plain_and_stands_alone(self, rule_id: str) -> None:
        text = ROWS[rule_id].match.patient_sentence
        assert re.search(r"\b[A-Z]{2}-\d\d\b|\bas (above|GB|EU)|Annex|\b416\b|ATMP|MoCRA|CPNP|SoHO|;", text) is None
        sentences = re.split(r"(?<=[.?!]) ", text)
        assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in sentences)
        assert max(len(sentence.split()) for sentence in sentences) <= 27

    def test_no_warning_to_staff_leans_on_another_rule_or_on_memory(self) -> None:
        for row in RULE_SET.rows:
            assert re.search(r"\b[A-Z]{2}-\d\d\b|\b416\b|ATMP", row.match.warn_clinic) is None, row.match.id

    def test_no_sentence_claims_to_be_reviewed_or_that_no_regulator_has_approved(self) -> None:
        table = json.loads(CONTENT)
        assert all(row["patient_sentence_reviewed"] is False for row in table["rules"])
        assert "no regulator has" not in CONTENT.decode().lower()

    def test_any_change_of_the_file_changes_the_version(self) -> None:
        assert rules.parse_rule_set(CONTENT + b" ").version != RULE_SET.version

    @pytest.mark.parametrize(
        "change",
        [
            {"severity": "MAYBE"},
            {"status": "FINE"},
            {"source_group": "MARTIAN"},
            {"route_groups": ["G_UP"]},
            {"patient_sentence": " "},
            {"what_would_change_it": ""},
            {"as_of": "yesterday"},
            {"sources": None},
        ],
        ids=str,
    )
    def test_a_row_that_lacks_something_is_refused(self, change: dict[str, Any]) -> None:
        table = json.loads(CONTENT)
        table["rules"][0].update(change)
        with pytest.raises(RuleSetError):
            rules.parse_rule_set(json.dumps(table).encode())

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"rules": [1]}'])
    def test_what_is_no_rule_set_is_refused(self, content: bytes) -> None:
        with pytest.raises(RuleSetError):
            rules.parse_rule_set(content)


class TestBatchDates:
    def test_a_batch_may_be_used_on_its_last_day_and_not_after(self) -> None:
        rules.check_not_expired(ON, on=ON)
        rules.check_not_expired(None, on=ON)
        with pytest.raises(ExpiredError, match="22 November 2026"):
            rules.check_not_expired(date(2026, 11, 22), on=ON)

    def test_dates_must_follow_one_another(self) -> None:
        rules.check_chronology([("production date", ON), ("certificate date", None), ("expiry date", ON)])
        with pytest.raises(ChronologyError, match="expiry date"):
            rules.check_chronology(
                [("production date", ON), ("certificate date", None), ("expiry date", date(2026, 1, 1))]
            )
