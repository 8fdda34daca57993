"""QB004 to QB008, QB012 and QB014: whether the tests that this use needs are there, and can be what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, ProductFacts, ResultFacts
from products.rules.findings.thresholds import Thresholds
from products.vocabulary import Material, Route, RouteGroup, route_group

_CELL_CULTURE = frozenset({Material.CCM, Material.CELL_EXTRUSION})
# EU per kg of body weight and hour.
_PYROGEN_LIMITS = {Route.IV: Decimal(5), Route.INJ_OTHER: Decimal(5), Route.INTRATHECAL: Decimal("0.2")}
_EU_PER_ML = re.compile(r"(?:EU|IU)\s*/\s*ml", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(?:<=?|≤|less than)?\s*([0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*(?:(?:EU|IU)\s*/\s*ml)?", re.IGNORECASE
)
_RAPID = re.compile(
    r"2\.6\.27|\brapid\b|\bpcr\b|\bnat\b|\batp\b|bact/?alert|bactec|<107[0-9]>|<7[23]>|flow cytometry|respiration"
    r"|bioluminescence|solid[- ]phase cytometry",
    re.IGNORECASE,
)
_NO_RESULT = re.compile(r"|n/?a|not (?:done|tested|stated|applicable|available)|pending|to follow|tbd", re.IGNORECASE)


def certificate_findings(batch: BatchFacts, product: ProductFacts, limits: Thresholds) -> Iterator[Finding]:
    """Judge the tests of a batch for the use that is planned. A use that nobody stated counts as one through the skin."""
    if used := _uses_through_skin(product.routes):
        if not has_result(batch, "sterility"):
            yield from found("QB004", f"no sterility result; {used}", expected="a sterility result of this batch")
        if not has_result(batch, "endotoxin"):
            yield from found("QB005", f"no endotoxin result; {used}", expected="an endotoxin result of this batch")
    yield from _pyrogens(batch, product, limits)
    if product.material in _CELL_CULTURE and not has_result(batch, "mycoplasma"):
        yield from found("QB007", "no mycoplasma result", expected="a mycoplasma result of this batch")
    yield from _sterility_time(batch.results.get("sterility"), limits)
    if batch.certificate is not None:
        lacking = [] if batch.certificate.laboratory else ["no laboratory"]
        lacking += [] if batch.certificate.is_signed else ["no signature"]
        if lacking:
            yield from found("QB014", ", ".join(lacking), expected="the laboratory's name and a signature")


def has_result(batch: BatchFacts, test: str) -> bool:
    """Whether a test has a result on record; “pending” and the like are none."""
    result = batch.results.get(test)
    return result is not None and not _NO_RESULT.fullmatch(result.result.strip())


def _uses_through_skin(routes: Sequence[str]) -> str:
    """The planned uses that are not on unbroken skin, in words; empty where there is none."""
    if not routes:
        return "a use that is not stated"
    return ", ".join(Route(route).label for route in routes if route_group(route) != RouteGroup.G_INTACT)


def _pyrogens(batch: BatchFacts, product: ProductFacts, limits: Thresholds) -> Iterator[Finding]:
    strictest = min(
        (_PYROGEN_LIMITS[Route(route)] for route in product.routes if route in _PYROGEN_LIMITS), default=None
    )
    amount = _endotoxin_per_ml(batch.results.get("endotoxin"))
    if strictest is None or amount is None or product.max_dose_ml is None:
        return
    dose, most = amount * product.max_dose_ml, strictest * limits.body_weight_kg
    if dose > most:
        yield from found(
            "QB006",
            f"{dose.normalize():f} EU in {product.max_dose_ml.normalize():f} mL",
            expected=f"at most {most.normalize():f} EU for {limits.body_weight_kg.normalize():f} kg",
        )


def _endotoxin_per_ml(result: ResultFacts | None) -> Decimal | None:
    """The amount, or the limit that it lies below, in EU per mL; None in another unit."""
    if result is None or (result.unit and not _EU_PER_ML.fullmatch(result.unit.strip())):
        return None
    match = _AMOUNT.fullmatch(result.result.strip())
    return Decimal(match[1]) if match else None


def _sterility_time(result: ResultFacts | None, limits: Thresholds) -> Iterator[Finding]:
    if result is None or result.sampled_on is None or result.reported_on is None or _RAPID.search(result.method):
        return
    if result.reported_on - result.sampled_on < timedelta(days=int(limits.sterility_days)):
        days = (result.reported_on - result.sampled_on).days
        yield from found(
            "QB012",
            f"reported {days} days after sampling" + (f", {result.method}" if result.method else ""),
            expected=f"{limits.sterility_days:.0f} days, or a rapid method by name",
        )
