"""A draft of a consent text as one form: what it is meant for, its parts, and when it counts. Works without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from clinic.fields import DateFields, TextField
from consent import gate
from consent.forms.acts import RefusableForm
from consent.languages import ENGLISH
from consent.models import TemplateDraft
from consent.records import TextEdit
from consent.vocabulary import TextKind

MOST_CHARACTERS = 9_000


class DraftForm(RefusableForm):
    """Every part of a draft in its own three fields, numbered; `count` says how many the page had."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    count = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=gate.MOST_SECTIONS)
    name = TextField(
        most=200, lines=False, label="Name of this text", error_messages={"required": "Enter the name of this text."}
    )
    purpose = TextField(
        most=gate.LONGEST_LINE,
        lines=False,
        required=False,
        label="What the treatment is meant for",
        help_text="It ends the sentence “It has not been proven to work for …”.",
    )
    retention = TextField(
        most=gate.LONGEST_LINE,
        lines=False,
        required=False,
        label="How long you keep the record",
        help_text="A whole sentence. It stands with the patient’s rights.",
    )
    what_changed = TextField(
        most=2000,
        required=False,
        label="What changed since the last version",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For the colleagues who work with it. Needed before it is published.",
    )
    starts_on = DateFields(required=False, label="First day", help_text="Leave empty: from the moment it is published.")
    ends_on = DateFields(required=False, label="Last day", help_text="Leave empty: until a newer version begins.")

    def __init__(self, data: Mapping[str, Any] | None, *, draft: TemplateDraft) -> None:
        self.draft = draft
        parts = gate.sections_of(draft.content)
        if data is not None:
            sent = str(data.get("count", ""))
            numbers = range(min(int(sent), gate.MOST_SECTIONS) if sent.isascii() and sent.isdigit() else len(parts))
        else:
            numbers = range(len(parts))
        super().__init__(data, initial=_initial(draft, parts))
        self.numbers = numbers
        if draft.language != ENGLISH:
            self.fields["reviewed_by"] = TextField(
                most=300,
                lines=False,
                required=False,
                label="Who compared it with the English text",
                help_text="Name and what makes them able to, such as “A. Rees, certified translator”. Needed to publish.",
                initial=draft.reviewed_by,
            )
        for number in numbers:
            self.fields.update(_part_fields(number, draft.type))

    @property
    def parts(self) -> list[dict[str, Any]]:
        """The bound fields of each part, for the page."""
        return [
            {
                "number": number,
                "kind": self[f"kind_{number}"],
                "title": self[f"title_{number}"],
                "text": self[f"text_{number}"],
            }
            for number in self.numbers
        ]

    def show_as_needed(self) -> None:
        """A draft may be saved without these, but not published: no label says "optional"."""
        for name, field in self.fields.items():
            field.required = (
                field.required or name.startswith("text_") or name in ("purpose", "retention", "what_changed")
            )

    def content(self) -> dict[str, Any]:
        """The text as typed."""
        chosen = self.cleaned_data
        return {
            **self.draft.content,
            "schema": gate.SCHEMA,
            "language": self.draft.language,
            "name": chosen["name"],
            "purpose": chosen["purpose"],
            "retention": chosen["retention"],
            "sections": [
                {"kind": chosen[f"kind_{number}"], "title": chosen[f"title_{number}"], "text": chosen[f"text_{number}"]}
                for number in self.numbers
            ],
        }

    def edit(self, act: str) -> TextEdit:
        """What is saved: as typed, with the one part added, moved or taken out that the button names."""
        content = self.content()
        content["sections"] = _arranged(content["sections"], act)
        chosen = self.cleaned_data
        return TextEdit(
            revision=chosen["revision"],
            name=chosen["name"],
            content=content,
            what_changed=chosen["what_changed"],
            starts_on=chosen["starts_on"],
            ends_on=chosen["ends_on"],
            reviewed_by=chosen.get("reviewed_by", ""),
        )


class RevisionForm(RefusableForm):
    """A button on a draft: it names the revision that its person has read."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class ReviewForm(RefusableForm):
    """Who compared every sentence that Candour says in a language with the English one."""

    reviewed_by = TextField(most=200, lines=False, label="Name", error_messages={"required": "Enter the name."})
    qualification = TextField(
        most=300,
        lines=False,
        label="What makes them able to",
        help_text="Such as: certified translator, English to Welsh.",
        error_messages={"required": "Say what makes them able to."},
    )
    is_whole = forms.BooleanField(
        label="This person read every sentence, and found each one right.",
        error_messages={"required": "Tick the box once it is so."},
    )


class KeepForm(RevisionForm):
    """Why a flagged word or a hard part stays."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    reason = TextField(
        most=500,
        label="Why it stays",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say in a sentence why it stays."},
    )


def _initial(draft: TemplateDraft, parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {
        "revision": draft.revision,
        "count": len(parts),
        "name": draft.name,
        "purpose": draft.content.get("purpose", ""),
        "retention": draft.content.get("retention", ""),
        "what_changed": draft.what_changed,
        "starts_on": draft.starts_on,
        "ends_on": draft.ends_on,
    }
    for number, part in enumerate(parts):
        values |= {f"{name}_{number}": part.get(name, "") for name in ("kind", "title", "text")}
    return values


def _part_fields(number: int, text_type: str) -> dict[str, forms.Field]:
    return {
        f"kind_{number}": forms.ChoiceField(
            label="Kind",
            choices=[(kind.value, kind.label) for kind in gate.kinds_of(text_type)],
            error_messages={"required": "Choose the kind."},
        ),
        f"title_{number}": TextField(
            most=gate.LONGEST_TITLE, lines=False, label="Heading", error_messages={"required": "Enter the heading."}
        ),
        f"text_{number}": TextField(
            most=MOST_CHARACTERS,
            required=False,
            label="Words",
            widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "true"}),
        ),
    }


def _arranged(parts: list[dict[str, str]], act: str) -> list[dict[str, str]]:
    name, _, rest = act.partition("-")
    if name == "add" and len(parts) < gate.MOST_SECTIONS:
        return [*parts, {"kind": TextKind.FREE.value, "title": "New part", "text": ""}]
    place = int(rest) if rest.isascii() and rest.isdigit() else -1
    if not 0 <= place < len(parts):
        return parts
    if name == "remove":
        return parts[:place] + parts[place + 1 :]
    if name == "up" and place:
        parts[place - 1], parts[place] = parts[place], parts[place - 1]
    elif name == "down" and place + 1 < len(parts):
        parts[place], parts[place + 1] = parts[place + 1], parts[place]
    return parts
