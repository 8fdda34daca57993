"""The first day of a real clinic: the start page, a passkey, and signing in with nothing but it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.cast import PASSWORD
from tests.journeys import people
from tests.journeys.running import Candour, copy_of


@pytest.fixture
def clinic(bare_template: Candour, tmp_path: Path) -> Iterator[Candour]:
    candour = copy_of(bare_template, tmp_path, CANDOUR_DEMO="0")
    candour.serve()
    yield candour
    candour.stop()


@pytest.fixture
def complaints(desk: Page) -> list[str]:
    """What the browser's console complained of; a broken content security policy shows here."""
    found: list[str] = []
    desk.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    desk.on("pageerror", lambda problem: found.append(str(problem)))
    return found


def open_clinic(page: Page, candour: Candour) -> None:
    page.goto(f"{candour.url}/start/")
    code = (candour.folder / "var" / "keys" / "start_code").read_text().strip()
    for label, value in (
        ("Start code", code),
        ("Your name", "Ada Lead"),
        ("Your e-mail address", "ada@example.org"),
        ("Name of the clinic", "Harbour Clinic"),
        ("Short code", "HC"),
        ("Address", "1 Quay Street\nFalmouth"),
        ("Phone for emergencies", "01632 960 999"),
    ):
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again", exact=True).fill(PASSWORD)
    people.press(page.get_by_role("button", name="Open the clinic"))


def sign_in(page: Page) -> None:
    page.get_by_label(re.compile("e-?mail", re.IGNORECASE)).fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    people.press(page.get_by_role("button", name="Sign in", exact=True))


def test_a_clinic_opens_once_and_its_lead_signs_in_with_a_passkey(
    clinic: Candour, desk: Page, complaints: list[str]
) -> None:
    session = desk.context.new_cdp_session(desk)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    open_clinic(desk, clinic)
    expect(desk.get_by_text("Your clinic is open")).to_be_visible()
    sign_in(desk)
    expect(desk).to_have_url(f"{clinic.url}/")

    desk.goto(f"{clinic.url}/accounts/2fa/")
    people.press(desk.get_by_role("link", name="Add a passkey"))
    if "reauthenticate" in desk.url:
        desk.get_by_label("Password").fill(PASSWORD)
        people.press(desk.locator("main form button").first)
    desk.locator("#id_name").fill("Desk computer")
    passwordless = desk.locator("#id_passwordless")
    if passwordless.count():
        passwordless.check()
    people.press(desk.get_by_role("button", name="Add the passkey"))
    desk.wait_for_url(re.compile("recovery-codes|webauthn/$"))
    desk.goto(f"{clinic.url}/accounts/2fa/webauthn/")
    expect(desk.get_by_text("Desk computer")).to_be_visible()

    desk.goto(f"{clinic.url}/accounts/logout/")
    people.press(desk.locator("main").get_by_role("button", name="Sign out"))
    desk.goto(f"{clinic.url}/accounts/login/")
    people.press(desk.get_by_role("button", name="Sign in with a passkey"))
    expect(desk).to_have_url(f"{clinic.url}/")
    expect(desk.locator(".menu-label")).to_contain_text("Ada Lead")
    assert complaints == []

    answer = desk.goto(f"{clinic.url}/start/")
    assert answer is not None
    assert answer.status == 404
