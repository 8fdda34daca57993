"""Form fields shared by all rooms: a date in three boxes, a text under our rules, and refusals as form errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from audit.errors import Refusal
from clinic.dates import read_date, read_iso_date
from clinic.text import clean_name, clean_text
from clinic.vocabulary import NAME_MAX


@contextmanager
def as_validation_error() -> Iterator[None]:
    """Turn a refusal into the error of the form field that is being cleaned, with its code."""
    try:
        yield
    except Refusal as refusal:
        raise ValidationError(gettext(refusal.message), code=refusal.code) from refusal


def refuse(form: forms.BaseForm, refusal: Refusal) -> None:
    """Show a service's refusal at its field, or above the form where it names none that the form has."""
    field = refusal.field if refusal.field in form.fields else None
    form.add_error(field, ValidationError(gettext(refusal.message), code=refusal.code))


class DateBoxes(forms.MultiWidget):
    """Three text boxes named `<name>_0` to `_2`: day, month, year."""

    template_name = "components/date_input.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None, *, autocomplete: str = "") -> None:
        parts = ("day", "month", "year")
        widgets = [
            forms.TextInput(attrs={"autocomplete": f"{autocomplete}-{part}"} if autocomplete else {}) for part in parts
        ]
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[str | None]:
        """A date as its three boxes."""
        if isinstance(value, date):
            return [str(value.day), str(value.month), str(value.year)]
        return [None, None, None]

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> list[str]:
        """The three boxes, or one ISO 8601 text sent under the field's own name (imports and the API)."""
        if name in data and f"{name}_0" not in data:
            return [str(data[name])]
        return [str(data.get(f"{name}_{number}", "")) for number in range(3)]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        """Whether neither the boxes nor the one text were sent."""
        return name not in data and f"{name}_0" not in data

    def id_for_label(self, id_: str) -> str:
        """A group has no single label; its legend names it."""
        return ""


class DateFields(forms.Field):
    """A date typed as day, month and year. Slash dates, two-digit years and other digits are refused in words.

    `check` is an optional function of the date that raises a `Refusal`.
    """

    widget = DateBoxes

    def __init__(self, *, check: Callable[[date], None] | None = None, autocomplete: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("widget", DateBoxes(autocomplete=autocomplete))
        self.check = check
        super().__init__(**kwargs)

    def clean(self, value: Any) -> date | None:
        """The date, None where it is optional and empty; a `ValidationError` with code `date.*` otherwise."""
        if isinstance(value, date):
            return value
        typed = [value] if isinstance(value, str) else list(value or ())
        if not any(part.strip() for part in typed):
            if self.required:
                raise ValidationError(gettext("Type the day, the month and the year."), code="date.missing")
            return None
        with as_validation_error():
            found = read_iso_date(typed[0]) if len(typed) == 1 else read_date(*typed)
            if self.check is not None:
                self.check(found)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether what was typed differs from `initial`."""
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True


class NameField(forms.CharField):
    """A name in any script that our fonts can print; see `clinic.text`."""

    def __init__(self, *, most: int = NAME_MAX, **kwargs: Any) -> None:
        self.most = most
        super().__init__(strip=False, **kwargs)
        # Django's own check would answer before ours and say less.
        self.validators = []

    def clean(self, value: Any) -> str:
        """The name in NFC; a `ValidationError` with code `text.*` otherwise."""
        text = str(value or "")
        if not text:
            return str(super().clean(value))
        with as_validation_error():
            return clean_name(text, most=self.most)


class TextField(forms.CharField):
    """A free text in any script that our fonts can print; with `lines` it may have line breaks."""

    def __init__(self, *, most: int, lines: bool = True, **kwargs: Any) -> None:
        self.most, self.lines = most, lines
        if lines:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(strip=False, **kwargs)
        self.validators = []

    def clean(self, value: Any) -> str:
        """The text in NFC; a `ValidationError` with code `text.*` otherwise."""
        text = str(value or "")
        if not text.strip():
            return str(super().clean(""))
        with as_validation_error():
            return clean_text(text, most=self.most, lines=self.lines)
