"""Typed numbers and dates. Outside truth: the hostile inputs for numbers and dates, in tests/vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.errors import DateError, QuantityError
from products.records import (
    check_ordered,
    date_from_fields,
    parse_count,
    parse_date,
    parse_moment,
    parse_quantity,
    rounded,
    size_question,
)

HOSTILE = {
    vector["id"]: vector
    for vector in json.loads((Path(__file__).parents[1] / "vectors" / "reliability_inputs.json").read_text())[
        "Numbers, dates, quantities"
    ]
}
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)


def size(text: str) -> Decimal:
    return parse_quantity(text, unit="nm", least=Decimal("0.1"), most=Decimal(100_000), places=1)


def volume(text: str) -> Decimal:
    return parse_quantity(text, unit="mL", least=0, most=1_000, places=3)


def day(text: str) -> date:
    return parse_date(text, least=FIRST, most=LAST)


READER_OF: dict[str, Callable[[str], object]] = {
    **{name: size for name in HOSTILE if name.startswith("size-")},
    "vol-neg": volume,
    "count": parse_count,
    "date-1": day,
    "date-us": day,
    "date-leap": day,
    "dst-dup": parse_moment,
    "leap-sec": parse_moment,
    "epoch-neg": day,
}


class TestHostileInputs:
    @pytest.mark.parametrize("name", [name for name in READER_OF if name != "size-soft"])
    def test_each_gets_its_listed_answer(self, name: str) -> None:
        with pytest.raises((QuantityError, DateError)) as caught:
            READER_OF[name](HOSTILE[name]["input"])
        assert caught.value.code == HOSTILE[name]["code"]

    def test_an_unusual_size_is_taken_and_asked_about(self) -> None:
        value = size(HOSTILE["size-soft"]["input"])
        assert value == 450
        assert "in nm?" in size_question(value)

    def test_a_reversed_range_is_refused(self) -> None:
        with pytest.raises(QuantityError) as caught:
            check_ordered([("Smallest size", Decimal(200)), ("Largest size", Decimal(50))], field="largest")
        assert (caught.value.code, caught.value.field) == (HOSTILE["range-rev"]["code"], "largest")


class TestQuantities:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("120", "120"), (" 120.5 ", "120.5"), ("0.1", "0.1"), ("120.5 nm", "120.5"), ("007", "7")],
    )
    def test_a_plain_number_is_read_as_it_stands(self, text: str, value: str) -> None:
        assert size(text) == Decimal(value)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "number.format"),
            (".5", "number.format"),
            ("5.", "number.format"),
            ("+5", "number.format"),
            ("1_000", "number.format"),
            ("0x10", "number.format"),
            ("1.2.3", "number.format"),
            ("--5", "number.format"),
            ("12\n", "number.format"),
            ("9" * 31, "number.format"),
            ("120 um", "number.unit"),
            ("120  nm", "number.format"),
            ("100000.1", "number.range"),
            ("0.05", "number.range"),
            ("120.55", "number.precision"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, text: str, code: str) -> None:
        with pytest.raises(QuantityError) as caught:
            size(text)
        assert caught.value.code == code

    def test_a_refusal_says_what_was_expected_and_found_at_its_field(self) -> None:
        with pytest.raises(QuantityError) as caught:
            parse_quantity("250000", unit="nm", least=1, most=10_000, places=1, field="d50")
        assert caught.value.field == "d50"
        assert caught.value.message == "Enter a number from 1 to 10,000 nm. We found 250000."

    @pytest.mark.parametrize(("nm", "asked"), [("29.9", True), ("30", False), ("200", False), ("200.1", True)])
    def test_sizes_outside_30_to_200_nm_are_asked_about(self, nm: str, *, asked: bool) -> None:
        assert bool(size_question(Decimal(nm))) is asked

    def test_equal_values_are_in_order(self) -> None:
        check_ordered([("D10", Decimal(100)), ("D50", Decimal(100)), ("D90", Decimal(120))])

    @given(st.decimals(min_value=0, max_value=1000, places=3))
    def test_every_number_in_range_comes_back_exactly(self, value: Decimal) -> None:
        assert volume(f"{value:f}") == value

    @given(st.text(max_size=20))
    def test_any_text_is_read_or_refused_by_name(self, text: str) -> None:
        try:
            found = str(volume(text))
        except QuantityError as refused:
            found = refused.code
        assert found.startswith("number.") or Decimal(found) >= 0

    @pytest.mark.parametrize(
        ("value", "places", "result"), [(79.75, 1, "79.8"), (2.5, 0, "3"), (127.338710, 1, "127.3")]
    )
    def test_rounding_is_half_up(self, value: float, places: int, result: str) -> None:
        assert str(rounded(value, places)) == result


class TestDates:
    def test_an_iso_date_is_read(self) -> None:
        assert day("2026-11-23") == date(2026, 11, 23)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("2026-13-01", "date.invalid"),
            ("1999-12-31", "date.range"),
            ("26-01-01", "date.format"),
            ("2026-1-1", "date.format"),
            ("\u0662\u0660\u0662\u0666-01-01", "date.format"),
            ("2026-11-23T10:00", "date.format"),
            ("", "date.format"),
        ],
    )
    def test_anything_else_is_refused_by_name(self, text: str, code: str) -> None:
        with pytest.raises(DateError) as caught:
            day(text)
        assert caught.value.code == code

    def test_three_fields_make_a_date(self) -> None:
        assert date_from_fields("1", "2", "2026", least=FIRST, most=LAST) == date(2026, 2, 1)

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            (("31", "2", "2026"), "date.invalid"),
            (("1", "1", "26"), "date.format"),
            (("", "1", "2026"), "date.format"),
            (("1", "January", "2026"), "date.format"),
            (("1", "1", "1899"), "date.range"),
        ],
    )
    def test_three_fields_that_make_none_are_refused(self, fields: tuple[str, str, str], code: str) -> None:
        with pytest.raises(DateError) as caught:
            date_from_fields(*fields, least=FIRST, most=LAST, field="birth_date")
        assert (caught.value.code, caught.value.field) == (code, "birth_date")

    def test_a_moment_needs_its_offset(self) -> None:
        found = parse_moment("2026-10-25T01:30+01:00")
        assert found == datetime(2026, 10, 25, 1, 30, tzinfo=timezone(timedelta(hours=1)))

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("2026-10-25T01:30", "date.ambiguous"),
            ("2026-10-25T01:30:60Z", "date.invalid"),
            ("2026-02-30T01:30Z", "date.invalid"),
            ("25/10/2026 01:30", "date.format"),
        ],
    )
    def test_any_other_moment_is_refused_by_name(self, text: str, code: str) -> None:
        with pytest.raises(DateError) as caught:
            parse_moment(text)
        assert caught.value.code == code
