"""Retention, and holds on a record."""

from __future__ import annotations

from django import forms

from clinic.fields import TextField
from clinic.vocabulary import MOST_RETENTION_YEARS, REASON_MAX, RETENTION_YEARS


class RetentionForm(forms.Form):
    """How many years, on what it rests, and why."""

    years = forms.IntegerField(
        label="Years after the last entry",
        help_text=f"{RETENTION_YEARS} at the least, as patients are told; {MOST_RETENTION_YEARS} at the most.",
        error_messages={"required": "Enter how many years."},
    )
    source = TextField(
        label="What this rests on",
        most=300,
        lines=False,
        widget=forms.TextInput,
        help_text="For example: advice of our insurer, letter of 3 May. It is shown as the clinic’s own choice.",
        error_messages={"required": "Name what the decision rests on, such as the advice of your insurer."},
    )
    reason = TextField(
        label="Why", most=REASON_MAX, widget=forms.Textarea(attrs={"rows": 2}), error_messages={"required": "Say why."}
    )


class HoldForm(forms.Form):
    """Why a record must be kept, or no longer needs to be."""

    reason = TextField(
        label="Why",
        most=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It is kept under the patient’s key, as the record itself.",
        error_messages={"required": "Say why."},
    )
