"""What the lists of products and batches show on one page: a fixed number of questions, however much is on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Window, prefetch_related_objects
from django.db.models.functions import RowNumber

from clinic.models import Organization
from products import disclosure
from products.models import Batch, Product, rule_set_for
from products.views import shown
from products.vocabulary import BatchStatus

BY_NAME = ("marketed_name", "id")
MOST_LOTS = 5
LONGEST_QUERY = 100
WAITING = (BatchStatus.QUARANTINE, BatchStatus.ON_HOLD)
PRODUCT_FILTERS = {"": "All products", "waiting": "With batches that wait", "none": "Without a batch"}
BATCH_FILTERS = {
    "": "All batches",
    **{status.value: str(status.label) for status in BatchStatus if status != BatchStatus.EXPIRED},
    BatchStatus.EXPIRED.value: "Past its use-by date",
}


@dataclass(frozen=True)
class ProductRow:
    """One product in the list: what waits on it, and its newest batches."""

    product: Product
    attention: Sequence[str]
    is_stopped: bool
    batches: Sequence[tuple[Batch, shown.Tag]]
    more: int


def products_found(organization: Organization, query: str, which: str) -> QuerySet[Product]:
    """The clinic's products that hold the words of a search, of one kind where a filter is set."""
    found = Product.objects.at(organization).matching(query)
    batches = Batch.objects.filter(product=OuterRef("pk"))
    if which == "waiting":
        return found.filter(Exists(batches.filter(status__in=WAITING)))
    return found.filter(~Exists(batches)) if which == "none" else found


def batches_found(organization: Organization, query: str, which: str, today: date) -> QuerySet[Batch]:
    """The clinic's batches that hold the words of a search, in one state where a filter is set."""
    found = Batch.objects.matching(organization, query).defer("snapshot", "product__snapshot")
    if which == BatchStatus.EXPIRED:
        return found.filter(expiration_date__lt=today)
    return found.filter(status=which) if which in BatchStatus.values else found


def product_rows(products: Sequence[Product], *, place: str, today: date) -> list[ProductRow]:
    """The rows of one page: six questions, for any number of products and batches."""
    rule_set = rule_set_for(products[0].organization_id) if products else None
    prefetch_related_objects(products, "regulatory_records", "standing_releases")
    counts = _counts(products, today)
    newest = _newest(products)
    rows = []
    for product in products:
        uses = shown.uses_of(disclosure.standings(product, jurisdiction=place, on=today, rule_set=rule_set))
        counted = counts.get(product.pk, {})
        lots = newest.get(product.pk, [])
        rows.append(
            ProductRow(
                product=product,
                attention=shown.attention(uses, counted),
                is_stopped=any(use.is_stopped for use in uses),
                batches=[(batch, shown.status_tag(batch, today)) for batch in lots],
                more=counted.get("all", 0) - len(lots),
            )
        )
    return rows


def _counts(products: Sequence[Product], today: date) -> dict[UUID, Mapping[str, Any]]:
    usable = Q(expiration_date__gte=today)
    kinds = {
        "held": Q(status=BatchStatus.ON_HOLD) & usable,
        "waiting": Q(status=BatchStatus.QUARANTINE) & usable,
        "expired": Q(status=BatchStatus.RELEASED) & ~usable,
    }
    asked: dict[str, Any] = {"all": Count("pk")}
    for name, wanted in kinds.items():
        asked |= {name: Count("pk", filter=wanted), f"{name}_lot": Min("lot_number", filter=wanted)}
    rows = Batch.objects.filter(product__in=products).order_by().values("product_id").annotate(**asked)
    return {row["product_id"]: row for row in rows}


def _newest(products: Sequence[Product]) -> dict[UUID, list[Batch]]:
    place = Window(RowNumber(), partition_by=F("product_id"), order_by=[F("received_on").desc(), "lot_number", "id"])
    found: dict[UUID, list[Batch]] = {}
    batches = Batch.objects.filter(product__in=products).defer("snapshot").annotate(place=place)
    for batch in batches.filter(place__lte=MOST_LOTS).order_by("place"):
        found.setdefault(batch.product_id, []).append(batch)
    return found
