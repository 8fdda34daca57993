"""The organizations that a file of products names: found on the clinic's books, or put there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from audit.records import Agent
from clinic.models import Organization
from products import gs1
from products.models import Party
from products.places import countries
from products.services.judging import append
from products.services.parties import PartyEntry, written_party
from products.services.products_file.reading import Place
from products.text import clean_line

_ROLES = {
    "manufacturer": Party.Role.MANUFACTURER,
    "importer": Party.Role.IMPORTER,
    "distributor": Party.Role.DISTRIBUTOR,
    "laboratory": Party.Role.LABORATORY,
}
_CLINIC = "clinic"


@dataclass
class Parties:
    """The parties of one file by code. A code that the file does not explain is taken as the name."""

    organization: Organization
    agent: Agent
    at: datetime
    told: dict[str, Place]
    warnings: list[str] = field(default_factory=list)
    found: dict[str, Party] = field(default_factory=dict)

    @classmethod
    def of_file(cls, whole: Place, organization: Organization, *, agent: Agent, at: datetime) -> Parties:
        """Those that the file lists under “organisations”."""
        rows = whole.children("organisations") or whole.children("organizations")
        return cls(organization, agent, at, {row.text("code", most=40, needed=True): row for row in rows})

    def is_clinic(self, code: str) -> bool:
        """Whether a code is that of a clinic: the place where the way ends."""
        return code in self.told and self._role(code) == _CLINIC

    def gln(self, code: str) -> str:
        """The GLN that the file gives for a code, right or wrong."""
        return self.told[code].text("gln", most=20) if code in self.told else ""

    def party(self, code: str, *, otherwise: Party.Role) -> Party | None:
        """The party with this code; `otherwise` is its role where the file names none. None for no code."""
        if not code:
            return None
        if code not in self.found:
            self.found[code] = self._on_the_books(code, otherwise)
        return self.found[code]

    def _on_the_books(self, code: str, otherwise: Party.Role) -> Party:
        row = self.told.get(code, Place({}, code))
        name = clean_line(row.text("name", most=120) or code, field=row.at("name"), most=120)
        role = next((one for word, one in _ROLES.items() if word in self._role(code)), otherwise)
        known = Party.objects.at(self.organization).filter(name=name, role=role).first()
        if known:
            return known
        entry = PartyEntry(name, role, self._country(row), self._right_gln(row, role))
        party, written = written_party(self.organization, entry, agent=self.agent, at=self.at)
        append("products.party_added", agent=self.agent, occurred_at=self.at, records=[party, *written])
        return party

    def _role(self, code: str) -> str:
        return self.told[code].text("role", most=40).lower() if code in self.told else ""

    def _country(self, row: Place) -> str:
        country = row.text("country", most=40).upper()
        if country and country not in dict(countries()):
            self.warnings.append(f"{row.at('country')}: {country} is no country code of ISO 3166-1; it is left out.")
            return ""
        return country

    def _right_gln(self, row: Place, role: Party.Role) -> str:
        """The GLN, where it can be one; a wrong one is told of on each batch, and a second use of one is left out."""
        gln = row.text("gln", most=20)
        if len(gln) != 13 or not gs1.has_right_check_digit(gln):
            return ""
        if Party.objects.at(self.organization).filter(role=role, gln=gln).exists():
            self.warnings.append(f"{row.at('gln')}: {gln} is on the books as that of another party; it is left out.")
            return ""
        return gln


def wrong_keys(named: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Those of these GS1 keys whose check digit is wrong, each once."""
    return tuple(dict.fromkeys((name, key) for name, key in named if key and not gs1.has_right_check_digit(key)))
