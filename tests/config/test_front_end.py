"""What a browser is given: ours alone, nothing inline, nothing from another host."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template, render_to_string

STATIC = Path(settings.STATICFILES_DIRS[0])
TEMPLATES = Path(settings.ROOT) / "templates"
STYLES = sorted(STATIC.rglob("*.css"))
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if TEMPLATES / "pdf" not in path.parents)
ERROR_PAGES = ("400", "403", "403_csrf", "404", "413", "429", "500")


@pytest.fixture(autouse=True)
def _without_manifest(settings: pytest.FixtureRequest) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


class TestStyles:
    @pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
    def test_name_no_other_host_and_no_official_font(self, path: Path) -> None:
        text = path.read_text()
        assert not re.search(r"https?:|//[a-z]+\.", text)
        assert "GDS Transport" not in text
        assert "@import" not in text

    def test_have_every_colour_that_carries_text_at_seven_to_one(self) -> None:
        tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", (STATIC / "candour.css").read_text()))
        pairs = [
            *((ink, ground) for ink in ("ink", "ink-2", "accent") for ground in ("paper", "card")),
            *((name, f"{name}-soft") for name in ("accent", "stop", "warn", "good")),
            *((name, "card") for name in ("stop", "warn", "good")),
            *(("ink", f"{name}-soft") for name in ("accent", "stop", "warn", "good")),
            ("accent-ink", "accent"),
        ]
        assert {pair for pair in pairs if contrast(*(tokens[name] for name in pair)) < 7} == set()


class TestScripts:
    def test_load_nothing_from_elsewhere(self) -> None:
        for path in (STATIC / "js").glob("*.js"):
            assert "http" not in path.read_text(), path.name


class TestPages:
    @pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
    def test_keep_to_the_content_security_policy(self, path: Path) -> None:
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*(?:\bsrc=|type=\"application/json\"))", text)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|javascript:", text)
        assert not re.search(r"(?:src|href)=\"https?:", text)

    @pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
    def test_can_be_parsed(self, path: Path) -> None:
        assert get_template(str(path.relative_to(TEMPLATES)))


class TestErrorPages:
    @pytest.mark.parametrize("name", ERROR_PAGES)
    def test_need_nothing_of_the_context_and_have_one_heading(self, name: str) -> None:
        page = render_to_string(f"{name}.html")
        assert page.count("<h1>") == 1
        assert '<html lang="en-GB"' in page

    @pytest.mark.parametrize("name", ERROR_PAGES)
    def test_never_show_a_number_or_a_term_of_the_trade(self, name: str) -> None:
        page = render_to_string(f"{name}.html")
        assert not re.search(rf"{name[:3]}\b|CSRF|exception|server error|bad request", page, re.IGNORECASE)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours by WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
