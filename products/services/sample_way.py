"""The way and the origin of a sample batch, by the same acts that people use: parties, custody, donors, temperature."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from audit.records import Agent
from products.models import Batch, Party, Product
from products.services.custody import CustodyDraft, record_custody
from products.services.lineage import DonorDraft, LineageDraft, state_lineage
from products.services.lots import LotFacts
from products.services.parties import PartyEntry, add_party, name_importer
from products.services.temperature import TemperatureDraft, record_temperature
from products.vocabulary import CustodyAct

_ROLES = {"importer_uk": Party.Role.IMPORTER, "distributor": Party.Role.DISTRIBUTOR}
_CLINIC = "clinic"
_LIMITS = re.compile(r"([0-9]+)-([0-9]+) C")


def name_sample_importer(
    product: Product, spec: Mapping[str, Any], organisations: Mapping[str, Any], *, agent: Agent, at: datetime
) -> None:
    """Put the sample's importer on the books, where it names one."""
    if spec.get("importer"):
        importer = _party(product, organisations[spec["importer"]], agent=agent, at=at)
        name_importer(product, importer, agent=agent, at=at)


def file_way(
    batch: Batch,
    spec: Mapping[str, Any],
    organisations: Mapping[str, Any],
    *,
    storage_label: str,
    today: date,
    agent: Agent,
    at: datetime,
) -> None:
    """Record who had the batch when, what its papers say of its origin, and how warm it was.

    The clinic's own receipt is on record with the batch. A label such as 2-8 C gives the limits of the temperature.
    """
    product = batch.product
    for event in spec["custody"]:
        found = organisations[event["party"]]
        if found["role"] == _CLINIC:
            continue
        party = product.manufacturer
        act = CustodyAct.SHIPPED
        if found["role"] in _ROLES:
            party, act = _party(product, found, agent=agent, at=at), CustodyAct.RECEIVED
        draft = CustodyDraft(party, act, date.fromisoformat(event["received_or_shipped"]))
        record_custody(batch, draft, today=today, agent=agent, at=at)
    state_lineage(batch, _lineage(spec["lineage"]), agent=agent, at=at)
    if spec["cold_chain_max_C"] is not None:
        limits = _LIMITS.match(storage_label)
        temperature = TemperatureDraft(
            Decimal(str(spec["cold_chain_max_C"])),
            limit_low_c=Decimal(limits[1]) if limits else None,
            limit_high_c=Decimal(limits[2]) if limits else None,
        )
        record_temperature(batch, temperature, agent=agent, at=at)


def _party(product: Product, found: Mapping[str, Any], *, agent: Agent, at: datetime) -> Party:
    role = _ROLES[found["role"]]
    known = Party.objects.at(product.organization).filter(name=found["name"], role=role).first()
    entry = PartyEntry(found["name"], role, found["country"], found["gln"])
    return known or add_party(product.organization, entry, agent=agent, at=at)


def _lineage(said: Mapping[str, Any]) -> LineageDraft:
    facts = LotFacts(
        tissue=said.get("donor_tissue") or "",
        species=said.get("donor_species") or "",
        country=said.get("donor_country") or "",
        consent_reference=said.get("donor_consent_ref") or "",
        screening=said.get("donor_screening"),
        tse_statement=said.get("tse_statement") or "",
    )
    bank = said.get("cell_bank") or ""
    is_master = "MCB" in bank
    return LineageDraft(
        donors=(DonorDraft(said.get("donor_id") or "", facts),),
        master_bank=bank if is_master else "",
        working_bank="" if is_master else bank,
        production_lot=said.get("production_lot") or "",
        passage=said.get("passage"),
    )
