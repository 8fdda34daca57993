"""A large, seeded register in a database of its own: what the measurements of the products room stand on.

Made many rows at a time from one product and one batch that the acts themselves wrote, so that every page finds
what it expects; the log names only those two.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import date, timedelta

from clinic.models import Organization, User
from clinic.vocabulary import Role
from products.models import Batch, Product, Unit
from products.services import Upload, attach_size_measurement, receive_batch, register_product
from products.vocabulary import BatchStatus
from tests.cast import NOW, agent_for, make_clinic, make_member
from tests.products.conftest import LOT, ROSALINE, TODAY
from tests.products.test_sizing import zetaview

SEED = 20261126
CHUNK = 2000
FIRST = ("Rosa", "Lumi", "Vera", "Cordelia", "Alba", "Nova", "Siena", "Calla", "Iris", "Maren")
SECOND = ("Callus", "Stem", "Serum", "Repair", "Derma", "Prime", "Pure", "Cell", "Lift", "Calm")
MAKERS = tuple(f"Maker {number:03} Biotech" for number in range(200))
STATES = (BatchStatus.RELEASED,) * 8 + (BatchStatus.QUARANTINE, BatchStatus.ON_HOLD)


def fill(products: int, batches: int) -> tuple[Organization, User]:
    """A clinic with so many products and batches (a vial each), and its lead. The same numbers give the same register."""
    chance = random.Random(SEED)
    clinic = make_clinic()
    lead = make_member(clinic, "Ada Lead", Role.CLINIC_LEAD, Role.PRACTITIONER)
    agent = agent_for(lead, clinic)
    pattern = register_product(clinic, ROSALINE, agent=agent, at=NOW)
    batch = receive_batch(pattern, LOT, today=TODAY, agent=agent, at=NOW).batch
    attach_size_measurement(batch, Upload(zetaview().encode(), "run.txt"), agent=agent, at=NOW)
    batch.refresh_from_db()
    made = list(_products(pattern, products - 1, chance))
    Product.objects.bulk_create(made, batch_size=CHUNK)
    rows = list(_batches(batch, [pattern, *made], batches - 1, chance))
    Batch.objects.bulk_create(rows, batch_size=CHUNK)
    Unit.objects.bulk_create(
        (
            Unit(product_id=one.product_id, batch=one, serial_number=f"S{number:07}", received_on=one.received_on)
            for number, one in enumerate(rows)
        ),
        batch_size=CHUNK,
    )
    return clinic, lead


def _products(pattern: Product, count: int, chance: random.Random) -> Iterator[Product]:
    for number in range(count):
        product = Product(
            organization_id=pattern.organization_id,
            manufacturer_id=pattern.manufacturer_id,
            marketed_name=f"{chance.choice(FIRST)} {chance.choice(SECOND)} {number:05}",
            gtin=_gtin(number),
            manufacturer_name=chance.choice(MAKERS),
            snapshot=pattern.snapshot,
            registered_at=NOW,
        )
        product.fill_search_text()
        yield product


def _gtin(number: int) -> str:
    first = f"{9000000000000 + number}"
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(first))
    return f"{first}{-weighted % 10}"


def _batches(pattern: Batch, products: list[Product], count: int, chance: random.Random) -> Iterator[Batch]:
    for number in range(count):
        received = TODAY - timedelta(days=chance.randrange(900))
        yield Batch(
            id=uuid.UUID(int=chance.getrandbits(128), version=4),
            product=products[number % len(products)],
            lot_number=f"L{number:07}",
            expiration_date=date(2027, 1, 1) + timedelta(days=chance.randrange(700)),
            status=chance.choice(STATES),
            received_on=received,
            received_by=pattern.received_by,
            received_by_name=pattern.received_by_name,
            released_by="x",
            released_by_name="x",
            released_at=NOW,
            snapshot=pattern.snapshot,
        )
