"""The requirements and the hazard log name only tests that exist, and no requirement is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "requirements.md"
HAZARDS = ROOT / "docs" / "explanation" / "hazard-log.md"
WANTED = [*(f"R{number}" for number in range(1, 41)), *(str(number) for number in range(1, 16))]


def rows() -> list[list[str]]:
    lines = re.findall(r"^\| ((?:R\d+|\d+) \|.*)\|$", PAGE.read_text(), re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def names_in(path: Path) -> set[str]:
    """The classes and functions at the top of a test module, and the tests within its classes as Class::test."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return found


def test_every_requirement_has_its_line() -> None:
    assert [row[0] for row in rows()] == WANTED


def test_each_line_names_a_test_or_a_text_or_says_that_it_is_not_met() -> None:
    assert [row[0] for row in rows() if not re.search(r"tests/|\.md\)", row[2]) and "not met" not in row[3]] == []


def test_every_test_that_is_named_exists() -> None:
    missing = []
    for file, _, name in re.findall(r"`(tests/[\w/]+\.py)(::([\w:]+))?`", PAGE.read_text() + HAZARDS.read_text()):
        path = ROOT / file
        if not path.exists() or (name and name not in names_in(path)):
            missing.append(f"{file}::{name}")
    assert missing == []
