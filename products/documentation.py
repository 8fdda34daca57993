"""Documentation completeness: of the items that apply to a product and a batch, which are on record, group by group.

The items are the fields that a dossier needs, and what stands in records of their own: the way here, the origin, and
the legal standing. It measures papers, not the product, and is this project's own list: no score of another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from products.disclosure import contradictions
from products.fields import (
    BATCH_FIELDS,
    DOSSIER,
    IDENTITY_FIELDS,
    PRODUCT_FIELDS,
    SCIENCE_FIELDS,
    ClaimField,
    Condition,
    Need,
    applies,
    says_nothing,
)
from products.lineage import Lineage, lineage_of
from products.models import Batch, Product
from products.vocabulary import Basis, SizeMethod

NO_MARK_OF_SAFETY = "Complete papers are not a mark of safety."
NOT_STATED, NOT_RECORDED, NO_BATCH = "not stated", "not recorded yet", "no batch is on record yet"
CONTRADICTS = "contradicts the label"


@dataclass(frozen=True)
class Item:
    """One item that applies. `why` says in words why it is not met, and is empty where it is."""

    label: str
    why: str = ""

    @property
    def is_met(self) -> bool:
        """Whether it is on record."""
        return not self.why


@dataclass(frozen=True)
class ItemGroup:
    """The items of one part of the record."""

    title: str
    items: tuple[Item, ...]

    @property
    def applies(self) -> int:
        """How many apply."""
        return len(self.items)

    @property
    def met(self) -> tuple[Item, ...]:
        """Those on record."""
        return tuple(item for item in self.items if item.is_met)

    @property
    def missing(self) -> tuple[Item, ...]:
        """Those that are not."""
        return tuple(item for item in self.items if not item.is_met)


@dataclass(frozen=True)
class Documentation:
    """How many of the items that apply are on record, and which. `note` stands beside it wherever it is shown."""

    groups: tuple[ItemGroup, ...]
    note: str = NO_MARK_OF_SAFETY

    @property
    def met(self) -> int:
        """How many are on record."""
        return sum(len(group.met) for group in self.groups)

    @property
    def applies(self) -> int:
        """How many apply."""
        return sum(group.applies for group in self.groups)

    @property
    def missing(self) -> tuple[str, ...]:
        """The labels of those that are not on record."""
        return tuple(item.label for group in self.groups for item in group.missing)


def documentation_of(product: Product, batch: Batch | None, *, has_record: bool) -> Documentation:
    """The items of a product and one of its batches; `has_record`: the clinic checked the legal standing of a use here."""
    groups = (
        ItemGroup("What it is", tuple(_claims({**IDENTITY_FIELDS, **SCIENCE_FIELDS}.values(), product, product))),
        ItemGroup("Papers of the batch", tuple(_papers(batch, product))),
        *(ItemGroup(page.title, tuple(_of_page(page.product, page.batch, product, batch))) for page in DOSSIER),
        ItemGroup("Way and origin", tuple(_origin(product, batch))),
        ItemGroup("Law", (Item("Legal standing checked by this clinic", "" if has_record else NOT_RECORDED),)),
    )
    return Documentation(tuple(group for group in groups if group.items))


def _of_page(
    of_product: Iterable[ClaimField], of_batch: Iterable[ClaimField], product: Product, batch: Batch | None
) -> Iterator[Item]:
    yield from _claims((field for field in of_product if field.name not in PRODUCT_FIELDS), product, product)
    yield from _claims((field for field in of_batch if field.name not in BATCH_FIELDS), batch, product)
    if any(field.name == "size" for field in of_batch):
        yield from _size(batch, product)


def _papers(batch: Batch | None, product: Product) -> Iterator[Item]:
    """Label, certificate and tests. A certificate that contradicts the label is no paper of this batch."""
    against = bool(batch and contradictions(batch))
    certificate = BATCH_FIELDS["certificate_of_analysis"].label
    for item in _claims((field for name, field in BATCH_FIELDS.items() if name != "size"), batch, product):
        yield Item(item.label, CONTRADICTS) if against and item.is_met and item.label == certificate else item


def _size(batch: Batch | None, product: Product) -> Iterator[Item]:
    """The size itself, and how it was measured: without the method a diameter says little."""
    yield from _claims((BATCH_FIELDS["size"],), batch, product)
    if _does_not_apply(batch, "size"):
        return
    method = ((batch.value_of("size") if batch else None) or {}).get("method")
    is_named = method not in (None, "", SizeMethod.UNKNOWN)
    yield Item("How the size was measured", "" if is_named else NOT_STATED if batch else NO_BATCH)


def _claims(asked: Iterable[ClaimField], subject: Product | Batch | None, product: Product) -> Iterator[Item]:
    for field in asked:
        if field.need == Need.OPTIONAL or not applies(field, product.snapshot) or _does_not_apply(subject, field.name):
            continue
        yield Item(field.label, NO_BATCH if subject is None else _why_not(subject, field))


def _why_not(subject: Product | Batch, field: ClaimField) -> str:
    entry: Mapping[str, Any] | None = subject.snapshot.get(field.name)
    if isinstance(subject, Batch) and _is_counted_by_instrument(subject, field.name, entry):
        return ""
    if entry is None:
        return NOT_RECORDED
    return NOT_STATED if entry["basis"] == Basis.NOT_STATED or says_nothing(entry["value"]) else ""


def _is_counted_by_instrument(batch: Batch, name: str, entry: Mapping[str, Any] | None) -> bool:
    """The file of an instrument says the number of particles and its method with the size: nobody need type them."""
    if entry is not None or name not in ("particles_per_ml", "particle_method"):
        return False
    return (batch.value_of("size") or {}).get("particles_per_ml") is not None


def _does_not_apply(subject: Product | Batch | None, name: str) -> bool:
    entry = (subject.snapshot if subject else {}).get(name)
    return entry is not None and entry["basis"] == Basis.NOT_APPLICABLE


def _origin(product: Product, batch: Batch | None) -> Iterator[Item]:
    """Who had the batch, and what the papers of this batch say of donors and cell bank, as far as each is asked."""
    lineage = lineage_of(batch) if batch else Lineage((), (), (), None)
    has_way = batch is not None and batch.custody_events.in_force().exists()
    origins = lineage.origins
    for label, condition, is_there in (
        ("Who had it on its way here", Condition.ALWAYS, has_way),
        ("Donors, by code", Condition.HUMAN_OR_ANIMAL, any(origin.code for origin in origins)),
        ("Donor tissue", Condition.HUMAN, _all(origin.tissue for origin in origins)),
        ("Donor tests", Condition.HUMAN, _all(origin.screening for origin in origins)),
        ("Donor consent", Condition.HUMAN, _all(origin.consent_reference for origin in origins)),
        ("TSE/BSE statement", Condition.ANIMAL, _all(origin.tse_statement for origin in origins)),
        ("Cell bank", Condition.CULTURE, any(lineage.cell_banks)),
        ("Passage", Condition.CULTURE, lineage.passage is not None),
    ):
        if applies(ClaimField(label, label, label, condition=condition), product.snapshot):
            yield Item(label, "" if is_there else NOT_RECORDED if batch else NO_BATCH)


def _all(answers: Iterable[Any]) -> bool:
    """Whether there is an answer for each, and at least one."""
    given = list(answers)
    return bool(given) and all(given)
