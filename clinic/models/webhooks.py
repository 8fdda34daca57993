"""Addresses that are told what happened, and every message to them until it is delivered or given up."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from audit.models import RecordedModel
from audit.vocabulary import kind_words
from clinic import encryption
from clinic.models.places import Organization, ScopedQuerySet
from clinic.vocabulary import DeliveryState


class WebhookEndpointQuerySet(ScopedQuerySet["WebhookEndpoint"]):
    """Questions about addresses."""

    def in_use(self) -> Self:
        """Those that were not stopped."""
        return self.filter(stopped_at=None)


class WebhookEndpoint(RecordedModel):
    """One address of a clinic's own system. `next_leaf_index` is the first entry of the log that it was not told of."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset(
        {"wrapped_secret", "next_leaf_index", "leased_until", "paused_until"}
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=400)
    kinds = models.JSONField(help_text="the kinds of log entries that it is told of")
    wrapped_secret = models.BinaryField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    next_leaf_index = models.PositiveBigIntegerField()
    leased_until = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)

    objects: ClassVar = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ("made_at", "id")

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> bytes:
        """The key that signs its messages, decrypted."""
        return encryption.unwrap(bytes(self.wrapped_secret), binding=self._binding)

    def set_secret(self, secret: bytes) -> None:
        """Seal the key into this row; the caller saves."""
        self.wrapped_secret = encryption.wrap(secret, binding=self._binding)

    @property
    def _binding(self) -> str:
        return f"clinic.webhookendpoint:wrapped_secret:{self.pk}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Questions about messages."""

    def at(self, organization: Organization) -> Self:
        """Only those of this clinic."""
        return self.filter(endpoint__organization=organization)

    def due_at(self, at: datetime) -> Self:
        """Those whose time has come, the oldest first."""
        return self.filter(state=DeliveryState.WAITING, next_attempt_at__lte=at).order_by("leaf_index")


class WebhookDelivery(models.Model):
    """One message. Its id is the same at every attempt, so that a receiver knows one that it had before."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    leaf_index = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=60)
    body = models.TextField(help_text="the JSON that is signed and sent; ids only")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    last_attempt_at = models.DateTimeField(null=True)
    last_answer = models.CharField(max_length=300, blank=True)

    objects: ClassVar = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-leaf_index",)
        constraints = (models.UniqueConstraint(fields=["endpoint", "leaf_index"], name="webhookdelivery_once"),)
        indexes = (models.Index(fields=["state", "next_attempt_at"], name="webhookdelivery_due"),)

    def __str__(self) -> str:
        return f"{self.kind} to {self.endpoint_id}"

    @property
    def words(self) -> str:
        """What it tells, as a person reads it."""
        return kind_words(self.kind)
