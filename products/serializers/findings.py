"""Findings in JSON: what the checks found in the papers, and what named people answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.rest import ClosedSerializer, StrictText
from products.vocabulary import FindingSeverity, ProvenanceState


class FindingAnswerSerializer(serializers.Serializer[Any]):
    """What a named person answered to a finding. The finding stays visible."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    digest = serializers.CharField()
    found = serializers.CharField()
    reason = serializers.CharField()
    answered_by_name = serializers.CharField()
    answered_at = serializers.DateTimeField()


class FindingSerializer(serializers.Serializer[Any]):
    """One thing that a check found. Its digest names it: another fact gives another one."""

    digest = serializers.CharField(source="finding.digest")
    code = serializers.CharField(source="finding.code")
    severity = serializers.ChoiceField(FindingSeverity.choices, source="finding.severity")
    found = serializers.CharField(source="finding.found")
    expected = serializers.CharField(source="finding.expected")
    why = serializers.CharField(source="finding.why")
    what_to_do = serializers.CharField(source="finding.what_to_do")
    basis = serializers.CharField(source="finding.basis")
    is_open = serializers.BooleanField()
    answers = FindingAnswerSerializer(many=True)


class FindingsSerializer(serializers.Serializer[Any]):
    """Everything found, the gravest first; `digest` names the whole list and is sent with a release."""

    state = serializers.ChoiceField(ProvenanceState.choices)
    digest = serializers.CharField()
    findings = FindingSerializer(many=True)


class AnswerDraftSerializer(ClosedSerializer):
    """An answer to the finding with this digest."""

    digest = StrictText(max_length=64)
    reason = StrictText(max_length=500)


class ReleaseSerializer(ClosedSerializer):
    """A release by somebody who has read what is found: the digest of that list."""

    findings_digest = StrictText(max_length=64)
