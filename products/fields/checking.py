"""What a claim may say: a value that its basis allows, of the field's own kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any

from products.errors import ClaimRefusedError
from products.fields.claim_field import ClaimField, Kind
from products.places import countries
from products.vocabulary import Basis, MarkerCategory

_MARKER_RESULT = re.compile(r"\+|-|[^+\-\s].{0,39}")
_SHAPES = {
    "ev_track_id": (re.compile(r"EV[0-9]{6}"), "Enter EV and six digits, such as EV200001."),
    "publication_doi": (re.compile(r"10\.[0-9]{4,9}/\S+"), "Enter the DOI alone, such as 10.1002/jev2.12404."),
}


def check_claim(field: ClaimField, value: Any, basis: str, reason: str, *, as_printed: bool = False) -> None:
    """Refuse a claim that is blank without saying so, or whose value its basis or its kind does not allow."""
    empty = value is None or value in ("", [], {})
    match Basis(basis):
        case Basis.NOT_STATED if not empty:
            raise _refused(
                field, "You gave a value and also “not stated”. Keep one of the two.", "value_and_not_stated"
            )
        case Basis.NOT_APPLICABLE if not field.may_not_apply:
            raise _refused(field, "This always applies. Give a value, or choose “not stated”.", "always_applies")
        case Basis.NOT_APPLICABLE if not empty:
            raise _refused(
                field, "You gave a value and also “does not apply”. Keep one of the two.", "value_and_not_applicable"
            )
        case Basis.NOT_APPLICABLE if not reason:
            raise _refused(field, "Say in a few words why it does not apply.", "reason")
        case Basis.MEASURED_BATCH | Basis.MEASURED_REF | Basis.STATED if empty:
            raise _refused(field, "Give a value, or choose “not stated”.", "blank")
        case _ if not empty and not as_printed:
            check_value(field, value)


def check_value(field: ClaimField, value: Any) -> None:
    """Refuse a value that is not of the field's kind, or that cannot be true, such as percentiles out of order."""
    match field.kind:
        case Kind.CODE | Kind.CODES | Kind.STEPS:
            _check_codes(field, value)
        case Kind.INTEGER | Kind.COUNT | Kind.DECIMAL:
            _check_number(field, value)
        case Kind.FLAG if not isinstance(value, bool):
            raise _refused(field, "Answer yes or no.", "kind")
        case Kind.COUNTRY if value not in dict(countries()):
            raise _refused(field, "Choose a country from the list.", "unknown_code")
        case Kind.PARTS:
            _check_parts(field, value)
        case Kind.MARKERS:
            _check_markers(field, value)
        case Kind.TEXT:
            _check_text(field, value)


def _check_codes(field: ClaimField, value: Any) -> None:
    if field.vocabulary is None:
        return
    if field.kind == Kind.STEPS:
        codes = value.get("methods") if isinstance(value, Mapping) else None
    else:
        codes = value if field.kind == Kind.CODES else [value]
    if not isinstance(codes, list) or not codes:
        raise _refused(field, "Choose at least one from the list.", "kind")
    if unknown := [str(code) for code in codes if code not in field.vocabulary.values]:
        raise _refused(
            field, f"“{unknown[0][:40]}” is not one of the words we use. Choose one from the list.", "unknown_code"
        )


def _check_number(field: ClaimField, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(field, "Enter a number.", "kind")
    number = Decimal(str(value))
    exponent = number.normalize().as_tuple().exponent
    if not number.is_finite() or not field.least <= number <= field.most:
        raise _refused(field, f"Enter a number from {field.least:,} to {field.most:,}.", "range")
    if isinstance(exponent, int) and -exponent > field.places:
        raise _refused(field, f"Enter at most {field.places} digits after the full stop; we do not round.", "precision")


def _check_parts(field: ClaimField, value: Any) -> None:
    parts = {part.name: part for part in field.parts}
    if not isinstance(value, Mapping):
        raise _refused(field, "Give the parts by name.", "kind")
    if unknown := [str(name) for name in value if name not in parts and name not in field.also]:
        raise _refused(field, f"“{unknown[0][:40]}” is not one of {', '.join(parts)}.", "kind")
    for name, part in parts.items():
        if value.get(name) not in (None, ""):
            check_value(part, value[name])
    if all(value.get(name) in (None, "") for name in parts):
        raise _refused(field, "Give a value, or choose “not stated”.", "blank")
    for rising in (("d10_nm", "d50_nm", "d90_nm"), ("min_c", "max_c")):
        known = [(parts[name].label, value[name]) for name in rising if name in parts and value.get(name) is not None]
        for (low, smaller), (high, larger) in pairwise(known):
            if smaller > larger:
                raise _refused(
                    field, f"{low} ({smaller:g}) cannot be larger than {high} ({larger:g}). Check both.", "order"
                )


def _check_markers(field: ClaimField, value: Any) -> None:
    if not isinstance(value, Mapping) or set(value) - set(MarkerCategory.values):
        raise _refused(field, "Give markers by category, C1 to C5.", "kind")
    for results in value.values():
        if not isinstance(results, Mapping) or not results:
            raise _refused(field, "Give each marker with its result.", "kind")
        for name, result in results.items():
            if not isinstance(result, str) or not name or len(name) > 40 or not _MARKER_RESULT.fullmatch(result):
                raise _refused(
                    field, f"Give “{str(name)[:40]}” a result: +, - or a level such as 62 %.", "marker_result"
                )


def _check_text(field: ClaimField, value: Any) -> None:
    if not isinstance(value, str) or len(value) > field.longest:
        raise _refused(field, f"Enter a text of at most {field.longest} characters.", "kind")
    shape = _SHAPES.get(field.name)
    if shape and not shape[0].fullmatch(value):
        raise _refused(field, shape[1], "format")


def _refused(field: ClaimField, message: str, code: str) -> ClaimRefusedError:
    return ClaimRefusedError(message, field=field.name, code=f"claim.{code}")
