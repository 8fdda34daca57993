"""What the documentation says is there, is there: links, anchors, pictures, commands, licences."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.ROOT)
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
READERS = [page for page in PAGES if "adr" not in page.parts]
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NOTICE = (ROOT / "NOTICE").read_text(encoding="utf-8")
REFERENCE = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
# Under this heading NOTICE lists patterns of font files, each with its licence text.
FONT_LINE = re.compile(r"^  (\S+\.woff2) +.*?(OFL-\S+\.txt)$", re.MULTILINE)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The anchors that a code host makes of the headings."""
    headings = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands() -> set[str]:
    """Every manage.py command of ours."""
    found = {path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__"}
    assert found
    return found


class TestLinks:
    @pytest.mark.parametrize("page", PAGES, ids=name)
    def test_lead_to_a_file_and_an_anchor(self, page: Path) -> None:
        lost = []
        for _, target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            goal = (page.parent / path).resolve() if path else page
            if not goal.exists() or ROOT not in goal.parents or (anchor and anchor not in anchors(goal)):
                lost.append(target)
        assert lost == []

    def test_reach_every_page_and_every_picture(self) -> None:
        reached = {
            (page.parent / target.partition("#")[0]).resolve()
            for page in PAGES
            for _, target in LINK.findall(page.read_text(encoding="utf-8"))
        }
        files = {path for path in (ROOT / "docs").rglob("*") if path.is_file()}
        assert {name(path) for path in files - reached - {ROOT / "docs" / "index.md"}} == set()

    def test_pictures_are_small_and_said_in_words(self) -> None:
        for page in PAGES:
            for words, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
                assert len(words) > 10, target
                assert (page.parent / target).stat().st_size <= 200_000, target

    @pytest.mark.parametrize("page", [*PAGES, ROOT / "NOTICE"], ids=name)
    def test_no_page_holds_a_path_of_one_machine(self, page: Path) -> None:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"(?<![\w.])/(?:home|root|work|tmp|Users)/\S*", text) == []


class TestCommands:
    def test_each_is_in_the_reference(self) -> None:
        documented = set(re.findall(r"^\| `(\w+)[^`]*` \|", REFERENCE.partition("\n## ")[0], re.MULTILINE))
        assert documented == commands()

    def test_each_make_target_is_in_the_reference(self) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        assert set(re.findall(r"^\| `make ([a-z-]+)` \|", REFERENCE, re.MULTILINE)) == targets - {"setup", "setup-dev"}

    @pytest.mark.parametrize("page", READERS, ids=name)
    def test_no_page_names_a_command_that_is_not_there(self, page: Path) -> None:
        named = set(re.findall(r"manage\.py ([a-z_]+)", page.read_text(encoding="utf-8")))
        assert named <= commands() | {"migrate"}


class TestNotice:
    def test_names_every_vendored_file(self) -> None:
        vendored = [path for path in (ROOT / "static" / "vendor").iterdir() if path.is_file()]
        assert vendored
        assert [path.name for path in vendored if f"static/vendor/{path.name}" not in NOTICE] == []

    def test_names_every_font_with_the_licence_that_is_there(self) -> None:
        fonts = ROOT / "static" / "fonts"
        table = FONT_LINE.findall(NOTICE)
        used = set()
        for path in fonts.iterdir():
            if path.suffix == ".woff2":
                licence = next((text for pattern, text in table if fnmatch.fnmatch(path.name, pattern)), "")
                assert licence, f"{path.name} is not in NOTICE"
                used.add(licence)
        assert used == {path.name for path in fonts.glob("OFL-*.txt")} == {text for _, text in table}

    def test_every_data_file_of_the_product_is_ours_and_named(self) -> None:
        data = [path for path in ROOT.glob("*/data/*") if path.is_file() and path.parent.parent.name != "var"]
        assert [name(path) for path in data if name(path) not in NOTICE] == []


class TestTutorial:
    def test_prints_the_measurement_that_it_ships(self) -> None:
        folder = ROOT / "docs" / "tutorial"
        assert (folder / "rse2699-size.csv").read_text() in (folder / "first-sealed-consent.md").read_text()
