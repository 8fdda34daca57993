"""What a new rule set changes: rows added, removed and changed, and the uses whose verdict becomes another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from products.rules.rule_set import RuleSet
from products.rules.standing import verdict


@dataclass(frozen=True)
class FieldChange:
    """One field of one row: what it said, and what it says. Values as they stand in the file."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowChange:
    """One row that is in both sets and reads differently."""

    id: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class RuleSetDiff:
    """What changes from one rule set to another; rows as they stand in the files."""

    added: tuple[Mapping[str, Any], ...]
    removed: tuple[Mapping[str, Any], ...]
    changed: tuple[RowChange, ...]
    places_changed: bool

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same."""
        return not (self.added or self.removed or self.changed or self.places_changed)


@dataclass(frozen=True)
class Use:
    """One use of a product, as the rules see it."""

    jurisdiction: str
    origin: str
    donor_relation: str
    route: str


@dataclass(frozen=True)
class VerdictChange:
    """What a use was and becomes: severity, status and the ids of the rules, before and after."""

    use: Use
    severity_before: str
    severity_after: str
    status_before: str
    status_after: str
    rules_before: tuple[str, ...]
    rules_after: tuple[str, ...]


def rule_set_diff(before: RuleSet, after: RuleSet) -> RuleSetDiff:
    """Compare two rule sets row by row, by the id of the row, and field by field."""
    old, new = before.entries, after.entries
    return RuleSetDiff(
        added=tuple(new[key] for key in new if key not in old),
        removed=tuple(old[key] for key in old if key not in new),
        changed=tuple(
            RowChange(key, changes) for key in new if key in old and (changes := _changes(old[key], new[key]))
        ),
        places_changed=dict(before.areas) != dict(after.areas),
    )


def verdict_changes(uses: Iterable[Use], before: RuleSet, after: RuleSet) -> dict[Use, VerdictChange]:
    """The uses whose severity, status or matching rules become others. Each use is judged once."""
    found = {}
    for use in dict.fromkeys(uses):
        was, becomes = (
            verdict(use.jurisdiction, use.origin, use.donor_relation, use.route, rule_set)
            for rule_set in (before, after)
        )
        ids_before, ids_after = (tuple(rule.id for rule in one.rules) for one in (was, becomes))
        if (was.severity, was.status, ids_before) != (becomes.severity, becomes.status, ids_after):
            found[use] = VerdictChange(
                use, was.severity, becomes.severity, was.status, becomes.status, ids_before, ids_after
            )
    return found


def _changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    names = [*old, *(name for name in new if name not in old)]
    return tuple(FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))
