"""Receive a batch: what the label says, checked against the product, and every vial with its serial number once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products.errors import BatchRefusedError, ChronologyError, ExpiredError, IdentityError
from products.fields import BATCH_FIELDS, day_words
from products.models import Batch, Product, Unit
from products.records import ElementString
from products.services.claims import ClaimDraft, write_claim
from products.services.judging import append
from products.services.units import count_new_unit
from products.vocabulary import Basis


@dataclass(frozen=True)
class BatchDraft:
    """What is on the vial in the hand. `gtin` is empty where it was typed and the vial carries none."""

    lot_number: str
    expiration_date: date
    production_date: date | None = None
    serial_number: str = ""
    gtin: str = ""
    label_scan: str = ""
    unread_labels: tuple[str, ...] = ()
    wrong_keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Receipt:
    """What came of it: the batch, whether it is new here, and the vial that was added, if one was."""

    batch: Batch
    is_new: bool
    unit: Unit | None

    @property
    def words(self) -> str:
        """One sentence for the person who holds the vial."""
        lot, day = self.batch.lot_number, day_words(self.batch.received_on)
        vial = f"Vial {self.unit.serial_number} is on record." if self.unit else ""
        if self.is_new:
            return f"Lot {lot} is received and in quarantine. {vial}".strip()
        return f"Lot {lot} was already received on {day}. {vial or 'Nothing was changed.'}"


def draft_from_scan(scan: ElementString) -> BatchDraft:
    """A draft from a scan. Raises `BatchRefusedError` where the code has no lot or no expiry date: type them."""
    if not scan.lot_number or scan.expiration_date is None:
        missing = "no lot number" if not scan.lot_number else "no expiry date"
        raise BatchRefusedError(
            f"The code names the product but has {missing}. Type lot and expiry from the label.",
            field="scan",
            code="batch.code_incomplete",
        )
    return BatchDraft(
        lot_number=scan.lot_number,
        expiration_date=scan.expiration_date,
        production_date=scan.production_date,
        serial_number=scan.serial_number,
        gtin=scan.gtin,
        label_scan=scan.raw,
    )


def check_label(product: Product, draft: BatchDraft, *, today: date) -> None:
    """Refuse a vial that is another product's, expired, or made after it expires.

    `today` is the clinic's local day. Raises `IdentityError`, `ExpiredError`, `ChronologyError`.
    """
    if draft.gtin and draft.gtin != product.gtin:
        raise IdentityError(
            f"This vial is not {product.marketed_name}: its code says GTIN {draft.gtin}, the product has "
            f"{product.gtin or 'none on record'}. Check that you hold the right vial.",
            field="scan",
            code="batch.other_product",
        )
    if not draft.lot_number:
        raise BatchRefusedError("Enter the lot number as printed.", field="lot_number", code="batch.lot")
    if draft.expiration_date < today:
        raise ExpiredError(
            f"This batch expired on {day_words(draft.expiration_date)}. It cannot be received for use. "
            "Set it aside and tell the supplier.",
            field="scan" if draft.label_scan else "expiration_date",
        )
    if draft.production_date and draft.production_date > min(today, draft.expiration_date):
        raise ChronologyError(
            f"The production date, {day_words(draft.production_date)}, lies in the future or after the expiry date. "
            "Read the label once more.",
            field="scan" if draft.label_scan else "production_date",
        )


@transaction.atomic
def receive_batch(product: Product, draft: BatchDraft, *, today: date, agent: Agent, at: datetime) -> Receipt:
    """Take a batch into quarantine, or add a vial to one that is here. The same label twice changes nothing.

    Raises what `check_label` does, and `IdentityError` where the same lot or serial is on record differently.
    """
    product = Product.objects.select_for_update().get(pk=product.pk)
    check_label(product, draft, today=today)
    batch = Batch.objects.select_for_update().filter(product=product, lot_number=draft.lot_number).first()
    if batch:
        _check_same(batch, draft)
    _check_serial(product, batch, draft)
    written: list[RecordedModel] = []
    is_new = batch is None
    if batch is None:
        batch, written = written_batch(product, draft, today=today, agent=agent, at=at)
    unit, unit_is_new = _unit(batch, draft, today)
    if unit and unit_is_new:
        written += [unit, *count_new_unit(batch, unit, agent=agent, at=at)]
    if written:
        kind = "products.batch_received" if is_new else "products.unit_received"
        append(kind, agent=agent, occurred_at=at, records=[batch, *written])
    return Receipt(batch, is_new, unit if unit_is_new else None)


def written_batch(
    product: Product, draft: BatchDraft, *, today: date, agent: Agent, at: datetime
) -> tuple[Batch, list[RecordedModel]]:
    """Insert a batch with its first claims, in quarantine; the act around it has checked it and logs both."""
    batch = Batch.objects.create(
        product=product,
        lot_number=draft.lot_number,
        expiration_date=draft.expiration_date,
        production_date=draft.production_date,
        received_on=today,
        received_by=agent.id,
        received_by_name=agent.name or agent.id,
        label_scan=draft.label_scan,
    )
    claims = [write_claim(batch, claim, agent=agent, at=at) for claim in label_claims(draft)]
    batch.save(update_fields=["snapshot"])
    return batch, list(claims)


def label_claims(draft: BatchDraft) -> list[ClaimDraft]:
    """What a batch says on the day it comes: what is on its label, and of everything else that nothing is stated."""
    label: dict[str, object] = {
        "lot_number": draft.lot_number,
        "expiration_date": draft.expiration_date.isoformat(),
        "production_date": draft.production_date.isoformat() if draft.production_date else None,
    }
    # What an import found on a label that no reader takes, or on the papers: the checks tell of it.
    label |= {"unread_labels": list(draft.unread_labels)} if draft.unread_labels else {}
    label |= {"wrong_keys": [list(pair) for pair in draft.wrong_keys]} if draft.wrong_keys else {}
    unsaid = [ClaimDraft(name, None, Basis.NOT_STATED) for name in BATCH_FIELDS if name != "lot_and_expiry"]
    return [ClaimDraft("lot_and_expiry", label, Basis.STATED), *unsaid]


def _unit(batch: Batch, draft: BatchDraft, today: date) -> tuple[Unit | None, bool]:
    if not draft.serial_number:
        return None, False
    return Unit.objects.get_or_create(
        product_id=batch.product_id,
        serial_number=draft.serial_number,
        defaults={"batch": batch, "received_on": today},
    )


def _check_same(batch: Batch, draft: BatchDraft) -> None:
    same_expiry = batch.expiration_date == draft.expiration_date
    same_making = None in (batch.production_date, draft.production_date) or (
        batch.production_date == draft.production_date
    )
    if same_expiry and same_making:
        return
    which = (
        f"with expiry {day_words(batch.expiration_date)}, but this label says {day_words(draft.expiration_date)}"
        if not same_expiry
        else f"as made on {day_words(batch.production_date)}, but this label says {day_words(draft.production_date)}"
    )
    raise IdentityError(
        f"Lot {batch.lot_number} is on record {which}. Two labels of one lot cannot differ: "
        "put the vial aside and ask the supplier.",
        field="scan" if draft.label_scan else "expiration_date",
        code="batch.labels_differ",
    )


def _check_serial(product: Product, batch: Batch | None, draft: BatchDraft) -> None:
    if not draft.serial_number:
        return
    known = Unit.objects.filter(product=product, serial_number=draft.serial_number).select_related("batch").first()
    if known and known.batch_id != (batch.pk if batch else None):
        raise IdentityError(
            f"Serial {draft.serial_number} is on record as a vial of lot {known.batch.lot_number}. "
            "A serial number names one vial only: put this one aside and ask the supplier.",
            field="scan" if draft.label_scan else "serial_number",
            code="batch.serial_elsewhere",
        )
