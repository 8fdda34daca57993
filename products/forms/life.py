"""What happens to a batch in the clinic: its temperature, its vials, its last way."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django import forms

from products.forms.chain import document
from products.forms.inputs import DayField, upload_of
from products.forms.numbers import NumberField, TimeOfDayField, local_moment
from products.models import Batch, Unit
from products.services import TemperatureDraft
from products.vocabulary import ExcursionOutcome, UnitAct


def _celsius(label: str, *, required: bool = False, help_text: str = "") -> NumberField:
    return NumberField(
        label=label,
        required=required,
        least=-200,
        most=100,
        places=2,
        help_text=help_text,
        error_messages={"required": "Enter the highest temperature that the logger shows."},
    )


class TemperatureForm(forms.Form):
    """The summary of a temperature logger. Degrees Celsius."""

    device_id = forms.CharField(
        label="Logger", max_length=60, required=False, help_text="Its number, as printed on it."
    )
    started_on = DayField(label="From: day", required=False)
    started_time = TimeOfDayField(label="From: time", required=False, help_text="For example 09:30, local time.")
    ended_on = DayField(label="To: day", required=False)
    ended_time = TimeOfDayField(label="To: time", required=False)
    highest_c = _celsius("Highest, °C", required=True)
    lowest_c = _celsius("Lowest, °C")
    mean_kinetic_c = _celsius("Mean kinetic temperature, °C")
    limit_high_c = _celsius(
        "Upper limit on the label, °C", help_text="For example 8. Without a limit nothing can be above it."
    )
    limit_low_c = _celsius("Lower limit on the label, °C")
    excursion_minutes = NumberField(label="Minutes outside the limits", required=False)
    note = forms.CharField(label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = document()

    def __init__(self, *args: Any, zone: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone = zone

    def clean(self) -> dict[str, Any]:
        """Join each day with its time in the clinic's zone."""
        for name in ("started", "ended"):
            self.cleaned_data[f"{name}_at"] = self._moment(name)
        return self.cleaned_data

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings, what must be filled in first."""
        shows = ("highest_c", "lowest_c", "mean_kinetic_c", "excursion_minutes")
        when = ("device_id", "started_on", "started_time", "ended_on", "ended_time")
        return [
            ("What the logger shows", [self[name] for name in shows]),
            ("What the label allows", [self["limit_high_c"], self["limit_low_c"]]),
            ("Which logger, and when", [self[name] for name in when]),
            ("The paper", [self["note"], self["evidence"]]),
        ]

    def draft(self) -> TemperatureDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        names = (
            "highest_c",
            "lowest_c",
            "mean_kinetic_c",
            "limit_low_c",
            "limit_high_c",
            "excursion_minutes",
            "device_id",
            "started_at",
            "ended_at",
            "note",
        )
        return TemperatureDraft(**{name: cleaned[name] for name in names}, upload=upload_of(cleaned["evidence"]))

    def _moment(self, name: str) -> datetime | None:
        day, at = self.cleaned_data.get(f"{name}_on"), self.cleaned_data.get(f"{name}_time")
        if bool(day) != bool(at):
            if f"{name}_on" not in self.errors and f"{name}_time" not in self.errors:
                self.add_error(f"{name}_{'time' if day else 'on'}", "Enter the day and the time, or neither.")
            return None
        if not day or not at:
            return None
        try:
            return local_moment(day, at, self.zone)
        except ValueError:
            self.add_error(
                f"{name}_time",
                "The clocks changed in this hour, so it can mean two moments. Choose one before or after.",
            )
            return None


class DecisionForm(forms.Form):
    """What a person decides after an excursion."""

    outcome = forms.ChoiceField(
        label="Decision",
        choices=ExcursionOutcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose one of the two."},
    )
    reason = forms.CharField(
        label="What it rests on",
        max_length=500,
        help_text="For example the maker's stability data, or the answer of the supplier. Your name stands beside it.",
        error_messages={"required": "Say what the decision rests on."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReceivedForm(forms.Form):
    """How many vials came."""

    quantity = NumberField(
        label="Vials received in all",
        least=1,
        most=1_000_000,
        help_text="All that came of this lot, whether or not they carry a serial number.",
        error_messages={"required": "Enter how many vials came."},
    )


class StockForm(forms.Form):
    """How many vials are on the shelf."""

    quantity = NumberField(
        label="Vials on the shelf now",
        most=1_000_000,
        help_text="What is short of the record is kept as “unknown” until it is found.",
        error_messages={"required": "Enter how many vials you counted."},
    )


class UnitsForm(forms.Form):
    """What became of some vials."""

    act = forms.ChoiceField(
        label="What happened",
        choices=[(act.value, act.label) for act in UnitAct if act != UnitAct.RECEIVED],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what happened to them."},
    )
    unit = forms.ChoiceField(label="Which vial", required=False)
    quantity = NumberField(
        label="How many",
        least=1,
        most=1_000_000,
        initial="1",
        error_messages={"required": "Enter how many vials."},
    )
    happened_on = DayField(label="Day")
    reason = forms.CharField(
        label="Why",
        max_length=500,
        required=False,
        help_text="Needed for all but an ordinary use.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, batch: Batch, **options: Any) -> None:
        super().__init__(*args, **options)
        self.units = {str(unit.pk): unit for unit in batch.units.all()[:1000]}
        chooser = cast("forms.ChoiceField", self.fields["unit"])
        chooser.choices = [
            ("", "Vials without a serial number"),
            *((key, unit.serial_number) for key, unit in self.units.items()),
        ]

    def chosen(self) -> Unit | None:
        """The vial chosen; only after `is_valid`."""
        return self.units.get(self.cleaned_data["unit"])


class LabelsForm(forms.Form):
    """How many labels to print."""

    quantity = NumberField(
        label="Vials to label",
        least=1,
        most=200,
        help_text="Each gets a number of its own, at most 200 at once.",
        error_messages={"required": "Enter how many vials get a label."},
    )
