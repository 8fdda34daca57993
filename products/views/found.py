"""What every page of this room starts with: the clinic's own row, the clinic's own day; a stranger finds nothing."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone

from clinic.tenancy import ClinicRequest
from clinic.vocabulary import Role
from products.models import Batch, EvidenceAlarm, Product

READERS = tuple(Role)
MOST_ALARMS = 10
WRITERS = (Role.PRACTITIONER, Role.CLINIC_LEAD)


def moment_and_day(request: ClinicRequest) -> tuple[datetime, date]:
    """Now, and the clinic's local day of it."""
    now = timezone.now()
    return now, request.organization.local_date(now)


def product_of(request: ClinicRequest, product_id: UUID) -> Product:
    """The product of this clinic, with its maker."""
    found: Product = get_object_or_404(
        Product.objects.at(request.organization).select_related("manufacturer", "importer", "organization"),
        pk=product_id,
    )
    return found


def batch_of(request: ClinicRequest, batch_id: UUID) -> Batch:
    """The batch of this clinic, with its product."""
    found: Batch = get_object_or_404(
        Batch.objects.at(request.organization).select_related(
            "product__manufacturer", "product__importer", "product__organization"
        ),
        pk=batch_id,
    )
    return found


def alarms_for(request: ClinicRequest) -> list[EvidenceAlarm]:
    """Filed documents that are missing or changed, where the person answers for them."""
    return list(EvidenceAlarm.objects.all().shown_to(request.membership)[:MOST_ALARMS])


def may_write(request: ClinicRequest) -> bool:
    """Whether the person may change anything here."""
    return bool(request.membership.roles & frozenset(WRITERS))
