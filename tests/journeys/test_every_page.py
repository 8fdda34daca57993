"""Every page that a lead can reach by links: no fault that a machine can find, room for large letters and long names on a small
phone, no other host, and a silent console."""

from __future__ import annotations

import re
from html import unescape

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.journeys import acts, people
from tests.journeys.running import Candour

START = ("/", "/products/add/", "/batches/receive/", "/clinic/", "/texts/", "/log/", "/verify/", "/accounts/2fa/")
NO_PAGE = re.compile(
    r"^/(static|api|accounts/logout|products/evidence|products/tables/.+|consents/register.+)|\.(pdf|zip)$|checkpoint$|tlog-proof$"
)
LEAST_PAGES = 45
LONG_GIVEN = "Maximiliana Konstantina Alexandrowna"
LONG_FAMILY = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"
# CSS pixels of the window, and the size of letters that the reader has chosen.
WINDOWS = ((1280, "100%"), (360, "100%"), (320, "200%"))


def kind_of(address: str) -> str:
    """One of each kind is looked at: ids, digests, numbers and questions aside, the addresses are the same."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{40,}|\d+", "*", address.partition("?")[0])


def faults_of(page: Page, address: str) -> list[str]:
    found = []
    for width, letters in WINDOWS:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("size => { document.documentElement.style.fontSize = size }", letters)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{address} scrolls sideways at {width} px with letters of {letters}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = ''")
    violations = Axe().run(page).response["violations"]
    return found + [f"{address}: {each['id']} {each['nodes'][0]['html'][:120]}" for each in violations]


def test_no_page_has_a_fault_and_none_scrolls_sideways(embedded: Candour, desk: Page) -> None:
    # The newest patient and consent are the ones that the lists lead to.
    embedded.shell(
        acts.ISSUE.format(count=1).replace('"Test"', f'"{LONG_GIVEN}"').replace("Person{number}", LONG_FAMILY)
    )
    asked: set[str] = set()
    said: list[str] = []
    desk.on("request", lambda request: asked.add(request.url.split("/")[2]))
    desk.on("console", lambda word: said.append(word.text) if word.type in ("error", "warning") else None)
    desk.goto(f"{embedded.url}/accounts/login/")
    problems = faults_of(desk, "/accounts/login/")
    people.sign_in(desk, embedded, "a.tern@harbour.example")
    waiting, kinds = list(START), set()
    while waiting:
        address = waiting.pop(0)
        if kind_of(address) in kinds or NO_PAGE.search(kind_of(address)):
            continue
        kinds.add(kind_of(address))
        answer = desk.goto(embedded.url + address)
        if answer is None or answer.status != 200:
            problems.append(f"{address} answers {answer and answer.status}")
        problems += faults_of(desk, address)
        waiting += [unescape(link).split("#")[0] for link in re.findall(r'href="(/[^"]*)', desk.content())]
    assert problems == []
    assert asked == {f"localhost:{embedded.port}"}
    assert said == []
    assert len(kinds) >= LEAST_PAGES
