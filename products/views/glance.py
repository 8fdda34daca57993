"""A product at one look: what is known, what is not, and what cannot be true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from products.assessment import CANNOT_BE, IDENTITY
from products.disclosure import contradictions
from products.fields import BATCH_FIELDS, PRODUCT_FIELDS, ClaimField, says_nothing
from products.models import Batch, Product
from products.views.dossier import needed_fields
from products.vocabulary import Basis


@dataclass(frozen=True)
class Glance:
    """Labels of what is known; of what the supplier did not state; of what nobody recorded; and what cannot be true."""

    known: Sequence[str]
    not_stated: Sequence[str]
    not_recorded: Sequence[str]
    cannot_be: Sequence[str]

    @property
    def unknown(self) -> int:
        """How many are not known, for either reason."""
        return len(self.not_stated) + len(self.not_recorded)


def glance_at(product: Product, batch: Batch | None) -> Glance:
    """The product's own fields and those of one batch, as far as they are needed."""
    known, not_stated, not_recorded = [], [], []
    for field, entry in _entries(product, batch):
        if entry is None:
            not_recorded.append(field.label)
        elif entry["basis"] == Basis.NOT_STATED or says_nothing(entry["value"]):
            not_stated.append(field.label)
        else:
            known.append(field.label)
    return Glance(known, not_stated, not_recorded, _cannot_be(product, batch))


def _cannot_be(product: Product, batch: Batch | None) -> list[str]:
    """What is found on the two and cannot be; that label and certificate differ is said in words of its own."""
    found = [one for subject in (product, batch) if subject for one in subject.findings]
    others = [one for one in found if one["severity"] in CANNOT_BE and one["code"] not in IDENTITY]
    return [*(contradictions(batch) if batch else ()), *(f"{one['code']}: {one['found']}" for one in others)]


def _entries(product: Product, batch: Batch | None) -> Iterator[tuple[ClaimField, Mapping[str, Any] | None]]:
    for subject, first in ((product, PRODUCT_FIELDS), (batch, BATCH_FIELDS)):
        if subject is None:
            continue
        needed = {**first, **{field.name: field for field in needed_fields(subject)}}
        for name, field in needed.items():
            yield field, subject.snapshot.get(name)
