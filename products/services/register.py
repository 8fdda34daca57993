"""Register a product: who made it, what it is called, and nine things that a patient should know, each with its basis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from products.errors import ClaimRefusedError, DuplicateProductError
from products.fields import SCIENCE_FIELDS
from products.models import Party, Product
from products.services.claims import ClaimDraft, write_claim
from products.services.evidence import file_evidence
from products.services.judging import append
from products.text import clean_line
from products.uploads import DOCUMENTS, TABLES, Upload
from products.vocabulary import Basis

LONGEST_NAME = 120


@dataclass(frozen=True)
class PartyDraft:
    """A manufacturer that is not on the clinic's books yet; `country` is ISO 3166-1 or empty for not stated."""

    name: str
    country: str = ""


@dataclass(frozen=True)
class ProductDraft:
    """What a person means to register.

    `manufacturer` is one on the books, a new one, or None for not stated. `gtin` is a checked GTIN-14,
    or empty where the product carries none. `claims` has each of the nine fields once.
    """

    marketed_name: str
    manufacturer: UUID | PartyDraft | None
    gtin: str
    claims: tuple[ClaimDraft, ...]
    source: Upload | None = None


@transaction.atomic
def register_product(organization: Organization, draft: ProductDraft, *, agent: Agent, at: datetime) -> Product:
    """Register a product at this clinic, with one claim for each field: known, not stated, or not applicable.

    Raises `DuplicateProductError`, `ClaimRefusedError`, `UploadRefusedError`.
    """
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    name = clean_line(draft.marketed_name, field="marketed_name", most=LONGEST_NAME)
    _check_complete(draft)
    _check_new(organization, name, draft.gtin)
    written: list[RecordedModel] = []
    party = _manufacturer(organization, draft.manufacturer, written)
    evidence = None
    if draft.source:
        evidence, is_new = file_evidence(
            organization, draft.source, allowed=DOCUMENTS | TABLES, field="source", agent=agent, at=at
        )
        written += [evidence] if is_new else []
    product = Product.objects.create(
        organization=organization,
        manufacturer=party,
        manufacturer_name=party.name if party else "",
        marketed_name=name,
        gtin=draft.gtin,
        registered_at=at,
    )
    for claim in (*identity_claims(name, draft.gtin, party), *draft.claims):
        rests_on = evidence if claim.basis in (Basis.STATED, Basis.MEASURED_REF) else None
        written.append(write_claim(product, claim, agent=agent, at=at, evidence=rests_on))
    product.save(update_fields=["snapshot"])
    append("products.product_registered", agent=agent, occurred_at=at, records=[product, *written])
    return product


def _check_complete(draft: ProductDraft) -> None:
    given = [claim.field for claim in draft.claims]
    if missing := [field for name, field in SCIENCE_FIELDS.items() if name not in given]:
        raise ClaimRefusedError(
            "Give a value, or choose “not stated”.",
            field=missing[0].name,
            code="claim.blank",
        )
    if len(given) != len(set(given)) or set(given) - set(SCIENCE_FIELDS):
        raise ClaimRefusedError("A field was given twice, or is not one of the nine.", code="claim.fields")


def _check_new(organization: Organization, name: str, gtin: str) -> None:
    if not name:
        raise ClaimRefusedError(
            "Enter the name that the product is sold under.", field="marketed_name", code="claim.blank"
        )
    if gtin and (twin := Product.objects.at(organization).filter(gtin=gtin).first()):
        raise DuplicateProductError(
            f"GTIN {gtin} is registered already, as “{twin.marketed_name}”. Open that product instead.", field="gtin"
        )


def _manufacturer(
    organization: Organization, choice: UUID | PartyDraft | None, written: list[RecordedModel]
) -> Party | None:
    if choice is None:
        return None
    if isinstance(choice, UUID):
        return Party.objects.at(organization).get(pk=choice)
    name = clean_line(choice.name, field="manufacturer_name", most=LONGEST_NAME)
    if not name:
        raise ClaimRefusedError("Enter the manufacturer's name.", field="manufacturer_name", code="claim.blank")
    known = Party.objects.at(organization).filter(name=name, role=Party.Role.MANUFACTURER).first()
    if known:
        return known
    party = Party.objects.create(organization=organization, name=name, country=choice.country)
    written.append(party)
    return party


def identity_claims(name: str, gtin: str, party: Party | None) -> tuple[ClaimDraft, ...]:
    """The claims that say which product it is."""
    maker = {"name": party.name, "country": party.country} if party else None
    return (
        ClaimDraft("marketed_name", name, Basis.STATED),
        ClaimDraft("gtin", gtin or None, Basis.STATED if gtin else Basis.NOT_STATED),
        ClaimDraft("manufacturer", maker, Basis.STATED if party else Basis.NOT_STATED),
    )
