"""Countries and time zones that exist, from the IANA database that is installed with Candour."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import available_timezones

# Parts of a country whose rules differ and that a clinic may name.
PARTS = {"GB-NIR": "Northern Ireland"}
FIRST = ("GB", "GB-NIR", "IE")


@cache
def jurisdictions() -> dict[str, str]:
    """ISO 3166 code to English name: the countries, and the parts of them that have rules of their own."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    known = dict(lines) | {"GB": "United Kingdom"} | PARTS
    ordered = [*FIRST, *sorted(known.keys() - set(FIRST), key=lambda code: known[code])]
    return {code: known[code] for code in ordered}


@cache
def time_zones() -> tuple[str, ...]:
    """Names such as Europe/London, places first."""
    return tuple(
        sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))
    )
