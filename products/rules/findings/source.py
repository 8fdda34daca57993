"""EV020, QB008 and QB018: whether the donor on the papers can have given what is on the label, and was tested."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, ProductFacts
from products.rules.findings.markers import is_negative
from products.rules.findings.origins import origin_clash, species_clash, tissue_clash
from products.vocabulary import CellOrTissue, Origin

ANIMAL = frozenset({Origin.ANIMAL_MAMMAL, Origin.ANIMAL_FISH, Origin.ANIMAL_OTHER})
# The least that the tissue rules ask for. HTLV is asked for where it is relevant only.
NEEDED_SCREENING: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "HIV 1 and 2": re.compile(r"HIV"),
        "hepatitis B": re.compile(r"HBV|HBSAG|HEPATITISB"),
        "hepatitis C": re.compile(r"HCV|HEPATITISC"),
        "syphilis": re.compile(r"SYPHILIS|TREPONEMA|TPHA|VDRL|RPR"),
    }
)
_CLEAR = re.compile(r"non[- ]?reactive", re.IGNORECASE)


def source_findings(batch: BatchFacts, product: ProductFacts) -> Iterator[Finding]:
    """Judge where the material came from."""
    source = batch.source
    if (
        tissue_clash(product.cell_or_tissue, source.tissue)
        or species_clash(product.species, source.species)
        or origin_clash(product.origin, source.species)
    ):
        label = ", ".join(part for part in (_cells(product.cell_or_tissue), product.species) if part)
        papers = ", ".join(part for part in (source.tissue, source.species) if part)
        yield from found("EV020", f"label {label}; papers {papers}", expected="one material on label and papers")
    if product.origin == Origin.HUMAN and (missing := missing_screening(source.screening)):
        yield from found(
            "QB008", f"no negative result for {', '.join(missing)}", expected="a negative result for each of the four"
        )
    if product.origin in ANIMAL:
        needed = {
            "species": source.species or product.species,
            "country": source.country,
            "TSE/BSE statement": source.tse_statement,
        }
        if lacking := [name for name, value in needed.items() if not value]:
            yield from found(
                "QB018", f"not stated: {', '.join(lacking)}", expected="species, country, TSE/BSE statement"
            )


def missing_screening(screening: Mapping[str, str]) -> list[str]:
    """The infections that no negative result on the papers covers."""
    covered = {
        name
        for name, pattern in NEEDED_SCREENING.items()
        for test, result in screening.items()
        if pattern.search(re.sub(r"[^A-Z0-9]", "", test.upper())) and _is_clear(result)
    }
    return [name for name in NEEDED_SCREENING if name not in covered]


def _is_clear(result: str) -> bool:
    return is_negative(result) or bool(_CLEAR.fullmatch(result.strip()))


def _cells(code: str) -> str:
    return CellOrTissue(code).label if code else ""
