"""With somebody beside the patient, and on paper: each way in a real browser, from the link to the practitioner's declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.consent import scans
from tests.journeys import acts, people
from tests.journeys.patient_walk import Walk
from tests.journeys.running import Candour, copy_of

TREATS = "a.tern@harbour.example"


@pytest.fixture(scope="module")
def clinic(embedded_template: Candour, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Candour]:
    """One served copy of the demo clinic for both ways."""
    candour = copy_of(embedded_template, tmp_path_factory.mktemp("together"))
    candour.serve()
    yield candour
    candour.stop()


def faults(page: Page) -> list[str]:
    """What axe-core finds, and sideways scroll on a small phone with large letters."""
    found = [f"{page.url}: {one['id']}" for one in Axe().run(page).response["violations"]]
    size = page.viewport_size
    page.set_viewport_size({"width": 320, "height": 700})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    if page.evaluate("document.documentElement.scrollWidth") > 320:
        found.append(f"{page.url} scrolls sideways")
    page.evaluate("document.documentElement.style.fontSize = ''")
    page.set_viewport_size(size or {"width": 360, "height": 740})
    return found


def test_an_interpreter_declares_and_a_proxy_signs_once_the_clinic_has_seen_why(
    clinic: Candour, phone: Page, desk: Page
) -> None:
    (one,) = acts.issue(clinic)
    link, consent = f"{clinic.url}/p/{one['token']}/", f"{clinic.url}/consents/{one['consent']}/"
    walk = Walk(phone)
    walk.to_the_decision(link)
    people.press(phone.get_by_role("link", name="I am helping the patient, or somebody helps me"))
    problems = faults(phone)
    people.press(phone.get_by_role("link", name="Interpreter"))
    phone.get_by_label("Full name").fill("Ana Król")
    phone.get_by_label(re.compile("Your qualification")).fill("NRPSI 12345")
    phone.get_by_label("Into which language?").fill("Polish")
    people.press(phone.get_by_role("button", name="Continue"))
    problems += faults(phone)
    expect(phone.get_by_role("main")).to_contain_text("into Polish for")
    walk.draws()
    phone.get_by_label("This is true").check()
    people.press(phone.get_by_role("button", name="Declare"))
    phone.goto(link + "people/add/proxy/")
    phone.get_by_label("Full name").fill("Lena Ilves")
    phone.get_by_label("How do you know the patient?").fill("Her daughter")
    phone.get_by_label("Deputy appointed by the Court of Protection").check()
    people.press(phone.get_by_role("button", name="Continue"))
    expect(phone.get_by_role("main")).to_contain_text("Nothing can be signed before")
    phone.goto(link + "sign/")
    expect(phone).to_have_url(re.compile("/decide/$"))
    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    problems += faults(desk)
    people.press(desk.get_by_role("link", name="Check the authority"))
    problems += faults(desk)
    desk.get_by_label("Seen, and it covers this decision").check()
    desk.get_by_label("The document that you saw").fill("Order of the Court of Protection 1398 of 2 May 2024")
    desk.get_by_label("Why", exact=True).fill(
        "Cannot weigh it up since a stroke; assessed on Monday; in her best interests."
    )
    people.press(desk.get_by_role("button", name="Record it"))
    phone.goto(link + "sign/")
    expect(phone.get_by_role("main")).to_contain_text("on behalf of")
    walk.draws()
    phone.get_by_label(re.compile("I mean this")).check()
    people.press(phone.get_by_role("button", name=re.compile("^Sign")))
    expect(phone).to_have_url(re.compile("/receipt/$"))
    assert problems == []


def test_on_paper(clinic: Candour, phone: Page, desk: Page, tmp_path: Path) -> None:
    (one,) = acts.issue(clinic)
    link, consent = f"{clinic.url}/p/{one['token']}/", f"{clinic.url}/consents/{one['consent']}/"
    walk = Walk(phone)
    walk.confirm(link)
    phone.goto(link + "paper/")
    phone.get_by_label("On paper, by hand").check()
    people.press(phone.get_by_role("button", name="Tell the clinic"))
    expect(phone.get_by_role("main")).to_contain_text("The clinic knows")
    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    people.press(desk.get_by_role("link", name="On paper: print, hand over, scan back"))
    problems = faults(desk)
    people.press(desk.get_by_role("button", name="Make the pack"))
    with desk.expect_download() as printed:
        desk.get_by_role("link", name=re.compile("Download the pack")).click()
    pack = Path(printed.value.path()).read_bytes()
    people.press(desk.get_by_role("button", name="I handed it over"))
    for title in (
        "What matters to you",
        "About your health",
        "Did we explain it well?",
        "In your own words",
        "Your choices",
    ):
        people.press(desk.get_by_role("link", name=title))
        problems += faults(desk)
        for box in desk.locator("main textarea").all():
            box.fill("It may do nothing.")
        for group in desk.locator("main fieldset").all():
            group.get_by_label(re.compile(f"^({'|'.join(people.RIGHT)}|No)$")).first.check()
        people.press(desk.get_by_role("button", name="Keep these answers"))
    people.press(desk.get_by_role("link", name="Take in the scan"))
    problems += faults(desk)
    scan = tmp_path / "scan.pdf"
    scan.write_bytes(scans.scanned(pack, dpi=150).content)
    desk.get_by_label("The scanned pack").set_input_files(scan)
    people.press(desk.get_by_role("button", name="Take it in"))
    people.press(desk.get_by_role("link", name="Attest the signature"))
    people.confirm_password(desk, clinic)
    problems += faults(desk)
    desk.get_by_label("I saw this person sign the paper.").check()
    desk.get_by_label("How do you know who signed?").fill("Passport seen")
    day = desk.evaluate("[new Date().getDate(), new Date().getMonth() + 1, new Date().getFullYear()]")
    for label, value in zip(("Day", "Month", "Year"), day, strict=True):
        desk.get_by_label(label, exact=True).fill(str(value))
    desk.get_by_label(re.compile("I compared the scan")).check()
    people.press(desk.get_by_role("button", name="Attest"))
    expect(desk.get_by_role("main")).to_contain_text("signed by hand on paper")
    assert problems == []
