"""Requirements, attacks and the hazard log name only tests that exist, and none that must be there is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "requirements.md"
HAZARDS = ROOT / "docs" / "explanation" / "hazard-log.md"
ATTACKS = ROOT / "docs" / "reference" / "attacks.md"
TRIED = [
    *(f"A{number:02}" for number in (*range(1, 17), 20, *range(51, 55), *range(57, 61), 67)),
    "Names and free text", "HTML and CSS of wording", "Signature, link and code", "API JSON",
    "Scans, tables, files, numbers",
]  # fmt: skip
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


def test_every_attack_and_every_group_of_inputs_has_its_line_with_a_test() -> None:
    lines = [
        [cell.strip() for cell in line.split("|")] for line in ATTACKS.read_text().splitlines() if "`tests/" in line
    ]
    assert [line[1] for line in lines if "`tests/" in line[4]] == TRIED
    assert all(line[2] and line[3] for line in lines)


def test_every_test_that_is_named_exists() -> None:
    missing, named = [], "".join(page.read_text() for page in (PAGE, HAZARDS, ATTACKS))
    for file, _, name in re.findall(r"`(tests/[\w/]+\.py)(::([\w:]+))?`", named):
        path = ROOT / file
        if not path.exists() or (name and name not in names_in(path)):
            missing.append(f"{file}::{name}")
    assert missing == []
