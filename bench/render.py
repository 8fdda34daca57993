"""Rendering and sealing one signed consent, against the naive pipeline and against a warm Chromium.

All three make the same pages from the same HTML and the same font files. Ours alternates between patients of one
product, as a clinic does; each has her own identity, answers and signature. Run: `python -m bench.render`.
"""

from __future__ import annotations

import datetime as dt
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import rfc8785  # noqa: E402
from django.conf import settings  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from weasyprint import HTML  # noqa: E402

from bench.rows import Row  # noqa: E402
from config import keys  # noqa: E402
from consent import rendering, sealing  # noqa: E402
from consent.rendering import fonts, pages, words  # noqa: E402
from tests.consent import sample  # noqa: E402

ROUNDS = 7
CHROMIUM = "/usr/bin/chromium"
AT = dt.datetime.now(dt.UTC)

Case = tuple[dict[str, Any], dict[str, Any], dict[str, Any]]


def run() -> list[Row]:
    """Medians in milliseconds; the rounds of all three are interleaved, so that a busy machine slows all alike."""
    keys.create_missing(Path(settings.KEY_DIR))
    cases = [_case(name) for name in ("Mara", "Ines", "Kadri")]
    ours, naive, chromium = [], [], []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as apart, sync_playwright() as playwright:
        paths = [_write(case, Path(folder) / f"{number}.html") for number, case in enumerate(cases)]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()

        def print_page(number: int) -> None:
            page.goto(paths[number].as_uri())
            page.pdf(prefer_css_page_size=True, tagged=True)

        for number in range(len(cases)):
            apart.submit(_ours, cases[number]).result()
            print_page(number)
        for turn in range(ROUNDS):
            number = turn % len(cases)
            # In a thread of its own: Playwright keeps an event loop in this one, and pyHanko starts another.
            ours.append(apart.submit(_milliseconds, _ours, cases[number]).result())
            naive.append(apart.submit(_milliseconds, _naive, paths[number]).result())
            chromium.append(_milliseconds(print_page, number))
        browser.close()
    mine = statistics.median(ours)
    return [
        _row("render + seal, against the naive pipeline", mine, statistics.median(naive), 0.5),
        _row("render + seal, against warm Chromium without a seal", mine, statistics.median(chromium), 1.0),
    ]


def _row(name: str, ours: float, peer: float, aim: float) -> Row:
    return Row(name=name, ours=round(ours, 1), peer=round(peer, 1), ratio=round(ours / peer, 2), aim=aim, unit="ms")


def _milliseconds(act: Callable[[Any], object], what: object) -> float:
    start = time.perf_counter()
    act(what)
    return (time.perf_counter() - start) * 1000


def _case(given_name: str) -> Case:
    document = sample.document(patient={**sample.PATIENT, "given_name": given_name})
    record = sample.signing_record(document)
    return document, record, sample.certificate(document, record)


def _ours(case: Case) -> None:
    document, record, certificate = case
    files = [
        rendering.Attachment("document.json", "application/json", rfc8785.dumps(document), "Source"),
        rendering.Attachment("signing-record.json", "application/json", rfc8785.dumps(record), "Data"),
    ]
    pdf = rendering.render_signed_record(document, record, certificate, files)
    sealing.seal(pdf, reason="Consent record", signed_at=AT)


def _naive(path: Path) -> None:
    pdf = HTML(string=path.read_text(encoding="utf-8"), base_url=path.as_uri()).write_pdf(pdf_variant="pdf/a-3a")
    sealing.seal(pdf, reason="Consent record", signed_at=AT)


def _write(case: Case, path: Path) -> Path:
    """The same pages as one HTML file with its style and fonts beside it, as a browser would get them."""
    document, record, certificate = case
    parts = [
        pages.opening(document, signed=True),
        pages.information(document, signed=True, legend=False),
        pages.decision(document, record),
        pages.certificate(document, record, certificate),
    ]
    bodies = [part.html for part in parts]
    joined = "".join(f'<div style="break-before: page">{body}</div>' for body in bodies)
    rules = "".join(face.rule.replace(face.address, face.path.as_uri()) for face in fonts.needed(words.words_of(case)))
    style = fonts.style() + (settings.ROOT / "static" / "pdf.css").read_text(encoding="utf-8")
    path.write_text(
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>Consent record</title>'
        f"<style>{rules}{style}</style></head><body>{joined}</body></html>",
        encoding="utf-8",
    )
    return path


if __name__ == "__main__":
    for row in run():
        print(f"{row.name}: {row.ours} {row.unit} / {row.peer} {row.unit} = {row.ratio} (aim {row.aim})")
