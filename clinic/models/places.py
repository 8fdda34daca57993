"""The clinic, where it treats, and the query that starts at it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from pathlib import Path
from typing import ClassVar, Self, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models

from audit.models import RecordedModel
from clinic.logos import data_uri
from clinic.vocabulary import CodePolicy

Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class ScopedQuerySet(models.QuerySet[Row_co]):
    """Rows that belong to one organization each: every query starts at the organization."""

    def at(self, organization: Organization) -> Self:
        """Only the rows of this clinic; everything else is a stranger's."""
        return self.filter(organization=organization)


class Organization(RecordedModel):
    """A clinic: the tenant that every other row belongs to."""

    late_fields: ClassVar = {"code_policy": "never"}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    short_code = models.CharField(max_length=6, unique=True)
    address = models.TextField()
    jurisdiction = models.CharField(max_length=6)
    time_zone = models.CharField(max_length=64)
    emergency_phone = models.CharField(max_length=32)
    contact_phone = models.CharField(max_length=32, blank=True)
    contact_email = models.EmailField(blank=True)
    privacy_notice_url = models.URLField(blank=True)
    logo_sha256 = models.CharField(max_length=64, blank=True)
    code_policy = models.CharField(max_length=12, choices=CodePolicy, default=CodePolicy.NEVER)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.time_zone)

    def local_date(self, at: datetime) -> date:
        """The clinic's calendar day at a moment. Ages, expiry and reflection count in these days, never in UTC's."""
        return at.astimezone(self.zone).date()

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, one line each."""
        return [line.strip() for line in self.address.splitlines() if line.strip()]

    @property
    def country(self) -> str:
        """ISO 3166-1 code of the country that the jurisdiction belongs to."""
        return self.jurisdiction[:2]

    @property
    def logo_path(self) -> Path | None:
        """The logo, always a PNG that we encoded ourselves; None where the clinic has none."""
        return Path(settings.FILE_DIR) / "logos" / f"{self.logo_sha256}.png" if self.logo_sha256 else None

    @property
    def logo_data_uri(self) -> str:
        """The logo as a `data:` address, ready for `<img src>`; empty where there is none."""
        return data_uri(self.logo_path) if self.logo_path else ""


class Location(RecordedModel):
    """A place where the clinic sees patients."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="locations")
    name = models.CharField(max_length=200)
    address = models.TextField()
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar = ScopedQuerySet["Location"].as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
