"""Correct one claim: the new value, how we know, and why it changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from products.fields import ClaimField
from products.forms.claims import claim_draft, claim_initial, claim_inputs
from products.forms.inputs import DocumentField, upload_of
from products.services import ClaimDraft, Upload


class CorrectionForm(forms.Form):
    """The inputs of one field, with the reason for the change; `draft` is set once it is valid."""

    use_required_attribute = False

    seen = forms.CharField(widget=forms.HiddenInput)
    correction_reason = forms.CharField(
        label="Why does it change?",
        max_length=500,
        help_text="The earlier value stays readable beside this reason.",
        error_messages={"required": "Say in a few words why the value changes."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    evidence = DocumentField(
        label="Document that shows it",
        required=False,
        help_text="PDF, PNG, JPEG, text, CSV or XLSX, up to 25 MB.",
    )

    def __init__(
        self, *args: Any, claim_field: ClaimField, entry: Mapping[str, Any], of_batch: bool, **options: Any
    ) -> None:
        options["initial"] = {**claim_initial(claim_field, entry), "seen": entry["claim"]}
        super().__init__(*args, **options)
        self.claim_field = claim_field
        self.fields = {**claim_inputs(claim_field, of_batch=of_batch), **self.fields}
        self.draft: ClaimDraft | None = None

    def clean(self) -> dict[str, Any]:
        """Build the draft; a refusal stands at its own field."""
        self.draft = claim_draft(self, self.claim_field)
        return self.cleaned_data

    def upload(self) -> Upload | None:
        """The document, if one was chosen; only after `is_valid`."""
        return upload_of(self.cleaned_data["evidence"])
