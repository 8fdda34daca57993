"""Inputs for whole and decimal numbers and for a moment, by the strict text rules of this room."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from audit.errors import Refusal
from products.records import LARGEST_COUNT, parse_quantity


class NumberField(forms.CharField):
    """A number typed with the digits 0 to 9; `places` digits after the full stop at most. Nothing typed is None."""

    def __init__(
        self,
        *,
        unit: str = "",
        least: int = 0,
        most: int = LARGEST_COUNT,
        places: int = 0,
        **options: Any,
    ) -> None:
        self.unit, self.least, self.most, self.places = unit, least, most, places
        attrs = {
            "inputmode": "decimal" if places else "numeric",
            "class": "govuk-input--width-5",
            "autocomplete": "off",
        }
        super().__init__(max_length=40, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> Decimal | int | None:
        """The number; refused with words where it is none or out of range."""
        typed = super().clean(value)
        if not typed:
            return None
        try:
            number = parse_quantity(typed, unit=self.unit, least=self.least, most=self.most, places=self.places)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        return number if self.places else int(number)


class TimeOfDayField(forms.CharField):
    """A time as 09:30. Nothing typed is None."""

    def __init__(self, **options: Any) -> None:
        attrs = {"class": "govuk-input--width-5", "autocomplete": "off"}
        super().__init__(max_length=5, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> time | None:
        """The time; refused where it is not one of the day's."""
        typed = super().clean(value)
        if not typed:
            return None
        try:
            return time.fromisoformat(typed)
        except ValueError as error:
            raise forms.ValidationError("Enter the time as hours and minutes, such as 09:30.", code="time") from error


def local_moment(day: date, at: time, zone: str) -> datetime:
    """The moment of a local time. Raises `ValueError` in the hour that a change of clocks skips or repeats."""
    moments = [datetime.combine(day, at, tzinfo=ZoneInfo(zone)).replace(fold=fold) for fold in (0, 1)]
    if moments[0].utcoffset() != moments[1].utcoffset():
        raise ValueError("the clocks changed in this hour")
    return moments[0]
