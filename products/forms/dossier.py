"""One page of the dossier: its fields, the document that the answers come from, and why a value on record changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django import forms

from products.fields import ClaimField
from products.forms.claims import bound_claim, claim_draft, claim_initial, claim_inputs
from products.forms.inputs import DocumentField, upload_of
from products.models import Evidence
from products.services import ClaimDraft, Upload

NO_FILE = ""


class DossierForm(forms.Form):
    """The fields of one page; `drafts` is set once it is valid. A field may stay without any claim."""

    use_required_attribute = False

    evidence = DocumentField(
        label="The document that the answers you change come from",
        required=False,
        help_text="PDF, PNG, JPEG, text, CSV or XLSX, up to 25 MB. Every answer that is new or changes points to it.",
    )
    filed = forms.ChoiceField(label="Or one that is on file already", required=False)
    correction_reason = forms.CharField(
        label="Why does it change?",
        max_length=500,
        required=False,
        help_text="Needed where a value takes another one's place. The earlier value stays readable beside this reason.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        claim_fields: Sequence[ClaimField],
        snapshot: Mapping[str, Any],
        of_batch: bool,
        on_file: Sequence[Evidence],
    ) -> None:
        initial: dict[str, Any] = {}
        for field in claim_fields:
            if field.name in snapshot:
                initial |= claim_initial(field, snapshot[field.name])
        super().__init__(data, files, initial=initial)
        self.claim_fields, self.on_file = claim_fields, {str(one.pk): one for one in on_file}
        inputs: dict[str, forms.Field] = {}
        for field in claim_fields:
            inputs |= claim_inputs(field, of_batch=of_batch, may_skip=field.name not in snapshot)
        self.fields = {**inputs, **self.fields}
        for field in claim_fields:
            self.fields[f"{field.name}_seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
            self.initial[f"{field.name}_seen"] = (snapshot.get(field.name) or {}).get("claim", "")
        filed = cast("forms.ChoiceField", self.fields["filed"])
        filed.choices = [(NO_FILE, "None"), *((key, one.original_name) for key, one in self.on_file.items())]
        self.drafts: list[ClaimDraft] = []

    @property
    def claims(self) -> list[dict[str, Any]]:
        """The fields as they are shown."""
        return [bound_claim(self, field) for field in self.claim_fields]

    @property
    def has_record(self) -> bool:
        """Whether one of the fields has a value that could change."""
        return any(self.initial[f"{field.name}_seen"] for field in self.claim_fields)

    def clean(self) -> dict[str, Any]:
        """Build the drafts; a refusal stands at its own field."""
        drafts = [claim_draft(self, field) for field in self.claim_fields]
        self.drafts = [draft for draft in drafts if draft]
        if self.cleaned_data.get("evidence") and self.cleaned_data.get("filed"):
            self.add_error("filed", "You chose a file and also one that is on file. Keep one of the two.")
        return self.cleaned_data

    def seen(self) -> dict[str, str]:
        """The claim that the person saw, by field; only after `is_valid`."""
        return {field.name: self.cleaned_data[f"{field.name}_seen"] for field in self.claim_fields}

    def upload(self) -> Upload | None:
        """The document, if one was chosen; only after `is_valid`."""
        return upload_of(self.cleaned_data["evidence"])

    def filed_evidence(self) -> Evidence | None:
        """The document on file, if one was chosen; only after `is_valid`."""
        return self.on_file.get(self.cleaned_data["filed"])
