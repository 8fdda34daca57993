"""Names of countries and of the parts of the United Kingdom that have rules of their own. Pure."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

NATIONS = {
    "GB": "Great Britain",
    "GB-ENG": "England",
    "GB-NIR": "Northern Ireland",
    "GB-SCT": "Scotland",
    "GB-WLS": "Wales",
    "EU": "European Union",
}


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """ISO 3166-1 codes with their names, as the time zone database lists them, by name."""
    lines = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return tuple(sorted(((code, name) for code, name in pairs), key=lambda pair: pair[1]))


def place_words(jurisdiction: str) -> str:
    """The name of a place; a code without a name stands for itself."""
    return NATIONS.get(jurisdiction) or dict(countries()).get(jurisdiction) or jurisdiction
