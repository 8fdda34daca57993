"""What may be offered: the verdict of the rules of law on one use, and the evidence that lifts a STOP.

Consent does not make an unlawful treatment lawful: a STOP is lifted only by evidence of a trial, an authorisation or a
named exemption for this product, use and place, and by two named people.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from products.errors import RuleSetError, StopRefusedError
from products.records import ClinicRecord, RuleMatch, Verdict
from products.rules.rule_set import ANYWHERE, NO_STATUS, RuleSet, rule_area
from products.vocabulary import (
    DonorRelation,
    Origin,
    RegStatus,
    Route,
    RouteGroup,
    RuleSeverity,
    StatusEvidence,
    plain_words,
    route_group,
)

_MOST_SEVERE_FIRST = (RuleSeverity.STOP, RuleSeverity.WARN, RuleSeverity.INFO)
_LIFTING_STATUSES = frozenset({RegStatus.TRIAL, RegStatus.AUTHORISED, RegStatus.SPECIAL})
_EVIDENCE_THAT_COUNTS = frozenset({StatusEvidence.REGISTER_CHECKED, StatusEvidence.DOCUMENT_SEEN})
_PEOPLE_TO_LIFT_A_STOP = 2


def verdict(jurisdiction: str, origin: str, donor_relation: str, route: str, rule_set: RuleSet) -> Verdict:
    """Say what the rules hold of one use. The most severe matching row wins.

    All rows of the place's area that speak about this source and route group match; where none of them carries a
    status, the rows for every place match too. The status is that of the most severe row, ties by table order.
    Raises `ValueError` for a code that is in no vocabulary.
    """
    group = route_group(route)
    area = rule_area(jurisdiction, rule_set)
    sources = _sources(Origin(origin), DonorRelation(donor_relation), area, rule_set)
    matches = _matches(area, sources, group, rule_set)
    if area != ANYWHERE and all(match.status == NO_STATUS for match in matches):
        matches += _matches(ANYWHERE, sources, group, rule_set)
    if not matches:
        raise RuleSetError(f"The rule set has no row for {jurisdiction}, {origin}, {route}, and none for every place.")
    by_severity = sorted(matches, key=lambda match: _MOST_SEVERE_FIRST.index(RuleSeverity(match.severity)))
    with_status = [match for match in by_severity if match.status != NO_STATUS]
    return Verdict(
        severity=by_severity[0].severity,
        status=with_status[0].status if with_status else RegStatus.UNKNOWN.value,
        rules=tuple(matches),
        jurisdiction=jurisdiction.strip().upper(),
        rule_area=area,
        route=Route(route).value,
        route_group=group.value,
        rule_set_version=rule_set.version,
        rule_set_as_of=rule_set.as_of,
        rule_set_reviewed_by=rule_set.reviewed_by,
    )


def lifting_record(
    found: Verdict, clinic_records: Iterable[ClinicRecord], *, product_id: str, rule_set: RuleSet, on: date
) -> ClinicRecord | None:
    """Find the clinic's record that lifts a STOP for this product, place and route on a day, or None.

    It says TRIAL, AUTHORISED or SPECIAL, rests on a register or document, is in force, and names two different people.
    """
    for record in clinic_records:
        if (
            record.product_id == product_id
            and record.route == found.route
            and _covers(record.jurisdiction, found, rule_set)
            and is_lifting_kind(record.status, record.evidence)
            and (record.valid_from is None or record.valid_from <= on)
            and (record.valid_until is None or on <= record.valid_until)
            and len(set(record.named_people) - {""}) >= _PEOPLE_TO_LIFT_A_STOP
        ):
            return record
    return None


def is_lifting_kind(status: str, evidence: str) -> bool:
    """Whether a record says TRIAL, AUTHORISED or SPECIAL, and a document or register bears it out."""
    return status in _LIFTING_STATUSES and evidence in _EVIDENCE_THAT_COUNTS


def check_may_offer(
    found: Verdict, clinic_records: Sequence[ClinicRecord], *, product_id: str, rule_set: RuleSet, on: date
) -> None:
    """Refuse to offer what a STOP forbids, unless a record on file lifts it.

    Raises `StopRefusedError`, which names the rules and what evidence would change them.
    """
    if found.severity != RuleSeverity.STOP:
        return
    if lifting_record(found, clinic_records, product_id=product_id, rule_set=rule_set, on=on):
        return
    stops = [rule for rule in found.rules if rule.severity == RuleSeverity.STOP]
    names = ", ".join(rule.id for rule in stops)
    reasons = " ".join(rule.warn_clinic for rule in stops)
    changes = tuple(dict.fromkeys(rule.what_would_change_it for rule in stops))
    raise StopRefusedError(
        f"The rules for {found.jurisdiction} do not allow this treatment to be offered "
        f"{plain_words(RouteGroup(found.route_group))} ({names}). {reasons} A consent form cannot change that. "
        f"This could: {' '.join(changes)}",
        rule_ids=[rule.id for rule in stops],
        what_would_change_it=changes,
    )


def _sources(origin: Origin, donor_relation: DonorRelation, area: str, rule_set: RuleSet) -> frozenset[str]:
    """Give the source groups that a product belongs to in an area. UNKNOWN and MIXED count as HUMAN."""
    if origin in {Origin.ANIMAL_MAMMAL, Origin.ANIMAL_FISH, Origin.ANIMAL_OTHER}:
        return frozenset({"ANIMAL", "NON_HUMAN", "ANY"})
    if origin not in {Origin.HUMAN, Origin.MIXED, Origin.UNKNOWN}:
        return frozenset({"NON_HUMAN", "ANY"})
    own = origin == Origin.HUMAN and donor_relation == DonorRelation.AUTOLOGOUS
    has_own_rows = any(
        row.source_group == "HUMAN_AUTOLOGOUS" and row.match.jurisdiction == area for row in rule_set.rows
    )
    return frozenset({"HUMAN_AUTOLOGOUS" if own and has_own_rows else "HUMAN", "ANY"})


def _matches(area: str, sources: frozenset[str], group: RouteGroup, rule_set: RuleSet) -> list[RuleMatch]:
    return [
        row.match
        for row in rule_set.rows
        if row.match.jurisdiction == area and row.source_group in sources and group.value in row.route_groups
    ]


def _covers(place: str, found: Verdict, rule_set: RuleSet) -> bool:
    """Say whether a record for a place holds for the verdict's place: the same, or a whole of which it is a part."""
    whole, part = place.strip().upper(), found.jurisdiction
    return whole == part or (
        rule_area(whole, rule_set) == found.rule_area and (part.startswith(f"{whole}-") or whole == "EU")
    )
