"""The way in and the way to a person: one-time codes, and what a patient asks the clinic to do."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from audit.models import AppendOnlyModel, RecordedModel
from audit.records import JSON
from consent.models.consents import Consent
from consent.models.documents import PatientLink, SealedText, digest
from consent.vocabulary import CodeChannel, TimeOfDay, Wish


class OneTimeCode(RecordedModel):
    """Six digits, sent once, good once and for some minutes; only a keyed digest of them is kept.

    `delivery` is the mail server's or gateway's answer in one word; empty while the message is on its way.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"digest"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="codes")
    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="codes")
    channel = models.CharField(max_length=10, choices=CodeChannel)
    digest = models.CharField(max_length=64)
    delivery = models.CharField(max_length=30, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("made_at",)

    def __str__(self) -> str:
        return f"code for {self.consent_id}"

    @property
    def is_undelivered(self) -> bool:
        """Whether the message was refused or could not be handed over."""
        return self.delivery not in ("", "accepted")


class HelpRequest(SealedText, AppendOnlyModel, RecordedModel):
    """“Call me”, or “send me a new link”, from any of the patient's pages. A task of the staff says whether it was seen to.

    `is_confirmed` says whether it came from a visit in which who is there was confirmed. A number to call is sealed.
    """

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"sealed_phone"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="help_requests")
    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="+")
    wish = models.CharField(max_length=10, choices=Wish)
    time_of_day = models.CharField(max_length=10, choices=TimeOfDay, default=TimeOfDay.ANY)
    sealed_phone = models.BinaryField()
    is_confirmed = models.BooleanField()
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ("asked_at",)

    def __str__(self) -> str:
        return f"{self.wish} for {self.consent_id}"

    @property
    def phone(self) -> str:
        """The number that the patient gave, or nothing."""
        return self._open(self.sealed_phone, "phone")

    def record_values(self) -> dict[str, JSON]:
        """The row with the digest of the number."""
        return {**super().record_values(), "phone": digest(self.phone.encode())}
