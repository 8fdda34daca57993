"""What is done with a batch: file its certificate and its size, release it, hold it."""

from __future__ import annotations

from typing import Any

from django import forms

from products.fields import TEST_FIELDS
from products.forms.claims import SaidText
from products.forms.inputs import DayField, DocumentField, upload_of
from products.services import CertificateDraft, ResultDraft, Upload
from products.vocabulary import Basis

_RESULT_BASES = [
    (Basis.MEASURED_BATCH.value, "Result"),
    (Basis.NOT_STATED.value, "Not stated"),
    (Basis.NOT_APPLICABLE.value, "Does not apply"),
]
_EXAMPLES = {
    "sterility": "For example: no growth, 14 days.",
    "endotoxin": "The number in EU/mL, for example 0.08 or <0.05.",
    "mycoplasma": "For example: not detected.",
}


class CertificateForm(forms.Form):
    """A certificate of analysis and three of its results."""

    certificate = DocumentField(
        label="Certificate of analysis",
        help_text="PDF, PNG or JPEG, up to 25 MB.",
        error_messages={"required": "Choose the file of the certificate."},
    )
    number = forms.CharField(label="Certificate number", max_length=120, required=False)
    laboratory = forms.CharField(label="Laboratory", max_length=120, required=False)
    issued_on = DayField(label="Date of the certificate", required=False)
    certificate_lot = forms.CharField(
        label="Lot number that the certificate names",
        max_length=20,
        help_text="Read it from the certificate itself, not from the vial.",
        error_messages={"required": "Enter the lot number that the certificate names."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20 mono"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in TEST_FIELDS.items():
            self.fields[f"{name}_basis"] = forms.ChoiceField(
                label=field.label,
                choices=_RESULT_BASES,
                widget=forms.RadioSelect(attrs={"class": "govuk-radios--inline"}),
                error_messages={"required": "Choose what the certificate says."},
            )
            self.fields[name] = SaidText(label="Result", max_length=120, help_text=_EXAMPLES[name])
            self.fields[f"{name}_reason"] = SaidText(label="Why does it not apply?", max_length=120)

    def draft(self) -> CertificateDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        upload = upload_of(cleaned["certificate"])
        return CertificateDraft(
            upload=upload or Upload(b"", ""),
            lot_number=cleaned["certificate_lot"],
            number=cleaned["number"],
            laboratory=cleaned["laboratory"],
            issued_on=cleaned["issued_on"],
            results={
                name: ResultDraft(cleaned[f"{name}_basis"], cleaned[name], cleaned[f"{name}_reason"])
                for name in TEST_FIELDS
            },
        )


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
