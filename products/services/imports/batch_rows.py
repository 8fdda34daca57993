"""Rows of a table of batches: each becomes a batch in quarantine, or is on record already, or is refused with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from audit.errors import Refusal
from clinic.models import Organization
from products.columns import Column, cells_of, claim_columns
from products.errors import BatchRefusedError, ImportRefusedError
from products.fields import ALL_BATCH_FIELDS, ClaimField, Kind, day_words
from products.gs1.check_digits import CSET82
from products.models import Batch, Product
from products.parsing.cells import Row, Table
from products.records import parse_date
from products.services.claims import ClaimDraft
from products.services.imports.product_rows import read_gtin
from products.services.imports.proposals import Plan, Report, claims_in, differences, heading_of
from products.services.receive import BatchDraft, check_label
from products.vocabulary import Basis

IDENTITY = (
    Column("gtin", "GTIN of the product", "13 or 14 digits; or empty, and the product's name"),
    Column(
        "product",
        "Name of the product",
        "As registered; needed where there is no GTIN",
        aliases=("marketed_name", "name"),
    ),
    Column("lot_number", "Lot number", "As printed, at most 20 characters", needed=True, aliases=("lot", "batch")),
    Column("expiration_date", "Expiry date", "2027-01-31", needed=True, aliases=("expiry", "use_by", "expiry_date")),
    Column("production_date", "Production date", "2026-01-31; empty where it is not stated", aliases=("made_on",)),
)
FIELDS: Mapping[str, ClaimField] = {name: one for name, one in ALL_BATCH_FIELDS.items() if one.kind != Kind.RECORD}
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
LONGEST_LOT = 20
BASES = frozenset(Basis.values)
CHUNK = 1000


@dataclass(frozen=True)
class BatchProposal:
    """A batch that a row would receive."""

    row: int
    product: Product
    draft: BatchDraft
    claims: tuple[ClaimDraft, ...]


def columns() -> tuple[Column, ...]:
    """All columns, in the order in which the template and the export have them."""
    return (*IDENTITY, *(column for one in FIELDS.values() for column in claim_columns(one)))


def plan(organization: Organization, table: Table, *, today: date, report: Report) -> Plan:
    """What these rows would change. Raises `TableRefusedError` where the first row is not usable."""
    made = Plan(heading_of(table, columns()))
    products = _Products(organization)
    seen: dict[tuple[UUID, str], int] = {}
    for start in range(0, len(table.rows), CHUNK):
        rows = table.rows[start : start + CHUNK]
        proposals = [proposal for row in rows if (proposal := _proposal(made, row, products, today)) is not None]
        known = _known(proposals)
        for proposal in proposals:
            _place(made, proposal, known, seen, today)
        report(min(start + CHUNK, len(table.rows)))
    return made


def cells(batch: Batch) -> dict[str, str]:
    """The cells of a batch as the export writes them; its product must be at hand."""
    said = {
        "gtin": batch.product.gtin,
        "product": batch.product.marketed_name,
        "lot_number": batch.lot_number,
        "expiration_date": batch.expiration_date.isoformat(),
        "production_date": batch.production_date.isoformat() if batch.production_date else "",
    }
    for name, one in FIELDS.items():
        said |= cells_of(one, batch.snapshot.get(name))
    return said


class _Products:
    """The clinic's products by GTIN and by name, without what is said of them."""

    def __init__(self, organization: Organization) -> None:
        rows = Product.objects.at(organization).only("id", "gtin", "marketed_name")
        self.by_gtin: dict[str, Product] = {}
        self.by_name: dict[str, list[Product]] = {}
        for product in rows.iterator(chunk_size=2000):
            self.by_gtin[product.gtin] = product
            self.by_name.setdefault(product.marketed_name.casefold(), []).append(product)

    def meant(self, gtin: str, name: str) -> Product:
        """The product that a row means. Raises `BatchRefusedError` where it is none, or more than one."""
        if gtin:
            if gtin not in self.by_gtin:
                raise BatchRefusedError(
                    f"No product with GTIN {gtin} is registered here. Register or import the product first.",
                    field="gtin",
                )
            product = self.by_gtin[gtin]
            if name and name.casefold() != product.marketed_name.casefold():
                raise BatchRefusedError(
                    f"GTIN {gtin} is “{product.marketed_name}”, and this row says “{name}”.", field="product"
                )
            return product
        found = self.by_name.get(name.casefold(), []) if name else []
        if len(found) != 1:
            words = (
                "More than one product has this name: give the GTIN."
                if found
                else "No product of this name is registered here."
            )
            raise BatchRefusedError(
                words if name else "Give the product's GTIN, or its name.", field="product" if name else "gtin"
            )
        return found[0]


