"""Inviting colleagues, their roles, and how they are printed."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.contacts import clean_email, clean_url
from clinic.fields import NameField, TextField, as_validation_error
from clinic.forms.opening import PasswordPairForm
from clinic.models import User
from clinic.records import PractitionerDetails, StaffInvitation
from clinic.vocabulary import REASON_MAX, ROLE_WORDS, Role

ROLE_CHOICES = [(role.value, f"{role.label}: {ROLE_WORDS[role]}") for role in Role]


class InvitationForm(forms.Form):
    """Whom to invite, and for what."""

    email = forms.CharField(
        label="E-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the e-mail address."},
    )
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        help_text="Clinic lead and auditor wait for a second person to confirm them.",
        error_messages={"required": "Choose one role or more."},
    )

    def clean_email(self) -> str:
        """Lower case."""
        with as_validation_error():
            return clean_email(self.cleaned_data["email"])

    @property
    def wish(self) -> StaffInvitation:
        """What was typed, cleaned."""
        return StaffInvitation(self.cleaned_data["email"], frozenset(map(Role, self.cleaned_data["roles"])))


class NewPersonForm(PasswordPairForm):
    """The account of somebody who was invited; the address is the invitation's."""

    full_name = NameField(label="Your name", error_messages={"required": "Enter your name."})

    field_order = ("full_name", "password", "password_again")

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        self.email = email
        super().__init__(*args, **kwargs)
        self.fields["full_name"].widget.attrs["autocomplete"] = "name"

    def person(self) -> User:
        """The invited address with the typed name."""
        return User(email=self.email, full_name=self.cleaned_data.get("full_name", ""))


class RoleForm(forms.Form):
    """A role to propose for a member."""

    role = forms.ChoiceField(
        label="Role", choices=ROLE_CHOICES, widget=forms.RadioSelect, error_messages={"required": "Choose the role."}
    )


class ReasonForm(forms.Form):
    """Why a second factor is taken away."""

    reason = TextField(
        label="Reason",
        most=REASON_MAX,
        lines=False,
        help_text="The person will read it, and the log keeps it.",
        error_messages={"required": "Enter the reason."},
    )


class PractitionerForm(forms.Form):
    """How a practitioner is printed for the patient."""

    printed_name = NameField(
        label="Name as it is printed",
        help_text="With the title patients know.",
        error_messages={"required": "Enter the name as it is printed."},
    )
    registration_body = TextField(
        label="Registration body",
        most=200,
        lines=False,
        required=False,
        help_text="For example, General Medical Council.",
    )
    registration_number = TextField(label="Registration number", most=50, lines=False, required=False)
    register_url = forms.CharField(
        label="Link to the register",
        required=False,
        widget=forms.URLInput,
        help_text="Where a patient can check the registration.",
    )

    def clean_register_url(self) -> str:
        """A web address, or nothing."""
        text = self.cleaned_data["register_url"]
        with as_validation_error():
            return clean_url(text, field="register_url") if text else ""

    @property
    def details(self) -> PractitionerDetails:
        """What was typed, cleaned."""
        return PractitionerDetails(**self.cleaned_data)


class MailTestForm(forms.Form):
    """Where to send the test message."""

    to = forms.CharField(
        label="Send it to",
        widget=forms.EmailInput,
        error_messages={"required": "Enter the e-mail address to send it to."},
    )

    def clean_to(self) -> str:
        """Lower case."""
        with as_validation_error():
            return clean_email(self.cleaned_data["to"], field="to")
