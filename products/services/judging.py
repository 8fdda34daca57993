"""The last statement of every act of this room: judge anew what the act touched, then write its entry.

What is found is kept on the rows, so that lists need not judge; it says nothing of its own, and no log entry names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.models import LogEntry, RecordedModel
from audit.records import JSON, Agent
from audit.services import append as write_entry
from clinic.models import Organization
from products import assessment
from products.lineage import batches_below
from products.models import (
    Batch,
    CustodyEvent,
    FindingAnswer,
    LotEdge,
    LotNode,
    MarketingClaim,
    Party,
    Product,
    RegulatoryRecord,
    TemperatureRecord,
)
from products.records import Finding
from products.rules.findings import ProductFacts, Thresholds, measured_key, product_findings, provenance_state

AT_ONCE = 200
"""So many batches of a product are judged within the act that changed it; the others wait for the sweep."""
KEPT = ("findings", "provenance_state", "gravity", "measured_key", "judged_under")
_waiting: ContextVar[list[RecordedModel] | None] = ContextVar("_waiting", default=None)


def append(
    kind: str,
    *,
    agent: Agent,
    occurred_at: datetime,
    records: Sequence[RecordedModel] = (),
    body: Mapping[str, JSON] | None = None,
) -> LogEntry:
    """Judge anew the products and batches that these rows are about, and write the entry as `audit.services.append` does."""
    judge_again(records)
    return write_entry(kind, agent=agent, occurred_at=occurred_at, records=records, body=body)


@contextmanager
def judged_at_the_end() -> Iterator[None]:
    """Within it nothing is judged; at its end, all that its acts touched is, once."""
    rows: list[RecordedModel] = []
    token = _waiting.set(rows)
    try:
        yield
    finally:
        _waiting.reset(token)
    judge_again(rows)


def judge_again(records: Iterable[RecordedModel]) -> None:
    """Judge anew the products and batches that these rows are about."""
    waiting = _waiting.get()
    if waiting is not None:
        waiting += records
        return
    products, batches = _touched(records)
    if products:
        for product in _products().filter(pk__in=products):
            refresh_findings(product)
    if batches:
        _judge_each(Batch.objects.filter(pk__in=batches).exclude(product__in=products))


def refresh_findings(product: Product) -> None:
    """Keep what is found on a product and on its batches: the newest at once, of the others that they wait."""
    limits = assessment.thresholds_of(product.organization)
    facts = assessment.product_facts(product)
    found = product_findings(facts)
    Product.objects.filter(pk=product.pk).update(
        findings=[_kept(one) for one in found], judged_under=assessment.basis_of_judgement(limits)
    )
    newest = list(Batch.objects.filter(product=product).newest_first()[: AT_ONCE + 1])
    if len(newest) > AT_ONCE:
        newest = newest[:AT_ONCE]
        Batch.objects.filter(product=product).exclude(pk__in=[batch.pk for batch in newest]).update(judged_under="")
    _keep_of_batches(product, newest, limits, facts)


def judge_waiting(limit: int = AT_ONCE) -> int:
    """Judge up to so many products and batches that wait for it, and say how many."""
    products = list(_products().filter(judged_under="")[:limit])
    for product in products:
        with transaction.atomic():
            refresh_findings(product)
    return len(products) + _judge_each(Batch.objects.filter(judged_under=""), limit)


def judge_rest(product: Product) -> None:
    """Judge those batches of a product that wait, however many they are."""
    _judge_each(Batch.objects.filter(product=product, judged_under=""))


def let_wait(organization: Organization | None = None) -> None:
    """Say that everything of a clinic, or of all, must be judged anew: `judge_waiting` does it."""
    products, batches = Product.objects.all(), Batch.objects.all()
    if organization:
        products, batches = products.at(organization), batches.at(organization)
    products.update(judged_under="")
    Batch.objects.filter(pk__in=batches.order_by().values("pk")).update(judged_under="")


def find_again(organization: Organization | None = None) -> tuple[int, int]:
    """Judge every product and batch of a clinic anew, or of all, until none waits. So many products and batches."""
    products, batches = Product.objects.all(), Batch.objects.all()
    if organization:
        products, batches = products.at(organization), batches.at(organization)
    count = products.count(), batches.count()
    let_wait(organization)
    while judge_waiting():
        pass
    return count


def _judge_each(chosen: QuerySet[Batch], limit: int | None = None) -> int:
    """Judge batches of any products, up to so many, and say how many."""
    batches = list(chosen.order_by("product_id", "pk")[:limit])
    owners = _products().in_bulk({batch.product_id for batch in batches})
    for key, group in groupby(batches, key=lambda batch: batch.product_id):
        product = owners[key]
        limits = assessment.thresholds_of(product.organization)
        _keep_of_batches(product, list(group), limits, assessment.product_facts(product))
    return len(batches)


def _keep_of_batches(product: Product, batches: Sequence[Batch], limits: Thresholds, of_product: ProductFacts) -> None:
    if not batches:
        return
    basis = assessment.basis_of_judgement(limits)
    answered = assessment.answered_digests(batches)
    for batch in batches:
        batch.product = product
    found = assessment.lasting_findings_of(of_product, batches, limits)
    for batch in batches:
        facts, findings = found[batch.pk]
        unanswered = [one for one in findings if (batch.pk, one.digest) not in answered]
        batch.findings = [_kept(one) for one in findings]
        batch.provenance_state = provenance_state(findings)
        batch.gravity = max((assessment.gravity(one.severity) for one in unanswered), default=0)
        batch.measured_key = measured_key(facts)
        batch.judged_under = basis
    Batch.objects.bulk_update(batches, KEPT, batch_size=100)


def _kept(finding: Finding) -> dict[str, str]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "found": finding.found,
        "digest": finding.digest,
    }


def _products() -> QuerySet[Product]:
    return Product.objects.select_related("organization", "manufacturer", "importer")


def _touched(records: Iterable[RecordedModel]) -> tuple[set[UUID], set[UUID]]:
    """The products of which all batches, and the batches of which each alone, must be judged anew."""
    products: set[UUID] = set()
    batches: set[UUID] = set()
    places: set[UUID] = set()
    for row in records:
        match row:
            case Product():
                products.add(row.pk)
            case MarketingClaim() | RegulatoryRecord():
                products.add(row.product_id)
            case Party():
                named = Product.objects.filter(Q(manufacturer=row) | Q(importer=row))
                products.update(named.values_list("pk", flat=True))
            case Batch():
                batches.add(row.pk)
            case CustodyEvent() | TemperatureRecord():
                batches.add(row.batch_id)
            case FindingAnswer() if row.batch_id:
                batches.add(row.batch_id)
            case LotNode():
                places.add(row.pk)
            case LotEdge():
                places.add(row.downstream_id)
    if places:
        batches.update(batch.pk for batch in batches_below(places))
    return products, batches
