"""Reading GS1 codes. Outside truth: vectors of GS1, JPAC and ICCBBA, and the fictitious samples, in tests/vectors."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from products import gs1
from products.errors import ScanError, ScanTooLongError
from products.gs1.check_digits import CSET82

TODAY = date(2026, 11, 23)
VECTORS = Path(__file__).parents[1] / "vectors"
SAMPLES: dict[str, Any] = json.loads((VECTORS / "sample_products.json").read_text())
HOSTILE: list[dict[str, str]] = json.loads((VECTORS / "reliability_inputs.json").read_text())[
    "GS1 scan or typed barcode"
]
GTIN = "09506000134352"

# What the samples call an error, and our code for it: the samples name the place, we name the fault.
SAMPLE_ERRORS = {
    "GTIN_CHECK_DIGIT": "gs1.check_digit",
    "DATE": "gs1.date",
    "MISSING_01": "gs1.gtin_missing",
    "NOT_GS1": "gs1.isbt128",
}


def read(raw: str) -> gs1.ElementString:
    return gs1.parse_element_string(raw, today=TODAY)


def refusal(raw: str) -> ScanError:
    with pytest.raises(ScanError) as caught:
        read(raw)
    return caught.value


def outcome(raw: str) -> str:
    try:
        read(raw)
    except ScanError as refused:
        return refused.code if refused.message.endswith(".") else "a message that breaks off"
    return "read"


def as_sent(vector: dict[str, str]) -> str:
    """Two vectors describe an input that the list cannot hold as text."""
    if vector["id"] == "lot-nul":
        return f"]d201{GTIN}10LO\x00T"
    if vector["id"] == "long":
        return f"]d201{GTIN}10" + "A" * 9_000
    return vector["input"]


def units() -> list[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
    return [
        (unit["serial"], form, unit[form], batch, unit)
        for product in SAMPLES["products"]
        for batch in product["batches"]
        for unit in batch["units"]
        for form in ("human", "raw", "scan_with_aim_id", "digital_link")
    ]


class TestWhatIsAccepted:
    @pytest.mark.parametrize("vector", [v for v in HOSTILE if v["code"] == "OK"], ids=lambda v: v["id"])
    def test_every_listed_good_input_is_read(self, vector: dict[str, str]) -> None:
        assert read(as_sent(vector)).gtin == GTIN

    @pytest.mark.parametrize(("serial", "form", "text", "batch", "unit"), units())
    def test_every_sample_unit_reads_the_same_in_every_spelling(
        self, serial: str, form: str, text: str, batch: dict[str, Any], unit: dict[str, Any]
    ) -> None:
        found = read(text)
        assert (found.gtin, found.lot_number, found.serial_number) == (batch["gtin"], batch["lot"], serial)
        assert found.expiration_date == date.fromisoformat(batch["expiry"])
        assert found.production_date == date.fromisoformat(batch["manufactured"])

    def test_a_full_scan_is_read_back_in_parts(self) -> None:
        found = read("]d20109521101000016172801311126020110UCX26A01\x1d21S000001")
        assert found == gs1.ElementString(
            raw="]d20109521101000016172801311126020110UCX26A01\x1d21S000001",
            form="gs1",
            gtin="09521101000016",
            lot_number="UCX26A01",
            expiration_date=date(2028, 1, 31),
            production_date=date(2026, 2, 1),
            serial_number="S000001",
            symbology="]d2",
        )

    @pytest.mark.parametrize("symbology", ["]d2", "]C1", "]Q3", "]e0"])
    def test_each_gs1_symbology_reads_alike(self, symbology: str) -> None:
        assert read(f"{symbology}01{GTIN}10A").lot_number == "A"

    @pytest.mark.parametrize("ending", ["\r\n", "\r", "\n", "\t", "\x1d", "\x1d\r\n"])
    def test_one_ending_that_a_scanner_adds_is_stripped(self, ending: str) -> None:
        assert read(f"]d201{GTIN}10A{ending}").lot_number == "A"

    @pytest.mark.parametrize("raw", ["9506000134352", "09506000134352", "]E09506000134352", " 9506000134352 \r\n"])
    def test_a_bare_product_number_gives_the_product_only(self, raw: str) -> None:
        found = read(raw)
        assert (found.form, found.gtin, found.lot_number, found.expiration_date) == ("gtin", GTIN, "", None)

    def test_an_unused_field_is_kept_and_not_acted_on(self) -> None:
        assert read(f"]d201{GTIN}9912345").others == (("99", "12345"),)

    def test_a_production_time_gives_the_production_date(self) -> None:
        assert read("010952110100001680082602011430\x1d10UCX26A01").production_date == date(2026, 2, 1)

    def test_a_repeated_field_is_noted(self) -> None:
        assert read(f"]d201{GTIN}10A\x1d10A").notes == ("field (10) came twice with the same value",)

    def test_spaces_around_a_bracketed_value_do_not_count(self) -> None:
        assert read("(01) 09521101000016 (17) 280131 (10) UCX26A01").lot_number == "UCX26A01"

    def test_a_date_after_the_lot_in_brackets_has_one_reading(self) -> None:
        assert read("(01)09521101000016(10)UCX26A01(17)280131(21)S1").serial_number == "S1"

    @pytest.mark.parametrize("prefix", ["https://shop.example/en/p", "http://id.gs1.org", "]Q1HTTPS://evil.example"])
    def test_a_digital_link_reads_from_any_host_and_stem(self, prefix: str) -> None:
        found = read(f"{prefix}/01/{GTIN}/10/A%2FB?17=261231&linkType=gs1:pip")
        assert (found.form, found.lot_number, found.expiration_date) == ("digital_link", "A/B", date(2026, 12, 31))

    def test_facts_are_json(self) -> None:
        assert json.loads(json.dumps(read(f"]d201{GTIN}1726123110A").as_json()))["expiration_date"] == "2026-12-31"

    @given(st.text(CSET82, min_size=1, max_size=20), st.text(CSET82, min_size=1, max_size=20))
    def test_any_lot_and_serial_of_the_standard_survive_a_scan(self, lot: str, serial: str) -> None:
        raw = f"]d201{GTIN}17261231" + f"10{lot}\x1d21{serial}"
        if any(mark in raw.lower() for mark in ("<gs>", "<fnc1>")):
            return
        found = read(raw)
        assert (found.lot_number, found.serial_number) == (lot, serial)
        assert [element.value for element in GS1Message.parse(raw[3:]).element_strings][2:] == [lot, serial]


class TestWhatIsRefused:
    @pytest.mark.parametrize("vector", [v for v in HOSTILE if v["code"] != "OK"], ids=lambda v: v["id"])
    def test_every_listed_bad_input_gets_its_code(self, vector: dict[str, str]) -> None:
        assert refusal(as_sent(vector)).code == vector["code"]

    @pytest.mark.parametrize("vector", SAMPLES["scan_vectors"], ids=lambda v: v["name"])
    def test_every_sample_scan_gets_its_answer(self, vector: dict[str, Any]) -> None:
        if vector["ok"]:
            assert read(vector["raw"]).gtin == "09521101000016"
        else:
            assert refusal(vector["raw"]).code == SAMPLE_ERRORS[vector["error"]]

    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            ("", "gs1.empty"),
            ("\r\n", "gs1.empty"),
            ("]d2\x1d", "gs1.empty"),
            ("00095211010000000016", "gs1.sscc"),
            (f"]d200095211010000000016\x1d02{GTIN}3712", "gs1.sscc"),
            (f"]d202{GTIN}3712", "gs1.gtin_missing"),
            (f"]d201{GTIN}3712", "gs1.count"),
            (f"]d201{GTIN}0109521101000016", "gs1.two_products"),
            (f"]d201{GTIN}0209521101000016", "gs1.two_products"),
            (f"]d201{GTIN}10A\x1d10B", "gs1.repeated"),
            (f"]d201{GTIN}10A^21B", "gs1.separator_typed"),
            (f"(01){GTIN}(10)A^", "gs1.separator_typed"),
            (f"]d201{GTIN}10A\\x1d21B", "gs1.separator_typed"),
            (f"]d201{GTIN}10A{{GS}}21B", "gs1.separator_typed"),
            (f"]d201{GTIN}10A\u241d21B", "gs1.separator_typed"),
            (f"]d2\x1d\x1d01{GTIN}10A", "gs1.separator"),
            (f"]d201{GTIN}10A\x1d\x1d21B", "gs1.separator"),
            (f"]d201{GTIN}10LOT9" + "17261231", "gs1.separator_missing"),
            (f"]d201{GTIN}10LOT9" + "17261200", "gs1.separator_missing"),
            (f"]d201{GTIN}10" + "17261231", "gs1.separator_missing"),
            (f"]d201{GTIN}10" + "A" * 21, "gs1.length"),
            (f"]d201{GTIN}21", "gs1.length"),
            (f"]d201{GTIN}10LOT 9", "gs1.charset"),
            (f"]d201{GTIN}10A\r\n\n", "gs1.charset"),
            (f"]d201{GTIN}10A\t21B", "gs1.charset"),
            (f"]d201{GTIN}05A", "gs1.unknown_ai"),
            (f"]d201{GTIN}\u0661\u0660A", "gs1.not_ascii_digit"),
            (f"]d201{GTIN}1127000010A", "gs1.date"),
            (f"]d201{GTIN}80082602012530", "gs1.format"),
            ("9506000134353", "gs1.check_digit"),
            ("]E095060001343", "gs1.length"),
            ("0000000000000", "gs1.gtin_zero"),
            ("HELLO", "gs1.not_gs1"),
            (f"]C001{GTIN}10A", "gs1.not_gs1"),
            ("https://example.com/about", "gs1.not_gs1"),
            ("https://[broken/01/09506000134352", "gs1.not_gs1"),
            (f"https://example.com/01/{GTIN}/10/%FF", "gs1.not_gs1"),
            (f"https://example.com/01/{GTIN}/21/S/10/A", "gs1.digital_link"),
            (f"https://example.com/01/{GTIN}/10", "gs1.digital_link"),
            (f"https://example.com/01/{GTIN}/10/A?10=B", "gs1.repeated"),
            (f"https://example.com/01/{GTIN}/10/LOT%0A", "gs1.charset"),
            ("https://example.com/01/09506000134353", "gs1.check_digit"),
            ("https://example.com/00/095211010000000016", "gs1.sscc"),
            (f"(01){GTIN}(10)A(B)C", "gs1.ambiguous"),
            (f"(01){GTIN}(10)A)", "gs1.brackets"),
            (f"(01){GTIN}(05)A", "gs1.unknown_ai"),
            (f"(01){GTIN}(1", "gs1.brackets"),
            ("=G12349865432177", "gs1.isbt128"),
            ("]C0=G12349865432177", "gs1.isbt128"),
            ("&>G1234", "gs1.isbt128"),
            ("PL001499Z549917123456A00T041600320171231", "gs1.sec"),
            ("SEC: PL001499Z549917123456 A00T041600320171231", "gs1.sec"),
        ],
    )
    def test_each_doubtful_code_is_refused_by_name(self, raw: str, code: str) -> None:
        assert refusal(raw).code == code

    def test_a_lot_that_ends_like_a_date_is_right_when_the_expiry_is_there(self) -> None:
        assert read(f"]d201{GTIN}1726123110LOT9" + "17261231").lot_number == "LOT917261231"

    def test_a_lot_that_ends_in_17_and_no_date_is_a_lot(self) -> None:
        assert read(f"]d201{GTIN}10LOT17999999").lot_number == "LOT17999999"

    def test_too_much_text_is_refused_before_it_is_read(self) -> None:
        with pytest.raises(ScanTooLongError):
            read(f"01{GTIN}10A\x1d99" + "A" * 512)

    def test_the_place_of_the_fault_is_counted_in_what_came_in(self) -> None:
        raw = f"]d2\x1d01{GTIN}10LOT#9"
        refused = refusal(raw)
        assert refused.position == raw.index("#")
        assert f"character {raw.index('#') + 1}" in refused.message

    def test_a_look_alike_letter_is_named(self) -> None:
        assert "U+041E, cyrillic capital letter o" in refusal(f"]d201{GTIN}10L\u041eT9").message

    def test_a_wrong_check_digit_says_what_was_expected(self) -> None:
        refused = refusal(f"]d201{GTIN[:-1]}310A")
        assert "must be 2, not 3" in refused.message

    @given(st.text(max_size=60))
    def test_any_text_is_read_or_refused_in_words(self, text: str) -> None:
        assert outcome(text) == "read" or outcome(text).startswith("gs1.")

    @given(st.text("0123456789()ABC#\x1d]d2^ /:https", max_size=60))
    def test_anything_after_a_good_start_is_read_or_refused_in_words(self, text: str) -> None:
        raw = f"]d201{GTIN}{text}"
        assert outcome(raw) == "read" or outcome(raw).startswith("gs1.")


class TestDates:
    @pytest.mark.parametrize("vector", SAMPLES["identifier_vectors"]["gs1_dates"], ids=lambda v: v["raw"])
    def test_every_date_vector(self, vector: dict[str, Any]) -> None:
        if vector.get("valid") is False:
            with pytest.raises(ValueError, match="month"):
                gs1.parse_gs1_date(vector["raw"], today=TODAY)
        else:
            assert gs1.parse_gs1_date(vector["raw"], today=TODAY).isoformat() == vector["iso"]

    @pytest.mark.parametrize(
        ("today", "digits", "year"),
        [
            (2026, "77", 1977),
            (2026, "76", 2076),
            (2026, "00", 2000),
            (2060, "10", 2110),
            (2060, "11", 2011),
            (1999, "49", 2049),
        ],
    )
    def test_the_century_slides_with_the_year(self, today: int, digits: str, year: int) -> None:
        assert gs1.parse_gs1_date(f"{digits}0101", today=date(today, 6, 1)).year == year

    @pytest.mark.parametrize("digits", ["26010", "2601011", "26O101", "\u0662\u0666\u0660\u0661\u0660\u0661", ""])
    def test_other_than_six_digits_is_no_date(self, digits: str) -> None:
        with pytest.raises(ValueError, match="six digits"):
            gs1.parse_gs1_date(digits, today=TODAY)


class TestCheckDigits:
    @pytest.mark.parametrize("vector", SAMPLES["identifier_vectors"]["gs1_check_digit"], ids=lambda v: v["key"])
    def test_every_gs1_key_vector(self, vector: dict[str, str]) -> None:
        assert gs1.check_digit(vector["body"]) == vector["check"]
        assert gs1.has_right_check_digit(vector["body"] + vector["check"])
        assert not gs1.has_right_check_digit(vector["body"] + str((int(vector["check"]) + 1) % 10))

    @pytest.mark.parametrize("vector", SAMPLES["identifier_vectors"]["gmn_check_pair"], ids=lambda v: v["value"])
    def test_every_global_model_number_vector(self, vector: dict[str, str]) -> None:
        assert gs1.gmn_check_pair(vector["value"][:-2]) == vector["value"][-2:]

    def test_digits_of_other_scripts_have_no_check_digit(self) -> None:
        with pytest.raises(ValueError, match="digits 0 to 9"):
            gs1.check_digit("\u0660\u0661")

    def test_a_model_number_that_is_too_long_is_refused(self) -> None:
        with pytest.raises(ValueError, match="23"):
            gs1.gmn_check_pair("A" * 24)


class TestDonatedMaterial:
    @pytest.mark.parametrize("vector", SAMPLES["identifier_vectors"]["isbt128_din_mod37_2"], ids=lambda v: v["din"])
    def test_every_donation_number_vector(self, vector: dict[str, Any]) -> None:
        din = vector["din"]
        assert (gs1.din_check_value(din), gs1.din_check_character(din), gs1.din_flag(din)) == (
            vector["value"],
            vector["keyboard"],
            vector["flag"],
        )

    @pytest.mark.parametrize("din", ["", "G12349865432", "O123498654321", "G1234986543210"])
    def test_what_is_no_donation_number_is_refused(self, din: str) -> None:
        with pytest.raises(ValueError, match="DIN"):
            gs1.din_check_value(din)

    @pytest.mark.parametrize("vector", SAMPLES["identifier_vectors"]["single_european_code"], ids=lambda v: v["value"])
    def test_every_single_european_code_vector(self, vector: dict[str, Any]) -> None:
        if not vector["valid"]:
            with pytest.raises(ValueError, match="40 characters"):
                gs1.parse_single_european_code(vector["value"])
            return
        found = gs1.parse_single_european_code(vector["value"])
        assert (found.country, found.tissue_establishment, found.donation_number) == ("PL", "001499", "Z549917123456")
        assert (found.expiration_date and found.expiration_date.isoformat()) == vector["expiry"]
