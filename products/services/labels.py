"""Give vials that carry no code a number of their own, for a label that the clinic prints."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit.records import Agent
from audit.services import append
from clinic.models import Organization
from products.errors import UnitCountError
from products.models import Batch, Unit
from products.services.units import named_in_stock, stock_of

MOST_AT_ONCE = 200


@transaction.atomic
def issue_labels(batch: Batch, quantity: int, *, agent: Agent, at: datetime) -> list[Unit]:
    """Number as many vials as have none yet. Raises `UnitCountError` where fewer than that are in stock without one."""
    organization = Organization.objects.select_for_update().get(pk=batch.product.organization_id)
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    without = stock_of(batch).in_stock - len(named_in_stock(batch))
    if not 1 <= quantity <= MOST_AT_ONCE:
        raise UnitCountError(f"Enter a number from 1 to {MOST_AT_ONCE}.", field="quantity", code="units.range")
    if quantity > without:
        raise UnitCountError(
            f"{without} {'vial' if without == 1 else 'vials'} of this lot in stock {'has' if without == 1 else 'have'} "
            "no serial number. Say first how many vials came.",
            field="quantity",
            code="units.too_many",
        )
    first = Unit.objects.filter(product__organization=organization, is_labelled_here=True).count() + 1
    units = [
        Unit.objects.create(
            product_id=batch.product_id,
            batch=batch,
            serial_number=f"{organization.short_code}-{number:06}",
            is_labelled_here=True,
            received_on=batch.received_on,
        )
        for number in range(first, first + quantity)
    ]
    append("products.labels_issued", agent=agent, occurred_at=at, records=units, body={"lot_number": batch.lot_number})
    return units
