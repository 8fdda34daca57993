"""Registering and finding patients."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.contacts import clean_email, clean_phone
from clinic.fields import DateFields, NameField, TextField, as_validation_error
from clinic.models import Organization
from clinic.records import PatientIdentity
from clinic.vocabulary import PATIENT_LANGUAGES, REASON_MAX


class PatientForm(forms.Form):
    """Who a patient is."""

    given_name = NameField(
        label="Given name", help_text="As in the passport.", error_messages={"required": "Enter the given name."}
    )
    family_name = NameField(label="Family name", error_messages={"required": "Enter the family name."})
    birth_date = DateFields(label="Birth date", help_text="For example, 14 3 1984.")
    email = forms.CharField(label="E-mail", required=False, widget=forms.EmailInput, strip=True)
    phone = forms.CharField(
        label="Mobile phone",
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
        help_text="For example, 07700 900123, or with country code: +44 7700 900123.",
    )
    language = forms.ChoiceField(
        label="Preferred language",
        required=False,
        choices=[("", "Not asked yet"), *PATIENT_LANGUAGES.items()],
        help_text="Texts and messages are in this language where the clinic offers it. Otherwise arrange an interpreter.",
    )
    is_confirmed = forms.BooleanField(
        label="I looked at this again, and it is right", required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, organization: Organization, **kwargs: Any) -> None:
        self.organization = organization
        super().__init__(*args, **kwargs)
        for name in ("given_name", "family_name", "email", "phone"):
            # A browser at the desk must not offer the last patient's name.
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def ask_to_confirm(self) -> None:
        """Show the tick box; it is hidden until something is unusual."""
        self.fields["is_confirmed"].widget = forms.CheckboxInput()

    def clean_email(self) -> str:
        """Lower case; empty where none was given."""
        with as_validation_error():
            return clean_email(self.cleaned_data["email"]) if self.cleaned_data["email"] else ""

    def clean_phone(self) -> str:
        """E.164; empty where none was given."""
        text = self.cleaned_data["phone"]
        with as_validation_error():
            return clean_phone(text, jurisdiction=self.organization.jurisdiction) if text else ""

    @property
    def identity(self) -> PatientIdentity:
        """What was typed, cleaned."""
        names = ("given_name", "family_name", "birth_date", "email", "phone", "language")
        return PatientIdentity(**{name: self.cleaned_data[name] for name in names})


class PatientSearchForm(forms.Form):
    """Exact search: a family name, a birth date, or both."""

    family_name = NameField(label="Family name", required=False, help_text="The whole name; part of it finds nothing.")
    birth_date = DateFields(label="Birth date", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["family_name"].widget.attrs["autocomplete"] = "off"


class OtherRecordForm(PatientSearchForm):
    """The other record of a patient: found by one of the two at least."""

    one_of = ("family_name", "birth_date")

    def clean(self) -> dict[str, Any]:
        """Refuse a search for nobody."""
        found = super().clean() or self.cleaned_data
        if not self.errors and not any(found.get(name) for name in self.one_of):
            raise forms.ValidationError("Type the family name, the birth date, or both.", code="search.empty")
        return found


class CorrectionForm(PatientForm):
    """Who a patient is, as it should be; `revision` is how many corrections the page knew of."""

    reason = TextField(
        label="Why",
        most=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: spelled wrongly when registered; new telephone number.",
        error_messages={"required": "Say why it is corrected."},
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)


class MergeForm(forms.Form):
    """Two records are of one person: how one knows, and the second confirmation."""

    into = forms.UUIDField(widget=forms.HiddenInput)
    reason = TextField(
        label="How you know that both are one person",
        most=REASON_MAX,
        lines=False,
        widget=forms.TextInput,
        help_text="For example: same passport seen at the desk.",
        error_messages={"required": "Say how you know that both are one person."},
    )
    is_same_person = forms.BooleanField(
        label="I have compared both records, and they are of one person.",
        error_messages={"required": "Compare both records, then tick the box."},
    )


class UnmergeForm(forms.Form):
    """They are two people after all."""

    reason = TextField(
        label="Why these are two people",
        most=REASON_MAX,
        lines=False,
        widget=forms.TextInput,
        error_messages={"required": "Say why these are two people."},
    )
    is_confirmed = forms.BooleanField(
        label="Show both records again.", error_messages={"required": "Tick the box to confirm."}
    )
