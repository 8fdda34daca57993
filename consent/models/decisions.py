"""What a patient and a practitioner decided: each is one row, written once."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from clinic.models import Practitioner
from clinic.services import open_for_patient
from consent.models.consents import Consent
from consent.models.documents import Document, SealedText, digest
from consent.models.people import DecidedByOneOfTwo
from consent.vocabulary import Assurance, Credential, SigningMethod
from products.models import Batch


class Signature(AppendOnlyModel, RecordedModel):
    """The patient's signature; complete at commit. Its content is the SigningRecord, canonical JSON."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_record"})
    late_fields: ClassVar = {"assurance": "", "on_staff_network": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="signature")
    document = models.OneToOneField(Document, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=10, choices=SigningMethod)
    document_sha256 = models.CharField(max_length=64)
    signing_record_sha256 = models.CharField(max_length=64)
    strokes_sha256 = models.CharField(max_length=64, blank=True)
    sealed_record = models.BinaryField()
    assurance = models.CharField(max_length=20, choices=Assurance, blank=True)
    on_staff_network = models.BooleanField(null=True, help_text="null: on paper, or from before this was looked at")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = (
            # A drawing is made for one consent: the same strokes again are a copy, not a signature.
            models.UniqueConstraint(
                fields=["strokes_sha256"], condition=~Q(strokes_sha256=""), name="consent_strokes_once"
            ),
        )

    def __str__(self) -> str:
        return f"signature on {self.consent_id}"

    @property
    def canonical(self) -> bytes:
        """The SigningRecord's exact bytes."""
        return open_for_patient(self.consent.patient, bytes(self.sealed_record), binding=f"consent.signature:{self.pk}")

    @property
    def signing_record(self) -> dict[str, Any]:
        """The SigningRecord as JSON."""
        return cast("dict[str, Any]", json.loads(self.canonical))

    def record_values(self) -> dict[str, JSON]:
        """The row with the digest of the SigningRecord as it reads now."""
        return {**super().record_values(), "content": digest(self.canonical)}


class Decline(DecidedByOneOfTwo, SealedText, AppendOnlyModel, RecordedModel):
    """The patient said no, or a proxy on the patient's behalf, with a reason or without one.

    `received_by` names who was told and how; empty where it was done on the patient's own page.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})
    late_fields: ClassVar = {"received_by": "", "proxy_id": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="decline")
    sealed_reason = models.BinaryField()
    received_by = models.CharField(max_length=200, blank=True)
    declined_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"decline of {self.consent_id}"

    @property
    def reason(self) -> str:
        """The words with which it was said."""
        return self._open(self.sealed_reason, "reason")

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class Withdrawal(DecidedByOneOfTwo, SealedText, AppendOnlyModel, RecordedModel):
    """The patient took the consent back, or a proxy on the patient's behalf."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_reason"})
    late_fields: ClassVar = {"proxy_id": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    sealed_reason = models.BinaryField()
    received_by = models.CharField(max_length=200, blank=True)
    withdrawn_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"withdrawal of {self.consent_id}"

    @property
    def reason(self) -> str:
        """The words with which it was taken back."""
        return self._open(self.sealed_reason, "reason")

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digest."""
        return {**super().record_values(), "reason": digest(self.reason.encode())}


class Declaration(AppendOnlyModel, RecordedModel):
    """The practitioner's own declaration, after the patient's signature."""

    late_fields: ClassVar = {"credential": ""}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="declaration")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    printed_name = models.CharField(max_length=200)
    text = models.TextField()
    credential = models.CharField(max_length=20, choices=Credential, blank=True)
    declared_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"declaration on {self.consent_id}"


class Clearance(AppendOnlyModel, RecordedModel):
    """The check at the chair was passed: this patient, this batch, this local day. Binds a batch that was left open."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="clearances")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    cleared_on = models.DateField()
    cleared_by = models.CharField(max_length=200)
    cleared_at = models.DateTimeField()

    class Meta:
        ordering = ("cleared_at",)
        constraints = (
            models.UniqueConstraint(fields=["consent", "batch", "cleared_on"], name="consent_cleared_once_a_day"),
        )
        indexes = (models.Index(fields=["cleared_at"], name="consent_cleared_lately"),)

    def __str__(self) -> str:
        return f"clearance of {self.consent_id} on {self.cleared_on}"
