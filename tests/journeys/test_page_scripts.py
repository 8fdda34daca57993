"""The three small scripts in a real browser, under the policy that forbids anything inline; no server is needed."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as django_settings
from django.template import engines
from playwright.sync_api import Browser, Page, Route, expect

STATIC = Path(django_settings.STATICFILES_DIRS[0])
HOST = "https://candour.test"
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
SIGNING = """{% extends "patient/base.html" %}{% load static %}
{% block content %}<form action="/signed" novalidate>{% include "components/signature_pad.html" %}
<button class="btn wide">Sign</button></form>{% endblock %}
{% block scripts %}<script type="module" src="{% static 'js/sign.js' %}"></script>{% endblock %}"""
SCANNING = """{% extends "plain.html" %}{% load static %}
{% block content %}<form action="/scanned"><label for="code">Code</label><input id="code" name="code" data-scan></form>
{% include "components/qr.html" with text="https://candour.test/p/abc" %}{% endblock %}
{% block scripts %}<script type="module" src="{% static 'js/scan.js' %}"></script>
<script type="module" src="{% static 'js/copy.js' %}"></script>{% endblock %}"""


@pytest.fixture(autouse=True)
def _without_manifest(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 800}, permissions=["clipboard-write", "clipboard-read"]
    )
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def show(page: Page, source: str) -> None:
    markup = engines["django"].from_string(source).render({"step": 1, "step_count": 2})

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=(STATIC / path.removeprefix("/static/")).read_bytes(), content_type=kind)
        else:
            route.fulfill(body=markup, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    page.route(f"{HOST}/**", answer)
    page.goto(f"{HOST}/page")


def stroke(page: Page, down: int) -> None:
    box = page.locator("canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + down)
    page.mouse.down()
    for step in range(1, 12):
        page.mouse.move(box["x"] + 20 + step * 20, box["y"] + down + (step % 3) * 10)
    page.mouse.up()


def strokes(page: Page) -> list[list[list[int]]]:
    written = page.locator("input[name=strokes]").input_value()
    kept: list[list[list[int]]] = json.loads(written) if written else []
    return kept


class TestSignaturePad:
    def test_writes_each_stroke_in_thousandths_of_its_width(self, page: Page) -> None:
        show(page, SIGNING)
        stroke(page, 60)
        stroke(page, 120)
        assert len(strokes(page)) == 2
        assert strokes(page)[0][0][2] == 0
        points = [point for one in strokes(page) for point in one]
        assert all(0 <= x <= 1000 and 0 <= y <= 1000 and t >= 0 for x, y, t in points)
        assert max(x for x, _, _ in points) > 600
        assert page.locator("#pad-state").inner_text() == "Signature drawn."

    def test_takes_back_one_stroke_or_all(self, page: Page) -> None:
        show(page, SIGNING)
        stroke(page, 60)
        stroke(page, 120)
        page.get_by_role("button", name="Undo").click()
        assert len(strokes(page)) == 1
        page.get_by_role("button", name="Clear").click()
        assert strokes(page) == []

    def test_keeps_the_signature_when_the_phone_is_turned(self, page: Page) -> None:
        show(page, SIGNING)
        stroke(page, 60)
        before = strokes(page)
        page.set_viewport_size({"width": 560, "height": 360})
        expect(page.locator("canvas")).to_have_js_property("width", 560 - 2 * 16)
        stroke(page, 120)
        kept = [place for point in strokes(page)[0] for place in point[:2]]
        assert kept == pytest.approx([place for point in before[0] for place in point[:2]], abs=1)

    def test_can_be_left_by_keyboard(self, page: Page) -> None:
        show(page, SIGNING)
        page.get_by_role("button", name="Clear").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Sign"


class TestScanner:
    @pytest.mark.parametrize("key", ["Control+]", "F8"])
    def test_keeps_the_separator_that_a_scanner_sends(self, page: Page, key: str) -> None:
        show(page, SCANNING)
        page.locator("#code").focus()
        page.keyboard.type("10RSE2601")
        page.keyboard.press(key)
        page.keyboard.type("17280119")
        page.keyboard.press("Enter")
        page.wait_for_url("**/scanned*")
        assert parse_qs(urlsplit(page.url).query)["code"] == ["10RSE2601\x1d17280119"]


class TestCopy:
    def test_copies_the_link_and_says_so(self, page: Page) -> None:
        show(page, SCANNING)
        page.get_by_role("button", name="Copy the link").click()
        page.get_by_text("Copied", exact=True).wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == "https://candour.test/p/abc"


class TestWidth:
    @pytest.mark.parametrize("source", [SIGNING, SCANNING], ids=["patient", "plain"])
    def test_needs_no_sideways_scrolling_at_320(self, page: Page, source: str) -> None:
        show(page, source)
        page.set_viewport_size({"width": 320, "height": 600})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
