"""How the clinic's things look in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.models import ApiToken
from clinic.rest import ClosedSerializer, StrictBoolean, StrictCount, StrictDay, StrictId, StrictText
from clinic.vocabulary import NAME_MAX, Role


class TokenSerializer(serializers.Serializer[Any]):
    """A token, without its text."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    start = serializers.CharField(help_text="its first letters")
    is_read_only = serializers.BooleanField()
    expires_at = serializers.DateTimeField()
    person = serializers.CharField(source="membership.user.full_name")
    roles = serializers.SerializerMethodField()
    organization_id = serializers.UUIDField()
    organization = serializers.CharField(source="organization.name")
    jurisdiction = serializers.CharField(source="organization.jurisdiction", help_text="ISO 3166")
    time_zone = serializers.CharField(source="organization.time_zone")

    def get_roles(self, token: ApiToken) -> list[str]:
        """The roles of its person, as they are now."""
        return [role.value for role in Role if token.membership.has_role(role)]


class PractitionerSerializer(serializers.Serializer[Any]):
    """How a practitioner is printed."""

    id = serializers.UUIDField()
    printed_name = serializers.CharField()
    registration_body = serializers.CharField()
    registration_number = serializers.CharField()
    register_url = serializers.CharField()


class LocationSerializer(serializers.Serializer[Any]):
    """A place where patients are seen."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField()


class PatientSerializer(serializers.Serializer[Any]):
    """A patient, decrypted."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    given_name = serializers.CharField(source="identity.given_name")
    family_name = serializers.CharField(source="identity.family_name")
    birth_date = serializers.DateField(source="identity.birth_date")
    email = serializers.CharField(source="identity.email")
    phone = serializers.CharField(source="identity.phone")
    language = serializers.CharField(source="identity.language", help_text="preferred, BCP 47; empty where not asked")
    merged_into_id = serializers.UUIDField(allow_null=True, help_text="the record that it is shown as merged into")
    revision = serializers.IntegerField(source="corrections.count", help_text="how many corrections there are")
    registered_at = serializers.DateTimeField()


class FoundSerializer(serializers.Serializer[Any]):
    """The patients that were found, at most fifty."""

    results = PatientSerializer(many=True)


class PatientDraftSerializer(ClosedSerializer):
    """A patient to register."""

    given_name = StrictText(max_length=NAME_MAX)
    family_name = StrictText(max_length=NAME_MAX)
    birth_date = StrictDay()
    email = StrictText(required=False, max_length=254, default="")
    phone = StrictText(required=False, max_length=40, default="")
    language = StrictText(required=False, max_length=20, default="")
    is_confirmed = StrictBoolean(required=False, default=False)


class CorrectionSerializer(PatientDraftSerializer):
    """Who the patient is, as it should be, whole; `revision` as it was read."""

    reason = StrictText(max_length=500)
    revision = StrictCount()


class MergeSerializer(ClosedSerializer):
    """The record that stays, how one knows that both are one person, and the confirmation."""

    into = StrictId()
    reason = StrictText(max_length=500)
    is_confirmed = StrictBoolean(required=False, default=False)


class UnmergeSerializer(ClosedSerializer):
    """Why these are two people after all, and the confirmation."""

    reason = StrictText(max_length=500)
    is_confirmed = StrictBoolean(required=False, default=False)


class FindSerializer(ClosedSerializer):
    """Whom to look for: at least one of the two."""

    family_name = StrictText(required=False, max_length=NAME_MAX, default="")
    birth_date = StrictDay(required=False, allow_null=True, default=None)

    def validate(self, attrs: Any) -> Any:
        """A search for everybody is none."""
        if not attrs["family_name"].strip() and not attrs["birth_date"]:
            raise serializers.ValidationError(
                {"family_name": ["Send the whole family name, the birth date, or both."]}, code="schema.required"
            )
        return attrs


class LogEntrySerializer(serializers.Serializer[Any]):
    """A leaf of the log."""

    leaf_index = serializers.IntegerField()
    kind = serializers.CharField()
    words = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    leaf = serializers.CharField(help_text="the canonical JSON whose hash is in the tree")
    leaf_hash = serializers.SerializerMethodField()

    def get_leaf_hash(self, entry: Any) -> str:
        """SHA-256(0x00 || leaf), in hexadecimal."""
        return bytes(entry.leaf_hash).hex()
