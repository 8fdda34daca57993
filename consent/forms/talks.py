"""Forms of the conversation and of the pause. Nothing is chosen beforehand."""

from __future__ import annotations

from django import forms

from clinic.fields import DateFields, TextField
from consent.forms.acts import DeclarationForm, RefusableForm
from consent.records import TalkDraft
from consent.vocabulary import CapacityOutcome, TalkOutcome

LONGEST = 1000


class TalkFields(RefusableForm):
    """What the practitioner found on capacity, pressure and needs."""

    is_able = forms.ChoiceField(
        label="Can the patient make this decision: understand, remember, weigh up, and say it?",
        choices=[("yes", "Yes, I have no doubt"), ("no", "I have doubts")],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether you have doubts."},
    )
    is_free = forms.ChoiceField(
        label="Does the patient decide freely?",
        choices=[("yes", "Yes, nobody presses them"), ("no", "I think that somebody or something presses them")],
        widget=forms.RadioSelect,
        help_text="Talk with the patient alone for a moment. Ask who wants this treatment, and what happens if they do not have it.",
        error_messages={"required": "Say whether the patient decides freely."},
    )
    needs = TextField(
        most=LONGEST,
        label="Psychological needs and vulnerability",
        help_text="Body image, grief, a crisis, earlier treatments that disappointed: what you asked and what you found. If nothing, write that.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what you found. If you found nothing, write that."},
    )

    def draft(self) -> TalkDraft:
        """What the service takes."""
        said = self.cleaned_data
        return TalkDraft(
            is_able=said["is_able"] == "yes",
            is_free=said["is_free"] == "yes",
            needs=said["needs"],
            outcome=said.get("outcome", TalkOutcome.GO_ON),
            reason=said.get("reason", ""),
        )


class TalkForm(TalkFields):
    """The same, with what follows."""

    outcome = forms.ChoiceField(
        label="What follows?",
        choices=TalkOutcome,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what follows."},
    )
    reason = TextField(
        most=LONGEST,
        label="Why, if the patient is not treated or is referred",
        required=False,
        help_text="It is printed in the record.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DeclarationWithTalkForm(TalkFields, DeclarationForm):
    """The declaration where no conversation is on record yet: both at once, the conversation first."""

    field_order = ("read", "is_able", "is_free", "needs", "is_true")


class DoubtForm(RefusableForm):
    """Why somebody doubts."""

    reason = TextField(
        most=LONGEST,
        label="What did you see or hear?",
        help_text="Facts, in a few words. A clinician of the clinic reads it and decides.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say what you saw or heard."},
    )


class ResolutionForm(RefusableForm):
    """What a clinician found."""

    outcome = forms.ChoiceField(
        label="What did you find?",
        choices=CapacityOutcome,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )
    again_on = DateFields(
        label="Assessed again on",
        required=False,
        help_text="Only where you assess again. For example, 14 12 2026.",
    )
    reason = TextField(
        most=LONGEST,
        label="How you found out",
        help_text="What the patient understood, remembered, weighed up and said, and what helped. It is printed in the record.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say how you found out. It is printed in the record."},
    )
