"""`manage.py read_scan`: the answers that the list of scanner inputs asks for, as JSON and as an exit code."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from products import gs1

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
SCANS = json.loads((VECTORS / "reliability_inputs.json").read_text(encoding="utf-8"))["GS1 scan or typed barcode"]
SAMPLES = json.loads((VECTORS / "sample_products.json").read_text(encoding="utf-8"))
SPELLED_OUT = {"lot-nul": "]d2010950600013435210LOT\0", "long": "]d2010950600013435210" + "A" * 9000}
SHAPE = ["ok", "gtin", "lot_number", "expiration_date", "production_date", "serial_number", "error"]


def read(raw: str) -> tuple[dict[str, object], int]:
    """What the command prints with `--json`, and its exit code."""
    out = io.StringIO()
    try:
        call_command("read_scan", raw, "--json", "--on", "2026-11-23", stdout=out)
    except SystemExit as leaving:
        return json.loads(out.getvalue()), int(str(leaving.code))
    return json.loads(out.getvalue()), 0


class TestReadScan:
    @pytest.mark.parametrize("scan", SCANS, ids=lambda scan: scan["id"])
    def test_every_listed_input_gets_its_answer(self, scan):
        said, code = read(SPELLED_OUT.get(scan["id"], scan["input"]))
        assert list(said) == SHAPE
        if scan["code"] == "OK":
            assert (said["ok"], said["error"], code) == (True, None, 0)
        else:
            assert (said["ok"], said["error"]["code"], code) == (False, scan["code"], 1)
            assert said["error"]["message"].endswith(".")

    @pytest.mark.parametrize(
        "unit",
        [
            unit | {"lot": batch["lot"], "gtin": batch["gtin"]}
            for p in SAMPLES["products"]
            for batch in p["batches"]
            for unit in batch["units"]
        ],
        ids=lambda unit: unit["serial"],
    )
    @pytest.mark.parametrize("spelling", ["raw", "human", "scan_with_aim_id", "digital_link"])
    def test_every_spelling_of_a_sample_vial_says_the_same(self, unit, spelling):
        said, code = read(unit[spelling])
        assert (code, said["gtin"], said["lot_number"], said["serial_number"]) == (
            0,
            unit["gtin"],
            unit["lot"],
            unit["serial"],
        )

    def test_dates_are_iso_and_day_00_is_the_last_of_the_month(self):
        said, _ = read("]d20109506000134352172802001126010110A")
        assert (said["expiration_date"], said["production_date"]) == ("2028-02-29", "2026-01-01")

    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            ("=G12341765432170", "gs1.isbt128"),
            ("SEC: PL001499Z549917123456 A00T041600320171231", "gs1.sec"),
            ("(00)095211010000000016", "gs1.sscc"),
            ("(01)09506000134352(37)10", "gs1.count"),
            ("010950600013435210A^21B", "gs1.separator_typed"),
            ("010950600013435210LOT17261231", "gs1.separator_missing"),
            ("]d20109506000134352\x1d0109521101000016", "gs1.two_products"),
        ],
    )
    def test_what_is_no_product_is_told_apart(self, raw, code):
        said, left = read(raw)
        assert (said["error"]["code"], left) == (code, 1)

    def test_a_bare_product_number_gives_the_product_only(self):
        said, _ = read("9506000134352")
        assert (said["gtin"], said["lot_number"], said["expiration_date"]) == ("09506000134352", None, None)

    def test_a_label_of_our_own_names_its_vial(self):
        vial = UUID("0c5d0d4e-5f6d-4c7e-9b1a-2f1f4d0c0a01")
        said, code = read(f"]Q1{gs1.internal_code(vial)}\r\n")
        assert (said["ok"], said["internal_label"], code) == (True, str(vial), 0)

    def test_for_a_person_it_prints_words_and_refuses_on_standard_error(self, capsys):
        call_command("read_scan", "]d201095060001343521728123110LOT-42A", "--on", "2026-11-23")
        assert capsys.readouterr().out == "GTIN: 09506000134352\nLot: LOT-42A\nUse by: 2028-12-31\n"
        with pytest.raises(CommandError, match="must be 2, not 3") as refused:
            call_command("read_scan", "]d2010950600013435310A")
        assert refused.value.returncode == 1
        assert capsys.readouterr().out == ""

    def test_a_wrong_day_is_a_wrong_call(self):
        with pytest.raises(CommandError):
            call_command("read_scan", "9506000134352", "--on", "23/11/2026")

    def test_the_century_follows_the_day_asked_about(self):
        assert gs1.parse_gs1_date("750101", today=date(2026, 1, 1)) == date(2075, 1, 1)
        assert gs1.parse_gs1_date("770101", today=date(2026, 1, 1)) == date(1977, 1, 1)