def _proposal(made: Plan, row: Row, products: _Products, today: date) -> BatchProposal | None:
    cells = made.heading.cells(row)
    before = made.problem_count
    product, lot, expiry, making = None, cells["lot_number"], None, None
    try:
        product = products.meant(read_gtin(made, cells.get("gtin", ""), today), cells.get("product", ""))
    except Refusal as refusal:
        made.refuse(row.number, refusal, cells)
    try:
        _check_lot(lot)
    except Refusal as refusal:
        made.refuse(row.number, refusal, cells)
    for name in ("expiration_date", "production_date"):
        if name == "production_date" and not cells.get(name):
            continue
        try:
            day = parse_date(cells[name], least=EARLIEST, most=LATEST, field=name)
        except Refusal as refusal:
            made.refuse(row.number, refusal, cells)
        else:
            expiry, making = (day, making) if name == "expiration_date" else (expiry, day)
    claims = claims_in(FIELDS.values(), made, row.number, cells, bases=BASES)
    if product is None or expiry is None or made.problem_count > before:
        return None
    return BatchProposal(row.number, product, BatchDraft(lot, expiry, making), tuple(claims))


def _check_lot(lot: str) -> None:
    if not lot:
        raise BatchRefusedError("Enter the lot number as printed.", field="lot_number", code="batch.lot")
    if len(lot) > LONGEST_LOT:
        raise BatchRefusedError(
            f"A lot number has at most {LONGEST_LOT} characters.", field="lot_number", code="batch.lot"
        )
    if strange := [sign for sign in lot if sign not in CSET82]:
        raise BatchRefusedError(
            f"{'A space' if strange[0] == ' ' else f'“{strange[0]}”'} does not occur in lot numbers. Use plain letters, digits and marks, without spaces.",
            field="lot_number",
            code="batch.lot",
        )


def _known(proposals: Sequence[BatchProposal]) -> dict[tuple[UUID, str], Batch]:
    rows = Batch.objects.filter(
        product__in={one.product.pk for one in proposals}, lot_number__in={one.draft.lot_number for one in proposals}
    )
    return {(batch.product_id, batch.lot_number): batch for batch in rows}


def _place(
    made: Plan,
    proposal: BatchProposal,
    known: Mapping[tuple[UUID, str], Batch],
    seen: dict[tuple[UUID, str], int],
    today: date,
) -> None:
    key = (proposal.product.pk, proposal.draft.lot_number)
    shown = {"lot_number": proposal.draft.lot_number}
    if key in seen:
        words = f"Row {seen[key]} names this lot already. Keep one of the two."
        made.refuse(proposal.row, ImportRefusedError(words, field="lot_number"), shown)
        return
    seen[key] = proposal.row
    batch = known.get(key)
    if batch is None:
        try:
            check_label(proposal.product, proposal.draft, today=today)
        except Refusal as refusal:
            made.refuse(proposal.row, refusal, {**shown, "expiration_date": str(proposal.draft.expiration_date)})
        else:
            made.proposals.append(proposal)
        return
    against = list(_conflicts(batch, proposal))
    for name, on_record in against:
        made.refuse(
            proposal.row,
            ImportRefusedError(
                f"Lot {batch.lot_number} is on record with “{on_record}” here. An import never overwrites: "
                "take the row out, or correct the batch on its page and say why.",
                field=name,
                code="record.conflict",
            ),
            {name: name},
        )
    made.unchanged += not against


def _conflicts(batch: Batch, proposal: BatchProposal) -> Iterator[tuple[str, str]]:
    draft = proposal.draft
    if batch.expiration_date != draft.expiration_date:
        yield "expiration_date", day_words(batch.expiration_date)
    if draft.production_date and batch.production_date != draft.production_date:
        yield "production_date", day_words(batch.production_date) or "not stated"
    yield from differences(FIELDS, batch.snapshot, (one for one in proposal.claims if one.basis != Basis.NOT_STATED))
