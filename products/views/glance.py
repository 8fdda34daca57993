"""A product at one look: what is known, what is not, and what cannot be true."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
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


def glance_at(*seen: tuple[Product | Batch, Collection[str]]) -> Glance:
    """The needed fields of a product, of a batch or of both; each comes with the digests of its answered findings."""
    known, not_stated, not_recorded = [], [], []
    for subject, _ in seen:
        for field, entry in _entries(subject):
            if entry is None:
                not_recorded.append(field.label)
            elif entry["basis"] == Basis.NOT_STATED or says_nothing(entry["value"]):
                not_stated.append(field.label)
            else:
                known.append(field.label)
    cannot_be = [words for subject, answered in seen for words in _cannot_be(subject, answered)]
    return Glance(known, not_stated, not_recorded, cannot_be)


def _cannot_be(subject: Product | Batch, answered: Collection[str]) -> list[str]:
    """What is found, cannot be, and nobody answered; that label and certificate differ is said in words of its own."""
    found = [one for one in subject.findings if one["severity"] in CANNOT_BE and one["code"] not in IDENTITY]
    own = contradictions(subject) if isinstance(subject, Batch) else []
    return [*own, *(f"{one['code']}: {one['found']}" for one in found if one["digest"] not in answered)]


def _entries(subject: Product | Batch) -> Iterator[tuple[ClaimField, Mapping[str, Any] | None]]:
    first = BATCH_FIELDS if isinstance(subject, Batch) else PRODUCT_FIELDS
    needed = {**first, **{field.name: field for field in needed_fields(subject)}}
    for name, field in needed.items():
        yield field, subject.snapshot.get(name)
