"""What is done with a batch: file its size, release it, hold it."""

from __future__ import annotations

from django import forms

from products.forms.inputs import DocumentField, upload_of
from products.services import Upload


class ExportForm(forms.Form):
    """An instrument's export with a size distribution."""

    export = DocumentField(
        label="Instrument export",
        help_text="A ZetaView text file, a NanoSight experiment summary (CSV), or a table of two columns: diameter in nm, and particles per mL. Up to 25 MB.",
        error_messages={"required": "Choose the file that the instrument wrote."},
    )

    def upload(self) -> Upload:
        """The file; only after `is_valid`."""
        return upload_of(self.cleaned_data["export"]) or Upload(b"", "")


class ReasonForm(forms.Form):
    """Why something is done, in a few words."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        error_messages={"required": "Say in a few words why."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
