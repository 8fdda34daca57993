"""How long the browser takes for a patient's whole way, link to receipt: the product's share, with nobody who reads.

There is no peer: the row is absolute, and is to be read with the machine's core count.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import sync_playwright

from bench.rows import Row
from tests.journeys import acts
from tests.journeys.conftest import ARGUMENTS, CHROMIUM
from tests.journeys.patient_walk import Walk
from tests.journeys.running import copy_of, make_template

WALKS = 5


def run() -> list[Row]:
    """One row: the median of five walks, each on a fresh phone, against the embedded default."""
    if CHROMIUM is None:
        raise RuntimeError("Chromium is not installed")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        template = make_template(Path(folder) / "template")
        candour = copy_of(template, Path(folder) / "running")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            candour.serve()
            taken = []
            for issued in acts.issue(candour, WALKS):
                phone = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True).new_page()
                walk = Walk(phone)
                started = time.perf_counter()
                walk.to_the_decision(f"{candour.url}/p/{issued['token']}/")
                walk.signs()
                taken.append(time.perf_counter() - started)
                phone.context.close()
        finally:
            browser.close()
            candour.stop()
            shutil.rmtree(candour.folder, ignore_errors=True)
    return [Row(f"patient's whole way in a browser, {walk.screens} screens, p50", median(taken), None, None, None, "s")]
