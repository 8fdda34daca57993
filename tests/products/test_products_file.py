"""A file of products comes in whole or not at all, and what is found in it is what its papers say."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from audit.errors import Refusal
from audit.models import LogEntry
from audit.verification import recorded_models, verify
from clinic.models import Organization
from products import assessment
from products.models import Batch, Claim, Evidence, LotEdge, Party, Product
from products.services import (
    decide_rule_set,
    import_products,
    import_rule_set,
    read_evidence,
    rebuilt_snapshot,
    sample_set,
)
from tests.cast import NOW, operator_for
from tests.products.conftest import TODAY
from tests.products.test_standing import CONTENT

pytestmark = pytest.mark.django_db
Change = Callable[[dict[str, Any]], object]


def sample() -> dict[str, Any]:
    return copy.deepcopy(dict(sample_set()))


def imported(
    organization: Organization, file: object, *, dry: bool = False, on: date = TODAY, name: str = "supplier.json"
) -> Any:
    content = file if isinstance(file, bytes) else json.dumps(file).encode()
    return import_products(
        organization, content, name=name, on=on, agent=operator_for(organization), at=NOW, is_dry_run=dry
    )


def changed(change: Change, product: int = 0) -> dict[str, Any]:
    """The sample with one product in it, changed."""
    file = sample()
    file["products"] = [file["products"][product]]
    change(file["products"][0])
    return file


def codes_of(found: Any, lot: int = 0) -> list[str]:
    return [finding.code for finding in found.products[0].batches[lot].findings]


class TestTheSharedSample:
    @pytest.mark.parametrize("dry", [True, False])
    def test_every_product_and_batch_has_its_expected_findings(self, dry, harbour):
        found = imported(harbour, sample(), dry=dry)
        for spec, product in zip(sample()["products"], found.products, strict=True):
            assert product.id == spec["id"]
            assert sorted(one.code for one in product.findings) == sorted(
                one["code"] for one in spec["expected_product_findings"]
            )
            assert [rule for rule, _, _ in product.regulatory] == spec["expected_regulatory"]["rules"]
            assert spec["expected_regulatory"]["severity"] in {severity for _, severity, _ in product.regulatory}
            for lot, batch in zip(spec["batches"], product.batches, strict=True):
                assert sorted(one.code for one in batch.findings) == sorted(
                    one["code"] for one in lot["expected_findings"]
                )
                assert batch.provenance_state == lot["expected_provenance_state"]
        assert found.warnings == ()

    def test_it_is_one_act_with_one_entry_and_the_log_agrees(self, harbour):
        before = LogEntry.objects.count()
        imported(harbour, sample())
        assert LogEntry.objects.count() == before + 1
        assert LogEntry.objects.order_by("pk").last().kind == "products.products_imported"
        assert [one for one in verify(None, recorded_models()) if one.code != "log.key"] == []

    def test_every_claim_rests_on_the_file(self, harbour):
        content = json.dumps(sample()).encode()
        imported(harbour, content)
        evidence = Evidence.objects.get()
        assert read_evidence(evidence) == content
        assert not Claim.objects.filter(field="markers").exclude(value=None).exclude(evidence=evidence).exists()
        assert LotEdge.objects.exists()
        for subject in (*Product.objects.all(), *Batch.objects.all()):
            assert subject.snapshot == rebuilt_snapshot(subject)

    def test_what_is_kept_is_what_is_found(self, harbour):
        imported(harbour, sample())
        for batch in Batch.objects.select_related("product__organization"):
            lasting = {one.finding.code for one in assessment.findings_of_batch(batch, on=TODAY)} - {"EV022", "QB011"}
            assert {one["code"] for one in batch.findings} == lasting

    def test_a_second_time_nothing_changes(self, harbour):
        first = imported(harbour, sample())
        counts = [model.objects.count() for model in (Product, Batch, Claim, Party, Evidence, LotEdge)]
        second = imported(harbour, sample())
        assert [model.objects.count() for model in (Product, Batch, Claim, Party, Evidence, LotEdge)] == counts
        assert [one.batches for one in second.products] == [one.batches for one in first.products]

    def test_a_dry_run_writes_nothing(self, harbour):
        entries = LogEntry.objects.count()
        imported(harbour, sample(), dry=True)
        assert not Product.objects.exists()
        assert not Evidence.objects.exists()
        assert Organization.objects.count() == 1
        assert LogEntry.objects.count() == entries

    def test_a_dry_run_judges_the_file_by_itself_whatever_is_on_record(self, harbour):
        imported(harbour, sample())
        found = imported(harbour, changed(lambda one: one["batches"][0].update(custody=[])), dry=True)
        assert "QB015" in codes_of(found)

    @pytest.mark.parametrize("dry", [True, False])
    def test_the_rules_in_force_at_the_clinic_speak(self, dry, harbour, ada, ben):
        rules = json.loads(CONTENT)
        next(row for row in rules["rules"] if row["id"] == "GB-10")["severity"] = "STOP"
        next(row for row in rules["rules"] if row["id"] == "GB-10")["what_would_change_it"] = "A permission."
        version = import_rule_set(harbour, json.dumps(rules).encode(), source="By counsel", agent=ada, at=NOW)
        decide_rule_set(version, is_approved=True, reason="Compared.", agent=ben, at=NOW)
        found = imported(harbour, sample(), dry=dry)
        assert ("GB-10", "STOP") in [rule[:2] for rule in found.products[0].regulatory]

    def test_a_newer_file_takes_the_place_of_what_it_says_differently(self, harbour):
        imported(harbour, sample())
        found = imported(harbour, changed(lambda one: one["batches"][0]["size"].update(mode_nm=12)), name="newer.json")
        assert "EV001" in codes_of(found)
        assert Batch.objects.get(lot_number="UCX26A01").claims.filter(field="size").count() > 1


class TestChangedFiles:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda b: b["size"].update(d10_nm=200), "EV005"),
            (lambda b: b["size"].update(d10_nm=0), "EV001"),
            (lambda b: b["size"].update(d10_nm=-3.5), "EV001"),
            (lambda b: b.update(particles_per_mL=0), "EV008"),
            (lambda b: b.update(particles_per_mL=-1), "EV008"),
            (lambda b: b.update(particles_per_mL=2e14), "EV008"),
            (lambda b: b.update(manufactured="2029-01-01"), "QB003"),
            (lambda b: b["coa"].update(date="2026-01-01"), "QB003"),
            (lambda b: b["coa"].update(date="2026-03-10"), "QB003"),
            (lambda b: b["custody"].pop(1), "QB015"),
            (lambda b: b.update(gtin="09521101000017"), "QB009"),
            (lambda b: b["custody"][0].update(gln="9521101900018"), "QB009"),
            (lambda b: b["units"][0].update(raw=b["units"][0]["raw"].replace("17280131", "17280231")), "QB010"),
            (lambda b: b["units"][0].update(human=b["units"][0]["human"].replace("(17)280131", "(17)280231")), "QB010"),
            (lambda b: b["units"][0].update(raw=b["units"][0]["raw"].replace("000016", "000017")), "QB009"),
            (lambda b: b["coa"].update(signed=None), "QB014"),
            (lambda b: b["coa"].pop("laboratory"), "QB014"),
            (lambda b: b["coa"]["tests"].pop("sterility"), "QB004"),
            (lambda b: b["coa"]["tests"].update(endotoxin={"result": None}), "QB005"),
            (lambda b: b["coa"]["tests"]["sterility"].update(reported="2026-02-15"), "QB012"),
            (lambda b: b["lineage"]["donor_screening"].pop("HCV"), "QB008"),
            (lambda b: b["lineage"].update(donor_tissue="bone marrow"), "EV020"),
            (lambda b: b.update(cold_chain_max_C=8.1), "QB016"),
            (lambda b: b.update(protein_ug_per_mL=None), "EV011"),
            (lambda b: b.pop("markers"), "EV012"),
            (lambda b: b.pop("image_method"), "EV013"),
            (lambda b: b.pop("size"), "EV014"),
            (lambda b: b["coa"].update(lot="UCX26A02"), "QB001"),
            (lambda b: b["coa"].update(expiry="2028-01-30"), "QB002"),
        ],
    )
    def test_what_the_papers_say_is_found_also_where_it_cannot_be(self, change, code, harbour):
        found = imported(harbour, changed(lambda one: change(one["batches"][0])), dry=True)
        assert code in codes_of(found)
        assert code not in codes_of(imported(harbour, changed(lambda one: None), dry=True))

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            (lambda p: p.update(origin="BACTERIAL"), "EV015"),
            (lambda p: p.update(isolation=[]), "EV019"),
            (lambda p: p.update(isolation=["UNKNOWN"]), "EV019"),
            (lambda p: p.update(claims=["contains live stem cells"]), "EV018"),
            (lambda p: p.update(claims=["MHRA approved"]), "RG001"),
            (
                lambda p: p["status_claims"].append(
                    {"jurisdiction": "GB", "status": "COSMETIC_NOTIFIED", "evidence": "DOCUMENT_SEEN"}
                ),
                "RG003",
            ),
            (lambda p: p.update(storage_label="-80 C"), "QB017"),
            (lambda p: p["planned_use"].update(route="ID_SC"), "RG002"),
        ],
    )
    def test_on_the_product_too(self, change, code, harbour):
        found = imported(harbour, changed(change), dry=True)
        assert code in [finding.code for finding in found.products[0].findings]

    @pytest.mark.parametrize(("endotoxin", "is_found"), [(60, False), (60.1, True), ("<60.1", True)])
    def test_a_limit_by_body_weight(self, endotoxin, is_found, harbour):
        def through_a_vein(product: dict[str, Any]) -> None:
            product["planned_use"]["route"] = "IV"
            product["batches"][0]["coa"]["tests"]["endotoxin"]["result"] = endotoxin

        assert ("QB006" in codes_of(imported(harbour, changed(through_a_vein), dry=True))) is is_found

    @pytest.mark.parametrize(("expiry", "is_found"), [("2026-11-23", False), ("2026-11-22", True)])
    def test_a_last_day(self, expiry, is_found, harbour):
        found = imported(harbour, changed(lambda one: one["batches"][0].update(expiry=expiry)), dry=True)
        assert ("QB011" in codes_of(found)) is is_found

    @pytest.mark.parametrize(
        "key",
        [
            "manufacturer",
            "importer",
            "gtin14",
            "isolation",
            "claims",
            "status_claims",
            "planned_use",
            "max_dose_mL",
            "storage_label",
            "batches",
            "species",
            "label_route",
            "formulation",
            "id",
            "donor_relation",
            "label_particles_per_vial",
        ],
    )
    def test_a_product_may_leave_out(self, key, harbour):
        assert len(imported(harbour, changed(lambda one: one.pop(key))).products) == 1

    @pytest.mark.parametrize(
        "key",
        [
            "manufactured",
            "lineage",
            "size",
            "image_method",
            "particles_per_mL",
            "protein_ug_per_mL",
            "markers",
            "coa",
            "custody",
            "cold_chain_max_C",
            "gtin",
            "units",
        ],
    )
    def test_a_batch_may_leave_out(self, key, harbour):
        found = imported(harbour, changed(lambda one: one["batches"][0].pop(key)))
        assert len(found.products[0].batches) == 3

    def test_twins_are_found_among_more_batches_than_an_act_judges_at_once(self, harbour, monkeypatch):
        monkeypatch.setattr("products.services.judging.AT_ONCE", 2)

        def many(product: dict[str, Any]) -> None:
            pattern = product["batches"][0]
            product["batches"] = [
                {**pattern, "lot": f"TWIN{n}", "coa": None, "units": [], "protein_ug_per_mL": 1.5 + n // 2}
                for n in range(8)
            ]

        found = imported(harbour, changed(many))
        assert ["EV022" in codes_of(found, lot) for lot in range(8)] == [True] * 8

    @pytest.mark.parametrize(
        ("place", "rule"), [("NI", "NI-02"), ("UK", "GB-02"), ("GB-NIR", "NI-02"), ("fr", "EU-02")]
    )
    def test_a_planned_use_names_its_place_as_a_status_does(self, place, rule, harbour):
        found = imported(harbour, changed(lambda p: p["planned_use"].update(jurisdiction=place)))
        assert found.products[0].regulatory[0][0] == rule

    def test_without_its_organisations_a_code_stands_for_the_name(self, harbour):
        file = sample()
        del file["organisations"]
        found = imported(harbour, file)
        assert codes_of(found) == ["EV009"]
        assert Party.objects.filter(name="D1").exists()

    def test_a_vial_whose_code_is_another_lots_is_left_out_and_told_of(self, harbour):
        found = imported(harbour, changed(lambda one: one["batches"][0].update(lot="UCX26A99")))
        assert any("another product or lot" in warning for warning in found.warnings)
        assert not Batch.objects.get(lot_number="UCX26A99").units.exists()


class TestRefusals:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "products_file.json"),
            (b"{", "products_file.json"),
            (b"\xff\xfe", "products_file.json"),
            (b"[]", "products_file.shape"),
            (b"{}", "products_file.shape"),
            (b'{"products": {}}', "products_file.shape"),
            (b'{"products": [], "products": []}', "products_file.json"),
            (b'{"products": [NaN]}', "products_file.json"),
            (b"[" * 100_000, "products_file.json"),
        ],
    )
    def test_what_is_no_such_file(self, content, code, harbour):
        with pytest.raises(Refusal) as refused:
            imported(harbour, content)
        assert refused.value.code == code

    @pytest.mark.parametrize(
        "change",
        [
            lambda p: p.update(trade_name=""),
            lambda p: p.update(origin="MARTIAN"),
            lambda p: p.update(gtin14="not a number"),
            lambda p: p.update(batches=[1]),
            lambda p: p["batches"][1].update(lot=None),
            lambda p: p["batches"][1].update(expiry=None),
            lambda p: p["batches"][1].update(expiry="01/02/2028"),
            lambda p: p["batches"][1].update(expiry="2028-02-30"),
            lambda p: p["batches"][1].update(lot="UCX26A01"),
            lambda p: p["batches"][1].update(particles_per_mL="many"),
            lambda p: p["batches"][1].update(particles_per_mL=True),
            lambda p: p["batches"][1].update(lot="x" * 21),
            lambda p: p["batches"][1].update(size="small"),
            lambda p: p["batches"][1].update(image_method="PHOTO"),
            lambda p: p["batches"][1]["coa"].update(signed="yes"),
            lambda p: p["batches"][1]["coa"]["tests"].update(endotoxin={"result": "much"}),
        ],
    )
    def test_all_or_nothing(self, change, harbour):
        with pytest.raises(Refusal):
            imported(harbour, changed(change))
        assert not Product.objects.exists()
        assert not Batch.objects.exists()

    def test_one_product_twice(self, harbour):
        file = sample()
        file["products"].append(file["products"][0])
        with pytest.raises(Refusal, match="stands in a file once"):
            imported(harbour, file)

    def test_the_place_in_the_file_is_named(self, harbour):
        with pytest.raises(Refusal, match=r"products\[0\]\.batches\[1\]\.expiry must be a date"):
            imported(harbour, changed(lambda p: p["batches"][1].update(expiry="01/02/2028")))


class TestTheCommand:
    def run(self, path: Path, *options: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                call_command("import_products", str(path), *options, stdout=out, stderr=err)
            except SystemExit as stop:
                return int(stop.code or 0), out.getvalue(), err.getvalue()
            except CommandError as stop:
                return stop.returncode, out.getvalue(), str(stop)
        return 0, out.getvalue(), err.getvalue()

    @pytest.fixture
    def path(self, tmp_path) -> Path:
        path = tmp_path / "sample.json"
        path.write_text(json.dumps(sample()))
        return path

    def test_prints_one_object_as_the_shape_prescribes(self, path, harbour):
        code, out, _ = self.run(path, "--json", "--dry-run", "--on", "2026-11-23")
        assert code == 0
        first = json.loads(out)["products"][0]
        assert first["id"] == "P1"
        assert first["findings"] == ["RG005", "RG005"]
        assert first["regulatory"][0].keys() == {"rule", "severity", "status"}
        assert first["batches"][0] == {"lot": "UCX26A01", "findings": ["EV009"], "provenance_state": "COMPLETE"}
        assert not Product.objects.exists()

    def test_a_dry_run_needs_no_clinic_but_an_import_does(self, path, db):
        assert self.run(path, "--json", "--dry-run")[0] == 0
        code, out, _ = self.run(path, "--json")
        assert code == 1
        assert "no clinic" in json.loads(out)["error"]["message"]

    def test_the_only_clinic_is_meant_and_several_must_be_chosen_from(self, path, harbour, inland):
        assert self.run(path)[0] == 1
        assert self.run(path, "--clinic", inland.short_code.lower())[0] == 0
        assert {product.organization_id for product in Product.objects.all()} == {inland.pk}

    def test_refusals_leave_with_1_and_one_object(self, tmp_path, harbour):
        wrong = tmp_path / "wrong.json"
        wrong.write_text("{")
        code, out, _ = self.run(wrong, "--json")
        assert (code, json.loads(out)["error"]["code"]) == (1, "products_file.json")
        assert self.run(tmp_path / "missing.json")[0] == 1

    def test_without_tables_it_says_what_to_do(self, path, db, monkeypatch):
        def no_table(*_: object) -> None:
            raise OperationalError("no such table: clinic_organization")

        monkeypatch.setattr("products.management.commands.import_products.Organization.objects.order_by", no_table)
        code, out, _ = self.run(path, "--json", "--dry-run")
        assert code == 1
        assert "manage.py migrate" in json.loads(out)["error"]["message"]

    def test_people_read_lines(self, path, harbour):
        code, out, _ = self.run(path, "--on", "2026-11-23")
        assert code == 0
        assert "lot UCX26C03: CONTRADICTORY" in out
        assert "4 products. All of it is on record." in out
