"""Rows of a table of products: each becomes a product, or is on record already, or is refused with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from audit.errors import Refusal
from clinic.models import Organization
from products import gs1
from products.columns import Column, cells_of, claim_columns
from products.errors import ClaimRefusedError, ImportRefusedError
from products.fields import ALL_PRODUCT_FIELDS, IDENTITY_FIELDS, ClaimField, Kind
from products.models import Product
from products.parsing.cells import Row, Table
from products.places import countries
from products.services.claims import ClaimDraft
from products.services.imports.proposals import EVERY, Plan, Report, claims_in, differences, heading_of
from products.services.register import LONGEST_NAME, PartyDraft
from products.text import clean_line
from products.vocabulary import Basis

IDENTITY = (
    Column(
        "marketed_name",
        "Marketed name",
        "Text, as printed on the box",
        needed=True,
        aliases=("name", "product", "trade_name"),
    ),
    Column("gtin", "GTIN", "13 or 14 digits; empty where the product carries none", needed=True),
    Column(
        "manufacturer", "Manufacturer", "Text; empty where it is not stated", aliases=("manufacturer_name", "maker")
    ),
    Column("manufacturer_country", "Manufacturer's country", "Two letters of ISO 3166-1", aliases=("country",)),
)
FIELDS: Mapping[str, ClaimField] = {
    name: one for name, one in ALL_PRODUCT_FIELDS.items() if name not in IDENTITY_FIELDS and one.kind != Kind.RECORD
}
BASES = frozenset(Basis.values) - {Basis.MEASURED_BATCH.value}
CHUNK = 1000


@dataclass(frozen=True)
class ProductProposal:
    """A product that a row would register."""

    row: int
    marketed_name: str
    gtin: str
    manufacturer: PartyDraft | None
    claims: tuple[ClaimDraft, ...]


def columns() -> tuple[Column, ...]:
    """All columns, in the order in which the template and the export have them."""
    return (*IDENTITY, *(column for one in FIELDS.values() for column in claim_columns(one)))


def plan(organization: Organization, table: Table, *, today: date, report: Report) -> Plan:
    """What these rows would change. Raises `TableRefusedError` where the first row is not usable."""
    made = Plan(heading_of(table, columns()))
    seen: dict[tuple[str, str], int] = {}
    for start in range(0, len(table.rows), CHUNK):
        rows = table.rows[start : start + CHUNK]
        proposals = [proposal for row in rows if (proposal := _proposal(made, row, today)) is not None]
        known = _known(organization, proposals)
        for proposal in proposals:
            _place(made, proposal, known, seen)
        report(min(start + EVERY * 2, len(table.rows)))
    return made


def cells(product: Product) -> dict[str, str]:
    """The cells of a product as the export writes them."""
    maker = product.value_of("manufacturer") or {}
    said = {
        "marketed_name": product.marketed_name,
        "gtin": product.gtin,
        "manufacturer": maker.get("name", ""),
        "manufacturer_country": maker.get("country", ""),
    }
    for name, one in FIELDS.items():
        said |= cells_of(one, product.snapshot.get(name))
    return said


def read_gtin(made: Plan, text: str, today: date) -> str:
    """A GTIN-14 out of a cell; one whose leading nought a spreadsheet took is taken where its check digit is right."""
    if not text:
        return ""
    if not (text.isascii() and text.isdigit()) or not 12 <= len(text) <= 14:
        raise ClaimRefusedError(
            f"A GTIN has 13 or 14 digits and nothing else. We found “{text[:40]}”.", field="gtin", code="gs1.length"
        )
    try:
        found = gs1.parse_element_string(text.zfill(13), today=today).gtin
    except Refusal as refusal:
        refusal.field = "gtin"
        raise
    if found != text:
        made.note(
            f"GTINs of less than 14 digits were read with noughts in front, such as {found} for {text}. Check them."
        )
    return found


def _proposal(made: Plan, row: Row, today: date) -> ProductProposal | None:
    cells = made.heading.cells(row)
    before = made.problem_count
    name = gtin = ""
    maker = None
    try:
        name = clean_line(cells["marketed_name"], field="marketed_name", most=LONGEST_NAME)
        if not name:
            raise ClaimRefusedError("Enter the name that the product is sold under.", field="marketed_name")
    except Refusal as refusal:
        made.refuse(row.number, refusal, cells)
    try:
        gtin = read_gtin(made, cells["gtin"], today)
    except Refusal as refusal:
        made.refuse(row.number, refusal, cells)
    try:
        maker = _maker(cells)
    except Refusal as refusal:
        made.refuse(row.number, refusal, cells)
    claims = claims_in(FIELDS.values(), made, row.number, cells, bases=BASES)
    if made.problem_count > before:
        return None
    return ProductProposal(row.number, name, gtin, maker, tuple(claims))


def _maker(cells: Mapping[str, str]) -> PartyDraft | None:
    name = clean_line(cells.get("manufacturer", ""), field="manufacturer", most=LONGEST_NAME)
    country = cells.get("manufacturer_country", "").upper()
    if country and country not in dict(countries()):
        raise ClaimRefusedError(
            "Enter the two letters of a country, such as FR.", field="manufacturer_country", code="claim.unknown_code"
        )
    if country and not name:
        raise ClaimRefusedError("A country without a manufacturer says nothing.", field="manufacturer_country")
    return PartyDraft(name, country) if name else None


def _known(organization: Organization, proposals: Sequence[ProductProposal]) -> dict[tuple[str, str], Product]:
    """Products on record that these rows could mean, by GTIN, or by name and maker where they carry none."""
    mine = Product.objects.at(organization)
    found: dict[tuple[str, str], Product] = {}
    for product in mine.filter(gtin__in={one.gtin for one in proposals if one.gtin}):
        found["gtin", product.gtin] = product
    for product in mine.filter(gtin="", marketed_name__in={one.marketed_name for one in proposals if not one.gtin}):
        found[product.marketed_name, product.manufacturer_name] = product
    return found


def _key(proposal: ProductProposal) -> tuple[str, str]:
    if proposal.gtin:
        return "gtin", proposal.gtin
    return proposal.marketed_name, proposal.manufacturer.name if proposal.manufacturer else ""


def _place(
    made: Plan,
    proposal: ProductProposal,
    known: Mapping[tuple[str, str], Product],
    seen: dict[tuple[str, str], int],
) -> None:
    key = _key(proposal)
    shown = {"gtin": proposal.gtin, "marketed_name": proposal.marketed_name}
    column = "gtin" if proposal.gtin else "marketed_name"
    if key in seen:
        made.refuse(
            proposal.row,
            ImportRefusedError(f"Row {seen[key]} names this product already. Keep one of the two.", field=column),
            shown,
        )
        return
    seen[key] = proposal.row
    product = known.get(key)
    if product is None:
        made.proposals.append(proposal)
        return
    against = list(_conflicts(product, proposal))
    for name, on_record in against:
        made.refuse(
            proposal.row,
            ImportRefusedError(
                f"This product is on record with “{on_record}” here. An import never overwrites: "
                "take the row out, or correct the product on its page and say why.",
                field=name,
                code="record.conflict",
            ),
            {name: name},
        )
    made.unchanged += not against


def _conflicts(product: Product, proposal: ProductProposal) -> Iterator[tuple[str, str]]:
    if product.marketed_name != proposal.marketed_name:
        yield "marketed_name", product.marketed_name
    if proposal.manufacturer and product.manufacturer_name != proposal.manufacturer.name:
        yield "manufacturer", product.manufacturer_name or "not stated"
    yield from differences(FIELDS, product.snapshot, (one for one in proposal.claims if one.basis != Basis.NOT_STATED))
