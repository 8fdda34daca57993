"""People who take part, in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.rest import ClosedSerializer, StrictChoice, StrictText
from consent.vocabulary import Authority, AuthorityOutcome, PersonRole, SigningMethod, WitnessReason


class PersonWishSerializer(ClosedSerializer):
    """Somebody who takes part. An interpreter has a language, a witness a reason, a proxy an authority."""

    role = StrictChoice(PersonRole.choices)
    name = StrictText(max_length=200)
    relation = StrictText(max_length=200)
    language = StrictText(required=False, max_length=80, default="")
    authority = StrictChoice(Authority.choices, required=False, allow_null=True, default=None)
    authority_words = StrictText(required=False, max_length=200, default="")
    reason = StrictChoice(WitnessReason.choices, required=False, allow_null=True, default=None)


class AuthoritySerializer(ClosedSerializer):
    """What was found on a proxy's authority: the document that was seen, and why."""

    outcome = StrictChoice(AuthorityOutcome.choices)
    seen = StrictText(required=False, max_length=300, default="")
    words = StrictText(max_length=1000)


class MarkSerializer(serializers.Serializer[Any]):
    """A person's own declaration on one text."""

    document_id = serializers.UUIDField()
    method = serializers.ChoiceField(SigningMethod.choices)
    declaration = serializers.CharField(source="record.declaration")
    marked_at = serializers.DateTimeField()


class FoundAuthoritySerializer(serializers.Serializer[Any]):
    """One finding on a proxy's authority; the last one counts."""

    outcome = serializers.ChoiceField(AuthorityOutcome.choices)
    seen = serializers.CharField(source="words.seen")
    words = serializers.CharField(source="words.words")
    checked_by = serializers.CharField(source="checked_by_name")
    checked_at = serializers.DateTimeField()


class PersonSerializer(serializers.Serializer[Any]):
    """Somebody who takes part, or did until `left_at`."""

    id = serializers.UUIDField()
    consent_id = serializers.UUIDField()
    role = serializers.ChoiceField(PersonRole.choices)
    name = serializers.CharField(source="facts.name")
    relation = serializers.CharField(source="facts.relation")
    language = serializers.CharField(source="facts.language")
    authority = serializers.CharField(source="facts.authority")
    authority_words = serializers.CharField(source="facts.authority_words")
    reason = serializers.CharField(source="facts.reason")
    added_by = serializers.CharField(source="added_by_name", help_text="empty: on the patient's page")
    added_at = serializers.DateTimeField()
    left_at = serializers.DateTimeField(allow_null=True)
    declarations = MarkSerializer(source="marks.all", many=True)
    findings = FoundAuthoritySerializer(source="checks.all", many=True)
