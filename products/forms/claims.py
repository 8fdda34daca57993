"""A claim as a person fills it in: a value, how we know, and why it does not apply where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html

from audit.errors import Refusal
from products.fields import SCIENCE_FIELDS, ClaimField, Kind, check_claim
from products.forms.inputs import add_refusal
from products.forms.values import SaidChoice, SaidText, initial_of, part_input, unit_of, value_inputs, value_of
from products.services import ClaimDraft, clean_value
from products.text import clean_note
from products.vocabulary import Basis

LONGEST_REASON = 200

_BASIS_WORDS = {
    Basis.STATED: "Supplier's statement",
    Basis.MEASURED_REF: "Measured on a reference batch",
    Basis.MEASURED_BATCH: "Measured on this batch",
    Basis.NOT_STATED: "Not stated",
    Basis.NOT_APPLICABLE: "Does not apply",
}


def claim_inputs(field: ClaimField, *, of_batch: bool = False, may_skip: bool = False) -> dict[str, forms.Field]:
    """The inputs for one field: its value, how we know, and a reason where it may not apply.

    With `may_skip` the field may stay without any claim, which is asked first.
    """
    inputs = value_inputs(field)
    bases = [*([Basis.MEASURED_BATCH] if of_batch else []), Basis.STATED, Basis.MEASURED_REF, Basis.NOT_STATED]
    bases += [Basis.NOT_APPLICABLE] if field.may_not_apply else []
    words = [(basis.value, _BASIS_WORDS[basis]) for basis in bases]
    # Empty is an answer where the field may be skipped, so it is not called optional.
    chooser = SaidChoice if may_skip else forms.ChoiceField
    inputs[f"{field.name}_basis"] = chooser(
        label=_label("How do we know?", field),
        choices=[("", "Not recorded yet"), *words] if may_skip else words,
        initial="" if may_skip else bases[0].value,
        error_messages={"required": "Choose how we know."},
    )
    if field.may_not_apply:
        reason = SaidText(label=_label("Why does it not apply?", field), max_length=LONGEST_REASON)
        inputs[f"{field.name}_reason"] = reason
    return inputs


def claim_draft(form: forms.Form, field: ClaimField) -> ClaimDraft | None:
    """The draft for one field; None where nothing is said about it, or after its refusal was shown at it."""
    cleaned = form.cleaned_data
    basis = cleaned.get(f"{field.name}_basis")
    if any(name in form.errors for name in value_inputs(field)):
        return None
    try:
        value = value_of(field, cleaned)
        if not basis:
            if value is not None and f"{field.name}_basis" not in form.errors:
                form.add_error(f"{field.name}_basis", "You gave a value: choose how we know it.")
            return None
        value = clean_value(field, value)
        reason = clean_note(cleaned.get(f"{field.name}_reason", ""), field=f"{field.name}_reason", most=LONGEST_REASON)
        check_claim(field, value, basis, reason)
    except Refusal as refusal:
        add_refusal(form, refusal, shown_at(field, refusal))
        return None
    unit = unit_of(field, cleaned) if value is not None else ""
    return ClaimDraft(field.name, value, basis, unit, reason if basis == Basis.NOT_APPLICABLE else "")


def claim_initial(field: ClaimField, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs of a field hold when a claim on record is about to be corrected."""
    initial = initial_of(field, entry["value"], entry["unit"])
    return {f"{field.name}_basis": entry["basis"], f"{field.name}_reason": entry["reason"], **initial}


def shown_at(field: ClaimField, refusal: Refusal) -> dict[str, str]:
    """At which input a refusal about a field is shown: its own part, its reason, or its first input."""
    inputs = value_inputs(field)
    places = {part.name: part_input(field, part) for part in field.parts}
    places[field.name] = f"{field.name}_reason" if refusal.code == "claim.reason" else next(iter(inputs))
    return places


def bound_claim(form: forms.Form, field: ClaimField) -> dict[str, Any]:
    """The bound inputs of one field, as `products/claim.html` shows them."""
    names = [name for name in value_inputs(field) if name != "isolation_detail"]
    return {
        "label": field.label,
        "values": [form[name] for name in names],
        "detail": form["isolation_detail"] if field.kind == Kind.STEPS else None,
        "is_many": len(names) > 1,
        "basis": form[f"{field.name}_basis"],
        "reason": form[f"{field.name}_reason"] if field.may_not_apply else None,
    }


def fields_of_products() -> tuple[ClaimField, ...]:
    """The nine fields in the order in which they are asked and shown."""
    return tuple(SCIENCE_FIELDS.values())


def _label(words: str, field: ClaimField) -> str:
    """A short label; who only hears the page also hears which field it belongs to."""
    return format_html('{} <span class="govuk-visually-hidden">{}</span>', words, field.label)
