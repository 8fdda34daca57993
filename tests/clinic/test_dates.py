"""Dates: three boxes or ISO 8601, never a slash."""

from __future__ import annotations

from datetime import date

import pytest
from django import forms
from django.core.exceptions import ValidationError

from clinic.dates import age_on
from clinic.errors import DateRefusedError
from clinic.fields import DateFields
from clinic.records import read_date, read_iso_date


class TestIsoDates:
    def test_year_month_day(self):
        assert read_iso_date("2026-11-23") == date(2026, 11, 23)

    @pytest.mark.parametrize(
        ("text", "code"),
        [("01/02/2026", "date.format"), ("0001-01-01", "date.range"), ("2023-02-29", "date.invalid"), ("-1", "date.format"),
         ("23:59:60", "date.format"), ("2026-1-2", "date.format"), ("２０２６-01-01", "date.format"), ("20261123", "date.format"),
         ("2026-13-01", "date.invalid"), ("9999-01-01", "date.range"), ("", "date.format")],
    )  # fmt: skip
    def test_everything_else_is_refused(self, text, code):
        with pytest.raises(DateRefusedError) as refusal:
            read_iso_date(text)
        assert refusal.value.code == code


class TestThreeBoxes:
    @pytest.mark.parametrize("month", ["3", "03", "mar", "March"])
    def test_the_month_is_a_number_or_a_name(self, month):
        assert read_date("14", month, "1984") == date(1984, 3, 14)

    @pytest.mark.parametrize(
        ("boxes", "code", "words"),
        [
            (("14", "", "1984"), "date.incomplete", "month is missing"),
            (("14/3/1984", "3", "1984"), "date.format", "each in its own box"),
            (("14", "3", "84"), "date.format", "four digits"),
            (("31", "4", "1984"), "date.invalid", "no 31 April 1984"),
            (("29", "2", "2023"), "date.invalid", "not a leap year"),
            (("14", "13", "1984"), "date.invalid", "between 1 and 12"),
            (("١٤", "3", "1984"), "date.format", "digits 0 to 9"),
            (("14", "3", "19840"), "date.format", "digits 0 to 9"),
            (("14", "Brumaire", "1984"), "date.format", "name of a month"),
            (("-14", "3", "1984"), "date.format", "digits 0 to 9"),
            (("14", "3", "1066"), "date.range", "between 1850"),
        ],
    )
    def test_each_mistake_is_named(self, boxes, code, words):
        with pytest.raises(DateRefusedError, match=words) as refusal:
            read_date(*boxes)
        assert refusal.value.code == code


class OneDate(forms.Form):
    born = DateFields(label="Born")
    died = DateFields(label="Died", required=False)


class TestTheField:
    def test_reads_three_boxes_and_leaves_the_optional_one_empty(self):
        form = OneDate({"born_0": "14", "born_1": "3", "born_2": "1984"})
        assert form.is_valid()
        assert form.cleaned_data == {"born": date(1984, 3, 14), "died": None}

    def test_reads_one_iso_text(self):
        assert OneDate({"born": "1984-03-14"}).is_valid()

    def test_refuses_a_slash_text_in_words(self):
        form = OneDate({"born": "01/02/2026"})
        assert "year-month-day" in form.errors["born"][0]

    def test_keeps_what_was_typed(self):
        html = str(OneDate({"born_0": "31", "born_1": "4", "born_2": "1984"})["born"])
        for typed in ("31", "4", "1984"):
            assert f'value="{typed}"' in html

    def test_says_what_is_missing(self):
        assert OneDate({}).errors["born"] == ["Type the day, the month and the year."]

    def test_shows_a_date_it_starts_with(self):
        html = str(OneDate(initial={"born": date(1984, 3, 14)})["born"])
        assert 'value="14"' in html

    def test_has_a_code(self):
        with pytest.raises(ValidationError) as error:
            DateFields().clean(["31", "4", "1984"])
        assert error.value.code == "date.invalid"


class TestAge:
    @pytest.mark.parametrize(
        ("born", "on", "age"),
        [(date(2008, 11, 23), date(2026, 11, 23), 18), (date(2008, 11, 24), date(2026, 11, 23), 17),
         (date(2008, 2, 29), date(2026, 2, 28), 17), (date(2008, 2, 29), date(2026, 3, 1), 18)],
    )  # fmt: skip
    def test_counts_completed_years(self, born, on, age):
        assert age_on(born, on) == age
