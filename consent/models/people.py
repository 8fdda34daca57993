"""Who takes part besides the patient: supporters, interpreters, witnesses, and somebody who decides for the patient."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from clinic.services import open_for_patient
from consent.models.consents import Consent
from consent.models.documents import Document, digest
from consent.records import PersonFacts
from consent.vocabulary import AuthorityOutcome, PersonRole, SigningMethod


class Participant(RecordedModel):
    """One person in one role. Name, relation, language and authority are under the patient's key.

    `added_by_name` is empty for somebody who was named on the patient's own page.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_facts"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="people")
    role = models.CharField(max_length=12, choices=PersonRole)
    sealed_facts = models.BinaryField()
    added_by_name = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("added_at", "id")

    def __str__(self) -> str:
        return f"{self.role} of {self.consent_id}"

    @property
    def canonical(self) -> bytes:
        """The exact bytes of what is known of the person."""
        return open_for_patient(
            self.consent.patient, bytes(self.sealed_facts), binding=f"consent.participant:{self.pk}"
        )

    @property
    def facts(self) -> dict[str, str]:
        """`role`, `name`, `relation`, `language`, `authority`, `authority_words`, `reason`."""
        return cast("dict[str, str]", json.loads(self.canonical))

    @property
    def check_in_force(self) -> AuthorityCheck | None:
        """What staff found last on a proxy's authority."""
        found = list(self.checks.all())
        return found[-1] if found else None

    def mark_on(self, document_id: uuid.UUID | None) -> ParticipantMark | None:
        """The declaration and mark for this text; for a newer text it is made anew."""
        return next((row for row in self.marks.all() if row.document_id == document_id), None)

    def as_facts(self, document_id: uuid.UUID | None) -> PersonFacts:
        """What the rules decide on."""
        known, check = self.facts, self.check_in_force
        return PersonFacts(
            role=self.role,
            name=known["name"],
            reason=known["reason"],
            has_marked=self.mark_on(document_id) is not None,
            authority=check.outcome if check else "",
        )

    def record_values(self) -> dict[str, JSON]:
        """The row with the digest of what is known of the person."""
        return {**super().record_values(), "facts": digest(self.canonical)}


class DecidedByOneOfTwo(models.Model):
    """A decision of the patient, or of the proxy who is named here, on the patient's behalf."""

    consent: Any
    proxy = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        abstract = True

    @property
    def proxy_name(self) -> str:
        """Who decided for the patient; empty where the patient did."""
        if self.proxy is None:
            return ""
        self.proxy.consent = self.consent
        return self.proxy.facts["name"]


class ParticipantMark(AppendOnlyModel, RecordedModel):
    """A person's own declaration on one text, with their own mark: once for each text."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_record"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="marks")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=10, choices=SigningMethod)
    strokes_sha256 = models.CharField(max_length=64, blank=True)
    sealed_record = models.BinaryField()
    marked_at = models.DateTimeField()

    class Meta:
        ordering = ("marked_at",)
        constraints = (
            models.UniqueConstraint(fields=["participant", "document"], name="consent_person_marked_once"),
            models.UniqueConstraint(
                fields=["strokes_sha256"], condition=~Q(strokes_sha256=""), name="consent_person_strokes_once"
            ),
        )

    def __str__(self) -> str:
        return f"mark of {self.participant_id}"

    @property
    def canonical(self) -> bytes:
        """The exact bytes of the declaration and the mark."""
        patient = self.participant.consent.patient
        return open_for_patient(patient, bytes(self.sealed_record), binding=f"consent.participantmark:{self.pk}")

    @property
    def record(self) -> dict[str, Any]:
        """`declaration`, `strokes`, `typed`."""
        return cast("dict[str, Any]", json.loads(self.canonical))

    def record_values(self) -> dict[str, JSON]:
        """The row with the digest of declaration and mark."""
        return {**super().record_values(), "record": digest(self.canonical)}


class AuthorityCheck(AppendOnlyModel, RecordedModel):
    """What a named person of the clinic found on a proxy's authority; the newest one counts."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_words"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="checks")
    outcome = models.CharField(max_length=12, choices=AuthorityOutcome)
    sealed_words = models.BinaryField()
    checked_by = models.CharField(max_length=64)
    checked_by_name = models.CharField(max_length=200)
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ("checked_at", "id")

    def __str__(self) -> str:
        return f"{self.outcome} on {self.participant_id}"

    @property
    def canonical(self) -> bytes:
        """The exact bytes of the words."""
        patient = self.participant.consent.patient
        return open_for_patient(patient, bytes(self.sealed_words), binding=f"consent.authoritycheck:{self.pk}")

    @property
    def words(self) -> dict[str, str]:
        """`seen`: the document; `words`: why the patient cannot decide, or what is missing."""
        return cast("dict[str, str]", json.loads(self.canonical))

    def record_values(self) -> dict[str, JSON]:
        """The row with the digest of the words."""
        return {**super().record_values(), "words": digest(self.canonical)}
