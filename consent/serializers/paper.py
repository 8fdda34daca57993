"""The paper route in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from consent.vocabulary import PaperWay


class ScannedFileSerializer(serializers.Serializer[Any]):
    """One file of a scan."""

    sha256 = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField()
    pages = serializers.IntegerField()


class PaperScanSerializer(serializers.Serializer[Any]):
    """The signed pack as it was scanned back."""

    id = serializers.UUIDField()
    files = ScannedFileSerializer(many=True)
    filed_by = serializers.CharField(source="filed_by_name")
    filed_at = serializers.DateTimeField()


class PackSerializer(serializers.Serializer[Any]):
    """A printed pack; its bytes are at `paper-packs/{id}/file/`."""

    id = serializers.UUIDField()
    consent_id = serializers.UUIDField()
    document_sha256 = serializers.CharField(source="document.sha256")
    page_count = serializers.IntegerField()
    sha256 = serializers.CharField()
    made_by = serializers.CharField(source="made_by_name")
    made_at = serializers.DateTimeField()
    handed_over_by = serializers.CharField(source="handover.handed_over_by_name", allow_null=True, default=None)
    handed_over_at = serializers.DateTimeField(source="handover.handed_over_at", allow_null=True, default=None)
    scans = PaperScanSerializer(source="scans.all", many=True)


class WishSerializer(serializers.Serializer[Any]):
    """How the patient would rather sign."""

    way = serializers.ChoiceField(PaperWay.choices)
    asked_at = serializers.DateTimeField()


class PaperSerializer(serializers.Serializer[Any]):
    """Where the paper route of a consent stands."""

    wishes = WishSerializer(source="paper_wishes.all", many=True)
    packs = PackSerializer(source="paper_packs.all", many=True)
