"""The inputs for one value of each kind, and what was typed into them as the value that a claim holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms

from products.errors import ClaimRefusedError, QuantityError
from products.fields import ClaimField, Kind
from products.places import countries
from products.records import parse_quantity
from products.vocabulary import DonorRelation, MarkerCategory

STEPS = 5
ISOLATION_STEPS = tuple(f"isolation_{place}" for place in range(1, STEPS + 1))
LONGEST_DETAIL = 120
SCALES = ((1, "× 1"), (10**6, "million (10⁶)"), (10**9, "thousand million (10⁹)"), (10**12, "million million (10¹²)"))
# Said by the basis instead: two ways of saying one thing would let them disagree.
SAID_BY_BASIS = frozenset({"UNKNOWN", DonorRelation.NOT_APPLICABLE.value})
_YES_NO = (("", "Choose one"), ("yes", "Yes"), ("no", "No"))
_MARKER = re.compile(
    r"(?P<name>.*\S)\s+(?P<result>\+|-|\N{MINUS SIGN}|\N{EN DASH}|[0-9].*|<.*|>.*|low|high|weak|strong)", re.IGNORECASE
)
_MARKER_CLOSE = re.compile(r"(?P<name>.*[^\s+\-])(?P<result>[+\-\N{MINUS SIGN}])")


class Said:
    """A field that must be answered, but may be answered by another input: "not stated" beside an empty value.

    So it is not shown as optional, and its emptiness is judged where both are known.
    """

    empty_values: Any

    def validate(self, value: Any) -> None:
        """Check what was given; nothing given is no error of this input alone."""
        if value not in self.empty_values:
            super().validate(value)  # type: ignore[misc]  # a mixin before a forms.Field


class SaidText(Said, forms.CharField):
    """A text that another input may stand in for."""


class SaidChoice(Said, forms.ChoiceField):
    """A choice that another input may stand in for."""


class SaidChoices(Said, forms.MultipleChoiceField):
    """Ticks that another input may stand in for."""


def value_inputs(field: ClaimField) -> dict[str, forms.Field]:
    """The inputs for the field's value, by name; the first is where a refusal of the whole value is shown."""
    match field.kind:
        case Kind.STEPS:
            return _step_inputs(field)
        case Kind.CODES:
            return {
                field.name: SaidChoices(label=field.label, choices=_words(field), widget=forms.CheckboxSelectMultiple)
            }
        case Kind.PARTS:
            named = {part_input(field, part): part for part in field.parts}
            inputs = {name: _one_input(part, part.label) for name, part in named.items()}
            return dict(inputs)
        case Kind.MARKERS:
            return _marker_inputs(field)
        case Kind.COUNT:
            return {
                field.name: _one_input(field, _label(field)),
                f"{field.name}_scale": SaidChoice(
                    label="Times", choices=[(str(scale), words) for scale, words in SCALES]
                ),
            }
        case Kind.DECIMAL if len(field.units) > 1:
            units = SaidChoice(label="Unit", choices=[(unit, unit) for unit in field.units])
            return {field.name: _one_input(field, field.label), f"{field.name}_unit": units}
        case _:
            return {field.name: _one_input(field, _label(field))}


def part_input(field: ClaimField, part: ClaimField) -> str:
    """The name of the input for one part of a value."""
    return f"{field.name}__{part.name}"


def value_of(field: ClaimField, cleaned: Mapping[str, Any]) -> Any:
    """What was typed as the field's value; None where nothing was. Raises `QuantityError`, `ClaimRefusedError`."""
    match field.kind:
        case Kind.STEPS:
            methods = [cleaned[step] for step in ISOLATION_STEPS if cleaned.get(step)]
            detail = cleaned.get("isolation_detail", "")
            return {"methods": methods, "detail": detail} if methods else None
        case Kind.PARTS:
            known = {part.name: _one_value(part, cleaned, part_input(field, part)) for part in field.parts}
            return {name: value for name, value in known.items() if value is not None} or None
        case Kind.MARKERS:
            return _markers(field, cleaned)
        case Kind.COUNT:
            return _count(field, cleaned)
        case _:
            return _one_value(field, cleaned, field.name)


def unit_of(field: ClaimField, cleaned: Mapping[str, Any]) -> str:
    """The unit that was chosen, or the field's only one."""
    return cleaned.get(f"{field.name}_unit") or (field.units[0] if field.units else "")


