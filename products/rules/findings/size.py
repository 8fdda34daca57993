"""EV001 to EV007 and EV014: whether a size can be, and whether it says how it was measured."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, ProductFacts, SizeFacts
from products.rules.findings.thresholds import Thresholds
from products.vocabulary import EvTerm, SizeMethod

EXOSOME_TERMS = frozenset({EvTerm.EXOSOME_CLAIMED, EvTerm.EXOSOME_EVIDENCED})
_SMALL_TERMS = EXOSOME_TERMS | {EvTerm.SEV}
_USUAL_FROM_NM, _USUAL_TO_NM, _SMALL_TO_NM = Decimal(30), Decimal(150), Decimal(200)


def size_findings(batch: BatchFacts, product: ProductFacts, limits: Thresholds) -> Iterator[Finding]:
    """Judge the size that is on record; a number that is not known is passed over, a method that is not is found."""
    size = batch.size
    yield from _too_small(size, limits)
    yield from _name_and_size(size, product)
    yield from _order(size)
    yield from _spread(size, limits)
    if size.method in ("", SizeMethod.UNKNOWN):
        known = size.mode_nm is not None or bool(size.percentiles)
        yield from found(
            "EV014",
            "a size without its method" if known else "neither a size nor a method",
            expected="the method's name",
        )


def _too_small(size: SizeFacts, limits: Thresholds) -> Iterator[Finding]:
    mode, least = size.mode_nm, limits.smallest_mode_nm
    wrong = [f"mode {_nm(mode)}"] if mode is not None and mode < least else []
    wrong += [f"{name} {_nm(value)}" for name, value in size.percentiles if value <= 0]
    if wrong:
        yield from found("EV001", ", ".join(wrong), expected=f"a mode of at least {_nm(least)}, percentiles above 0")
    if mode is not None and least <= mode < _USUAL_FROM_NM:
        yield from found("EV002", f"mode {_nm(mode)}", expected=f"a mode of {_nm(_USUAL_FROM_NM)} or more")


def _name_and_size(size: SizeFacts, product: ProductFacts) -> Iterator[Finding]:
    named = (("mode", size.mode_nm), ("D50", size.d50_nm))
    large = [f"{name} {_nm(value)}" for name, value in named if value is not None and value > _SMALL_TO_NM]
    if large and product.label_term in _SMALL_TERMS:
        yield from found("EV003", ", ".join(large), expected=f"at most {_nm(_SMALL_TO_NM)} for what is called so")
    if product.label_term in EXOSOME_TERMS and size.mode_nm is not None and _USUAL_TO_NM < size.mode_nm <= _SMALL_TO_NM:
        yield from found("EV004", f"mode {_nm(size.mode_nm)}", expected=f"{_nm(_USUAL_FROM_NM)} to {_nm(_USUAL_TO_NM)}")


def _order(size: SizeFacts) -> Iterator[Finding]:
    if any(low > high for (_, low), (_, high) in pairwise(size.percentiles)):
        said = ", ".join(f"{name} {_nm(value)}" for name, value in size.percentiles)
        yield from found("EV005", said, expected="D10 no larger than D50, and D50 no larger than D90")
    mode, low, high = size.mode_nm, size.d10_nm, size.d90_nm
    if mode is not None and ((low is not None and mode < low) or (high is not None and mode > high)):
        yield from found("EV006", f"mode {_nm(mode)}", expected=f"between D10 {_nm(low)} and D90 {_nm(high)}")


def _spread(size: SizeFacts, limits: Thresholds) -> Iterator[Finding]:
    low, middle, high = size.d10_nm, size.d50_nm, size.d90_nm
    if low is None or middle is None or high is None or middle <= 0:
        return
    width = high - low
    # Multiplied out, so that a value exactly on the limit is not pushed over it by rounding.
    if width > limits.widest_span * middle or width < limits.narrowest_span * middle:
        yield from found(
            "EV007",
            f"span {width / middle:.2f}",
            expected=f"a span from {limits.narrowest_span} to {limits.widest_span}",
        )


def _nm(value: Decimal | None) -> str:
    return "not stated" if value is None else f"{value.normalize():f} nm"
