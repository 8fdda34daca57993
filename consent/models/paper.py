"""The paper route: what a patient wished, packs that were printed and handed over, and scans of what came back."""

from __future__ import annotations

import uuid

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel
from consent.models.consents import Consent
from consent.models.documents import Document
from consent.vocabulary import PaperWay


class PaperWish(AppendOnlyModel, RecordedModel):
    """The patient would rather sign on paper, or at the clinic."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="paper_wishes")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=10, choices=PaperWay)
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ("asked_at",)

    def __str__(self) -> str:
        return f"{self.way} wished on {self.consent_id}"


class PaperPack(AppendOnlyModel, RecordedModel):
    """One printed pack of one text. The PDF lies encrypted under the patient's key, named by its SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="paper_packs")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    page_count = models.PositiveSmallIntegerField()
    sha256 = models.CharField(max_length=64)
    made_by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("made_at", "id")

    def __str__(self) -> str:
        return f"pack of {self.consent_id}, {self.page_count} pages"

    @property
    def is_handed_over(self) -> bool:
        """Whether somebody recorded that the patient has it."""
        return hasattr(self, "handover")


class PaperHandover(AppendOnlyModel, RecordedModel):
    """A named person gave the pack to the patient: the time to think begins."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pack = models.OneToOneField(PaperPack, on_delete=models.PROTECT, related_name="handover")
    handed_over_by = models.CharField(max_length=64)
    handed_over_by_name = models.CharField(max_length=200)
    handed_over_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"handing over of {self.pack_id}"


class PaperScan(AppendOnlyModel, RecordedModel):
    """The pack as it came back, every page seen; the newest scan of a text counts.

    `files` are `{"sha256", "media_type", "size", "pages"}` in the order in which they were chosen; the bytes lie
    encrypted under the patient's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pack = models.ForeignKey(PaperPack, on_delete=models.PROTECT, related_name="scans")
    files = models.JSONField()
    filed_by = models.CharField(max_length=64)
    filed_by_name = models.CharField(max_length=200)
    filed_at = models.DateTimeField()

    class Meta:
        ordering = ("filed_at", "id")

    def __str__(self) -> str:
        return f"scan of {self.pack_id}"
