"""The organizations in the chain: put one on the books, correct what is said of it, name a product's importer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from products import gs1
from products.errors import PartyRefusedError
from products.models import Party, PartyVersion, Product
from products.places import countries
from products.services.claims import ClaimDraft, in_force, write_claim
from products.services.judging import append
from products.text import clean_line, clean_note
from products.vocabulary import Basis

LONGEST_NAME = 120
LONGEST_REASON = 500
FIRST = "as registered with a product"


@dataclass(frozen=True)
class PartyEntry:
    """A party as a person names it. `country` is ISO 3166-1, `gln` 13 digits; empty is not stated."""

    name: str
    role: str
    country: str = ""
    gln: str = ""


@transaction.atomic
def add_party(organization: Organization, entry: PartyEntry, *, agent: Agent, at: datetime) -> Party:
    """Put a party on the clinic's books. Raises `PartyRefusedError`."""
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    checked = _checked(organization, entry)
    party, written = written_party(organization, checked, agent=agent, at=at)
    append("products.party_added", agent=agent, occurred_at=at, records=[party, *written])
    return party


@transaction.atomic
def correct_party(party: Party, entry: PartyEntry, *, reason: str, agent: Agent, at: datetime) -> Party:
    """Correct a party; what was said before stays readable, and products that name it say the new name.

    Its role does not change: that would be another party. Raises `PartyRefusedError`.
    """
    organization = Organization.objects.select_for_update().get(pk=party.organization_id)
    party = Party.objects.select_for_update().get(pk=party.pk)
    why = clean_note(reason, field="reason", most=LONGEST_REASON)
    if not why:
        raise PartyRefusedError("Say in a few words why this changes.", field="reason", code="party.reason")
    checked = _checked(organization, PartyEntry(entry.name, party.role, entry.country, entry.gln), but=party)
    if (checked.name, checked.country, checked.gln) == (party.name, party.country, party.gln):
        raise PartyRefusedError("This is what is on record already. Nothing was changed.", code="party.same")
    written: list[RecordedModel] = []
    if not party.versions.exists():
        # Put on record with a product or by an import: its first version is what it says until now.
        written.append(_version(party, "", agent=Agent("system", "register", organization.pk, FIRST), at=at))
    party.name, party.country, party.gln = checked.name, checked.country, checked.gln
    party.save(update_fields=["name", "country", "gln"])
    written.append(_version(party, why, agent=agent, at=at))
    written += _carried_to_products(party, why, agent=agent, at=at)
    append("products.party_corrected", agent=agent, occurred_at=at, records=[party, *written])
    return party


@transaction.atomic
def name_importer(product: Product, importer: Party | None, *, agent: Agent, at: datetime) -> Product:
    """Say who brings the product into the country, or that this is not stated. Raises `PartyRefusedError`."""
    product = Product.objects.select_for_update().get(pk=product.pk)
    if importer and importer.organization_id != product.organization_id:
        raise PartyRefusedError("This importer is not on the clinic's books.", field="importer", code="party.unknown")
    if product.importer_id == (importer.pk if importer else None):
        return product
    product.importer = importer
    product.save(update_fields=["importer"])
    append(
        "products.importer_named",
        agent=agent,
        occurred_at=at,
        records=[product],
        body={"importer": importer.name if importer else ""},
    )
    return product


def written_party(
    organization: Organization, entry: PartyEntry, *, agent: Agent, at: datetime
) -> tuple[Party, list[RecordedModel]]:
    """Insert a checked party with its first version; the act around it logs both."""
    party = Party.objects.create(
        organization=organization, role=entry.role, name=entry.name, country=entry.country, gln=entry.gln
    )
    return party, [_version(party, "", agent=agent, at=at)]


def check_gln(text: str, *, field: str = "gln") -> str:
    """A GLN of 13 digits with its right check digit, or nothing. Raises `PartyRefusedError`."""
    digits = text.replace(" ", "")
    if not digits:
        return ""
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        raise PartyRefusedError(
            f"A GLN has 13 digits, such as 9521101900019. We found “{text.strip()[:40]}”.", field=field, code="gln.form"
        )
    if not gs1.has_right_check_digit(digits):
        raise PartyRefusedError(
            f"The last digit of this GLN must be {gs1.check_digit(digits[:-1])}, not {digits[-1]}. "
            "A digit may be wrong: check it against the paper.",
            field=field,
            code="gln.check_digit",
        )
    return digits


def _checked(organization: Organization, entry: PartyEntry, *, but: Party | None = None) -> PartyEntry:
    name = clean_line(entry.name, field="name", most=LONGEST_NAME)
    if not name:
        raise PartyRefusedError("Enter the organization's name.", field="name", code="party.name")
    if entry.role not in Party.Role.values:
        raise PartyRefusedError("Choose what it does in the chain.", field="role", code="party.role")
    if entry.country and entry.country not in dict(countries()):
        raise PartyRefusedError(
            "Choose a country from the list, or leave it out.", field="country", code="party.country"
        )
    gln = check_gln(entry.gln)
    others = Party.objects.at(organization).filter(role=entry.role)
    if but:
        others = others.exclude(pk=but.pk)
    role = Party.Role(entry.role).label.lower()
    if others.filter(name=name).exists():
        raise PartyRefusedError(f"“{name}” is on the books as {role} already.", field="name", code="party.duplicate")
    if gln and (twin := others.filter(gln=gln).first()):
        raise PartyRefusedError(
            f"This GLN is on the books as that of “{twin.name}” ({role}).", field="gln", code="party.duplicate"
        )
    return PartyEntry(name, entry.role, entry.country, gln)


def _version(party: Party, reason: str, *, agent: Agent, at: datetime) -> PartyVersion:
    return PartyVersion.objects.create(
        party=party,
        number=party.versions.count() + 1,
        values={"name": party.name, "role": str(party.role), "country": party.country, "gln": party.gln},
        reason=reason,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )


def _carried_to_products(party: Party, why: str, *, agent: Agent, at: datetime) -> list[RecordedModel]:
    written: list[RecordedModel] = []
    for product in Product.objects.select_for_update().filter(manufacturer=party):
        product.manufacturer_name = party.name
        claim = write_claim(
            product,
            ClaimDraft("manufacturer", {"name": party.name, "country": party.country}, Basis.STATED),
            agent=agent,
            at=at,
            previous=in_force(product).get("manufacturer"),
            correction_reason=why,
        )
        product.save(update_fields=["manufacturer_name", "snapshot"])
        written += [product, claim]
    return written
