"""A claim as a person fills it in: a value, how we know, and why it does not apply where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from audit.errors import Refusal
from clinic.records import clean_text
from products.fields import ALL_FIELDS, SCIENCE_FIELDS, ClaimField, check_claim
from products.forms.inputs import add_refusal
from products.services import ClaimDraft
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


def claim_inputs(field: ClaimField) -> dict[str, forms.Field]:
    """The inputs for one field: its value, how we know, and a reason where it may not apply."""
    inputs = _value_inputs(field)
    bases = [Basis.STATED, Basis.MEASURED_REF, Basis.NOT_STATED]
    bases += [Basis.NOT_APPLICABLE] if field.may_not_apply else []
    inputs[f"{field.name}_basis"] = forms.ChoiceField(
        label=f"How do we know? ({field.label})",
        choices=[(basis.value, _BASIS_WORDS[basis]) for basis in bases],
        initial=Basis.STATED.value,
        error_messages={"required": "Choose how we know."},
    )
    if field.may_not_apply:
        inputs[f"{field.name}_reason"] = forms.CharField(
            label=f"Why it does not apply ({field.label})", required=False, max_length=200
        )
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
    basis = cleaned.get(f"{field.name}_basis") or Basis.NOT_STATED.value
    value = value_of(field, cleaned)
    try:
        if isinstance(value, str) and field.vocabulary is None:
            value = clean_text(value, field=field.name, most=LONGEST_TEXT, lines=False)
        if isinstance(value, dict):
            detail = clean_text(value["detail"], field="isolation_detail", most=LONGEST_TEXT, lines=False)
            value = {**value, "detail": detail}
        reason = clean_text(cleaned.get(f"{field.name}_reason", ""), field=f"{field.name}_reason", most=200)
        check_claim(field.name, value, basis, reason)
    except Refusal as refusal:
        shown_at = dict(SHOWN_AT)
        if refusal.code == "claim.reason":
            shown_at[field.name] = f"{field.name}_reason"
        add_refusal(form, refusal, shown_at)
        return None
    return ClaimDraft(field.name, value, basis, reason=reason if basis == Basis.NOT_APPLICABLE else "")


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


def field_named(name: str) -> ClaimField:
    """The field with this name; KeyError where there is none."""
    return ALL_FIELDS[name]


def _value_inputs(field: ClaimField) -> dict[str, forms.Field]:
    if field.vocabulary is None:
        example = {"species": "Latin name, for example Homo sapiens or Rosa x damascena."}.get(field.name, "")
        return {
            field.name: forms.CharField(label=field.label, required=False, max_length=LONGEST_TEXT, help_text=example)
        }
    words = [(code, label) for code, label in field.vocabulary.choices if code not in _SAID_BY_BASIS]
    blank: list[tuple[str, str]] = [("", "Choose one")]
    if field.name == "isolation_methods":
        steps: dict[str, forms.Field] = {
            step: forms.ChoiceField(
                label=f"Step {place}", choices=[("", "None" if place > 1 else "Choose one"), *words], required=False
            )
            for place, step in enumerate(ISOLATION_STEPS, start=1)
        }
        steps["isolation_detail"] = forms.CharField(
            label="Detail",
            required=False,
            max_length=LONGEST_TEXT,
            help_text="Pore sizes, speeds, columns, in the order of the steps.",
        )
        return steps
    if field.name == "intended_routes":
        return {
            field.name: forms.MultipleChoiceField(
                label=field.label, choices=words, required=False, widget=forms.CheckboxSelectMultiple
            )
        }
    return {field.name: forms.ChoiceField(label=field.label, choices=blank + words, required=False)}
