"""What a correctable row said at each time: version 1 is what was first recorded, the last one what is in force."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel


class Version(AppendOnlyModel, RecordedModel):
    """All values of a row as of one act, by field name, with who said so and why it changed."""

    number = models.PositiveIntegerField()
    values = models.JSONField()
    reason = models.CharField(max_length=500, blank=True, help_text="why it changed; empty for the first version")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["number"]

    def __str__(self) -> str:
        return f"version {self.number}"
