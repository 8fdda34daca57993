"""Imports of tables in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from clinic.rest import FileSerializer, StrictChoice
from products.vocabulary import ImportKind, ImportState


class ImportFileSerializer(FileSerializer):
    """A table (CSV or XLSX) of products or of batches, as `multipart/form-data`."""

    kind = StrictChoice(ImportKind.choices)


class MistakeSerializer(serializers.Serializer[Any]):
    """What is wrong with one cell."""

    row = serializers.IntegerField()
    column = serializers.CharField()
    found = serializers.CharField()
    message = serializers.CharField()


class ImportSerializer(serializers.Serializer[Any]):
    """How far an import has come. READY waits for its confirmation; FAULTY names its first mistakes."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ImportKind.choices)
    state = serializers.ChoiceField(ImportState.choices)
    original_name = serializers.CharField()
    sha256 = serializers.CharField()
    refusal = serializers.CharField(help_text="why the file cannot be read as a table")
    rows_total = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    new_rows = serializers.SerializerMethodField()
    problem_count = serializers.IntegerField()
    problems = serializers.SerializerMethodField()
    started_by_name = serializers.CharField()
    started_at = serializers.DateTimeField()
    confirmed_by_name = serializers.CharField()
    finished_at = serializers.DateTimeField(allow_null=True)
    evidence_id = serializers.UUIDField(allow_null=True)

    def get_new_rows(self, job: Any) -> int:
        """How many rows would be, or were, imported; the others are on record as they are."""
        return int(job.report.get("new") or 0)

    def get_problems(self, job: Any) -> list[dict[str, Any]]:
        """The first mistakes."""
        names = ("row", "column", "found", "message")
        return [dict(zip(names, problem, strict=True)) for problem in job.problems[:200]]


class ImportLineSerializer(serializers.Serializer[Any]):
    """An import in a list."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(ImportKind.choices)
    state = serializers.ChoiceField(ImportState.choices)
    original_name = serializers.CharField()
    rows_total = serializers.IntegerField()
    rows_done = serializers.IntegerField()
    problem_count = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
