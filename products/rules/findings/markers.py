"""EV012, EV013 and EV017: what shows that the particles are vesicles, and of which living thing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, MarkerFacts, ProductFacts
from products.vocabulary import Origin, SizeMethod

IMAGE_METHODS = frozenset({SizeMethod.TEM, SizeMethod.CRYO_EM, SizeMethod.AFM, SizeMethod.SEM})
# Light scattering sees all particles at once and counts none.
SINGLE_PARTICLE_METHODS = frozenset(
    {SizeMethod.NTA, SizeMethod.TRPS, SizeMethod.NFCM, SizeMethod.FCM, SizeMethod.SP_IRIS}
)
WITHOUT_TETRASPANINS = frozenset({Origin.PLANT, Origin.FUNGAL, Origin.ALGAL, Origin.BACTERIAL, Origin.SYNTHETIC})
_TETRASPANINS = frozenset({"CD9", "CD63", "CD81"})
_NEEDED_POSITIVE = 3
_NEGATIVE = re.compile(
    r"[-\N{EN DASH}\N{MINUS SIGN}]|neg(?:ative)?|not detected|absent|none|below .*|no", re.IGNORECASE
)
_POSITIVE = re.compile(
    r"[+(].*|pos(?:itive)?|detected|present|yes|weak(?:ly)?.*|strong(?:ly)?.*|low|medium|high", re.IGNORECASE
)


def marker_findings(batch: BatchFacts, product: ProductFacts) -> Iterator[Finding]:
    """Judge proteins and methods. Where markers do not apply, a reason must be on record."""
    positive = [marker for marker in batch.markers if is_positive(marker.result)]
    if not batch.markers_reason:
        yield from _least(batch.markers, positive)
    methods = {batch.size.method, *batch.image_methods}
    missing = [] if methods & IMAGE_METHODS else ["no picture"]
    missing += [] if methods & SINGLE_PARTICLE_METHODS else ["no count of single particles"]
    if missing:
        yield from found("EV013", " and ".join(missing), expected="a picture and a count of single particles")
    foreign = sorted({marker.name for marker in positive if _plain(marker.name) in _TETRASPANINS})
    if foreign and product.origin in WITHOUT_TETRASPANINS:
        yield from found(
            "EV017",
            f"{', '.join(foreign)} in a product of {Origin(product.origin).label.lower()} origin",
            expected="no protein of animal cells",
        )


def is_positive(result: str) -> bool:
    """Whether a reported result says that the protein is there."""
    text = result.strip()
    if is_negative(text):
        return False
    return bool(_POSITIVE.fullmatch(text)) or (_number(text) or 0) > 0


def is_negative(result: str) -> bool:
    """Whether a reported result says that the protein is not there."""
    text = result.strip()
    return bool(_NEGATIVE.fullmatch(text)) or _number(text) == 0


def _least(markers: tuple[MarkerFacts, ...], positive: list[MarkerFacts]) -> Iterator[Finding]:
    # A protein named under two categories, or twice, is one protein.
    proteins = {_plain(marker.name) for marker in positive if marker.category in ("C1", "C2")}
    categories = {marker.category for marker in positive}
    controlled = any(marker.category in ("C3", "C4") and is_negative(marker.result) for marker in markers)
    if not {"C1", "C2"} <= categories or not controlled or len(proteins) < _NEEDED_POSITIVE:
        lacking = [f"no {category}" for category in ("C1", "C2") if category not in categories]
        control = "" if controlled else ", no negative control"
        said = f"{len(proteins)} positive{''.join(f', {one}' for one in lacking)}{control}"
        yield from found(
            "EV012", said, expected="a positive of C1 and of C2, three positive in all, a negative of C3 or C4"
        )


def _plain(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _number(text: str) -> Decimal | None:
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?%?", text)
    try:
        return Decimal(match[1]) if match else None
    except InvalidOperation:
        return None
