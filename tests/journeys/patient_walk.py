"""The whole way of a patient, from link to receipt, screen by screen: counted, looked at, and photographed.

One walk serves the test of faults, the counts in docs/reference/patient-journey.md, the pictures in docs/pictures/patient,
and the measurement of time in `make bench`.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from playwright.sync_api import Locator, Page, expect

from tests.journeys import people

Look = Callable[[Page, str], None]
BIRTH_DATE = (("Day", "14"), ("Month", "3"), ("Year", "1984"))
WORDS = re.compile(r"\S*\w\S*")
# Wrong answers first, so that the explanation is seen as well; then the right ones.
WRONG = ("Yes, it is proven", "It is known to be safe", "You pay a fee", "Until you sign")


def unseen(_page: Page, _name: str) -> None:
    """Look at nothing."""


@dataclass
class Walk:
    """One patient with one phone: what is read, typed and tapped is counted; `look` sees each screen once it stands."""

    page: Page
    look: Look = unseen
    screens: int = 0
    words: int = 0
    taps: int = 0
    typed: int = 0
    names: list[str] = field(default_factory=list)

    def sees(self, name: str) -> None:
        """A new screen stands before the patient."""
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        self.screens += 1
        self.words += len(WORDS.findall(self.page.locator("main").inner_text()))
        self.names.append(name)
        self.look(self.page, name)

    def tap(self, what: Locator) -> None:
        people.press(what)
        self.taps += 1

    def choose(self, what: Locator) -> None:
        what.check()
        self.taps += 1

    def writes(self, box: Locator, text: str) -> None:
        box.fill(text)
        self.taps, self.typed = self.taps + 1, self.typed + len(text)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name).last

    def confirm(self, link: str) -> None:
        """Open the link and say who it is."""
        self.page.goto(link)
        self.sees("check-it-is-you")
        for label, value in BIRTH_DATE:
            self.writes(self.page.get_by_label(label, exact=True), value)
        self.tap(self.button("Continue"))

    def reads(self) -> None:
        """One part, and the button under it."""
        self.sees("part-" + self.page.url.rstrip("/").rsplit("/", 1)[-1])
        self.tap(self.button("I have read this part"))

    def answers(self, title: str, *, wrongly_first: bool = False) -> None:
        """One step: a clear no, the right answer, a few words."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title)
        self.sees("step-" + self.page.url.rstrip("/").rsplit("/", 1)[-1])
        if wrongly_first:
            for label in WRONG:
                self.choose(self.page.get_by_label(label, exact=True))
            self.choose(self.page.get_by_label(people.RIGHT[2], exact=True))
            self.tap(self.button("Save and go on"))
            self.sees("step-check-explained")
        for box in self.page.locator("main textarea").all():
            self.writes(box, "It may do nothing.")
        for group in self.page.locator("main fieldset").all():
            self.choose(group.get_by_label(re.compile(f"^({'|'.join(people.RIGHT)}|No)$")).first)
        self.tap(self.button("Save and go on"))

    def draws(self) -> None:
        """A signature with the finger."""
        pad = self.page.locator("canvas")
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box
        mouse = self.page.mouse
        mouse.move(box["x"] + 30, box["y"] + 60)
        mouse.down()
        for step in range(1, 14):
            mouse.move(box["x"] + 30 + step * 14, box["y"] + 60 + (22 if step % 2 else -24))
        mouse.up()
        self.taps += 1

    def to_the_decision(self, link: str) -> None:
        """From the link to the page on which the patient decides."""
        self.confirm(link)
        self.to_the_end_of_the_questions()
        self.sees("your-decision")

    def to_the_end_of_the_questions(self) -> None:
        """From the first part through all others and every question."""
        self.reads()
        self.answers("What matters to you")
        while "/part/" in self.page.url:
            self.reads()
        self.answers("About your health")
        self.answers("Did we explain it well?", wrongly_first=self.look is not unseen)
        self.answers("In your own words")
        self.answers("Your choices")

    def signs(self) -> None:
        """Yes, a drawing, and the receipt."""
        self._signs(self.draws)

    def signs_by_name(self, name: str) -> None:
        """Yes, the name in letters, and the receipt."""
        self._signs(lambda: self.writes(self.page.get_by_label("Or type your full name"), name))

    def _signs(self, mark: Callable[[], None]) -> None:
        self.tap(self.page.get_by_role("link", name=re.compile("go on to sign")))
        self.sees("sign")
        mark()
        self.choose(self.page.get_by_label(re.compile("I mean this")))
        self.tap(self.button(re.compile("^Sign")))
        expect(self.page).to_have_url(re.compile("/receipt/$"))
        self.sees("receipt")


# More stops than any page has, on the way to one control.
MOST_STOPS = 120
HERE = "one => one === document.activeElement"
# What shows where the keyboard is: an outline or a shadow around the control, or around the label that belongs to it.
IS_SHOWN = """one => [one, one.closest('label'), one.nextElementSibling].some(each => {
    if (!each) return false
    const look = getComputedStyle(each)
    return (look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) > 0) || look.boxShadow !== 'none'
})"""


@dataclass
class KeyboardWalk(Walk):
    """The same patient without a finger or a mouse: the tabulator, arrows, space, return and letters."""

    stops: int = 0

    def reach(self, what: Locator) -> None:
        """Go on from control to control until this one has the focus, and can be seen to have it."""
        for _ in range(MOST_STOPS):
            if what.evaluate(HERE):
                assert what.evaluate(IS_SHOWN), f"nothing shows that the focus is on {what} of {self.page.url}"
                return
            self.page.keyboard.press("Tab")
            self.stops += 1
        raise AssertionError(f"no key leads to {what} on {self.page.url}")

    def tap(self, what: Locator) -> None:
        self.reach(what)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.taps += 1

    def choose(self, what: Locator) -> None:
        """A tick by the space key; of a group, the first by the tabulator and another by arrows."""
        if what.get_attribute("type") == "radio":
            group = what.locator("xpath=ancestor::fieldset[1]").locator("input[type=radio]")
            self.reach(group.first)
            while not what.evaluate(HERE):
                self.page.keyboard.press("ArrowDown")
        else:
            self.reach(what)
        if not what.is_checked():
            self.page.keyboard.press("Space")
        expect(what).to_be_checked()
        self.taps += 1

    def writes(self, box: Locator, text: str) -> None:
        self.reach(box)
        self.page.keyboard.type(text)
        expect(box).to_have_value(text)
        self.taps, self.typed = self.taps + 1, self.typed + len(text)


@cache
def _bytes_of(page: Page, address: str) -> int:
    return len(gzip.compress(page.request.get(address).body()))


def weight(page: Page) -> int:
    """Bytes of one page as they travel to a phone that has none of it yet, in gzip: all but fonts."""
    base = re.match(r"https?://[^/]+", page.url)
    assert base
    linked = page.locator("link[rel=stylesheet], script[src], img[src], link[rel=icon]").evaluate_all(
        "all => all.map(one => one.getAttribute('href') || one.getAttribute('src'))"
    )
    addresses = {each for each in linked if each.startswith("/")}
    return len(gzip.compress(page.content().encode())) + sum(_bytes_of(page, base[0] + each) for each in addresses)
