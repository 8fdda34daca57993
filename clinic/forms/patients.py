"""Registering and finding patients."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.contacts import clean_email, clean_phone
from clinic.fields import DateFields, NameField, as_validation_error
from clinic.models import Organization
from clinic.records import PatientIdentity


class PatientForm(forms.Form):
    """Who a patient is."""

    given_name = NameField(label="Given name", help_text="As in the passport.")
    family_name = NameField(label="Family name")
    birth_date = DateFields(label="Birth date", help_text="For example, 14 3 1984.")
    email = forms.CharField(label="E-mail", required=False, widget=forms.EmailInput, strip=True)
    phone = forms.CharField(
        label="Mobile phone",
        required=False,
        widget=forms.TextInput(attrs={"type": "tel"}),
        help_text="For example, 07700 900123, or with country code: +44 7700 900123.",
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
        names = ("given_name", "family_name", "birth_date", "email", "phone")
        return PatientIdentity(**{name: self.cleaned_data[name] for name in names})


class PatientSearchForm(forms.Form):
    """Exact search: a family name, a birth date, or both."""

    family_name = NameField(label="Family name", required=False, help_text="The whole name; part of it finds nothing.")
    birth_date = DateFields(label="Birth date", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["family_name"].widget.attrs["autocomplete"] = "off"
