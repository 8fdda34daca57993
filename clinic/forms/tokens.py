"""Making an API token."""

from __future__ import annotations

from django import forms

from clinic.fields import TextField
from clinic.records import TokenWish
from clinic.vocabulary import TOKEN_DAYS, TOKEN_NAME_MAX

DAY_WORDS = {365: "A year"}


class TokenForm(forms.Form):
    """What a token is for, what it may do, and for how long."""

    name = TextField(
        label="What is it for?",
        most=TOKEN_NAME_MAX,
        lines=False,
        help_text="For example: stock system. The log names it beside your own name.",
        error_messages={"required": "Say what the token is for."},
    )
    reach = forms.ChoiceField(
        label="What may it do?",
        choices=[("read", "Read only"), ("act", "Read, and do what I may do here")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it may do."},
    )
    days = forms.TypedChoiceField(
        label="How long does it work?",
        coerce=int,
        choices=[(days, DAY_WORDS.get(days, f"{days} days")) for days in TOKEN_DAYS],
        initial=90,
        error_messages={"required": "Choose how long it works."},
    )

    def __init__(self, *args: object, may_act: bool, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # handed on as they came
        self.may_act = may_act
        if not may_act:
            del self.fields["reach"]

    @property
    def wish(self) -> TokenWish:
        """What was chosen."""
        is_read_only = not self.may_act or self.cleaned_data["reach"] == "read"
        return TokenWish(self.cleaned_data["name"], self.cleaned_data["days"], is_read_only)
