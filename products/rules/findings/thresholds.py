"""The numbers that a clinic may set: each with its default, the least and the most it can be, and what it does.

A number of the law, of logic or of a pharmacopoeia is not here: it is in the check itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True)
class Thresholds:
    """The numbers in force at one clinic."""

    smallest_mode_nm: Decimal = Decimal(20)
    widest_span: Decimal = Decimal("2.0")
    narrowest_span: Decimal = Decimal("0.15")
    impure_per_ug: Decimal = Decimal("2e9")
    pure_per_ug: Decimal = Decimal("3e10")
    label_tolerance_percent: Decimal = Decimal(20)
    sterility_days: Decimal = Decimal(14)
    body_weight_kg: Decimal = Decimal(60)


@dataclass(frozen=True)
class Threshold:
    """One number: where it is used, in which unit, and between which limits a clinic may set it."""

    name: str
    label: str
    unit: str
    least: Decimal
    most: Decimal
    places: int
    codes: tuple[str, ...]
    why: str

    @property
    def default(self) -> Decimal:
        """The number where the clinic has set none."""
        return DEFAULTS[self.name]


DEFAULTS: Mapping[str, Decimal] = MappingProxyType(
    {field.name: Decimal(getattr(Thresholds(), field.name)) for field in fields(Thresholds)}
)
_ROWS = (
    Threshold(
        "smallest_mode_nm",
        "Smallest plausible mode diameter",
        "nm",
        Decimal(10),
        Decimal(30),
        1,
        ("EV001", "EV002"),
        "Rule of thumb: a membrane alone is about 5 nm thick on each side.",
    ),
    Threshold(
        "widest_span",
        "Widest plausible span, (D90 - D10) / D50",
        "",
        Decimal("0.5"),
        Decimal("5.0"),
        2,
        ("EV007",),
        "Rule of thumb: a broader distribution is often a mixture, or clumped.",
    ),
    Threshold(
        "narrowest_span",
        "Narrowest plausible span, (D90 - D10) / D50",
        "",
        Decimal("0.01"),
        Decimal("0.4"),
        2,
        ("EV007",),
        "Rule of thumb: a narrower one is often beads, liposomes or copied data.",
    ),
    Threshold(
        "impure_per_ug",
        "Below this many particles per µg protein: impure",
        "per µg",
        Decimal("1e8"),
        Decimal("1e10"),
        0,
        ("EV009",),
        "From memory: bands of Webber and Clayton (2013), not found again in the paper.",
    ),
    Threshold(
        "pure_per_ug",
        "From this many particles per µg protein on: no remark",
        "per µg",
        Decimal("1e10"),
        Decimal("1e11"),
        0,
        ("EV009",),
        "From memory: bands of Webber and Clayton (2013), not found again in the paper.",
    ),
    Threshold(
        "label_tolerance_percent",
        "How far the particle count may lie from the label",
        "%",
        Decimal(5),
        Decimal(50),
        1,
        ("QB013",),
        "Rule of thumb: one published product allowed 20 % either way.",
    ),
    Threshold(
        "sterility_days",
        "Shortest growth-based sterility test",
        "days",
        Decimal(14),
        Decimal(28),
        0,
        ("QB012",),
        "From memory: Ph. Eur. 2.6.1 incubates for 14 days. A clinic can ask for more, not for less.",
    ),
    Threshold(
        "body_weight_kg",
        "Body weight for the endotoxin limit",
        "kg",
        Decimal(30),
        Decimal(70),
        0,
        ("QB006",),
        "The limit of USP <85> is per kg. A lower weight is the stricter choice.",
    ),
)
THRESHOLDS: Mapping[str, Threshold] = MappingProxyType({row.name: row for row in _ROWS})
