"""Forms of the clinic's terms, and of what shortens the time to think."""

from __future__ import annotations

from django import forms

from clinic.fields import DateFields, TextField
from consent import rules
from consent.forms.acts import RefusableForm


class TermsForm(RefusableForm):
    """Days by route group, the age limit, and whether a second factor is needed. Fields are named as the groups are."""

    G_INTACT = forms.IntegerField(
        label="Time to think where the skin stays intact",
        help_text="Days; 1 is suggested",
        error_messages={"required": "Enter how many days."},
    )
    G_BREACHED = forms.IntegerField(
        label="Time to think where the skin is broken (needling, laser)",
        help_text="Days; 7 are suggested, 1 at the least",
        error_messages={"required": "Enter how many days."},
    )
    G_INJECT = forms.IntegerField(
        label="Time to think where it is injected",
        help_text="Days; 14 are suggested, 1 at the least",
        error_messages={"required": "Enter how many days."},
    )
    G_SYSTEMIC = forms.IntegerField(
        label="Time to think where it reaches the whole body (infusion, inhaling)",
        help_text="Days; 14 are suggested, 1 at the least",
        error_messages={"required": "Enter how many days."},
    )
    good_for_days = forms.IntegerField(
        label="How long a signed consent is good for",
        help_text="Days; after that a person decides, or the patient is asked again",
        error_messages={"required": "Enter how many days."},
    )
    needs_second_factor = forms.BooleanField(
        label="A declaration needs a second factor (passkey or authenticator app)", required=False
    )
    reason = TextField(
        most=500,
        label="Why",
        required=False,
        help_text="Needed where the time is shorter than suggested. It stays in the record.",
    )

    def days_to_think(self) -> dict[str, int]:
        """Days by route group."""
        return {group: self.cleaned_data[group] for group in rules.DAYS_TO_THINK}


class SoonerForm(RefusableForm):
    """Which day, and why."""

    treat_on = DateFields(label="First day of treatment that you ask for", help_text="For example, 27 11 2026")
    reason = TextField(
        most=1000,
        label="Why the patient should have less time",
        help_text="In plain words: the patient reads it, and it is printed in the record.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why. The patient reads it, and it is printed in the record."},
    )
