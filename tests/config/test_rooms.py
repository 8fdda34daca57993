"""The house: the import contracts hold, they can fail, and no door stands open that nobody named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("audit", "clinic", "products", "consent", "config")
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")
DOORS = {
    "audit": {"errors", "models", "records", "services", "tlog", "triggers", "vocabulary"},
    "clinic": {"errors", "fields", "models", "records", "rest", "services", "tenancy", "vocabulary"},
    "products": {"disclosure", "errors", "gs1", "models", "records", "services", "vocabulary"},
    "consent": {"disclosure", "errors", "languages", "sentences", "models", "records", "services", "vocabulary"},
}
# Words that say nothing about what is inside.
EMPTY_NAMES = {"utils", "helpers", "manager", "handler", "data", "info"}
# One fault for each contract: the file that gets it, and the line.
FAULTS = {
    "rooms": ("clinic/dates.py", "import products.vocabulary"),
    "stairs-audit": ("audit/records.py", "import audit.services"),
    "stairs-clinic": ("clinic/helpers.py", ""),
    "stairs-products": ("products/utils.py", ""),
    "stairs-consent": ("consent/helpers.py", ""),
    "stairs-config": ("config/info.py", ""),
    "no-cycles": ("consent/views/record.py", "import consent.views.chair\nimport consent.views.board"),
    "doors-audit": ("clinic/logos.py", "import audit.views"),
    "doors-clinic": ("products/places.py", "import clinic.encryption"),
    "doors-products": ("consent/wording.py", "import products.sizing"),
    "doors-consent": ("config/logs.py", "import consent.tasks"),
    "pure": ("products/sizing/text.py", "import django.utils.text"),
    "rules": ("consent/rules/exits.py", "from django.utils import timezone"),
}


def contracts() -> list[dict[str, Any]]:
    return list(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    )


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over the house in this folder."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"],
        cwd=folder,
        # Wide, so that no contract's name is broken over two lines.
        env={"PATH": os.environ["PATH"], "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The contracts run over a copy of the house in which each is broken once."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ROOMS:
        for path in (ROOT / room).rglob("*.py"):
            target = copy / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for name, line in FAULTS.values():
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    with (copy / "consent/views/chair.py").open("a", encoding="utf-8") as file:
        file.write("\nimport consent.views.record\n")
    return lint(copy)


class TestTheContracts:
    def test_the_house_keeps_all_of_them(self) -> None:
        done = lint(ROOT)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_a_faulty_house_fails(self, faulty: subprocess.CompletedProcess[str]) -> None:
        assert faulty.returncode == 1

    def test_each_contract_has_its_fault_here(self) -> None:
        assert {contract["id"] for contract in contracts()} == set(FAULTS)

    @pytest.mark.parametrize("contract", contracts(), ids=lambda contract: str(contract["id"]))
    def test_each_contract_can_fail(self, contract: dict[str, Any], faulty: subprocess.CompletedProcess[str]) -> None:
        assert f"{contract['name']} BROKEN" in faulty.stdout

    def test_a_stray_file_is_named(self, faulty: subprocess.CompletedProcess[str]) -> None:
        assert "helpers" in faulty.stdout.partition("Broken contracts")[2]


class TestDoors:
    @pytest.mark.parametrize("room", DOORS)
    def test_a_file_is_a_door_or_closed_to_other_rooms(self, room: str) -> None:
        closed = next(contract for contract in contracts() if contract["id"] == f"doors-{room}")["forbidden_modules"]
        files = {path.stem for path in (ROOT / room).glob("*.py") if path.stem != "__init__"}
        folders = {path.parent.name for path in (ROOT / room).glob("*/__init__.py")}
        assert {f"{room}.{name}" for name in (files | folders) - DOORS[room]} == set(closed)


class TestNames:
    def test_no_module_has_a_name_that_says_nothing(self) -> None:
        named_badly = [
            path.relative_to(ROOT).as_posix()
            for folder in (*ROOMS, "tests", "bench")
            for path in (ROOT / folder).rglob("*.py")
            if path.stem in EMPTY_NAMES or (path.stem == "__init__" and path.parent.name in EMPTY_NAMES)
        ]
        assert named_badly == []
