"""EV015, EV016, EV018, EV019 and EV021: whether the name of a product fits what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import ProductFacts
from products.rules.findings.size import EXOSOME_TERMS
from products.rules.findings.words import claiming, quoted
from products.vocabulary import EvTerm, IsolationMethod, Origin

_NOT_OF_CELLS = (
    r"(?!['\N{RIGHT SINGLE QUOTATION MARK}]?[ -]?(?:derived|exosomes?|vesicles?|medium|secretome|culture|extract))"
)
CLAIMS_LIVE_CELLS = re.compile(
    rf"\b(?:live|living|viable|active)\b[\w\s-]{{0,24}}\b(?:stem[ -]?cells?|mscs?|stromal cells?)\b{_NOT_OF_CELLS}"
    r"|\bcells?\b (?:are|that are|stay|remain) (?:alive|viable|living)\b"
    r"|\b(?:contains?|containing|rich in|full of|packed with|made of)\b[^.;:!?]{0,24}"
    rf"\b(?:stem[ -]?cells?|(?:live|living|viable)[\w\s-]{{0,24}}cells?)\b{_NOT_OF_CELLS}",
    re.IGNORECASE,
)
_PLANT_LIKE = frozenset({Origin.PLANT, Origin.ALGAL, Origin.FUNGAL})
_NOT_SEPARATED = frozenset({EvTerm.CONDITIONED_MEDIUM, EvTerm.LYSATE})
_TELLS_NOTHING = frozenset({IsolationMethod.PROPRIETARY, IsolationMethod.UNKNOWN})


def naming_findings(product: ProductFacts) -> Iterator[Finding]:
    """Judge what a product is called, on the product."""
    called = f"called {_term(product.label_term)}, origin {_origin(product.origin)}"
    if product.label_term in EXOSOME_TERMS and product.origin == Origin.BACTERIAL:
        yield from found("EV015", called, expected="bacterial EV")
    if product.label_term in EXOSOME_TERMS and product.origin in _PLANT_LIKE:
        yield from found("EV016", called, expected="plant-derived vesicle, or EV")
    # Without a term nobody described it as free of cells.
    if product.label_term not in ("", EvTerm.UNKNOWN) and (
        claims := claiming(product.marketing_claims, CLAIMS_LIVE_CELLS)
    ):
        yield from found("EV018", quoted(claims), expected="no living cells in what is sold as free of cells")
    if set(product.isolation_methods) <= _TELLS_NOTHING:
        steps = ", ".join(IsolationMethod(step).label for step in product.isolation_methods)
        yield from found("EV019", steps or "not stated", expected="the steps in order")


def enrichment_findings(product: ProductFacts) -> Iterator[Finding]:
    """Judge whether vesicles were enriched in what is sold as exosomes: found on each batch."""
    is_sold_as_exosome = product.label_term in EXOSOME_TERMS or any(
        "exosom" in words.lower() for words in (product.marketed_name, *product.marketing_claims)
    )
    if not is_sold_as_exosome:
        return
    reasons = [
        f"called {_term(term)}" for term in (product.label_term, product.evidenced_term) if term in _NOT_SEPARATED
    ]
    reasons += ["no separation step"] if IsolationMethod.NONE in product.isolation_methods else []
    if reasons:
        yield from found("EV021", ", ".join(reasons), expected="a step that enriches vesicles")


def _term(term: str) -> str:
    return EvTerm(term).label if term else "not stated"


def _origin(origin: str) -> str:
    return Origin(origin).label.lower() if origin else "not stated"
