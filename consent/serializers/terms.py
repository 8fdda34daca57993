"""The clinic's terms in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.rest import ClosedSerializer, StrictBoolean, StrictCount, StrictText


class DaysSerializer(ClosedSerializer):
    """Days to think by route group."""

    G_INTACT = StrictCount()
    G_BREACHED = StrictCount()
    G_INJECT = StrictCount()
    G_SYSTEMIC = StrictCount()


class TermsSerializer(serializers.Serializer[Any]):
    """The terms in force; `set_at` is null where they are the defaults."""

    days_to_think = DaysSerializer()
    good_for_days = serializers.IntegerField()
    needs_second_factor = serializers.BooleanField()
    reason = serializers.CharField(source="row.reason", default="")
    set_by_name = serializers.CharField(source="row.set_by_name", default="")
    set_at = serializers.DateTimeField(source="row.set_at", allow_null=True, default=None)


class TermsDraftSerializer(ClosedSerializer):
    """Terms to decide on."""

    days_to_think = DaysSerializer()
    good_for_days = StrictCount()
    needs_second_factor = StrictBoolean(required=False, default=False)
    reason = StrictText(required=False, max_length=500, default="")
