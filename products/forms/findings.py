"""A number of the checks, as a clinic lead sets it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from audit.errors import Refusal
from products.records import parse_quantity
from products.rules.findings import Threshold


class ThresholdForm(forms.Form):
    """One number with its unit, and why it changes."""

    value = forms.CharField(label="Number", max_length=30, error_messages={"required": "Enter the number."})
    reason = forms.CharField(
        label="Why",
        max_length=500,
        error_messages={"required": "Say in a few words why."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, row: Threshold, current: Decimal, **options: Any) -> None:
        super().__init__(*args, **options)
        self.row = row
        field = self.fields["value"]
        field.initial = f"{current.normalize():f}"
        least, most = f"{row.least.normalize():f}", f"{row.most.normalize():f}"
        field.help_text = f"From {least} to {most} {row.unit}. The default is {row.default.normalize():f}.".replace(
            " .", "."
        )

    def clean_value(self) -> Decimal:
        """The number within its limits."""
        row = self.row
        try:
            return parse_quantity(
                self.cleaned_data["value"],
                unit=row.unit,
                least=row.least,
                most=row.most,
                places=row.places,
                field="value",
            )
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
