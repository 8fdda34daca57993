"""RG001 to RG006, on the product: what is claimed of it, against what the law calls it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from products.places import place_words
from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import ProductFacts, StatusFacts
from products.rules.findings.words import claiming, quoted
from products.vocabulary import Origin, RegStatus, Route, RouteGroup, StatusEvidence, route_group

_REGULATOR = (
    r"(?:u\.?s\.? )?(?:fda|f\.d\.a\.|mhra|ema|tga|mfds|kfda|pmda|nmpa|cdsco|swissmedic|anvisa|health canada"
    r"|medicines agency|food and drug administration)"
)
_GRANTED = r"(?:approv(?:ed|al)|authori[sz](?:ed|ation)|licen[sc]ed|cleared|certified)"
CLAIMS_APPROVAL = re.compile(
    rf"\b{_REGULATOR}[\s-]*(?:fully\s+)?{_GRANTED}\b"
    rf"|\b{_GRANTED}\b[^.;!?]{{0,30}}\b{_REGULATOR}\b"
    rf"|\bCE\b[\s-]*(?:mark(?:ed)?|approved|certified)?[\s-]*(?:\w+[\s-]){{0,2}}(?:medicin\w*|drug|exosomes?)\b"
    rf"|\b(?:approved|authori[sz]ed|licensed)\b[^.;!?]{{0,12}}\b(?:medicine|drug|medicinal product|therapy|treatment|exosomes?)\b"
    rf"|\b(?:government|regulator|officially|medically)[\s-]*approved\b",
    re.IGNORECASE,
)
_ILLNESSES = (
    r"acne|alopecia|alzheimer\w*|arthritis|asthma|autis\w*|burns?|cancer|copd|covid\w*|crohn\w*|dementia|depression"
    r"|dermatitis|diabet\w*|diseases?|eczema|erectile dysfunction|fibromyalgia|hair loss|infections?|infertility"
    r"|inflammation|keloids?|lupus|lyme|melasma|migraines?|multiple sclerosis|neuropathy|osteoarthritis|pain"
    r"|parkinson\w*|psoriasis|rosacea|scars?|scarring|stroke|sunburn|ulcers?|vitiligo|wounds?|baldness|balding"
)
_ACTS = (
    r"prevents?|stops?|reliev(?:es?|ing)|relief|reduc(?:es?|ing)|reverses?|fights?|combats?|eliminates?|against|for|from"
    r"|improv(?:es?|ing)|manages?|helps?|eases?|removes?|clears?|works on"
)
# Words about looks alone stay cosmetic: “the appearance of scars”, “acne-prone skin”.
_NEAR = r"(?:(?!appearance|look\b|looks\b)[^.;!?]){0,24}"
_LIVING_PARTS = r"hair|tissues?|collagen|cells|nerves?|cartilage|follicles?|joints?|organs?|dna"
CLAIMS_TREATMENT = re.compile(
    r"\b(?:cur(?:es?|ed|ing|ative)|heal(?:s|ed|ing)?|therapeutic|therapy|therapies|remed(?:y|ies)|medicinal)\b"
    r"|\btreat(?:s|ed|ing)?\b(?! yourself| your skin to| the skin to)|\btreatments?\s+(?:of|for|against)\b"
    rf"|\b(?:re-?gr[oe]w(?:s|th|ing)?|restor(?:es?|ing)|stimulat(?:es?|ing)|regenerat\w+|repairs?)\b{_NEAR}\b(?:{_LIVING_PARTS})\b"
    r"|\bregenerat(?:es|ing)\b[^.;!?]{0,8}\bskin\b"
    r"|\b(?:hair|tissue|nerve|cartilage|collagen)\s+(?:re-?growth|regeneration|repair|growth|stimulation)\b"
    r"|\banti[- ]?(?:inflammatory|cancer|viral|bacterial|tumou?r|microbial)\b"
    r"|\bimmun(?:e|ity)[- ](?:boost\w*|modulat\w*)\b|\bboosts?\b[^.;!?]{0,12}\bimmun\w+\b"
    rf"|\b(?:{_ACTS})\b{_NEAR}\b(?:{_ILLNESSES})\b(?![- ](?:free|prone|like))"
    r"|\breverses?\b[^.;!?]{0,12}\bage?ing\b",
    re.IGNORECASE,
)
_COSMETIC = frozenset({RegStatus.COSMETIC_NOTIFIED, RegStatus.COSMETIC_CLAIMED})
_INTO_THE_BODY = frozenset({RouteGroup.G_INJECT, RouteGroup.G_SYSTEMIC})
_BARS_HUMAN_MATERIAL = frozenset({"GB", "NI", "EU"})
_UNPROVEN = frozenset({StatusEvidence.SUPPLIER_STATED, StatusEvidence.NONE})


def law_findings(product: ProductFacts) -> Iterator[Finding]:
    """Judge claims, and each status that is claimed for a place."""
    if said := claiming(product.marketing_claims, CLAIMS_APPROVAL):
        yield from found("RG001", quoted(said), expected="no claim of approval without its number")
    for status in product.statuses:
        yield from _status(status, product)
    if said := claiming(product.marketing_claims, CLAIMS_TREATMENT):
        yield from found("RG006", quoted(said), expected="claims about looks only")


def _status(claimed: StatusFacts, product: ProductFacts) -> Iterator[Finding]:
    groups = {route_group(route) for route in product.routes}
    place, status = place_words(claimed.jurisdiction), RegStatus(claimed.status)
    said = f"{place}: {status.label}"
    used = f"{said}; planned use {', '.join(Route(route).label for route in product.routes)}"
    if status in _COSMETIC and groups & _INTO_THE_BODY:
        yield from found("RG002", used, expected="use on the outside of the body")
    if (
        product.origin == Origin.HUMAN
        and status == RegStatus.COSMETIC_NOTIFIED
        and claimed.area in _BARS_HUMAN_MATERIAL
    ):
        yield from found("RG003", f"{said}; human origin", expected="no material of human origin in a cosmetic")
    if status == RegStatus.COSMETIC_NOTIFIED and RouteGroup.G_BREACHED in groups:
        yield from found("RG004", used, expected="use on unbroken skin")
    if claimed.evidence in _UNPROVEN:
        evidence = StatusEvidence(claimed.evidence).label.lower()
        yield from found("RG005", f"{said}; evidence: {evidence}", expected="a public register checked, or a document")
