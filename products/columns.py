"""The columns of an imported or exported table, made from the fields that a claim can be about.

A field has one column for its value. Beside it stand `NAME_basis` (how we know; empty means the supplier's statement),
`NAME_unit` where it may be given in several, and `NAME_detail` for the detail of steps. Parts of a field are
`NAME.PART`. An empty cell says nothing: it is "not stated" for a new row, and no contradiction for one on record.
Pure: text cells in, JSON values out, and back again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from products.errors import ClaimRefusedError
from products.fields import ClaimField, Kind
from products.records import parse_quantity
from products.vocabulary import Basis, PlainChoices

BASIS, UNIT, DETAIL = "_basis", "_unit", "_detail"
_YES, _NO = "yes", "no"
_AND = "; "


@dataclass(frozen=True)
class Column:
    """One column: the name in the first row, its label for people, and what a cell may hold."""

    name: str
    label: str
    hint: str
    needed: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Said:
    """What the cells of one field say."""

    value: Any
    basis: str
    unit: str
    reason: str


def claim_columns(field: ClaimField) -> Iterator[Column]:
    """The columns of one field."""
    if field.kind == Kind.PARTS:
        for part in field.parts:
            yield Column(f"{field.name}.{part.name}", f"{field.label}: {part.label}", _hint(part))
    else:
        yield Column(field.name, field.label, _hint(field))
    if field.kind == Kind.STEPS:
        yield Column(f"{field.name}{DETAIL}", f"{field.label}, detail", "Text")
    if len(field.units) > 1:
        yield Column(
            f"{field.name}{UNIT}", f"{field.label}, unit", f"{' or '.join(field.units)}; empty: {field.units[0]}"
        )
    bases = [basis for basis in Basis if basis != Basis.NOT_APPLICABLE or field.may_not_apply]
    words = ", ".join(f"{basis}: why" if basis == Basis.NOT_APPLICABLE else str(basis) for basis in bases)
    yield Column(f"{field.name}{BASIS}", f"{field.label}, how we know", f"{words}; empty: {Basis.STATED}")


def said_in(field: ClaimField, cells: Mapping[str, str]) -> Said | None:
    """What these cells say of a field, or None where they are empty.

    Raises `ClaimRefusedError` or `QuantityError` whose `field` is the name of the column at fault.
    """
    basis, reason = _basis(field, cells.get(f"{field.name}{BASIS}", ""))
    value = _value(field, field.name, cells)
    if value is None and not basis:
        return None
    unit = cells.get(f"{field.name}{UNIT}", "") or (field.units[0] if field.units and value is not None else "")
    if unit and unit not in field.units:
        raise ClaimRefusedError(
            f"Enter {' or '.join(field.units)}. We found “{unit[:20]}”.",
            field=f"{field.name}{UNIT}",
            code="number.unit",
        )
    return Said(value, basis or Basis.STATED.value, unit, reason)


def cells_of(field: ClaimField, entry: Mapping[str, Any] | None) -> dict[str, str]:
    """The cells that say what a claim on record says, so that reading them again gives the same."""
    entry = entry or {"basis": Basis.NOT_STATED.value, "value": None, "unit": "", "reason": ""}
    cells = _written(field, field.name, entry["value"])
    if len(field.units) > 1 and entry["unit"]:
        cells[f"{field.name}{UNIT}"] = entry["unit"]
    if entry["basis"] == Basis.NOT_APPLICABLE:
        cells[f"{field.name}{BASIS}"] = f"{Basis.NOT_APPLICABLE}: {entry['reason']}"
    elif entry["basis"] not in (Basis.NOT_STATED, Basis.STATED):
        cells[f"{field.name}{BASIS}"] = str(entry["basis"])
    return cells


def _basis(field: ClaimField, text: str) -> tuple[str, str]:
    word, _, reason = text.partition(":")
    code = word.strip().upper().replace(" ", "_")
    if not code:
        return "", ""
    if code not in Basis.values:
        raise ClaimRefusedError(
            f"Enter one of {', '.join(Basis.values)}. We found “{text[:40]}”.",
            field=f"{field.name}{BASIS}",
            code="claim.unknown_code",
        )
    return code, reason.strip()


def _value(field: ClaimField, name: str, cells: Mapping[str, str]) -> Any:
    if field.kind == Kind.PARTS:
        parts = {part.name: _value(part, f"{name}.{part.name}", cells) for part in field.parts}
        return {key: value for key, value in parts.items() if value is not None} or None
    text = cells.get(name, "").strip()
    if field.kind == Kind.STEPS:
        methods = _codes(field, name, text)
        return {"methods": methods, "detail": cells.get(f"{name}{DETAIL}", "").strip()} if methods else None
    if not text:
        return None
    match field.kind:
        case Kind.CODE:
            return _code(field, name, text) if field.vocabulary else text
        case Kind.CODES:
            return _codes(field, name, text)
        case Kind.INTEGER | Kind.COUNT | Kind.DECIMAL:
            return _number(field, name, text)
        case Kind.FLAG:
            return _flag(name, text)
        case Kind.COUNTRY:
            return text.upper()
        case Kind.MARKERS:
            return _markers(name, text)
    return text


def _codes(field: ClaimField, name: str, text: str) -> list[str]:
    return [_code(field, name, part.strip()) for part in text.split(";") if part.strip()]


def _code(field: ClaimField, name: str, text: str) -> str:
    vocabulary: type[PlainChoices] | None = field.vocabulary
    if vocabulary is None:
        return text
    known = {str(one.value).casefold(): str(one.value) for one in vocabulary}
    known |= {str(one.label).casefold(): str(one.value) for one in vocabulary if str(one.label).casefold() not in known}
    if text.casefold() not in known:
        some = ", ".join(vocabulary.values[:8])
        raise ClaimRefusedError(
            f"“{text[:40]}” is not one of the words we use: {some}{' and others' if len(vocabulary.values) > 8 else ''}.",
            field=name,
            code="claim.unknown_code",
        )
    return known[text.casefold()]


def _number(field: ClaimField, name: str, text: str) -> int | float:
    unit = field.units[0] if field.units else ""
    places = field.places if field.kind == Kind.DECIMAL else 0
    number: Decimal = parse_quantity(text, unit=unit, least=field.least, most=field.most, places=places, field=name)
    return int(number) if number == number.to_integral_value() else float(number)


def _flag(name: str, text: str) -> bool:
    if text.casefold() not in (_YES, _NO):
        raise ClaimRefusedError(f"Enter yes or no. We found “{text[:20]}”.", field=name, code="claim.kind")
    return text.casefold() == _YES


def _markers(name: str, text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        where, equals, result = part.partition("=")
        category, colon, marker = where.partition(":")
        if not equals or not colon:
            raise ClaimRefusedError(
                f"Write each marker as C1:CD9=+ with “;” between them. We found “{part[:40]}”.",
                field=name,
                code="claim.kind",
            )
        found.setdefault(category.strip(), {})[marker.strip()] = result.strip()
    return found


def _written(field: ClaimField, name: str, value: Any) -> dict[str, str]:
    if value is None or value in ("", [], {}):
        return {}
    match field.kind:
        case Kind.PARTS:
            parts = [_written(part, f"{name}.{part.name}", value.get(part.name)) for part in field.parts]
            return {key: cell for cells in parts for key, cell in cells.items()}
        case Kind.STEPS:
            detail = {f"{name}{DETAIL}": value["detail"]} if value.get("detail") else {}
            return {name: _AND.join(value["methods"]), **detail}
        case Kind.CODES:
            return {name: _AND.join(value)}
        case Kind.FLAG:
            return {name: _YES if value else _NO}
        case Kind.MARKERS:
            return {
                name: _AND.join(
                    f"{c}:{marker}={result}" for c, all_ in value.items() for marker, result in all_.items()
                )
            }
    return {name: format(Decimal(str(value)), "f") if isinstance(value, float) else str(value)}


def _hint(field: ClaimField) -> str:
    match field.kind:
        case Kind.CODE if field.vocabulary:
            return f"One of {', '.join(field.vocabulary.values)}"
        case Kind.CODES if field.vocabulary:
            return f"Some of {', '.join(field.vocabulary.values)}, with “;” between them"
        case Kind.STEPS if field.vocabulary:
            return f"Steps in their order, with “;” between them: {', '.join(field.vocabulary.values)}"
        case Kind.FLAG:
            return "yes or no"
        case Kind.COUNTRY:
            return "Two letters of ISO 3166-1, such as FR"
        case Kind.MARKERS:
            return "C1:CD9=+; C1:CD63=- and so on"
    unit = f" in {field.units[0]}" if len(field.units) == 1 else ""
    return f"Number{unit}" if field.is_number else "Text"
