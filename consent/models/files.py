"""Sealed files, how far the sealing is, and messages that wait to be sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, RecordedModel
from clinic.models import Organization
from consent.models.consents import Consent
from consent.models.documents import PatientLink
from consent.vocabulary import SealKind


class SealedFile(AppendOnlyModel, RecordedModel):
    """A sealed PDF: one for the signature, one for the declaration. Stored encrypted, named by its SHA-256."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="sealed_files")
    kind = models.CharField(max_length=20, choices=SealKind)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    certificate_sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["consent", "kind"], name="consent_sealed_once"),)

    def __str__(self) -> str:
        return f"{self.kind} of {self.consent_id}"


class SealingTask(models.Model):
    """How far the sealing of one file is: who holds it until when, how often it failed, and why."""

    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="sealing_tasks")
    kind = models.CharField(max_length=20, choices=SealKind)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["consent", "kind"], name="consent_sealing_task_once"),)
        indexes = (models.Index(fields=["consent"], condition=~Q(last_error=""), name="consent_sealing_failing"),)

    def __str__(self) -> str:
        return f"sealing {self.kind} of {self.consent_id}"


class Notice(models.Model):
    """A message to be sent by mail. It names no treatment; a link's text is made only when it is sent.

    Sent means that a mail server took it. `failed_at` is when it was given up, `bounced_at` when the patient's mail
    server sent it back; `message_token` is the part of its Message-ID by which a bounce finds it.
    """

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="notices", null=True)
    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="notices", null=True)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    recipient = models.EmailField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    is_reminder = models.BooleanField(default=False)
    message_token = models.CharField(max_length=32, blank=True, db_index=True)
    failed_at = models.DateTimeField(null=True)
    bounced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("created_at",)
        indexes = (models.Index(fields=["consent"], condition=~Q(last_error=""), name="consent_notice_lost"),)

    def __str__(self) -> str:
        return self.subject

    @property
    def is_lost(self) -> bool:
        """Whether it did not arrive, as far as is known by now."""
        return self.bounced_at is not None or bool(self.sent_at is None and self.last_error)
