"""Naming an address that is told what happens."""

from __future__ import annotations

from django import forms
from django.conf import settings

from clinic.outgoing import LONGEST_URL
from clinic.records import WebhookWish


class WebhookForm(forms.Form):
    """An address of the clinic's own system, and what it wants to know."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        help_text="Of your own system, beginning with https://",
        error_messages={"required": "Enter the address that is told."},
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
    )
    kinds = forms.MultipleChoiceField(
        label="What is it told?",
        widget=forms.CheckboxSelectMultiple,
        help_text="Messages hold ids only: no names, and nothing about anybody’s health.",
        error_messages={"required": "Choose at least one."},
    )

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # handed on as they came
        self.fields["kinds"].choices = list(settings.WEBHOOK_EVENTS.items())  # type: ignore[attr-defined]  # a MultipleChoiceField

    @property
    def wish(self) -> WebhookWish:
        """What was chosen."""
        return WebhookWish(self.cleaned_data["url"], frozenset(self.cleaned_data["kinds"]))
