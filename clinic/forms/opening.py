"""What a clinic says about itself, and its first administrator."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from clinic.contacts import clean_email, clean_shown_phone, clean_url
from clinic.fields import NameField, TextField, as_validation_error
from clinic.logos import clean_logo
from clinic.models import Organization, User
from clinic.places import jurisdictions, time_zones
from clinic.records import ClinicDetails, PlaceDetails
from clinic.services import FirstAdministrator
from clinic.vocabulary import CodePolicy

DETAILS = (
    "name", "short_code", "address", "jurisdiction", "time_zone", "emergency_phone", "contact_phone", "contact_email",
    "privacy_notice_url", "code_policy",
)  # fmt: skip
PASSWORD_HINT = "At least 12 characters. Three or four unrelated words are good; a name or a date is not."  # noqa: S105 - a hint, no password


class ClinicForm(forms.Form):
    """What a clinic says about itself; printed on every document."""

    name = NameField(label="Name of the clinic", error_messages={"required": "Enter the name of the clinic."})
    short_code = forms.CharField(
        label="Short code",
        max_length=4,
        help_text="Two to four capital letters. References of documents begin with it (HC-7F3K-2Q9M), so it stays.",
        error_messages={"required": "Enter the short code."},
    )
    address = TextField(
        label="Address",
        most=500,
        help_text="As on an envelope, one line each.",
        error_messages={"required": "Enter the address."},
    )
    jurisdiction = forms.ChoiceField(
        label="Country whose rules apply",
        help_text="Candour's regulatory rules follow from it.",
        error_messages={"required": "Choose the country whose rules apply."},
    )
    time_zone = forms.ChoiceField(
        label="Time zone", initial="Europe/London", error_messages={"required": "Choose the time zone."}
    )
    emergency_phone = forms.CharField(
        label="Phone for emergencies",
        help_text="Printed on the patient's receipt: somebody answers it at any time.",
        error_messages={"required": "Enter the phone for emergencies."},
    )
    contact_phone = forms.CharField(label="Phone for questions", required=False)
    contact_email = forms.CharField(label="E-mail for questions", required=False, widget=forms.EmailInput)
    privacy_notice_url = forms.CharField(
        label="Link to your privacy notice", required=False, widget=forms.URLInput, help_text="https://..."
    )
    code_policy = forms.ChoiceField(
        label="Ask patients for a one-time code as well",
        choices=CodePolicy.choices,
        required=False,
        help_text="At every visit after the date of birth, by e-mail or text message. It needs a mail server or an SMS gateway.",
    )
    logo = forms.FileField(label="Logo", required=False, help_text="PNG or JPEG, at most 1 MB.")

    def __init__(self, *args: Any, organization: Organization | None = None, **kwargs: Any) -> None:
        if organization is not None:
            kwargs["initial"] = {name: getattr(organization, name) for name in DETAILS}
        super().__init__(*args, **kwargs)
        self.fields["jurisdiction"].choices = list(jurisdictions().items())  # type: ignore[attr-defined]  # the stubs know only Field, not ChoiceField
        self.fields["time_zone"].choices = [(zone, zone) for zone in time_zones()]  # type: ignore[attr-defined]  # the stubs know only Field, not ChoiceField
        self.fields["logo"].widget.attrs["accept"] = "image/png,image/jpeg"
        for name in ("emergency_phone", "contact_phone"):
            self.fields[name].widget.attrs["type"] = "tel"
        if organization is not None:
            del self.fields["short_code"]
            self.kept_short_code = organization.short_code

    def clean_short_code(self) -> str:
        """Capital letters, however they were typed."""
        return str(self.cleaned_data["short_code"]).strip().upper()

    def clean_emergency_phone(self) -> str:
        """A number that can be dialled."""
        with as_validation_error():
            return clean_shown_phone(self.cleaned_data["emergency_phone"], field="emergency_phone")

    def clean_contact_phone(self) -> str:
        """A number that can be dialled, or nothing."""
        text = self.cleaned_data["contact_phone"]
        with as_validation_error():
            return clean_shown_phone(text, field="contact_phone") if text else ""

    def clean_contact_email(self) -> str:
        """An address, or nothing."""
        text = self.cleaned_data["contact_email"]
        with as_validation_error():
            return clean_email(text, field="contact_email") if text else ""

    def clean_privacy_notice_url(self) -> str:
        """A web address, or nothing."""
        text = self.cleaned_data["privacy_notice_url"]
        with as_validation_error():
            return clean_url(text, field="privacy_notice_url") if text else ""

    def clean_code_policy(self) -> str:
        """The policy; never where the field was not sent."""
        return self.cleaned_data["code_policy"] or CodePolicy.NEVER.value

    def clean_logo(self) -> bytes | None:
        """The picture drawn anew, or None where none was sent."""
        upload: UploadedFile[bytes] | None = self.cleaned_data["logo"]
        if upload is None:
            return None
        with as_validation_error():
            return clean_logo(upload.read())

    @property
    def details(self) -> ClinicDetails:
        """What was typed, cleaned."""
        values = {name: self.cleaned_data[name] for name in DETAILS if name in self.cleaned_data}
        return ClinicDetails(**{"short_code": getattr(self, "kept_short_code", ""), **values})


class LocationForm(forms.Form):
    """A place where the clinic sees patients."""

    location_name = NameField(
        label="Name of the location", error_messages={"required": "Enter the name of the location."}
    )
    location_address = TextField(
        label="Address of the location", most=500, error_messages={"required": "Enter the address of the location."}
    )

    @property
    def place(self) -> PlaceDetails:
        """What was typed, cleaned."""
        return PlaceDetails(self.cleaned_data["location_name"], self.cleaned_data["location_address"])


class PasswordPairForm(forms.Form):
    """A new password, typed twice."""

    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=PASSWORD_HINT,
        error_messages={"required": "Enter a password."},
    )
    password_again = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Enter the password again."},
    )

    def person(self) -> User:
        """Whose password this will be: it must not resemble their name or address."""
        return User(email=self.cleaned_data.get("email", ""), full_name=self.cleaned_data.get("full_name", ""))

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same, and strong."""
        values = super().clean() or {}
        password, again = values.get("password"), values.get("password_again")
        if password and again and password != again:
            self.add_error("password_again", "The two passwords differ.")
        elif password:
            try:
                validate_password(password, self.person())
            except ValidationError as weak:
                self.add_error("password", weak)
        return values