def initial_of(field: ClaimField, value: Any, unit: str) -> dict[str, Any]:
    """What the inputs hold where a value is on record."""
    if value is None:
        return {}
    match field.kind:
        case Kind.STEPS:
            steps = dict(zip(ISOLATION_STEPS, value["methods"], strict=False))
            return {**steps, "isolation_detail": value.get("detail", "")}
        case Kind.PARTS:
            parts = {part.name: part for part in field.parts}
            return {
                part_input(field, part): _one_initial(part, value[name])
                for name, part in parts.items()
                if value.get(name) is not None
            }
        case Kind.MARKERS:
            return {
                f"{field.name}_{category}": ", ".join(f"{name} {result}" for name, result in results.items())
                for category, results in value.items()
            }
        case Kind.COUNT:
            scale = max(scale for scale, _ in SCALES if scale == 1 or (value % (scale // 1000) == 0 and value >= scale))
            return {field.name: f"{(Decimal(value) / scale).normalize():f}", f"{field.name}_scale": str(scale)}
        case _:
            return {field.name: _one_initial(field, value), f"{field.name}_unit": unit}


def _label(field: ClaimField) -> str:
    has_unit = field.kind in (Kind.INTEGER, Kind.DECIMAL) and len(field.units) == 1
    return f"{field.label}, {field.units[0]}" if has_unit else field.label


def _words(field: ClaimField) -> list[tuple[str, str]]:
    choices = field.vocabulary.choices if field.vocabulary else []
    return [(code, str(label)) for code, label in choices if code not in SAID_BY_BASIS]


def _one_input(field: ClaimField, label: str) -> forms.Field:
    if field.kind == Kind.CODE:
        return SaidChoice(label=label, choices=[("", "Choose one"), *_words(field)], help_text=field.hint)
    if field.kind == Kind.FLAG:
        return SaidChoice(label=label, choices=_YES_NO, help_text=field.hint)
    if field.kind == Kind.COUNTRY:
        return SaidChoice(label=label, choices=[("", "Choose one"), *countries()], help_text=field.hint)
    if field.is_number:
        widget = forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "class": "govuk-input--width-10"}
        )
        named = _label(field) if label == field.label else label
        return SaidText(label=named, max_length=40, help_text=field.hint, widget=widget)
    if field.name == "species":
        label = f"{label}, Latin name"
    return SaidText(label=label, max_length=field.longest, help_text=field.hint)


def _one_value(field: ClaimField, cleaned: Mapping[str, Any], name: str) -> Any:
    typed = cleaned.get(name)
    if typed in (None, "", []):
        return None
    match field.kind:
        case Kind.FLAG:
            return typed == "yes"
        case Kind.INTEGER | Kind.DECIMAL:
            unit = field.units[0] if len(field.units) == 1 else ""
            number = parse_quantity(
                str(typed), unit=unit, least=field.least, most=field.most, places=field.places, field=name
            )
            return int(number) if number == number.to_integral_value() else float(number)
        case _:
            return typed


def _one_initial(field: ClaimField, value: Any) -> Any:
    if field.kind == Kind.FLAG:
        return "yes" if value else "no"
    if field.is_number:
        return f"{Decimal(str(value)).normalize():f}"
    return value


def _count(field: ClaimField, cleaned: Mapping[str, Any]) -> int | None:
    typed = cleaned.get(field.name)
    if not typed:
        return None
    scale = int(cleaned.get(f"{field.name}_scale") or 1)
    number = parse_quantity(str(typed), unit="", least=0, most=field.most, places=12, field=field.name) * scale
    if number != number.to_integral_value():
        raise QuantityError("Enter a whole number of particles.", field=field.name, code="number.precision")
    if number > field.most:
        raise QuantityError(
            f"This is more than {field.most:,}. Check the number and “times”.", field=field.name, code="number.range"
        )
    return int(number)


def _step_inputs(field: ClaimField) -> dict[str, forms.Field]:
    words = _words(field)
    first, *others = ISOLATION_STEPS
    inputs: dict[str, forms.Field] = {
        first: SaidChoice(label="Isolation, step 1", choices=[("", "Choose one"), *words])
    }
    for place, step in enumerate(others, start=2):
        inputs[step] = forms.ChoiceField(label=f"Step {place}", choices=[("", "None"), *words], required=False)
    inputs["isolation_detail"] = forms.CharField(
        label="Detail",
        required=False,
        max_length=LONGEST_DETAIL,
        help_text="Pore sizes, speeds, columns, in the order of the steps.",
    )
    return inputs


def _marker_inputs(field: ClaimField) -> dict[str, forms.Field]:
    examples = {
        "C1": "CD9, CD63",
        "C2": "TSG101, ALIX",
        "C3": "albumin, ApoA1",
        "C4": "calnexin, GM130",
        "C5": "cytokines",
    }
    return {
        f"{field.name}_{category.value}": SaidText(
            label=f"{category.value}: {category.label}",
            max_length=400,
            help_text=f"Such as {examples[category.value]}." if category != MarkerCategory.C1 else field.hint,
        )
        for category in MarkerCategory
    }


def _markers(field: ClaimField, cleaned: Mapping[str, Any]) -> dict[str, dict[str, str]] | None:
    """`CD9 +, Albumin -` by category. Raises `ClaimRefusedError` at the input whose entry has no name or no result."""
    found: dict[str, dict[str, str]] = {}
    for category in MarkerCategory.values:
        name = f"{field.name}_{category}"
        for entry in (part.strip() for part in (cleaned.get(name) or "").split(",")):
            if not entry:
                continue
            match = _MARKER.fullmatch(entry) or _MARKER_CLOSE.fullmatch(entry)
            if match is None:
                raise ClaimRefusedError(
                    f"Give “{entry[:40]}” a result: +, - or a level such as 62 %, and part markers by commas.",
                    field=name,
                    code="claim.marker_result",
                )
            results = found.setdefault(category, {})
            if match["name"] in results:
                raise ClaimRefusedError(f"“{match['name'][:40]}” stands twice.", field=name, code="claim.marker_twice")
            results[match["name"]] = re.sub("[\N{MINUS SIGN}\N{EN DASH}]", "-", match["result"])
    return found or None
