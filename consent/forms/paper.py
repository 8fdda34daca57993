"""Forms of the paper route: the patient's wish, the scan, the attestation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from clinic.fields import DateFields, TextField
from consent.forms.acts import RefusableForm
from consent.forms.issue import offer
from consent.forms.patient import ClosedForm
from consent.records import PaperAttestation
from consent.vocabulary import Attested, PaperWay
from products.services import Upload


class PaperWishForm(ClosedForm):
    """How the patient would rather sign."""

    way = forms.ChoiceField(
        label=gettext_lazy("How would you rather sign?"),
        choices=[
            (PaperWay.PAPER, gettext_lazy("On paper, by hand")),
            (PaperWay.IN_CLINIC, gettext_lazy("At the clinic, with somebody beside me")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose one of the answers.")},
    )


class PaperQuestionForm(RefusableForm):
    """A question that the patient wrote on the paper."""

    section = forms.ChoiceField(label="Which part is it about?", error_messages={"required": "Choose the part."})
    text = TextField(
        most=2000,
        label="The question, as it stands on the paper",
        error_messages={"required": "Type in the question first."},
    )

    def __init__(self, *args: Any, parts: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "section", list(parts))


class ManyFiles(forms.ClearableFileInput):
    """A file box that takes several files."""

    allow_multiple_selected = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """All files of the box, in the order in which they were chosen."""
        return files.getlist(name) if hasattr(files, "getlist") else files.get(name)


class ManyFilesField(forms.FileField):
    """Several files; each is checked as one would be."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """The files as they came; the service says what is wrong with them."""
        found = [one for one in (data or []) if one]
        if not found:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return found


class ScanForm(RefusableForm):
    """The signed pack: one PDF, or a picture for each page."""

    scan = ManyFilesField(
        label="The scanned pack",
        help_text="One PDF with all pages, or a PNG or JPEG picture of each page. Up to 25 MB in all, 200 dots per inch or more.",
        error_messages={"required": "Choose the scanned pack."},
    )

    def uploads(self) -> list[Upload]:
        """What the service takes."""
        return [Upload(one.read(), one.name or "") for one in self.cleaned_data["scan"]]


class AttestationForm(RefusableForm):
    """A named member of staff says what they saw."""

    how = forms.ChoiceField(
        label="What do you attest?",
        choices=Attested,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you attest."},
    )
    known_by = TextField(
        most=200,
        lines=False,
        label="How do you know who signed?",
        help_text="For example “passport seen”, or “known to me for years”.",
        error_messages={"required": "Say how you know who signed."},
    )
    signed_on = DateFields(label="The day on the paper", help_text="As it was written by hand beside the signature")
    is_true = forms.BooleanField(
        label="I compared the scan with the paper: every page is there, and the answers typed in are those on the paper. "
        "I attest this in my own name.",
        error_messages={"required": "Tick the box if this is true."},
    )

    def attestation(self) -> PaperAttestation:
        """What the service takes."""
        said = self.cleaned_data
        return PaperAttestation(said["how"], said["signed_on"], said["known_by"], said["is_true"])
