"""The rule table: a dated, versioned file of rows, each with its sources (`products/data/regulatory_rules.json`).

It is data and not legal advice. A regulator's or lawyer's letter enters as a reviewed version of the file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from products.errors import RuleSetError
from products.records import RuleMatch
from products.vocabulary import RegStatus, RouteGroup, RuleSeverity

ANYWHERE = "*"
NO_STATUS = "-"
_SOURCE_GROUPS = frozenset({"HUMAN", "HUMAN_AUTOLOGOUS", "NON_HUMAN", "ANIMAL", "ANY"})
_VERSION_LENGTH = 12


@dataclass(frozen=True)
class RuleRow:
    """One row of the table: whom it speaks about, and what it says."""

    source_group: str
    route_groups: frozenset[str]
    match: RuleMatch


@dataclass(frozen=True)
class RuleSet:
    """A version of the rule table. `version` is the start of its SHA-256; `areas` maps ISO 3166 codes to rule areas.

    `entries` are the rows as they were written, by id: what a difference is made from.
    """

    version: str
    sha256: str
    as_of: str
    reviewed_by: str | None
    areas: Mapping[str, str]
    rows: tuple[RuleRow, ...]
    entries: Mapping[str, Mapping[str, Any]]


@cache
def current_rule_set() -> RuleSet:
    """Give the rule set that comes with this version of Candour."""
    return parse_rule_set(resources.files("products").joinpath("data", "regulatory_rules.json").read_bytes())


@lru_cache(maxsize=32)
def parsed(content: str) -> RuleSet:
    """A rule set of which the text is on record, read once for each process."""
    return parse_rule_set(content.encode())


def reviewed(rule_set: RuleSet, reviews: Mapping[str, str]) -> RuleSet:
    """The same rules with the reviews on file, by rule id; the key "" stands for a review of the whole set."""
    if not reviews:
        return rule_set
    of_all = reviews.get("")
    rows = tuple(
        replace(row, match=replace(row.match, reviewed_by=reviews.get(row.match.id) or of_all or row.match.reviewed_by))
        for row in rule_set.rows
    )
    return replace(rule_set, rows=rows, reviewed_by=of_all or rule_set.reviewed_by)


def parse_rule_set(content: bytes) -> RuleSet:
    """Read a rule set from its JSON. Raises `RuleSetError` where a row lacks what a verdict or a page needs."""
    try:
        digest = hashlib.sha256(content).hexdigest()
        table = json.loads(content)
        rows = tuple(_row(entry) for entry in table["rules"])
        entries = {entry["id"]: entry for entry in table["rules"]}
        if len(entries) != len(rows):
            raise ValueError("a rule id that stands twice")
        areas = {place: area for area, places in table["places"].items() for place in places}
        return RuleSet(
            version=digest[:_VERSION_LENGTH],
            sha256=digest,
            as_of=date.fromisoformat(table["as_of"]).isoformat(),
            reviewed_by=table["reviewed_by"],
            areas=areas,
            rows=rows,
            entries=entries,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RuleSetError(f"This rule set cannot be used: {_what_is_wrong(error)}.") from error


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON (line {error.lineno}: {error.msg})"
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else f"{error}"


def rule_area(jurisdiction: str, rule_set: RuleSet) -> str:
    """Give the area whose rules apply to a place (ISO 3166-1 such as "DE", or ISO 3166-2 such as "GB-NIR").

    EU member states have the EU's rules, GB-NIR has NI's, the rest of GB has GB's. "*" stands for every other place:
    the country "NI" is Nicaragua, and has no rules of its own.
    """
    place = jurisdiction.strip().upper()
    country = place.partition("-")[0]
    mapped = rule_set.areas.get(place) or rule_set.areas.get(country)
    if mapped:
        return mapped
    own = {row.match.jurisdiction for row in rule_set.rows} - set(rule_set.areas.values())
    return country if country in own else ANYWHERE


def _row(entry: Mapping[str, Any]) -> RuleRow:
    severity = RuleSeverity(entry["severity"])
    status = entry["status"]
    if status != NO_STATUS:
        RegStatus(status)
    if entry["source_group"] not in _SOURCE_GROUPS:
        raise ValueError(f"{entry['id']}: source group {entry['source_group']!r}")
    groups = frozenset(entry["route_groups"])
    if groups == {"ANY"}:
        groups = frozenset(group.value for group in RouteGroup)
    for group in groups:
        RouteGroup(group)
    if not entry["patient_sentence"].strip():
        raise ValueError(f"{entry['id']}: patient_sentence")
    if severity == RuleSeverity.STOP and not entry["what_would_change_it"].strip():
        raise ValueError(f"{entry['id']}: what_would_change_it")
    match = RuleMatch(
        id=entry["id"],
        jurisdiction=entry["jurisdiction"],
        status=status,
        severity=severity.value,
        warn_clinic=entry["warn_clinic"],
        patient_sentence=entry["patient_sentence"],
        what_would_change_it=entry["what_would_change_it"],
        sources=tuple(entry["sources"]),
        basis=entry["basis"],
        as_of=date.fromisoformat(entry["as_of"]).isoformat(),
        confidence=entry["confidence"],
        reviewed_by=entry["reviewed_by"],
    )
    return RuleRow(source_group=entry["source_group"], route_groups=groups, match=match)
