"""EV022: batches of one product whose numbers are the same to the last digit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts

_KINDS_NEEDED = 2


def twin_findings(batch: BatchFacts, others: Iterable[BatchFacts]) -> Iterator[Finding]:
    """Find other batches with the same size, particles and protein. Values of a reference batch are shared on purpose."""
    key = measured_key(batch)
    if not key:
        return
    same = sorted(
        other.lot_number for other in others if other.lot_number != batch.lot_number and measured_key(other) == key
    )
    if same:
        yield from found("EV022", f"same values as {', '.join(same)}", expected="values measured on this batch")


def measured_key(batch: BatchFacts) -> str:
    """Equal for batches that measure alike; empty where fewer than two kinds of numbers are known."""
    size = batch.size
    if size.is_reference:
        return ""
    diameters = (size.mode_nm, size.d10_nm, size.d50_nm, size.d90_nm)
    known = [any(one is not None for one in diameters), batch.particles_per_ml is not None]
    known.append(batch.protein_ug_per_ml is not None)
    if sum(known) < _KINDS_NEEDED:
        return ""
    numbers = (*diameters, batch.particles_per_ml, batch.protein_ug_per_ml)
    said = "|".join("" if one is None else f"{one.normalize():e}" for one in numbers)
    return hashlib.sha256(said.encode()).hexdigest()
