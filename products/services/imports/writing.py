"""Writing what a plan proposes: many rows at a time, in the caller's transaction, as the single acts would have written them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from products.fields import SCIENCE_FIELDS
from products.models import Batch, Claim, Evidence, Party, Product
from products.services.claims import ClaimDraft, made_claim
from products.services.imports.batch_rows import BatchProposal
from products.services.imports.product_rows import ProductProposal
from products.services.receive import label_claims
from products.services.register import PartyDraft, identity_claims
from products.vocabulary import Basis

CHUNK = 1000
RESTS_ON_THE_FILE = frozenset({Basis.STATED, Basis.MEASURED_REF, Basis.MEASURED_BATCH})


def write_products(
    organization: Organization,
    proposals: Sequence[ProductProposal],
    evidence: Evidence,
    *,
    agent: Agent,
    at: datetime,
) -> list[RecordedModel]:
    """Register these products; the rows that were written, for the log."""
    parties, new_parties = _parties(organization, [one.manufacturer for one in proposals if one.manufacturer])
    products: list[Product] = []
    claims: list[Claim] = []
    for one in proposals:
        party = parties[one.manufacturer.name] if one.manufacturer else None
        product = Product(
            organization=organization,
            manufacturer=party,
            manufacturer_name=party.name if party else "",
            marketed_name=one.marketed_name,
            gtin=one.gtin,
            registered_at=at,
        )
        product.fill_search_text()
        said = {claim.field: claim for claim in one.claims}
        unsaid = [ClaimDraft(name, None, Basis.NOT_STATED) for name in SCIENCE_FIELDS if name not in said]
        identity = identity_claims(one.marketed_name, one.gtin, party)
        claims += _claims(product, [*identity, *one.claims, *unsaid], evidence, agent, at)
        products.append(product)
    Party.objects.bulk_create(new_parties, batch_size=CHUNK)
    Product.objects.bulk_create(products, batch_size=CHUNK)
    Claim.objects.bulk_create(claims, batch_size=CHUNK)
    return [*new_parties, *products, *claims]


def write_batches(
    proposals: Sequence[BatchProposal], evidence: Evidence, *, today: date, agent: Agent, at: datetime
) -> list[RecordedModel]:
    """Receive these batches into quarantine; the rows that were written, for the log."""
    batches: list[Batch] = []
    claims: list[Claim] = []
    for one in proposals:
        batch = Batch(
            product=one.product,
            lot_number=one.draft.lot_number,
            expiration_date=one.draft.expiration_date,
            production_date=one.draft.production_date,
            received_on=today,
            received_by=agent.id,
            received_by_name=agent.name or agent.id,
        )
        said = {claim.field for claim in one.claims}
        label = [claim for claim in label_claims(one.draft) if claim.field not in said]
        claims += _claims(batch, [*label, *one.claims], evidence, agent, at)
        batches.append(batch)
    Batch.objects.bulk_create(batches, batch_size=CHUNK)
    Claim.objects.bulk_create(claims, batch_size=CHUNK)
    return [*batches, *claims]


def _claims(
    subject: Product | Batch, drafts: Iterable[ClaimDraft], evidence: Evidence, agent: Agent, at: datetime
) -> list[Claim]:
    return [
        made_claim(subject, draft, agent=agent, at=at, evidence=evidence if draft.basis in RESTS_ON_THE_FILE else None)
        for draft in drafts
    ]


def _parties(organization: Organization, drafts: Sequence[PartyDraft]) -> tuple[dict[str, Party], list[Party]]:
    """Manufacturers by name: those on the books, and new ones, which are not saved yet."""
    names = {draft.name: draft for draft in drafts}
    mine = Party.objects.at(organization).filter(role=Party.Role.MANUFACTURER, name__in=names)
    parties = {party.name: party for party in mine}
    new = [
        Party(organization=organization, name=name, country=draft.country)
        for name, draft in names.items()
        if name not in parties
    ]
    return {**parties, **{party.name: party for party in new}}, new
