"""QB015, QB016 and QB017: the chain that brought the batch, and the cold that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, ProductFacts
from products.vocabulary import Formulation

_NUMBER = r"[-+\N{MINUS SIGN}]?\s?[0-9]+(?:\.[0-9]+)?"
_DEGREE = r"\s*(?:°|º|deg(?:rees?)?)?\s*"
_RANGE = re.compile(
    rf"(?P<low>{_NUMBER}){_DEGREE}(?P<first>[CF]?)\s*(?:-|\N{{EN DASH}}|\N{{EM DASH}}|to|and|…)\s*"
    rf"(?P<high>{_NUMBER}){_DEGREE}(?P<unit>[CF])\b",
    re.IGNORECASE,
)
_SINGLE = re.compile(rf"(?P<high>{_NUMBER}){_DEGREE}(?P<unit>[CF])\b", re.IGNORECASE)
_IN_WORDS = (
    (re.compile(r"\b(?:room|ambient) temp", re.IGNORECASE), Decimal(25)),
    (re.compile(r"\b(?:refrigerat|fridge)", re.IGNORECASE), Decimal(8)),
)
_LIQUID_FREEZES, _COLD_CHAIN, _ROOM, _DEEP, _FREEZER = Decimal(0), Decimal(8), Decimal(15), Decimal(-60), Decimal(-15)


def storage_limit(label: str) -> Decimal | None:
    """The warmest that a storage label allows, in °C; None where it cannot be read. “2-8 C” is 8, “-80 C” is -80."""
    for pattern in (_RANGE, _SINGLE):
        if found_one := pattern.search(label):
            high = _celsius(found_one["high"], found_one["unit"])
            low = _celsius(found_one["low"], found_one["unit"]) if pattern is _RANGE else high
            return max(low, high)
    return next((limit for words, limit in _IN_WORDS if words.search(label)), None)


def storage_findings(product: ProductFacts) -> Iterator[Finding]:
    """QB017, on the product: form and storage label."""
    limit = storage_limit(product.storage_label)
    if limit is not None and not _fits(product.formulation, limit):
        form = Formulation(product.formulation).label
        yield from found("QB017", f"{form}, labelled “{product.storage_label}”", expected="storage that fits the form")


def transport_findings(batch: BatchFacts, product: ProductFacts) -> Iterator[Finding]:
    """QB015 and QB016, on the batch: who held it, and how warm it was."""
    is_imported_by_maker = product.importer == product.manufacturer if product.importer else product.is_domestic
    if not is_imported_by_maker and not set(batch.custody) - {product.manufacturer}:
        yield from found("QB015", "nobody between maker and clinic", expected="the importer or whoever held it")
    limit = storage_limit(product.storage_label)
    if limit is not None and batch.warmest_c is not None and batch.warmest_c > limit:
        yield from found("QB016", f"{batch.warmest_c.normalize():f} °C", expected=f"at most {limit.normalize():f} °C")


def _fits(formulation: str, limit: Decimal) -> bool:
    match formulation:
        case Formulation.LYO:
            return limit > _DEEP
        case Formulation.LIQ_RT:
            return limit >= _ROOM
        case Formulation.LIQ_2_8:
            return _LIQUID_FREEZES < limit <= _COLD_CHAIN
        case Formulation.FROZEN_M20:
            return _DEEP < limit <= _FREEZER
        case Formulation.FROZEN_M80:
            return limit <= _DEEP
        case Formulation.GEL | Formulation.MASK:
            return limit > _LIQUID_FREEZES
        case _:
            return True


def _celsius(number: str, unit: str) -> Decimal:
    value = Decimal(number.replace("\N{MINUS SIGN}", "-").replace(" ", ""))
    return (value - 32) * 5 / 9 if unit.upper() == "F" else value
