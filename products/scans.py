"""What a scanned or typed code is, among what this clinic has on record. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.models import Organization
from products import gs1
from products.errors import ScanError
from products.models import Batch, LotNode, Product, Unit
from products.records import ElementString


@dataclass(frozen=True)
class FoundCode:
    """What a code names. `read` is None for donation codes and labels of our own; `donation` is set for donation codes."""

    read: ElementString | None = None
    product: Product | None = None
    batch: Batch | None = None
    unit: Unit | None = None
    donation: gs1.DonationCode | None = None
    node: LotNode | None = None


def found_by(organization: Organization, raw: str, *, today: date) -> FoundCode:
    """Read a code and look it up at this clinic. Raises `ScanError` where it is none, or a label of our own that is not ours."""
    if unit_id := gs1.parse_internal_code(raw):
        return _ours(organization, Unit.objects.filter(pk=unit_id, is_labelled_here=True).first(), raw)
    text = gs1.without_symbology(raw)
    if gs1.looks_like_isbt128(text) or gs1.looks_like_single_european_code(text):
        donation = gs1.parse_donation_code(text)
        node = LotNode.objects.at(organization).filter(donation_code=donation.text).first()
        return FoundCode(donation=donation, node=node)
    read = gs1.parse_element_string(raw, today=today)
    product = Product.objects.at(organization).filter(gtin=read.gtin).first()
    batch = product.batches.filter(lot_number=read.lot_number).first() if product and read.lot_number else None
    number = read.serial_number or dict(read.others).get(gs1.NUMBER_FIELD, "")
    unit = batch.units.filter(serial_number=number).first() if batch and number else None
    return FoundCode(read=read, product=product, batch=batch, unit=unit)


def _ours(organization: Organization, unit: Unit | None, raw: str) -> FoundCode:
    if unit is None or unit.product.organization_id != organization.pk:
        raise ScanError(
            "This is a label that was printed with Candour, but not for a vial of this clinic. Ask where it came from.",
            code="label.unknown",
            expected="a label of this clinic",
            found=raw,
        )
    return FoundCode(product=unit.product, batch=unit.batch, unit=unit)
