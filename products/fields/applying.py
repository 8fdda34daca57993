"""Which fields are asked of a product. What decides and is not known does not excuse: the field is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from products.fields.claim_field import ClaimField, Condition
from products.vocabulary import CellOrTissue, Formulation, IsolationMethod, Material, Origin

_ANIMALS = frozenset({Origin.ANIMAL_MAMMAL, Origin.ANIMAL_FISH, Origin.ANIMAL_OTHER})
# What may be human: unknown and mixed origins count as human wherever a rule asks.
_MAY_BE_HUMAN = frozenset({Origin.HUMAN, Origin.MIXED, Origin.UNKNOWN})
_MAY_BE_ANIMAL = _ANIMALS | {Origin.MIXED, Origin.UNKNOWN}
_CULTURED = frozenset(
    {Material.CCM, Material.CELL_EXTRUSION, Material.PLANT_CALLUS, Material.BACTERIAL_CULTURE, Material.UNKNOWN}
)
_SPUN = frozenset({IsolationMethod.DUC, IsolationMethod.DG, IsolationMethod.CUSHION})


def applies(field: ClaimField, snapshot: Mapping[str, Any]) -> bool:
    """Whether a field is asked of the product with this snapshot."""

    def among(name: str, codes: frozenset[Any], *, unknown: bool = True) -> bool:
        value = (snapshot.get(name) or {}).get("value")
        return unknown if value is None else value in codes

    match field.condition:
        case Condition.HUMAN:
            return among("origin", _MAY_BE_HUMAN)
        case Condition.ANIMAL:
            return among("origin", _MAY_BE_ANIMAL)
        case Condition.HUMAN_OR_ANIMAL:
            return among("origin", _MAY_BE_HUMAN | _ANIMALS)
        case Condition.CULTURE:
            return among("material", _CULTURED)
        case Condition.LYOPHILISED:
            return among("formulation", frozenset({Formulation.LYO, Formulation.UNKNOWN}))
        case Condition.IMMORTALISED:
            return among("cell_or_tissue", frozenset({CellOrTissue.IMMORT}), unknown=False)
        case Condition.MIXED:
            return among("origin", frozenset({Origin.MIXED}), unknown=False)
        case Condition.CENTRIFUGED:
            steps = ((snapshot.get("isolation_methods") or {}).get("value") or {}).get("methods", [])
            return bool(_SPUN & set(steps))
        case _:
            return True
