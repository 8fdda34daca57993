"""One line of the table that `make bench` prints."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`ours` and `peer` in `unit`; `ratio` is ours / peer and `aim` the most it should be. None: not compared."""

    name: str
    ours: float
    peer: float | None
    ratio: float | None
    aim: float | None
    unit: str

    def __str__(self) -> str:
        peer = "" if self.peer is None else f"{self.peer:.3f}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        aim = "" if self.aim is None else f"{self.aim:.2f}"
        return f"{self.name:<58} {self.ours:>9.3f} {peer:>9} {self.unit:<3} {ratio:>6} {aim:>6}"
