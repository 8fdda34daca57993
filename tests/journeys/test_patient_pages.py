"""Every patient page and state in a real browser: no fault that a machine finds, large letters, little data, no script needed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.journeys import acts, people
from tests.journeys.patient_walk import KeyboardWalk, Walk, weight
from tests.journeys.running import Candour, copy_of

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "patient-journey.md"
SHOWN = PAGE.parents[1] / "pictures" / "patient"
# Where pictures go if they are wanted: CANDOUR_PICTURES=docs/pictures/patient
PICTURES = os.environ.get("CANDOUR_PICTURES", "")
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}
MOST_BYTES = 60_000
# What a patient may open on the way besides the screens of the walk.
OTHER_PAGES = {
    "ask": "part/risks/ask/",
    "decline": "decline/",
    "help": "help/",
    "whole-text": "text/",
    "reminders": "reminders/",
    "not-me": "not-me/",
    "people": "people/",
    "interpreter": "people/add/interpreter/",
    "proxy": "people/add/proxy/",
    "letter-code": "/p/",
    "paper": "paper/",
}
# CSS pixels of the window, and the size of letters that the reader has chosen.
WINDOWS = ((768, "100%"), (360, "100%"), (320, "200%"))


class Inspector:
    """Looks at each screen once: sideways scroll, axe-core with contrast AAA, bytes; and takes a picture if wanted."""

    def __init__(self, page: Page) -> None:
        self.problems: list[str] = []
        self.seen: list[str] = []
        page.on("console", lambda said: self.problems.append(said.text) if said.type == "error" else None)

    def __call__(self, page: Page, name: str) -> None:
        self.seen.append(name)
        if (bytes_sent := weight(page)) > MOST_BYTES:
            self.problems.append(f"{name} weighs {bytes_sent} bytes")
        for width, letters in WINDOWS:
            page.set_viewport_size({"width": width, "height": 740})
            page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                self.problems.append(f"{name} scrolls sideways at {width} px with letters of {letters}")
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size({"width": 360, "height": 740})
        for each in Axe().run(page, options=AXE).response["violations"]:
            self.problems.append(f"{name}: {each['id']} {each['nodes'][0]['html'][:160]}")
        if PICTURES:
            for kind, width in (("phone", 360), ("tablet", 820)):
                page.set_viewport_size({"width": width, "height": 740})
                page.screenshot(path=f"{PICTURES}/{name}-{kind}.png", full_page=True)
            page.set_viewport_size({"width": 360, "height": 740})


@pytest.fixture(scope="module")
def clinic(embedded_template: Candour, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Candour]:
    """One served copy of the demo clinic for all walks: each makes consents of its own."""
    candour = copy_of(embedded_template, tmp_path_factory.mktemp("patients"))
    candour.serve()
    yield candour
    candour.stop()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A phone whose browser runs no script."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def told(what: str) -> int:
    found = re.search(rf"^\| {what} \| ([\d,]+) \|", PAGE.read_text(), re.MULTILINE)
    assert found, f"{PAGE.name} does not say how many {what}"
    return int(found[1].replace(",", ""))


def test_the_whole_way_and_every_other_page(clinic: Candour, phone: Page) -> None:
    links = [f"{clinic.url}/p/{each['token']}/" for each in acts.issue(clinic, 2)]
    look = Inspector(phone)
    walk = Walk(phone, look)
    phone.goto(links[0][:-8] + "AAAAAAA/")
    look(phone, "wrong-link")
    look.problems = [each for each in look.problems if "404" not in each]
    phone.goto(links[0])
    phone.get_by_label("Year", exact=True).fill("19")
    people.press(walk.button("Continue"))
    look(phone, "check-it-is-you-error")
    walk.to_the_decision(links[0])
    for name, address in OTHER_PAGES.items():
        phone.goto(clinic.url + address if address.startswith("/") else links[0] + address)
        look(phone, name)
    phone.goto(links[0] + "sign/")
    people.press(walk.button(re.compile("^Sign")))
    look(phone, "sign-error")
    phone.goto(links[0] + "decide/")
    walk.signs()
    phone.goto(links[0] + "withdraw/")
    look(phone, "take-it-back")
    phone.goto(links[1])
    Walk(phone).confirm(links[1])
    phone.goto(links[1] + "part/risks/ask/")
    phone.get_by_role("textbox").first.fill("Is it made from people?")
    people.press(phone.locator("main form button").last)
    phone.goto(links[1] + "decide/")
    look(phone, "your-decision-question-waiting")
    phone.goto(links[1] + "decline/")
    people.press(phone.locator("main form button").last)
    look(phone, "declined")
    unexpected = [each for each in look.problems if "422" not in each and "401" not in each]
    assert unexpected == []
    assert set(look.seen) == {picture.stem.rsplit("-", 1)[0] for picture in SHOWN.glob("*.png")}


def test_by_keyboard_alone(clinic: Candour, phone: Page) -> None:
    """No finger and no mouse, and the focus is always seen; the signature is typed."""
    link = f"{clinic.url}/p/{acts.issue(clinic)[0]['token']}/"
    walk = KeyboardWalk(phone)
    walk.to_the_decision(link)
    walk.signs_by_name("Test Person0")
    assert walk.stops > walk.screens


def test_the_way_is_no_longer_than_the_page_of_reference_says(clinic: Candour, plain: Page) -> None:
    """Without a script, with the keyboard where a script would draw: read, answer, type the name, and keep the receipt."""
    link = f"{clinic.url}/p/{acts.issue(clinic)[0]['token']}/"
    walk = Walk(plain)
    walk.to_the_decision(link)
    walk.signs_by_name("Test Person0")
    counted = {"screens": walk.screens, "taps": walk.taps, "letters typed": walk.typed}
    assert counted == {what: told(what) for what in counted}
    assert abs(walk.words - told("words")) < 100
