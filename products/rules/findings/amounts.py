"""EV008 to EV011 and QB013: whether counts and amounts can be, and fit one another."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, ProductFacts
from products.rules.findings.thresholds import Thresholds
from products.vocabulary import FindingSeverity

_IMPOSSIBLE_PER_ML, _DENSE_PER_ML, _THIN_PER_ML = Decimal("1e14"), Decimal("1e13"), Decimal("1e7")
_BEYOND_VESICLES_PER_UG = Decimal("1e12")
_KINDS_NEEDED = 2


def amount_findings(batch: BatchFacts, product: ProductFacts, limits: Thresholds) -> Iterator[Finding]:
    """Judge counts, protein and what the label promises; what is not known is passed over, but for EV011."""
    yield from _count(batch.particles_per_ml)
    yield from _purity(batch, limits)
    yield from _kinds(batch)
    yield from _label_claim(batch, product, limits)


def short(value: Decimal) -> str:
    """A number as scientists write it, with two digits: 1.1e+10."""
    return f"{value:.1e}"


def _count(particles: Decimal | None) -> Iterator[Finding]:
    if particles is None:
        return
    said = f"{short(particles)} per mL"
    if particles <= 0 or particles > _IMPOSSIBLE_PER_ML:
        yield from found("EV008", said, expected="more than 0 and at most 1e14 per mL")
    elif particles > _DENSE_PER_ML or particles < _THIN_PER_ML:
        yield from found("EV008", said, expected="1e7 to 1e13 per mL", severity=FindingSeverity.WARN)


def _purity(batch: BatchFacts, limits: Thresholds) -> Iterator[Finding]:
    particles, protein = batch.particles_per_ml, batch.protein_ug_per_ml
    if particles is None or protein is None or protein <= 0:
        return
    said = f"{short(particles / protein)} particles per µg protein"
    if particles < limits.pure_per_ug * protein:
        band = "impure" if particles < limits.impure_per_ug * protein else "low or medium purity"
        yield from found("EV009", f"{said}: {band}", expected=f"{short(limits.pure_per_ug)} or more")
    if particles > _BEYOND_VESICLES_PER_UG * protein:
        yield from found("EV010", said, expected="at most 1e12")


def _kinds(batch: BatchFacts) -> Iterator[Finding]:
    kinds = set(batch.quantities)
    kinds |= {"PARTICLES"} if batch.particles_per_ml is not None else set()
    kinds |= {"PROTEIN"} if batch.protein_ug_per_ml is not None else set()
    if len(kinds) < _KINDS_NEEDED:
        said = f"only {min(kinds).lower().replace('_', ' ')}" if kinds else "none"
        yield from found("EV011", said, expected="two kinds of amount, such as particles and protein")


def _label_claim(batch: BatchFacts, product: ProductFacts, limits: Thresholds) -> Iterator[Finding]:
    label, volume, particles = product.particles_per_vial, product.fill_volume_ml, batch.particles_per_ml
    if label is None or volume is None or particles is None:
        return
    measured = particles * volume
    if abs(measured - label) * 100 > limits.label_tolerance_percent * label:
        yield from found(
            "QB013",
            f"label {short(label)} per vial, certificate {short(measured)}",
            expected=f"no more than {limits.label_tolerance_percent.normalize():f} % apart",
        )
