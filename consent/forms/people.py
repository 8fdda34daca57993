"""Naming somebody who takes part, on the patient's phone and by staff; and what staff found on a proxy's authority."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from clinic.fields import NameField, TextField
from consent import people
from consent.forms.acts import RefusableForm
from consent.forms.patient import ClosedForm
from consent.records import PersonDraft
from consent.vocabulary import Authority, AuthorityOutcome, PersonRole, WitnessReason

CHOOSE = gettext_lazy("Choose one of the answers.")


class PersonFields(forms.Form):
    """The fields of one role; what the role does not ask for is not there."""

    def __init__(self, *args: Any, role: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.role = role
        needed = {"required": gettext("Please fill this in.")}
        self.fields["name"] = NameField(label=gettext("Full name"), error_messages=needed)
        self.fields["relation"] = TextField(
            most=200, lines=False, label=gettext(people.RELATION_LABELS[role]), error_messages=needed
        )
        if role == PersonRole.INTERPRETER:
            self.fields["language"] = TextField(
                most=80,
                lines=False,
                label=gettext("Into which language?"),
                help_text=gettext("For example Polish, or British Sign Language"),
                error_messages=needed,
            )
        if role == PersonRole.WITNESS:
            self.fields["reason"] = _choice(
                gettext("Why is a witness there?"), WitnessReason.values, people.REASON_WORDS
            )
        if role == PersonRole.PROXY:
            self.fields["authority"] = _choice(
                gettext("Your legal authority"), Authority.values, people.AUTHORITY_WORDS
            )
            self.fields["authority_words"] = TextField(
                most=200,
                lines=False,
                required=False,
                label=gettext("Its number or name"),
                help_text=gettext("Where it has one. For another authority, say which."),
            )

    def draft(self) -> PersonDraft:
        """What the service takes."""
        said = {name: str(self.cleaned_data.get(name) or "") for name in vars(PersonDraft("", "", ""))}
        return PersonDraft(**{**said, "role": self.role})


class PatientPersonForm(PersonFields, ClosedForm):
    """On the patient's page."""


class StaffPersonForm(PersonFields, RefusableForm):
    """By staff."""


class AuthorityForm(RefusableForm):
    """What a member of staff found on a proxy's authority."""

    outcome = forms.ChoiceField(
        label="What did you find?",
        choices=AuthorityOutcome,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )
    seen = TextField(
        most=300,
        lines=False,
        required=False,
        label="The document that you saw",
        help_text="What it is, its number and date. See the document itself, not a photograph.",
    )
    words = TextField(
        most=1000,
        label="Why",
        help_text="Why the patient cannot make this decision, who assessed it, and why it is in their best interests. "
        "Or what is missing, or what the disagreement is. It is printed in the record.",
        error_messages={"required": "Say in a few words why. It is printed in the record."},
    )


def _choice(label: str, values: list[str], words: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[(value, gettext(words[value])) for value in values],
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE, "invalid_choice": CHOOSE},
    )
