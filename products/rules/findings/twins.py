"""EV022: batches of one product whose numbers are the same to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts

_KINDS_NEEDED = 2
Measured = tuple[tuple[Decimal | None, ...], Decimal | None, Decimal | None]


def twin_findings(batch: BatchFacts, others: Iterable[BatchFacts]) -> Iterator[Finding]:
    """Find other batches with the same size, particles and protein. Values of a reference batch are shared on purpose."""
    values = _measured(batch)
    if values is None:
        return
    same = sorted(other.lot_number for other in others if other is not batch and _measured(other) == values)
    if same:
        yield from found("EV022", f"same values as {', '.join(same)}", expected="values measured on this batch")


def _measured(batch: BatchFacts) -> Measured | None:
    """The numbers, or None where fewer than two kinds of them are known."""
    size = batch.size
    if size.is_reference:
        return None
    diameters = (size.mode_nm, size.d10_nm, size.d50_nm, size.d90_nm)
    known = [any(one is not None for one in diameters), batch.particles_per_ml is not None]
    known.append(batch.protein_ug_per_ml is not None)
    if sum(known) < _KINDS_NEEDED:
        return None
    return diameters, batch.particles_per_ml, batch.protein_ug_per_ml
