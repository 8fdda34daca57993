"""The reference is true: refusals, states and log kinds are read from the code and compared with docs/reference."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from audit.errors import Refusal
from config import http
from consent.rules import TRANSITIONS
from consent.vocabulary import ConsentStatus
from products.rules import BATCH_TRANSITIONS
from products.vocabulary import BatchStatus

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("audit", "clinic", "products", "consent")


def page(name: str) -> str:
    return (ROOT / "docs/reference" / name).read_text(encoding="utf-8")


def section_of(text: str, title: str) -> str:
    """What stands under one heading of the second level."""
    return re.split(r"^## ", text.partition(f"\n## {title}\n")[2], flags=re.MULTILINE)[0]


def refusals(room: str) -> list[type[Refusal]]:
    """The refusals that a room names, in the order of its file."""
    errors = importlib.import_module(f"{room}.errors")
    return [
        kind
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, Refusal) and kind.__module__ == errors.__name__
    ]


def refusal_rows(room: str) -> list[str]:
    """The rows of a room's table: class, status, and the first sentence or two of its docstring."""
    return [
        f"| `{kind.__name__}` | {http.STATUS[kind]} | {' '.join(str(inspect.getdoc(kind)).partition(chr(10) * 2)[0].split())} |"
        for kind in refusals(room)
    ]


def batch_diagram(transitions: Mapping[str, frozenset[str]]) -> str:
    """A batch's table of moves as a Mermaid state diagram."""
    lines = [f'    state "{state.label}" as {state.value}' for state in BatchStatus]
    lines += [f"    [*] --> {BatchStatus.QUARANTINE}"]
    lines += [
        f"    {now} --> {then}" for now in BatchStatus.values for then in BatchStatus.values if then in transitions[now]
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def diagram(transitions: Mapping[str, frozenset[str]]) -> str:
    """The table of moves as a Mermaid state diagram; states in the order of the vocabulary."""
    names = {status.value: status.name.lower() for status in ConsentStatus}
    lines = [f'    state "{status.label} ({status.value})" as {names[status]}' for status in ConsentStatus]
    lines += [f"    [*] --> {names[ConsentStatus.DRAFT]}"]
    lines += [
        f"    {names[now]} --> {names[then]}"
        for now in ConsentStatus.values
        for then in ConsentStatus.values
        if then in transitions[now]
    ]
    lines += [f"    {names[last]} --> [*]" for last in ConsentStatus.values if not transitions[last]]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def kinds_in(source: str) -> Iterator[str]:
    """Every kind that a module gives to the log: written in the call, or held by a name of the same module."""
    tree = ast.parse(source)
    held: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            held.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not any(word.arg == "occurred_at" for word in node.keywords):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("append", "one_entry") and node.args:
            kind = node.args[0]
            values = held.get(kind.id, []) if isinstance(kind, ast.Name) else [kind]
            words = [leaf.value for value in values for leaf in ast.walk(value) if isinstance(leaf, ast.Constant)]
            assert words, f"line {node.lineno} logs a kind that cannot be read from the file"
            yield from (str(word) for word in words)


def kinds() -> set[str]:
    return {
        kind
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        for kind in kinds_in(path.read_text(encoding="utf-8"))
    }


class TestRefusals:
    @pytest.mark.parametrize("room", ROOMS)
    def test_every_refusal_has_a_row_of_its_own_in_the_table_of_statuses(self, room: str) -> None:
        assert [kind.__name__ for kind in refusals(room) if kind not in http.STATUS] == []

    def test_no_refusal_has_two_rows(self) -> None:
        named = [kind for kinds_ in http.REFUSALS.values() for kind in kinds_]
        assert len(named) == len(set(named))

    @pytest.mark.parametrize("room", ROOMS)
    def test_the_reference_lists_exactly_the_rooms_refusals(self, room: str) -> None:
        rows = [line for line in section_of(page("errors.md"), room).splitlines() if line.startswith("| `")]
        assert rows == refusal_rows(room)

    def test_every_status_has_words_for_its_page(self) -> None:
        assert set(http.REFUSALS) - set(http.TITLES) == {500}


class TestStates:
    def test_the_diagram_is_the_table_of_moves(self) -> None:
        assert diagram(TRANSITIONS) in page("states.md")

    def test_a_move_more_or_less_changes_the_diagram(self) -> None:
        assert diagram({**TRANSITIONS, ConsentStatus.ACTIVE: frozenset()}) not in page("states.md")

    def test_every_state_is_explained(self) -> None:
        explained = set(re.findall(r"^\| `([a-z-]+)` \|", section_of(page("states.md"), "States"), flags=re.MULTILINE))
        assert explained == set(ConsentStatus.values)

    def test_the_diagram_of_a_batch_is_its_table_of_moves(self) -> None:
        assert batch_diagram(BATCH_TRANSITIONS) in page("states.md")
        assert batch_diagram({**BATCH_TRANSITIONS, "RECALLED": frozenset()}) not in page("states.md")

    def test_every_state_of_a_batch_is_explained(self) -> None:
        rows = section_of(page("states.md"), "The states of a batch")
        assert re.findall(r"^\| `([A-Z_]+)` \|", rows, flags=re.MULTILINE) == BatchStatus.values


class TestLogKinds:
    def test_the_reference_lists_exactly_the_kinds_in_the_code(self) -> None:
        assert set(re.findall(r"^\| `([a-z_.]+)` \|", page("log-kinds.md"), flags=re.MULTILINE)) == kinds()

    def test_a_kind_held_by_a_name_is_found(self) -> None:
        source = 'kind = "a.one" if new else "a.two"\nappend(kind, agent=agent, occurred_at=at)\n'
        assert sorted(kinds_in(source)) == ["a.one", "a.two"]

    def test_a_kind_from_elsewhere_is_refused(self) -> None:
        with pytest.raises(AssertionError, match="line 1"):
            list(kinds_in("append(given, agent=agent, occurred_at=at)\n"))
