"""The life and the way of a batch in JSON: moves, temperatures, vials, custody, the lot graph; and what suppliers promise."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audit.errors import Refusal
from clinic.rest import ClosedSerializer, StrictChoice, StrictCount, StrictDay, StrictId, StrictNumber, StrictText
from products.models import Party
from products.records import parse_moment
from products.vocabulary import (
    BatchStatus,
    ClaimPlace,
    ClaimSupport,
    CustodyAct,
    ExcursionOutcome,
    LotKind,
    LotLink,
    UnitAct,
)

LONGEST_NOTE = 500
HAPPENED = [(act.value, act.label) for act in UnitAct if act != UnitAct.RECEIVED]
HANDED_OVER = [(act.value, act.label) for act in (CustodyAct.SHIPPED, CustodyAct.RECEIVED)]


@extend_schema_field(OpenApiTypes.DATETIME)
class StrictMoment(serializers.Field[datetime, Any, str, Any]):
    """A moment in ISO 8601 with its offset: 2026-11-23T10:30+00:00."""

    def to_internal_value(self, data: Any) -> datetime:
        """The moment."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a moment as “2026-11-23T10:30+00:00”.", code="schema.type")
        try:
            return parse_moment(data)
        except Refusal as refusal:
            raise serializers.ValidationError(refusal.message, code=refusal.code) from refusal

    def to_representation(self, value: datetime) -> str:
        """ISO 8601."""
        return value.isoformat()


class MoveSerializer(serializers.Serializer[Any]):
    """A batch went from one state to another."""

    id = serializers.IntegerField()
    from_status = serializers.ChoiceField(BatchStatus.choices)
    to_status = serializers.ChoiceField(BatchStatus.choices)
    reason = serializers.CharField()
    moved_by_name = serializers.CharField()
    moved_at = serializers.DateTimeField()


class TemperatureSerializer(serializers.Serializer[Any]):
    """What a temperature logger says. Degrees Celsius; null is not stated."""

    id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    device_id = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    lowest_c = serializers.FloatField(allow_null=True)
    highest_c = serializers.FloatField()
    mean_kinetic_c = serializers.FloatField(allow_null=True)
    limit_low_c = serializers.FloatField(allow_null=True)
    limit_high_c = serializers.FloatField(allow_null=True)
    excursion_minutes = serializers.IntegerField(allow_null=True)
    is_excursion = serializers.BooleanField()
    decision = serializers.SerializerMethodField()
    note = serializers.CharField()
    evidence_id = serializers.UUIDField(allow_null=True)
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()

    def get_decision(self, record: Any) -> str:
        """What a named person decided after an excursion, or nothing."""
        decision = getattr(record, "decision", None)
        return str(decision.outcome) if decision else ""


class TemperatureDraftSerializer(ClosedSerializer):
    """A logger's summary. Outside the label's limits, the batch goes on hold in the same act."""

    highest_c = StrictNumber(places=2)
    lowest_c = StrictNumber(places=2, required=False, allow_null=True, default=None)
    mean_kinetic_c = StrictNumber(places=2, required=False, allow_null=True, default=None)
    limit_low_c = StrictNumber(places=2, required=False, allow_null=True, default=None)
    limit_high_c = StrictNumber(places=2, required=False, allow_null=True, default=None)
    excursion_minutes = StrictCount(required=False, allow_null=True, default=None, min_value=0, max_value=1_000_000)
    device_id = StrictText(required=False, max_length=60, default="")
    started_at = StrictMoment(required=False, allow_null=True, default=None)
    ended_at = StrictMoment(required=False, allow_null=True, default=None)
    note = StrictText(required=False, max_length=LONGEST_NOTE, default="")
    evidence = StrictId(required=False, allow_null=True, default=None)


class DecisionDraftSerializer(ClosedSerializer):
    """Whether a batch may be used after an excursion, and what that rests on."""

    outcome = StrictChoice(ExcursionOutcome.choices)
    reason = StrictText(max_length=LONGEST_NOTE)


class StockSerializer(serializers.Serializer[Any]):
    """Where the vials of a batch are: received = used + in stock + returned + destroyed + unknown."""

    received = serializers.IntegerField()
    used = serializers.IntegerField()
    in_stock = serializers.IntegerField()
    returned = serializers.IntegerField()
    destroyed = serializers.IntegerField()
    unknown = serializers.IntegerField()


