"""Closed and strict: a field that is not asked for is refused by name, and no value is turned into another kind."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.errors import Refusal
from clinic.dates import read_iso_date

TYPE = "schema.type"
LARGEST = 10**12


class StrictText(serializers.CharField):
    """A text; the rules of names and of notes are applied by the act itself."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("allow_blank", not options.get("required", True))
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The text as it came."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a text in quotation marks.", code=TYPE)
        return str(super().to_internal_value(data))


class StrictChoice(serializers.ChoiceField):
    """One of the words that exist."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, **options)
        self.error_messages["invalid_choice"] = f"Choose one of: {', '.join(map(str, self.choices))}."

    def to_internal_value(self, data: Any) -> Any:
        """The word."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a text in quotation marks.", code=TYPE)
        return super().to_internal_value(data)


class StrictBoolean(serializers.BooleanField):
    """`true` or `false`, and nothing that looks like it."""

    def to_internal_value(self, data: Any) -> bool:
        """The truth value."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("Send true or false.", code=TYPE)
        return data


class StrictCount(serializers.IntegerField):
    """A whole number from 0 to 2^31 - 1, where nothing else is asked for, not in quotation marks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": 2**31 - 1, **options})

    def to_internal_value(self, data: Any) -> int:
        """The number."""
        if not isinstance(data, int) or isinstance(data, bool):
            raise serializers.ValidationError("Send a whole number without quotation marks.", code=TYPE)
        return int(super().to_internal_value(data))


@extend_schema_field(OpenApiTypes.NUMBER)
class StrictNumber(serializers.Field[Decimal, Any, float, Any]):
    """A number, not in quotation marks, with at most `places` digits after the point: nothing is rounded."""

    def __init__(self, *, places: int, **options: Any) -> None:
        super().__init__(**options)
        self.places = places

    def to_internal_value(self, data: Any) -> Decimal:
        """The number as it was written."""
        if not isinstance(data, int | float) or isinstance(data, bool):
            raise serializers.ValidationError("Send a number without quotation marks.", code=TYPE)
        value = Decimal(str(data))
        if abs(value) >= LARGEST:
            raise serializers.ValidationError("This number is out of range.", code="number.range")
        if value != round(value, self.places):
            raise serializers.ValidationError(
                f"At most {self.places} digits after the point; we do not round for you.", code="number.precision"
            )
        return value

    def to_representation(self, value: Decimal) -> float:
        """A JSON number."""
        return float(value)


@extend_schema_field(OpenApiTypes.DATE)
class StrictDay(serializers.Field[date, Any, str, Any]):
    """A date in ISO 8601: 2026-11-23."""

    def to_internal_value(self, data: Any) -> date:
        """The date."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a date as “2026-11-23”.", code=TYPE)
        try:
            return read_iso_date(data)
        except Refusal as refusal:
            raise serializers.ValidationError(refusal.message, code=refusal.code) from refusal

    def to_representation(self, value: date) -> str:
        """ISO 8601."""
        return value.isoformat()


@extend_schema_field(OpenApiTypes.UUID)
class StrictId(serializers.Field[UUID, Any, str, Any]):
    """The id of a row, in the one form in which the API writes ids."""

    def to_internal_value(self, data: Any) -> UUID:
        """The id."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send an id in quotation marks.", code=TYPE)
        try:
            found = UUID(data)
        except ValueError:
            found = None
        if found is None or str(found) != data:
            raise serializers.ValidationError("This is not an id as the API writes it.", code="schema.id")
        return found

    def to_representation(self, value: UUID) -> str:
        """Lower case with hyphens."""
        return str(value)


@extend_schema_field({})
class StrictValue(serializers.Field[Any, Any, Any, Any]):
    """Whatever JSON a claim holds as its value; its field decides what it may be."""

    def to_internal_value(self, data: Any) -> Any:
        """The value as it came."""
        return data

    def to_representation(self, value: Any) -> Any:
        """The value as it is kept."""
        return value


class ClosedSerializer(serializers.Serializer[Any]):
    """A body whose fields are all known; one more is refused by its name."""

    def to_internal_value(self, data: Any) -> Any:
        """The checked values."""
        if not isinstance(data, Mapping):
            raise serializers.ValidationError({"": ["Send a JSON object: { … }."]}, code=TYPE)
        known = {name for name, field in self.fields.items() if not field.read_only}
        if unknown := sorted(str(name) for name in data.keys() - known):
            raise serializers.ValidationError(
                {
                    name[:60]: ["There is no such field here; it was not read, and nothing was written."]
                    for name in unknown
                },
                code="schema.unknown_field",
            )
        return super().to_internal_value(data)


class NothingSerializer(ClosedSerializer):
    """An act that needs no words: {}."""


class FileSerializer(ClosedSerializer):
    """One file, as `multipart/form-data`."""

    file = serializers.FileField(
        max_length=400,
        error_messages={
            "empty": "The file is empty (0 bytes). Save it again at its source and send it once more.",
            "required": "Send the file in the part named “file”.",
            "invalid": "Send the file in the part named “file”.",
        },
    )


class ProblemLineSerializer(serializers.Serializer[Any]):
    """One thing that was wrong."""

    field = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a request was refused (RFC 9457), in the words that the pages use."""

    type = serializers.CharField(help_text="urn:candour:refusal: and the code")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="stable, for programs")
    field = serializers.CharField(help_text="the field at fault, or empty", allow_blank=True)
    message = serializers.CharField(help_text="the sentence for a person")
    help = serializers.CharField(help_text="what to do next")
    errors = ProblemLineSerializer(many=True)  # type: ignore[assignment]  # RFC 9457 needs no name of ours, clients do
