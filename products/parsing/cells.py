"""A table as it was written: text cells in numbered rows, whatever kind of file they came from. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One row. `number` is the line of a CSV file or the row of a sheet, from 1, as the person's own program shows it."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The first row as `head`, and the others as long as it. `form` says how it was read; `notes` what to know of it."""

    head: tuple[str, ...]
    rows: tuple[Row, ...]
    form: str
    notes: tuple[str, ...] = ()
