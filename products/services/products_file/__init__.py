"""Import a file of products in the shape of `sample_products.json`: all of it in one act, or nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.records import JSON, Agent
from audit.services import one_entry
from clinic.models import Organization
from products import assessment, disclosure
from products.errors import ProductsFileError
from products.models import Batch, Product, ThresholdSetting, rule_set_for
from products.records import Finding
from products.rules import RuleSet
from products.services.evidence import keep_import
from products.services.judging import judge_rest, judged_at_the_end
from products.services.products_file.parties import Parties
from products.services.products_file.reading import Place, read_file
from products.services.products_file.writing import ProductWriter
from products.vocabulary import Route


@dataclass(frozen=True)
class ImportedBatch:
    """A batch of the file, with what is found on it."""

    lot_number: str
    findings: tuple[Finding, ...]
    provenance_state: str


@dataclass(frozen=True)
class ImportedProduct:
    """A product of the file, with what is found on it and which rules speak about its planned use: (rule, severity, status)."""

    id: str
    findings: tuple[Finding, ...]
    regulatory: tuple[tuple[str, str, str], ...]
    batches: tuple[ImportedBatch, ...]


@dataclass(frozen=True)
class ImportedFile:
    """What came of an import; `warnings` are sentences about what was left out or taken to be so."""

    products: tuple[ImportedProduct, ...]
    warnings: tuple[str, ...]


@transaction.atomic
def import_products(
    organization: Organization | None,
    content: bytes,
    *,
    name: str,
    on: date,
    agent: Agent,
    at: datetime,
    is_dry_run: bool = False,
) -> ImportedFile:
    """Bring the products of a file into the register of a clinic, in one transaction with one log entry.

    What the papers say is put on record also where it cannot be true, and is found. A product or lot that is here
    already gets what the file says newly. A dry run judges the file by itself, as a clinic with the same numbers and
    rules and an empty register would, and writes nothing; it needs no clinic. Raises `ProductsFileError` and what the single
    acts raise.
    """
    whole = read_file(content)
    _check_once(whole)
    register = _empty_register(organization, at) if is_dry_run or organization is None else organization
    if organization is None and not is_dry_run:
        raise ProductsFileError("Choose the clinic whose register the products come into.", code="products_file.clinic")
    sha256 = hashlib.sha256(content).hexdigest()
    body: dict[str, JSON] = {"file_sha256": sha256, "products": len(whole.children("products"))}
    with one_entry("products.products_imported", agent=agent, occurred_at=at, body=body), judged_at_the_end():
        evidence = keep_import(register, content, name, on_disk=not is_dry_run, agent=agent, at=at)
        parties = Parties.of_file(whole, register, agent=agent, at=at)
        warnings = parties.warnings
        writer = ProductWriter(
            register, parties, evidence, on, agent, at, f"Import of {evidence.original_name}", warnings
        )
        written = [(row, *writer.write(row)) for row in whole.children("products")]
    rule_set = rule_set_for((organization or register).pk)
    found = ImportedFile(
        tuple(
            _imported(row, product, [batch for _, batch in batches], rule_set, on) for row, product, batches in written
        ),
        tuple(warnings),
    )
    if is_dry_run:
        transaction.set_rollback(True)
    return found


def _imported(row: Place, product: Product, batches: list[Batch], rule_set: RuleSet, on: date) -> ImportedProduct:
    product = assessment.product_with_parties(product.pk)
    # Twins are sought among what is kept.
    judge_rest(product)
    planned = row.child("planned_use")
    route = planned.code("route", Route) or row.code("label_route", Route)
    place = planned.place("jurisdiction") or product.organization.jurisdiction
    standing = (
        disclosure.standing(product, jurisdiction=place, route=route, on=on, rule_set=rule_set) if route else None
    )
    rules = standing.verdict.rules if standing else ()
    return ImportedProduct(
        id=row.text("id", most=120) or product.gtin or product.marketed_name,
        findings=_by_code(assessment.findings_of_product(product)),
        regulatory=tuple((rule.id, rule.severity, rule.status) for rule in rules),
        batches=tuple(_imported_batch(product, batch, on) for batch in batches),
    )


def _imported_batch(product: Product, batch: Batch, on: date) -> ImportedBatch:
    batch.product = product
    judged = assessment.findings_of_batch(batch, on=on)
    return ImportedBatch(batch.lot_number, _by_code(judged), str(assessment.state_of(judged)))


def _by_code(judged: list[assessment.Judged]) -> tuple[Finding, ...]:
    return tuple(sorted((one.finding for one in judged), key=lambda finding: finding.code))


def _check_once(whole: Place) -> None:
    """Refuse a file that names one product or one lot of it twice."""
    seen: dict[str, str] = {}
    for row in whole.children("products"):
        lots: set[str] = set()
        for key in ("gtin14", "id"):
            said = row.text(key, most=120)
            if said and f"{key} {said}" in seen:
                raise ProductsFileError(
                    f"{row.at(key)}: {said} is that of {seen[f'{key} {said}']} too. One product stands in a file once.",
                    code="products_file.twice",
                )
            seen[f"{key} {said}"] = row.path
        for batch in row.children("batches"):
            lot = batch.text("lot", most=20)
            if lot in lots:
                raise ProductsFileError(
                    f"{batch.at('lot')}: lot {lot} stands in this product twice.", code="products_file.twice"
                )
            lots.add(lot)


def _empty_register(organization: Organization | None, at: datetime) -> Organization:
    """A clinic like this one with nothing on its books, for the length of a transaction that is taken back."""
    double = Organization.objects.create(
        name="Dry run",
        short_code="~DRY",
        jurisdiction=organization.jurisdiction if organization else "GB",
        time_zone=organization.time_zone if organization else "Europe/London",
        created_at=at,
    )
    for setting in ThresholdSetting.objects.at(organization).in_force() if organization else ():
        ThresholdSetting.objects.create(
            organization=double,
            name=setting.name,
            value=setting.value,
            reason=setting.reason,
            set_by=setting.set_by,
            set_by_name=setting.set_by_name,
            set_at=setting.set_at,
        )
    return double
