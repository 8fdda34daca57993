"""One thing that can be said of a product or a batch: what kind of value it has, when it is needed, how it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from products.vocabulary import PlainChoices


class Kind(StrEnum):
    """What the value of a claim is, as JSON.

    CODE a code; CODES a list of codes; STEPS {"methods": codes in order, "detail": text}; TEXT a text; INTEGER a whole
    number; DECIMAL a number; COUNT a whole number up to 9e15; FLAG true or false; COUNTRY two letters of ISO 3166-1;
    PARTS a mapping of the field's parts that are known; MARKERS {"C1": {"CD9": "+"}}; RECORD written by an act of its own.
    """

    CODE = "CODE"
    CODES = "CODES"
    STEPS = "STEPS"
    TEXT = "TEXT"
    INTEGER = "INTEGER"
    DECIMAL = "DECIMAL"
    COUNT = "COUNT"
    FLAG = "FLAG"
    COUNTRY = "COUNTRY"
    PARTS = "PARTS"
    MARKERS = "MARKERS"
    RECORD = "RECORD"


class Need(StrEnum):
    """How much a dossier needs the field: a value or an explicit "not stated", where its condition holds, or not at all."""

    MANDATORY = "M"
    CONDITIONAL = "C"
    OPTIONAL = "O"


class Condition(StrEnum):
    """Of which products a field is asked. What decides and is not known does not excuse: the field is asked."""

    ALWAYS = "ALWAYS"
    HUMAN = "HUMAN"
    ANIMAL = "ANIMAL"
    HUMAN_OR_ANIMAL = "HUMAN_OR_ANIMAL"
    CULTURE = "CULTURE"
    LYOPHILISED = "LYOPHILISED"
    CENTRIFUGED = "CENTRIFUGED"
    IMMORTALISED = "IMMORTALISED"
    MIXED = "MIXED"


@dataclass(frozen=True)
class ClaimField:
    """One thing that can be said: its label for staff, for a patient, and what its value may be.

    `units` are the units that a number may have, the usual one first; `least`, `most` and `places` bound it.
    `also` are keys of a PARTS value that an instrument's file adds to the parts.
    """

    name: str
    label: str
    patient_label: str
    vocabulary: type[PlainChoices] | None = None
    may_not_apply: bool = True
    kind: Kind = Kind.TEXT
    need: Need = Need.MANDATORY
    condition: Condition = Condition.ALWAYS
    units: tuple[str, ...] = ()
    least: int = 0
    most: int = 1_000_000
    places: int = 0
    longest: int = 200
    parts: tuple[ClaimField, ...] = ()
    also: tuple[str, ...] = ()
    hint: str = ""

    @property
    def is_number(self) -> bool:
        """Whether the value is one number, so that its unit is said after it."""
        return self.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.COUNT)


Fields = Mapping[str, ClaimField]
"""Fields by name, in the order in which they are asked and shown."""
