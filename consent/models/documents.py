"""What was shown to a patient, how they came to it, and what they read and asked.

What a patient reads and writes is stored under the patient's own data key; the log commits to the
plain content, so that a change of keys changes no digest.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from functools import cached_property
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from clinic.services import open_for_patient
from consent.languages import ENGLISH
from consent.models.consents import Consent
from consent.models.texts import ConsentTemplate
from consent.vocabulary import Assurance, LinkWay


class Document(AppendOnlyModel, RecordedModel):
    """What was shown: canonical JSON, sealed under the patient's key; its SHA-256 is what is signed."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_content"})
    late_fields: ClassVar = {"days_to_think": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="documents")
    number = models.PositiveIntegerField()
    template = models.ForeignKey(ConsentTemplate, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=20, default=ENGLISH)
    sha256 = models.CharField(max_length=64)
    section_count = models.PositiveSmallIntegerField(help_text="how many parts there are to read")
    days_to_think = models.PositiveSmallIntegerField(null=True, help_text="before a treatment, as the text says")
    sealed_content = models.BinaryField()
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["consent", "number"], name="consent_document_number"),)

    def __str__(self) -> str:
        return f"{self.consent_id} document {self.number}"

    @cached_property
    def content(self) -> dict[str, Any]:
        """The Document as JSON, decrypted once; nobody changes it."""
        return cast("dict[str, Any]", json.loads(self.canonical))

    @property
    def canonical(self) -> bytes:
        """The exact bytes whose SHA-256 is `sha256`."""
        return open_for_patient(self.consent.patient, bytes(self.sealed_content), binding=f"consent.document:{self.pk}")

    def record_values(self) -> dict[str, JSON]:
        """The row, with the digest of the content as it reads now."""
        return {**super().record_values(), "content": digest(self.canonical)}


class PatientLink(RecordedModel):
    """The way in for one patient, to one Document. The token is derived from the row and never stored."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset(
        {"failed_guesses", "locked_until", "failed_codes", "codes_locked_until"}
    )
    late_fields: ClassVar = {"letter_sha256": ""}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="links")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=10, choices=LinkWay)
    token_sha256 = models.CharField(max_length=64, unique=True)
    handed_over_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    failed_guesses = models.PositiveIntegerField(default=0)
    locked_until = models.DateTimeField(null=True)
    failed_codes = models.PositiveIntegerField(default=0)
    codes_locked_until = models.DateTimeField(null=True)
    letter_sha256 = models.CharField(max_length=64, blank=True, help_text="of the code printed on a letter")

    class Meta:
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["letter_sha256"], condition=~Q(letter_sha256=""), name="consent_letter_code_once"
            ),
        )

    def __str__(self) -> str:
        return f"link of {self.consent_id}"


class Opening(AppendOnlyModel, RecordedModel):
    """Who is there was confirmed and the Document shown: one visit, with how sure that was."""

    late_fields: ClassVar = {"assurance": "", "code_id": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="openings")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    assurance = models.CharField(max_length=20, choices=Assurance, blank=True)
    code = models.ForeignKey("consent.OneTimeCode", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        ordering = ("opened_at",)

    def __str__(self) -> str:
        return f"opening of {self.consent_id}"


class Acknowledgement(AppendOnlyModel, RecordedModel):
    """The patient said “I have read this part”: once for each part of a Document."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="acknowledgements")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    section = models.CharField(max_length=40)
    acknowledged_at = models.DateTimeField()

    class Meta:
        ordering = ("acknowledged_at",)
        constraints = (models.UniqueConstraint(fields=["document", "section"], name="consent_acknowledged_once"),)

    def __str__(self) -> str:
        return f"{self.section} of {self.consent_id}"


class SealedText(models.Model):
    """A row that belongs to a consent and holds words under the patient's key."""

    class Meta:
        abstract = True

    consent: Any

    def _open(self, sealed: bytes | memoryview | None, field: str) -> str:
        if not sealed:
            return ""
        binding = f"{self._meta.label_lower}.{field}:{self.pk}"
        return open_for_patient(self.consent.patient, bytes(sealed), binding=binding).decode()


class Question(SealedText, RecordedModel):
    """What a patient asked, and the answer; signing waits for it unless the patient no longer needs it."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_text", "sealed_answer"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="questions")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    section = models.CharField(max_length=40)
    sealed_text = models.BinaryField()
    asked_at = models.DateTimeField()
    sealed_answer = models.BinaryField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("asked_at",)
        indexes = (
            models.Index(
                fields=["consent"], condition=Q(answered_at=None, dropped_at=None), name="consent_question_open"
            ),
        )

    def __str__(self) -> str:
        return f"question on {self.consent_id}"

    @property
    def text(self) -> str:
        """The patient's words."""
        return self._open(self.sealed_text, "text")

    @property
    def answer(self) -> str:
        """The clinic's words, or nothing."""
        return self._open(self.sealed_answer, "answer")

    @property
    def is_open(self) -> bool:
        """Whether somebody still waits for an answer."""
        return self.answered_at is None and self.dropped_at is None

    def record_values(self) -> dict[str, JSON]:
        """The row with its words' digests."""
        return {**super().record_values(), "text": digest(self.text.encode()), "answer": digest(self.answer.encode())}


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal: what the log commits to in place of a patient's words."""
    return hashlib.sha256(content).hexdigest()
