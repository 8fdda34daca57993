"""The form with which a person decides on what has changed under a consent."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms

from clinic.fields import TextField
from consent.forms.acts import RefusableForm
from consent.vocabulary import MarkKind, MarkOutcome

_OUTCOMES = [
    (MarkOutcome.ASK_AGAIN, "Ask the patient again: this could matter to their decision"),
    (MarkOutcome.STANDS, "The consent stands: this would not matter to this patient"),
    (MarkOutcome.LAPSES, "The consent ends: it is too old"),
]


class ChangesForm(RefusableForm):
    """Does the consent stand, or is the patient asked again? `shown` are the marks that the page showed."""

    shown = forms.CharField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label="What follows?",
        choices=_OUTCOMES,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what follows."},
    )
    reason = TextField(
        most=1000,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you looked at, and whom you asked. It stays in the record under your name.",
        error_messages={"required": "Say in a few words why."},
    )

    def __init__(self, *args: Any, kinds: Collection[str], **options: Any) -> None:
        """Too old can only be what waits because of its age: `kinds` says why it waits."""
        super().__init__(*args, **options)
        if MarkKind.AGE_LIMIT not in kinds:
            answers = cast("forms.ChoiceField", self.fields["outcome"])
            answers.choices = [each for each in _OUTCOMES if each[0] != MarkOutcome.LAPSES]
            answers.error_messages["invalid_choice"] = "This consent is not too old. Choose one of the two."

    @property
    def shown_ids(self) -> frozenset[str]:
        """The ids of the marks that the person read."""
        return frozenset(self.cleaned_data["shown"].split())
