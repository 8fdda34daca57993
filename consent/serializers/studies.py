"""Research studies in the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from clinic.rest import ClosedSerializer, StrictDay, StrictText
from consent import rules
from consent.records import StudyEdit


def _line(name: str) -> StrictText:
    return StrictText(required=False, max_length=rules.STUDY_MOST[name], default="")


class StudyDraftSerializer(ClosedSerializer):
    """What is on record of a study. What is not known yet is left out; no consent is issued before it is there."""

    title = StrictText(max_length=rules.STUDY_MOST["title"])
    sponsor = _line("sponsor")
    duration = _line("duration")
    committee = _line("committee")
    committee_reference = _line("committee_reference")
    approved_on = StrictDay(required=False, allow_null=True, default=None)
    records_seen_by = _line("records_seen_by")
    injury_treatment = _line("injury_treatment")
    compensation = _line("compensation")
    contact_study = _line("contact_study")
    contact_rights = _line("contact_rights")
    contact_injury = _line("contact_injury")


class StudyVersionDraftSerializer(StudyDraftSerializer):
    """A new version, whole: what is left out is on record no more."""

    what_changed = StrictText(max_length=500)


class StudyClosureSerializer(ClosedSerializer):
    """Why a study ends."""

    reason = StrictText(max_length=500)


class StudySaidSerializer(serializers.Serializer[Any]):
    """What is on record; what is not is empty, or null for the day."""

    title = serializers.CharField()
    sponsor = serializers.CharField()
    duration = serializers.CharField()
    committee = serializers.CharField()
    committee_reference = serializers.CharField()
    approved_on = serializers.DateField(allow_null=True)
    records_seen_by = serializers.CharField()
    injury_treatment = serializers.CharField()
    compensation = serializers.CharField()
    contact_study = serializers.CharField()
    contact_rights = serializers.CharField()
    contact_injury = serializers.CharField()


class StudySerializer(serializers.Serializer[Any]):
    """A research study with its newest version."""

    id = serializers.UUIDField()
    version = serializers.IntegerField(source="current.number")
    said = StudySaidSerializer(source="current.said")
    missing = serializers.SerializerMethodField(help_text="what must be on record before a consent can be issued")
    written_by_name = serializers.CharField(source="current.written_by_name")
    written_at = serializers.DateTimeField(source="current.written_at")
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by_name = serializers.CharField()
    closed_reason = serializers.CharField()

    def get_missing(self, study: Any) -> list[str]:
        """Each in words."""
        return rules.missing_of(study.current.said)


def study_edit(taken: Mapping[str, Any]) -> StudyEdit:
    """What the page's form makes of the same."""
    return StudyEdit(**{name: taken[name] for name in StudyEdit.__dataclass_fields__})
