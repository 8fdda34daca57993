"""Sealed files, how far the sealing is, and messages that wait to be sent."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, RecordedModel
from clinic.models import Organization
from consent.models.consents import Consent
from consent.models.documents import PatientLink
from consent.vocabulary import SealKind, TimeWay


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

    @property
    def time(self) -> FileTime | None:
        """The trusted time, else why there is none; None where no authority was named when it was sealed."""
        rows = list(self.times.all())
        return next((row for row in rows if row.way != TimeWay.NONE), rows[0] if rows else None)


class FileTime(AppendOnlyModel, RecordedModel):
    """What a timestamp authority said about a sealed file, or why it said nothing.

    `way` is inside (in the PDF, put there while it was sealed), detached (`token`, the authority's answer as DER, over the
    file's SHA-256) or none (`reason`). `level` is the PAdES level of the file itself. `imprint` is the digest (hex) that the
    token is about: of the seal's signature where it is inside, else of the file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.ForeignKey(SealedFile, on_delete=models.PROTECT, related_name="times")
    way = models.CharField(max_length=10, choices=TimeWay)
    level = models.CharField(max_length=5)
    timed_at = models.DateTimeField(null=True)
    authority = models.CharField(max_length=300, blank=True)
    policy = models.CharField(max_length=200, blank=True)
    serial = models.CharField(max_length=100, blank=True)
    imprint = models.CharField(max_length=128, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    token = models.BinaryField(default=bytes)
    recorded_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("recorded_at",)
        constraints = (models.UniqueConstraint(fields=["file", "way"], name="consent_file_timed_once"),)

    def __str__(self) -> str:
        return f"time ({self.way}) of {self.file_id}"


class StampingTask(models.Model):
    """How often a timestamp authority was asked for a file that was sealed without trusted time, and what went wrong."""

    file = models.OneToOneField(SealedFile, on_delete=models.PROTECT, related_name="stamping")
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"stamping of {self.file_id}"


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
