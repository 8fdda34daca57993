"""A table to import."""

from __future__ import annotations

from django import forms

from products.forms.inputs import DocumentField, upload_of
from products.services import Upload
from products.vocabulary import ImportKind


class TableForm(forms.Form):
    """What the rows are, and the file."""

    kind = forms.ChoiceField(
        label="What are the rows?",
        choices=ImportKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the rows are."},
    )
    table = DocumentField(
        label="The table",
        help_text="CSV in UTF-8, or Excel (XLSX), up to 10 MB. Dates as 2027-01-31.",
        error_messages={"required": "Choose the file of the table."},
    )

    def upload(self) -> Upload:
        """The file; only after `is_valid`."""
        return upload_of(self.cleaned_data["table"]) or Upload(b"", "")
