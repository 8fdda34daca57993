"""What patients ask about their records, and the end of a record."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.fields import DateFields, TextField
from clinic.vocabulary import RequestKind, RequestOutcome, RequestWay
from consent.forms.acts import RefusableForm


class RequestForm(RefusableForm):
    """What came in, on which day, how, and from whom."""

    kind = forms.ChoiceField(
        label="What is asked for", choices=RequestKind, error_messages={"required": "Choose what is asked for."}
    )
    received_on = DateFields(label="Received on", help_text="The day on which it came in; the month runs from it.")
    way = forms.ChoiceField(label="How", choices=RequestWay, error_messages={"required": "Choose how it came in."})
    asked = TextField(
        label="In their words",
        most=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write what was asked."},
    )
    asker = TextField(
        label="From whom, and how you know",
        most=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="For example: the patient, passport seen; their solicitor, with a signed authority.",
        error_messages={"required": "Write who asked, and how you made sure of it."},
    )


class ExtensionForm(RefusableForm):
    """Why more time is needed."""

    reason = TextField(
        label="Why, as the patient is told",
        most=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why more time is needed, as you tell the patient."},
    )


class RequestAnswerForm(RefusableForm):
    """What was done, or why it was refused, as the patient is told. An erasure is done by disposing of the record alone."""

    outcome = forms.ChoiceField(
        label="Answer",
        choices=RequestOutcome,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the answer."},
    )
    words = TextField(
        label="What the patient is told",
        most=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write what the patient is told."},
    )

    def __init__(self, *args: Any, may_be_done: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_be_done:
            self.fields["outcome"].widget = forms.HiddenInput()


class DisposalForm(RefusableForm):
    """Why the record is disposed of."""

    reason = TextField(
        label="Why",
        most=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Name nobody and nothing of their health: it stays readable when the record is gone.",
        error_messages={"required": "Say why. It stays readable when the record is gone."},
    )


class ConfirmationForm(RefusableForm):
    """The second person looked, and knows that there is no way back."""

    is_checked = forms.BooleanField(
        label="I looked at what is listed here. It is destroyed for good, and nobody can bring it back.",
        error_messages={"required": "Look at what is listed, then tick the box."},
    )
