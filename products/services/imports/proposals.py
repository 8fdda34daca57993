"""What a row of a table proposes, and what a whole table would change: worked out before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.errors import Refusal
from products.columns import BASIS, Column, Said, cells_of, said_in
from products.errors import ClaimRefusedError, TableRefusedError
from products.fields import ClaimField, check_claim, technical
from products.parsing.cells import Row, Table
from products.services.claims import LONGEST_REASON, ClaimDraft, clean_value
from products.text import clean_line

MOST_PROBLEMS = 5_000
LONGEST_FOUND = 80
EVERY = 500
Report = Callable[[int], None]


@dataclass(frozen=True)
class Problem:
    """One thing to mend: the row as the person's program numbers it, the column, what was found, and what to do."""

    row: int
    column: str
    found: str
    message: str

    def as_json(self) -> list[Any]:
        """As the job keeps it."""
        return [self.row, self.column, self.found, self.message]


@dataclass(frozen=True)
class Heading:
    """Which column of the table stands where, and which are not ours."""

    places: Mapping[str, int]
    ignored: Sequence[str]

    def cells(self, row: Row) -> dict[str, str]:
        """The row's cells by column name."""
        return {name: row.cells[place].strip() for name, place in self.places.items()}


@dataclass
class Plan:
    """What an import would do. `proposals` are of one kind, in the order of the rows; `notes` are for the person."""

    heading: Heading
    proposals: list[Any] = field(default_factory=list)
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    notes: list[str] = field(default_factory=list)

    def refuse(self, row: int, refusal: Refusal, cells: Mapping[str, str], column: str = "") -> None:
        """Note what is wrong with a row; beyond a limit only the number is kept."""
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            name = column or refusal.field
            self.problems.append(Problem(row, name, cells.get(name, "")[:LONGEST_FOUND], refusal.message))

    def note(self, words: str) -> None:
        """Tell the person once, and not for every row."""
        if words not in self.notes and len(self.notes) < 20:
            self.notes.append(words)


def heading_of(table: Table, columns: Sequence[Column]) -> Heading:
    """Match the first row with the columns we know. Raises `TableRefusedError` where one is needed or named twice."""
    known = {name: column.name for column in columns for name in (column.name, *column.aliases)}
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, given in enumerate(table.head):
        name = "_".join(given.casefold().split())
        if not name:
            raise TableRefusedError(f"Column {place + 1} has no name in the first row.", code="csv.header")
        column = known.get(name)
        if column is None:
            ignored.append(given.strip())
        elif column in places:
            raise TableRefusedError(f"The column “{column}” is there twice. Delete one of them.", code="csv.header")
        else:
            places[column] = place
    if missing := [column.name for column in columns if column.needed and column.name not in places]:
        raise TableRefusedError(
            f"The first row does not name the column {' and '.join(missing)}. Download the template and compare.",
            code="csv.header",
        )
    return Heading(places, ignored)


def claims_in(
    fields: Iterable[ClaimField], plan: Plan, row: int, cells: Mapping[str, str], *, bases: frozenset[str]
) -> list[ClaimDraft]:
    """The claims that a row makes, on one of these bases; what cannot be one is noted as a problem at its column."""
    drafts = []
    for one in fields:
        try:
            said = said_in(one, cells)
            if said is None:
                continue
            _check_basis(one, said, bases)
            value = clean_value(one, said.value)
            reason = clean_line(said.reason, field=f"{one.name}{BASIS}", most=LONGEST_REASON)
            check_claim(one, value, said.basis, reason)
        except Refusal as refusal:
            at = refusal.field if refusal.field in cells else one.name
            plan.refuse(row, refusal, cells, at if at in cells else f"{one.name}{BASIS}")
        else:
            drafts.append(ClaimDraft(one.name, value, said.basis, said.unit, reason))
    return drafts


def differences(
    fields: Mapping[str, ClaimField], snapshot: Mapping[str, Any], drafts: Iterable[ClaimDraft]
) -> list[tuple[str, str]]:
    """Where drafts say other things than what is on record: the field's name, and what is on record in words."""
    found = []
    for draft in drafts:
        one, entry = fields[draft.field], snapshot.get(draft.field)
        mine = {"value": draft.value, "basis": draft.basis, "unit": draft.unit, "reason": draft.reason}
        # Compared as a table writes them: what a table cannot say is no difference.
        if cells_of(one, entry) != cells_of(one, mine):
            found.append((draft.field, technical(one, entry["value"]) if entry and entry["value"] else "not stated"))
    return found


def _check_basis(one: ClaimField, said: Said, bases: frozenset[str]) -> None:
    if said.basis not in bases:
        raise ClaimRefusedError(
            "A product is no batch: write MEASURED_REF, or record it on the batch.",
            field=f"{one.name}{BASIS}",
            code="claim.basis",
        )
