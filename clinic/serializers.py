"""How the clinic's things look in the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.models import ApiToken
from clinic.vocabulary import Role


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
