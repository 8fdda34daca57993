"""The camera and the photo in a real browser: what they read is what a hardware scanner would have typed."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
import zxingcpp
from django.conf import settings as django_settings
from django.template import engines
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from products import gs1
from products.labels import symbol_for
from tests.journeys.conftest import ARGUMENTS, CHROMIUM
from tests.products.test_labels import painted

STATIC = Path(django_settings.STATICFILES_DIRS[0])
HOST = "https://candour.test"
POLICY = "default-src 'self'; img-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'; form-action 'self'"
WITHOUT_WASM = POLICY.replace(" 'wasm-unsafe-eval'", "")
SCANNING = """{% extends "plain.html" %}{% load static %}
{% block content %}<form action="/scanned"><label for="code">Code</label><input id="code" name="code" data-scan>
{% include "components/camera.html" with field="code" %}</form>{% endblock %}
{% block scripts %}<script src="{% static 'vendor/zxing_reader.js' %}" defer></script>
<script type="module" src="{% static 'js/camera.js' %}"></script>{% endblock %}"""
VIAL = UUID("0c5d0d4e-5f6d-4c7e-9b1a-2f1f4d0c0a01")
LABEL = symbol_for(
    unit=VIAL, number="HC-000001", gtin="09521104000051", lot_number="RSE2601", expiration_date=date(2028, 1, 19)
)
SAID = "]d201095211040000511728011910RSE2601\x1d91HC-000001"


@pytest.fixture(autouse=True)
def _without_manifest(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten grey frames of 640 by 480 that show the label, as Chromium's fake camera plays them."""
    frame = Image.new("L", (640, 480), 200)
    frame.paste(painted(LABEL, 8), (180, 100))
    chroma = bytes([128]) * (320 * 240)
    path = tmp_path_factory.mktemp("film") / "label.y4m"
    path.write_bytes(
        b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + frame.tobytes() + chroma + chroma) * 10
    )
    return path


@pytest.fixture
def page(browser: Browser, film: Path) -> Iterator[Page]:
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *camera])
    context = chromium.new_context(viewport={"width": 360, "height": 800}, permissions=["camera"])
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    chromium.close()
    assert [url for url in asked if not url.startswith((HOST, "blob:", "data:"))] == []


def show(page: Page, policy: str = POLICY) -> None:
    markup = engines["django"].from_string(SCANNING).render({})

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            route.fulfill(body=(STATIC / path.removeprefix("/static/")).read_bytes(), content_type=kind)
        else:
            route.fulfill(body=markup, content_type="text/html", headers={"Content-Security-Policy": policy})

    page.route(f"{HOST}/**", answer)
    page.goto(f"{HOST}/page")


def scanned(page: Page) -> str:
    page.wait_for_url("**/scanned*", timeout=20_000)
    return parse_qs(urlsplit(page.url).query)["code"][0]


class TestCamera:
    def test_reads_a_label_with_its_separator_and_sends_the_form(self, page: Page) -> None:
        show(page)
        page.get_by_role("button", name="Use the camera").click()
        assert scanned(page) == SAID
        read = gs1.parse_element_string(SAID, today=date(2026, 11, 23))
        assert (read.lot_number, read.others) == ("RSE2601", (("91", "HC-000001"),))

    def test_is_stopped_by_a_button_and_gives_the_camera_back(self, page: Page) -> None:
        show(page, WITHOUT_WASM.replace("'self' data:", "'self'"))
        page.evaluate("window.ZXingWASM.readBarcodes = async () => []")
        page.get_by_role("button", name="Use the camera").click()
        page.get_by_role("button", name="Stop the camera").click()
        expect(page.locator("video")).to_be_hidden()
        assert page.evaluate("document.querySelector('video').srcObject") is None
        assert page.evaluate("document.activeElement.id") == "code"


class TestPhoto:
    def choose(self, page: Page, path: Path, picture: Image.Image) -> None:
        picture.save(path)
        page.locator("input[type=file]").set_input_files(path)

    def test_of_a_label_is_read_in_the_same_way(self, page: Page, tmp_path: Path) -> None:
        show(page)
        self.choose(page, tmp_path / "label.png", painted(LABEL, 8))
        assert scanned(page) == SAID

    def test_of_a_bottle_code_is_read_as_a_product_number(self, page: Page, tmp_path: Path) -> None:
        show(page)
        made = zxingcpp.create_barcode("9521104000051", zxingcpp.BarcodeFormat.EAN13)
        bars = Image.fromarray(made.to_image(scale=4, add_quiet_zones=True))
        self.choose(page, tmp_path / "ean.png", bars)
        assert scanned(page) == "]E09521104000051"

    def test_without_a_code_says_so_and_changes_nothing(self, page: Page, tmp_path: Path) -> None:
        show(page)
        self.choose(page, tmp_path / "grey.png", Image.new("L", (400, 300), 180))
        expect(page.get_by_text("There is no code in this photo")).to_be_visible(timeout=20_000)
        assert page.locator("#code").input_value() == ""

    def test_a_page_that_may_not_run_the_reader_says_so(self, page: Page, tmp_path: Path) -> None:
        show(page, WITHOUT_WASM)
        self.choose(page, tmp_path / "label.png", painted(LABEL, 8))
        expect(page.get_by_text("This photo cannot be read")).to_be_visible(timeout=20_000)