class UnitCountSerializer(serializers.Serializer[Any]):
    """Some vials came, went or were found missing."""

    id = serializers.IntegerField()
    act = serializers.ChoiceField(UnitAct.choices)
    quantity = serializers.IntegerField()
    unit_id = serializers.UUIDField(allow_null=True)
    happened_on = serializers.DateField()
    reason = serializers.CharField()
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class UnitCountDraftSerializer(ClosedSerializer):
    """What happened to some vials, or to the one that is named."""

    act = StrictChoice(HAPPENED)
    quantity = StrictCount(required=False, default=1, min_value=1, max_value=1_000_000)
    unit = StrictId(required=False, allow_null=True, default=None)
    happened_on = StrictDay()
    reason = StrictText(required=False, max_length=LONGEST_NOTE, default="")


class CustodySerializer(serializers.Serializer[Any]):
    """Who had a batch when; without a party it is this clinic."""

    id = serializers.UUIDField()
    batch_id = serializers.UUIDField()
    party_id = serializers.UUIDField(allow_null=True)
    act = serializers.ChoiceField(CustodyAct.choices)
    happened_on = serializers.DateField()
    note = serializers.CharField()
    evidence_id = serializers.UUIDField(allow_null=True)
    supersedes_id = serializers.UUIDField(allow_null=True)
    correction_reason = serializers.CharField()
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class CustodyDraftSerializer(ClosedSerializer):
    """One handing over."""

    party = StrictId(allow_null=True, help_text="null: this clinic")
    act = StrictChoice(HANDED_OVER)
    happened_on = StrictDay()
    note = StrictText(required=False, max_length=LONGEST_NOTE, default="")
    evidence = StrictId(required=False, allow_null=True, default=None)


class PartyDraftSerializer(ClosedSerializer):
    """An organization in the chain."""

    name = StrictText(max_length=120)
    role = StrictChoice(Party.Role.choices)
    country = StrictText(required=False, max_length=2, default="")
    gln = StrictText(required=False, max_length=20, default="")


class LotSerializer(serializers.Serializer[Any]):
    """A place in the lot graph. A donor has a code and never a name."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(LotKind.choices)
    code = serializers.CharField()
    party_id = serializers.UUIDField(allow_null=True)
    batch_id = serializers.UUIDField(allow_null=True)
    tissue = serializers.CharField()
    species = serializers.CharField()
    country = serializers.CharField()
    passage = serializers.IntegerField(allow_null=True)
    donation_code = serializers.CharField()


class LotLinkSerializer(serializers.Serializer[Any]):
    """One place came out of another."""

    upstream_id = serializers.UUIDField()
    downstream_id = serializers.UUIDField()
    link = serializers.ChoiceField(LotLink.choices)
    stated_for_id = serializers.UUIDField(allow_null=True)
    evidence_id = serializers.UUIDField(allow_null=True)


class TraceSerializer(serializers.Serializer[Any]):
    """A batch with everything above and below it in the lot graph."""

    start = LotSerializer(allow_null=True)
    above = LotSerializer(many=True)
    below = LotSerializer(many=True)
    edges = LotLinkSerializer(many=True)
    is_cut = serializers.BooleanField(help_text="whether there is more than is shown")


class MarketingSerializer(serializers.Serializer[Any]):
    """What a supplier promises, word for word, and what stands behind it."""

    id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    text = serializers.CharField()
    place = serializers.ChoiceField(ClaimPlace.choices)
    place_detail = serializers.CharField()
    seen_on = serializers.DateField(allow_null=True)
    support = serializers.ChoiceField(ClaimSupport.choices)
    support_detail = serializers.CharField()
    flags = serializers.SerializerMethodField()
    evidence_id = serializers.UUIDField(allow_null=True)
    is_withdrawn = serializers.BooleanField()
    supersedes_id = serializers.UUIDField(allow_null=True)
    recorded_by_name = serializers.CharField()
    recorded_at = serializers.DateTimeField()

    def get_flags(self, claim: Any) -> list[str]:
        """Words to look at: approved, cures, treats, live cells."""
        return sorted(str(flag) for flag in claim.flags)


class MarketingDraftSerializer(ClosedSerializer):
    """A promise as it was read or heard."""

    text = StrictText(max_length=500)
    place = StrictChoice(ClaimPlace.choices)
    place_detail = StrictText(required=False, max_length=200, default="")
    seen_on = StrictDay(required=False, allow_null=True, default=None)
    support = StrictChoice(ClaimSupport.choices, required=False, default=ClaimSupport.NONE.value)
    support_detail = StrictText(required=False, max_length=200, default="")
    evidence = StrictId(required=False, allow_null=True, default=None)
