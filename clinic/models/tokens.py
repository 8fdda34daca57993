"""Tokens by which a program acts as a person of one clinic, and the answers that it may ask for again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from audit.models import RecordedModel
from clinic.models.people import Membership
from clinic.models.places import Organization, ScopedQuerySet


class ApiTokenQuerySet(ScopedQuerySet["ApiToken"]):
    """Questions about tokens."""

    def live_at(self, at: datetime) -> Self:
        """Those that open something: not revoked, not expired, of a member who still works here."""
        return self.filter(
            revoked_at=None, expires_at__gt=at, membership__removed_at=None, membership__user__is_active=True
        )


class ApiToken(RecordedModel):
    """A key to the API for one person in one clinic. Only its digest is kept; it can do what the person can, or less."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset({"last_used_at"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="api_tokens")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text="what it is for, in the person's own words")
    start = models.CharField(max_length=16, help_text="its first letters, to tell tokens apart")
    digest = models.CharField(max_length=128, unique=True, help_text="SHA-512 of the whole token")
    is_read_only = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    last_used_at = models.DateTimeField(null=True)

    objects: ClassVar = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at", "id")
        constraints = (
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("made_at")), name="apitoken_lives"),
            models.CheckConstraint(condition=~models.Q(name=""), name="apitoken_has_name"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"


class KeptAnswer(models.Model):
    """What an act of the API answered, kept for some days in the transaction of the act itself.

    The same person with the same key and the same request gets this answer again; no evidence, so it is deleted later.
    """

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content = models.JSONField(default=dict)
    location = models.CharField(max_length=200, blank=True)
    kept_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["membership", "key"], name="keptanswer_key_once"),)

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
