"""The tags and filters of every template."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils.translation import override

from config.size_chart import BASE, LEFT, RIGHT, TOP, SizeSeries
from config.templatetags.candour import MARKS, ago, day, evidence_mark, moment, nm, qr, sci, size_chart

NOON = datetime(2026, 11, 26, 10, 12, 33, tzinfo=UTC)
A01: SizeSeries = {
    "label": "Batch A01",
    "diameter_nm": [50, 100, 150, 200],
    "density": [1, 6, 2, 1],
    "d10_nm": 78,
    "d50_nm": 115.04,
    "d90_nm": 168.5,
}


class TestEvidenceMark:
    def test_says_its_words_to_a_screen_reader(self) -> None:
        assert "govuk-visually-hidden" in evidence_mark("MEASURED_BATCH")
        assert "Measured on this batch: " in evidence_mark("MEASURED_BATCH")

    def test_shows_its_words_in_a_legend(self) -> None:
        assert "govuk-visually-hidden" not in evidence_mark("STATED", visible=True)

    def test_differs_in_shape_and_not_only_in_colour(self) -> None:
        drawings = {re.sub(r"^.*?<svg", "", evidence_mark(basis).split("</svg>")[0]) for basis in MARKS}
        assert len(drawings) == len(MARKS)

    def test_refuses_a_code_that_does_not_exist(self) -> None:
        with pytest.raises(KeyError):
            evidence_mark("GUESSED")


class TestSizeChart:
    def test_has_a_title_a_description_and_a_table_of_the_same_numbers(self) -> None:
        figure = size_chart([A01], "Size by particle tracking")
        assert re.search(r"<title id=\"chart-\w+-title\">Size by particle tracking</title>", figure)
        assert "half of the particles are smaller than 115 nm (D50)" in figure
        assert "eight in ten lie between 78 and 168.5 nm" in figure
        assert figure.count("<tr><td") == 4
        assert "60.00 %" in figure

    @pytest.mark.parametrize("language", ["cy", "ar", "zh-hans"])
    def test_speaks_the_language_of_the_page(self, language: str) -> None:
        given = {**A01, "label": "A01"}
        with override(language):
            figure = size_chart([given], "A01")
        said = re.sub(r"\b(A01|nm|D10|D50|D90)\b", "", re.sub(r"<[^>]+>", " ", figure))
        english = re.sub(r"<[^>]+>", " ", size_chart([given], "A01"))
        words = set(re.findall(r"[A-Za-z]{3,}", english)) - {"D10", "D50", "D90"}
        assert words >= {"diameter", "peak", "numbers", "whole"}
        assert not words & set(re.findall(r"[A-Za-z]+", said))
        assert "78" in said
        assert "168.5" in said

    def test_draws_a_second_series_with_another_dash(self) -> None:
        figure = size_chart([A01, {**A01, "label": "Batch C03"}], "Size")
        assert 'stroke-dasharray="none"' in figure
        assert 'stroke-dasharray="7 4"' in figure

    def test_works_without_percentiles(self) -> None:
        figure = size_chart([{"label": "X", "diameter_nm": [10, 20], "density": [0.1, 0.2]}], "Size")
        assert "X: peak at 20 nm." in figure

    def test_the_peak_is_the_mode_on_record_where_the_points_are_thinned_out(self) -> None:
        figure = size_chart([{"label": "X", "diameter_nm": [10, 20], "density": [0.1, 0.2], "mode_nm": 17.5}], "Size")
        assert "X: peak at 17.5 nm." in figure

    def test_keeps_every_point_inside_the_drawing(self) -> None:
        path = re.search(r'<path d="M([^"Z]+)" fill="none"', size_chart([A01], "Size"))
        assert path
        numbers = [float(n) for n in re.findall(r"[\d.]+", path[1])]
        assert all(LEFT <= x <= RIGHT for x in numbers[::2])
        assert all(TOP <= y <= BASE for y in numbers[1::2])

    def test_says_when_there_is_nothing_to_draw(self) -> None:
        assert "no size distribution is on record" in size_chart([], "Size")
        assert "<svg" not in size_chart([{"label": "X", "diameter_nm": [], "density": []}], "Size")

    def test_escapes_a_label(self) -> None:
        assert "<b>" not in size_chart([{**A01, "label": "<b>"}], "<b>")


class TestQr:
    def test_is_a_labelled_picture_without_inline_style(self) -> None:
        drawing = qr("https://clinic.example/p/abc", "Link for Mara Ilves")
        assert 'role="img" aria-label="Link for Mara Ilves"' in drawing
        assert "<svg" in drawing
        assert "style=" not in drawing


class TestMoment:
    def test_is_local_to_the_zone(self) -> None:
        assert ">Thu 26 Nov 2026, 19:12</time>" in moment(NOON, "Asia/Tokyo")

    def test_keeps_seconds_offset_and_zone_on_hover(self) -> None:
        assert 'title="Thursday 26 November 2026, 10:12:33 +00:00 (Europe/London)"' in moment(NOON, "Europe/London")

    def test_knows_summer_time(self) -> None:
        assert "2026-07-01T11:00:00+01:00" in moment(datetime(2026, 7, 1, 10, tzinfo=UTC), "Europe/London")

    def test_takes_the_zone_of_a_clinic(self) -> None:
        assert "19:12" in moment(NOON, SimpleNamespace(time_zone="Asia/Tokyo"))

    def test_refuses_an_instant_without_a_zone(self) -> None:
        with pytest.raises(ValueError, match="naive"):
            moment(NOON.replace(tzinfo=None), "Asia/Tokyo")

    def test_is_empty_for_nothing(self) -> None:
        assert moment(None, "Asia/Tokyo") == ""


class TestDay:
    def test_is_day_month_year_in_words(self) -> None:
        assert day(date(2026, 1, 2)) == '<time datetime="2026-01-02">2 January 2026</time>'


class TestAgo:
    @pytest.mark.parametrize(
        ("since", "said"),
        [
            (timedelta(seconds=59), "just now"),
            (timedelta(minutes=40), "40\u00a0min"),
            (timedelta(minutes=119), "1\u00a0h"),
            (timedelta(hours=2), "2\u00a0h"),
            (timedelta(hours=24), "1\u00a0day"),
            (timedelta(days=9), "9\u00a0days"),
        ],
    )
    def test_says_one_unit(self, since: timedelta, said: str) -> None:
        assert ago(NOON - since, NOON) == said


class TestSci:
    @pytest.mark.parametrize(
        ("number", "said"),
        [
            (5e10, "5.0\u00a0×\u00a010<sup>10</sup>"),
            ("1.25e10", "1.25\u00a0×\u00a010<sup>10</sup>"),
            (Decimal(123456), "1.23\u00a0×\u00a010<sup>5</sup>"),
            (4200, "4,200"),
            (0, "0"),
            (None, ""),
        ],
    )
    def test_is_written_as_a_reader_writes_it(self, number: float | str | Decimal | None, said: str) -> None:
        assert sci(number) == said


class TestNm:
    def test_has_at_most_one_decimal_and_never_breaks_the_line(self) -> None:
        assert nm(142.0) == "142\u00a0nm"
        assert nm(Decimal("78.46")) == "78.5\u00a0nm"
        assert nm(None) == ""
