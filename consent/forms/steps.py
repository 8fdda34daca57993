"""The form of one step, made from the Document: its own prompts and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext

from clinic.fields import TextField
from consent.forms.acts import RefusableForm
from consent.forms.patient import AsTyped, ClosedForm
from consent.services import LONGEST_ANSWER
from consent.vocabulary import ReviewDecision, ScreeningPolicy


class StepForm(ClosedForm):
    """One field for each prompt, named by its key; nothing is chosen beforehand."""

    document_sha256 = AsTyped(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, step: Mapping[str, Any], wrong: frozenset[str] = frozenset(), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        for prompt in step["prompts"]:
            self.fields[prompt["key"]] = _field(prompt, explained=prompt["key"] in wrong)

    @property
    def answers(self) -> dict[str, str]:
        """What was answered, by key."""
        return {name: str(value) for name, value in self.cleaned_data.items() if name != "document_sha256" and value}


def _field(prompt: Mapping[str, Any], *, explained: bool) -> forms.Field:
    if prompt["kind"] == "text":
        return TextField(
            most=LONGEST_ANSWER,
            label=prompt["text"],
            required=not prompt["optional"],
            widget=forms.Textarea(attrs={"rows": 3}),
            error_messages={"required": gettext("Write a few words. There is no wrong answer.")},
        )
    return forms.ChoiceField(
        label=prompt["text"],
        required=not prompt["optional"],
        choices=[(option["key"], option["text"]) for option in prompt["options"]],
        widget=forms.RadioSelect,
        help_text=_explanation(prompt["explanation"]) if explained else "",
        error_messages={
            "required": gettext("Choose one of the answers."),
            "invalid_choice": gettext("Choose one of the answers."),
        },
    )


def _explanation(why: str) -> str:
    words = gettext("Not quite. {why} Please choose again.").format(why=why)
    return format_html('<span class="explained">{}</span>', words)


class ReviewForm(RefusableForm):
    """A clinician decides on health answers."""

    decision = forms.ChoiceField(
        label="What follows?",
        choices=[
            (ReviewDecision.GO_ON, "The patient may go on"),
            (ReviewDecision.DO_NOT_TREAT, "Do not treat: this consent is closed"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what follows."},
    )
    reason = TextField(
        most=1000,
        label="Why",
        help_text="What you asked, what you found, whom you asked. It is printed in the record.",
        error_messages={"required": "Say in a few words why. It is printed in the record."},
    )


class ScreeningForm(RefusableForm):
    """What a yes to one health question means at this clinic."""

    policy = forms.ChoiceField(
        label="If the answer is yes or not sure",
        choices=ScreeningPolicy,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what follows."},
    )
    reason = TextField(
        most=500,
        label="Why the clinic decides so",
        error_messages={"required": "Say why the clinic decides so."},
    )
