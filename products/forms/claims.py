"""A claim as a person fills it in: a value, how we know, and why it does not apply where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html

from audit.errors import Refusal
from products.fields import SCIENCE_FIELDS, TEST_FIELDS, ClaimField, check_claim
from products.forms.inputs import add_refusal
from products.services import ClaimDraft
from products.text import clean_line, clean_note
from products.vocabulary import Basis, DonorRelation

STEPS = 5
ISOLATION_STEPS = tuple(f"isolation_{place}" for place in range(1, STEPS + 1))
LONGEST_TEXT = 120
# Where a refusal about a field is shown when the field has more than one input.
SHOWN_AT = {"isolation_methods": ISOLATION_STEPS[0]}

_BASIS_WORDS = {
    Basis.STATED: "Supplier's statement",
    Basis.MEASURED_REF: "Measured on a reference batch",
    Basis.MEASURED_BATCH: "Measured on this batch",
    Basis.NOT_STATED: "Not stated",
    Basis.NOT_APPLICABLE: "Does not apply",
}
# Said by the basis instead: two ways of saying one thing would let them disagree.
_SAID_BY_BASIS = frozenset({"UNKNOWN", DonorRelation.NOT_APPLICABLE.value})


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


def claim_inputs(field: ClaimField) -> dict[str, forms.Field]:
    """The inputs for one field: its value, how we know, and a reason where it may not apply."""
    inputs = _value_inputs(field)
    measured = [Basis.MEASURED_BATCH] if field.name in TEST_FIELDS else []
    bases = [*measured, Basis.STATED, Basis.MEASURED_REF, Basis.NOT_STATED]
    bases += [Basis.NOT_APPLICABLE] if field.may_not_apply else []
    inputs[f"{field.name}_basis"] = forms.ChoiceField(
        label=_label("How do we know?", field),
        choices=[(basis.value, _BASIS_WORDS[basis]) for basis in bases],
        initial=bases[0].value,
        error_messages={"required": "Choose how we know."},
    )
    if field.may_not_apply:
        inputs[f"{field.name}_reason"] = SaidText(label=_label("Why does it not apply?", field), max_length=200)
    return inputs


def value_of(field: ClaimField, cleaned: Mapping[str, Any]) -> Any:
    """What was typed as the field's value; None where nothing was."""
    if field.name == "isolation_methods":
        methods = [cleaned[step] for step in ISOLATION_STEPS if cleaned.get(step)]
        detail = cleaned.get("isolation_detail", "")
        return {"methods": methods, "detail": detail} if methods else None
    return cleaned.get(field.name) or None


def claim_draft(form: forms.Form, field: ClaimField) -> ClaimDraft | None:
    """The draft for one field, or None after its refusal was shown at it."""
    cleaned = form.cleaned_data
    basis = cleaned.get(f"{field.name}_basis")
    if not basis:
        return None
    value = value_of(field, cleaned)
    try:
        if isinstance(value, str) and field.vocabulary is None:
            value = clean_line(value, field=field.name, most=LONGEST_TEXT)
        if isinstance(value, dict):
            detail = clean_line(value["detail"], field="isolation_detail", most=LONGEST_TEXT)
            value = {**value, "detail": detail}
        reason = clean_note(cleaned.get(f"{field.name}_reason", ""), field=f"{field.name}_reason", most=200)
        check_claim(field, value, basis, reason)
    except Refusal as refusal:
        shown_at = dict(SHOWN_AT)
        if refusal.code == "claim.reason":
            shown_at[field.name] = f"{field.name}_reason"
        add_refusal(form, refusal, shown_at)
        return None
    unit = "EU/mL" if field.name == "endotoxin" and value else ""
    return ClaimDraft(field.name, value, basis, unit, reason if basis == Basis.NOT_APPLICABLE else "")


def initial_of(field: ClaimField, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs of a field hold when a claim on record is about to be corrected."""
    initial: dict[str, Any] = {f"{field.name}_basis": entry["basis"], f"{field.name}_reason": entry["reason"]}
    value = entry["value"]
    if field.name == "isolation_methods" and value:
        initial |= dict(zip(ISOLATION_STEPS, value["methods"], strict=False))
        initial["isolation_detail"] = value.get("detail", "")
    else:
        initial[field.name] = value
    return initial


def fields_of_products() -> tuple[ClaimField, ...]:
    """The nine fields in the order in which they are asked and shown."""
    return tuple(SCIENCE_FIELDS.values())


def _label(words: str, field: ClaimField) -> str:
    """A short label; who only hears the page also hears which field it belongs to."""
    return format_html('{} <span class="govuk-visually-hidden">{}</span>', words, field.label)


def _value_inputs(field: ClaimField) -> dict[str, forms.Field]:
    if field.vocabulary is None:
        label = f"{field.label}, Latin name" if field.name == "species" else field.label
        return {field.name: SaidText(label=label, max_length=LONGEST_TEXT)}
    words = [(code, label) for code, label in field.vocabulary.choices if code not in _SAID_BY_BASIS]
    if field.name == "isolation_methods":
        return _step_inputs(words)
    if field.name == "intended_routes":
        return {field.name: SaidChoices(label=field.label, choices=words, widget=forms.CheckboxSelectMultiple)}
    return {field.name: SaidChoice(label=field.label, choices=[("", "Choose one"), *words])}


def _step_inputs(words: list[tuple[str, str]]) -> dict[str, forms.Field]:
    first, *others = ISOLATION_STEPS
    inputs: dict[str, forms.Field] = {
        first: SaidChoice(label="Isolation, step 1", choices=[("", "Choose one"), *words])
    }
    for place, step in enumerate(others, start=2):
        inputs[step] = forms.ChoiceField(label=f"Step {place}", choices=[("", "None"), *words], required=False)
    inputs["isolation_detail"] = forms.CharField(
        label="Detail",
        required=False,
        max_length=LONGEST_TEXT,
        help_text="Pore sizes, speeds, columns, in the order of the steps.",
    )
    return inputs
