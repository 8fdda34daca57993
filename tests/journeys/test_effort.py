"""How much work it is to register a simple product: fields and clicks are counted in a real browser, and may not grow."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys import people
from tests.journeys.running import Candour

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "effort.md"
# Keystroke-level model (Card, Moran and Newell, 1980): seconds to find and point, to press a key, to make up one's mind.
POINT, KEY, THINK = 1.1, 0.28, 1.35


@dataclass
class Hand:
    """One person at one page: does what is asked, and counts it."""

    page: Page
    fields: int = 0
    clicks: int = 0
    keys: int = 0
    done: list[str] = field(default_factory=list)

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)
        self.fields, self.keys = self.fields + 1, self.keys + len(text)

    def choose(self, name: str, value: str) -> None:
        self.page.locator(f"select[name={name}]").select_option(value)
        self.fields += 1

    def tick(self, name: str, value: str) -> None:
        self.page.locator(f"input[name={name}][value={value}]").check()
        self.fields += 1

    def click(self, name: str, role: str = "button") -> None:
        people.press(self.page.get_by_role(role, name=name, exact=True))  # type: ignore[arg-type]  # "button" or "link"
        self.clicks += 1

    @property
    def seconds(self) -> float:
        """What a practised person needs, by the model."""
        return self.fields * (THINK + POINT) + self.clicks * (THINK + POINT) + self.keys * KEY


def told(text: str, what: str) -> int:
    found = re.search(rf"^\| {what} \| (\d+) \|", text, re.MULTILINE)
    assert found, f"{PAGE.name} does not say how many {what}"
    return int(found[1])


class TestRegisteringASimpleProduct:
    def test_takes_no_more_fields_and_clicks_than_the_page_of_reference_says(
        self, embedded: Candour, desk: Page
    ) -> None:
        people.sign_in(desk, embedded, "m.petrel@harbour.example")
        desk.goto(f"{embedded.url}/products/")
        hand = Hand(desk)
        hand.click("Register a product", "link")
        hand.type("Marketed name", "Vela Leaf")
        hand.type("GTIN", "9506000134352")
        hand.choose("manufacturer", "new")
        hand.type("New manufacturer's name", "Example Botanics")
        hand.choose("ev_term_on_label", "EXOSOME_CLAIMED")
        hand.choose("origin", "PLANT")
        hand.choose("donor_relation_basis", "NOT_STATED")
        hand.choose("material_basis", "NOT_STATED")
        hand.choose("cell_or_tissue_basis", "NOT_STATED")
        hand.choose("species_basis", "NOT_STATED")
        hand.choose("isolation_methods_basis", "NOT_STATED")
        hand.choose("formulation_basis", "NOT_STATED")
        hand.tick("intended_routes", "TOPICAL_INTACT")
        hand.click("Register the product")
        expect(desk.locator("h1")).to_contain_text("Vela Leaf")

        text = PAGE.read_text(encoding="utf-8")
        counted = (hand.fields, hand.clicks, hand.keys)
        assert counted == (told(text, "fields"), told(text, "clicks"), told(text, "keystrokes"))
        assert round(hand.seconds) == told(text, "seconds")
        assert hand.seconds < 180