class StartForm(ClinicForm, PasswordPairForm):
    """The first clinic of an installation and its first administrator."""

    start_code = forms.CharField(
        label="Start code",
        help_text="`make run` prints it. It also stands in the file start_code of the key folder.",
        error_messages={"required": "Enter the start code."},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    full_name = NameField(label="Your name", error_messages={"required": "Enter your name."})
    email = forms.CharField(
        label="Your e-mail address",
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={"required": "Enter your e-mail address."},
    )
    treats = forms.BooleanField(label="I also treat patients", required=False)
    location_names = TextField(
        label="Names of your locations",
        most=1000,
        required=False,
        help_text="One on each line, where there are several. Their addresses can be added later.",
    )

    field_order = (
        "start_code",
        "full_name",
        "email",
        "password",
        "password_again",
        "treats",
        *DETAILS,
        "location_names",
        "logo",
    )

    def clean_email(self) -> str:
        """Lower case."""
        with as_validation_error():
            return clean_email(self.cleaned_data["email"])

    @property
    def places(self) -> list[PlaceDetails]:
        """The locations, at the clinic's address until they have their own."""
        names = [line.strip() for line in self.cleaned_data["location_names"].splitlines() if line.strip()]
        return [PlaceDetails(name, self.cleaned_data["address"]) for name in names]

    @property
    def administrator(self) -> FirstAdministrator:
        """Who opens the clinic."""
        values = self.cleaned_data
        return FirstAdministrator(values["email"], values["full_name"], values["password"], values["treats"])
