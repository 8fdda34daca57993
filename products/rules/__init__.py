"""The rules of this room, pure: the verdict of law on one use, and the checks on a batch's dates and identity."""

from products.rules.batches import (
    check_chronology,
    check_not_expired,
)
from products.rules.claims_guard import FLAG_WORDS, ClaimFlag, claim_flags
from products.rules.custody import Gap, Handover, custody_gaps
from products.rules.life_cycle import BATCH_TRANSITIONS, check_batch_move, excursion_words
from products.rules.lots import Link, ancestors, check_no_circle, check_stages, descendants, way
from products.rules.rule_set import (
    RuleRow,
    RuleSet,
    current_rule_set,
    parse_rule_set,
    parsed,
    reviewed,
    rule_area,
)
from products.rules.rule_set_diff import RuleSetDiff, Use, VerdictChange, rule_set_diff, verdict_changes
from products.rules.standing import check_may_offer, is_lifting_kind, lifting_record, verdict
from products.rules.units import Tally, tally

__all__ = [
    "BATCH_TRANSITIONS",
    "FLAG_WORDS",
    "ClaimFlag",
    "Gap",
    "Handover",
    "Link",
    "RuleRow",
    "RuleSet",
    "RuleSetDiff",
    "Tally",
    "Use",
    "VerdictChange",
    "ancestors",
    "check_batch_move",
    "check_chronology",
    "check_may_offer",
    "check_no_circle",
    "check_not_expired",
    "check_stages",
    "claim_flags",
    "current_rule_set",
    "custody_gaps",
    "descendants",
    "excursion_words",
    "is_lifting_kind",
    "lifting_record",
    "parse_rule_set",
    "parsed",
    "reviewed",
    "rule_area",
    "rule_set_diff",
    "tally",
    "verdict",
    "verdict_changes",
    "way",
]
