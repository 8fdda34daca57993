"""The fonts that are shipped can write the names of the people who come to a clinic."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
from django.conf import settings
from fontTools.ttLib import TTFont

STATIC = Path(settings.STATICFILES_DIRS[0])
FONTS = sorted((STATIC / "fonts").glob("*.woff2"))
STYLE = (STATIC / "fonts.css").read_text()
NAMES = {
    "Estonian": "Mara Ilves Õunapuu",
    "Vietnamese": "Nguyễn Thị Ánh",
    "Vietnamese capitals": "NGUYỄN THỊ ÁNH",
    "Polish": "Łucja Wąsowicz-Żółć",
    "Turkish": "İpek Şahin Iğdır",
    "Icelandic": "Þórður Ægisson",
    "Igbo": "Nwaọkụ Ọlụchi",
    "Arabic": "محمد عبد الرحمن",
    "Persian": "گلچهره پژمان",
    "Urdu": "ڈاکٹر ٹیپو سلطان",
    "Hebrew": "שרה לוי",
    "Greek": "Ελένη Παπαδοπούλου",
    "Cyrillic": "Юлия Щербакова",
    "Ukrainian": "Ґалаґан Євгенія Їжак",
    "Kazakh": "Әйгүл Қасымұлы",
    "Hindi": "श्रीमती कृष्णा",
    "Bengali": "শেখ মুজিবুর",
    "Tamil": "தமிழ்ச்செல்வி",
    "Thai": "สมชาย ใจดี",
    "Georgian": "გიორგი",
    "Armenian": "Արամ Հակոբյան",
    "Amharic": "አበበ በቀለ",
    "Tibetan": "བསྟན་འཛིན",
    "Japanese": "山田太郎 ゆり サトウ 髙橋",
    "Korean": "김민수",
    "Chinese, simplified": "王小明 刘张陈",
    "Chinese, traditional": "陳嘉穎 黃劉張鄭",
}

SIGNS = "≤ ≥ ≈ ≠ → ← ↔ ∞ ‰ ⁰ ¹ ² ³ ⁴ ⁵ ⁶ ⁷ ⁸ ⁹ ⁺ ⁻ ₀ ₁ ₂ ₃ ₄ ₅ ₆ ₇ ₈ ₉ − × ÷ ° µ μ ± √ Δ ∆"


def covered(path: Path) -> set[int]:
    with TTFont(path) as font:
        return set(font.getBestCmap())


@pytest.fixture(scope="module")
def drawable() -> set[int]:
    return set().union(*(covered(path) for path in FONTS))


class TestFonts:
    @pytest.mark.parametrize("language", NAMES)
    def test_can_write_a_name(self, language: str, drawable: set[int]) -> None:
        assert {letter for letter in NAMES[language] if ord(letter) not in drawable} == set()

    def test_can_write_the_signs_of_a_certificate(self, drawable: set[int]) -> None:
        assert {sign for sign in SIGNS if ord(sign) not in drawable} == set()

    def test_the_cut_files_hold_signs_and_no_letter_of_a_style(self) -> None:
        cut = [path for path in FONTS if "-signs-" in path.name]
        assert len(cut) == 3
        for path in cut:
            assert path.stat().st_size < 6_000
            assert not any(unicodedata.category(chr(point)).startswith(("Lu", "Ll")) for point in covered(path)), (
                path.name
            )

    def test_bold_can_write_what_regular_can_where_there_is_a_bold(self) -> None:
        for path in FONTS:
            bold = path.with_name(path.name.replace("-400-normal", "-700-normal"))
            if bold.exists():
                assert covered(path) <= covered(bold), path.name

    def test_stay_below_eight_megabytes(self) -> None:
        assert sum(path.stat().st_size for path in FONTS) < 8_000_000

    def test_are_all_declared_and_all_there(self) -> None:
        assert set(re.findall(r'url\("fonts/([^"]+)"\)', STYLE)) == {path.name for path in FONTS}

    def test_come_with_their_licences(self) -> None:
        for path in FONTS:
            package = next(part for part in FAMILIES if path.name.startswith(part))
            assert "SIL OPEN FONT LICENSE" in (STATIC / "fonts" / f"OFL-{package}.txt").read_text()


FAMILIES = sorted(
    (path.stem.removeprefix("OFL-") for path in (STATIC / "fonts").glob("OFL-*.txt")), key=len, reverse=True
)
