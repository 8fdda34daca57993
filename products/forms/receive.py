"""Receiving a batch: by one scan, or typed from the label."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from audit.errors import Refusal
from products import gs1
from products.forms.inputs import DayField, add_refusal
from products.gs1.check_digits import CSET82
from products.records import ElementString
from products.services import BatchDraft


class ScanForm(forms.Form):
    """One code as a scanner types it; `scan` keeps it untouched, separators and all."""

    scan = forms.CharField(
        label="Scan or type the code on the vial",
        # A longer text is refused by the reader itself, which says why.
        max_length=20_000,
        strip=False,
        help_text="Scan the square code. Or type what stands beside it, with the brackets: (01)… (17)… (10)…",
        error_messages={"required": "Scan the code, or type lot and expiry below."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "data-scan": "", "class": "mono"}),
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        self.found: ElementString | None = None

    def clean_scan(self) -> str:
        """Read the code; what is wrong with it stands at the field."""
        typed: str = self.cleaned_data["scan"]
        if gs1.parse_internal_code(typed):
            raise forms.ValidationError(
                "This is a label that was printed here, for a vial that has been received already. "
                "To see its lot, scan it on the page “Scan”.",
                code="label.received",
            )
        try:
            self.found = gs1.parse_element_string(typed, today=self.today)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        return typed


class CodeForm(forms.Form):
    """Any code: a vial's, a box's, a label of our own, a donation number."""

    scan = forms.CharField(
        label="Scan or type the code",
        max_length=20_000,
        strip=False,
        help_text="A scanner types it here. Or type what stands beside it, with the brackets: (01)… (17)… (10)…",
        error_messages={"required": "Scan a code, or type it."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "data-scan": "", "class": "mono"}),
    )


class LabelForm(forms.Form):
    """The same facts, typed from the label by a person."""

    lot_number = forms.CharField(
        label="Lot number",
        max_length=20,
        help_text="As printed, at most 20 characters.",
        error_messages={"required": "Enter the lot number as printed."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20 mono"}),
    )
    expiration_date = DayField(label="Expiry date", help_text="A month alone means its last day.")
    production_date = DayField(label="Production date", required=False)
    serial_number = forms.CharField(
        label="Serial number",
        max_length=20,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20 mono"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.draft: BatchDraft | None = None

    def clean(self) -> dict[str, Any]:
        """Check the characters that GS1 allows in lot and serial numbers, and build the draft."""
        cleaned = self.cleaned_data
        for name in ("lot_number", "serial_number"):
            strange = [sign for sign in cleaned.get(name, "") if sign not in CSET82]
            if strange:
                self.add_error(
                    name,
                    f"“{strange[0]}” does not occur in lot or serial numbers. Use plain letters, digits and marks, "
                    "without spaces, as printed on the label.",
                )
        if not self.errors:
            self.draft = BatchDraft(
                lot_number=cleaned["lot_number"],
                expiration_date=cleaned["expiration_date"],
                production_date=cleaned.get("production_date"),
                serial_number=cleaned.get("serial_number", ""),
            )
        return cleaned

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal of the act at its field."""
        add_refusal(self, refusal)
