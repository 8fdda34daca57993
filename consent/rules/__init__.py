"""Pure decisions over frozen facts. Each raises a typed refusal or returns nothing; none knows the clock."""

from consent.rules.chair import Treatable, check_day_answers, check_may_treat, check_treatment
from consent.rules.duties import CLOSED_BY_ACT, check_can_assign, check_can_close, check_can_decide, check_reason
from consent.rules.exits import (
    TRANSITIONS,
    check_can_correct,
    check_can_end,
    check_can_lapse,
    check_can_withdraw_choice,
    check_transition,
)
from consent.rules.identity import (
    CONTACT_SETTLES,
    HANDOVER_LASTS,
    asks_code,
    assurance_of,
    check_code,
    check_contact_is_settled,
    is_handed_over,
)
from consent.rules.issuing import ADULT_AGE, age_on, check_adult, check_can_issue, check_place
from consent.rules.reflection import (
    DAYS_TO_THINK,
    LEAST_DAYS_TO_THINK,
    LEAST_GOOD_FOR,
    MOST_DAYS_TO_THINK,
    MOST_GOOD_FOR,
    check_can_answer_sooner,
    check_can_ask_for_sooner,
    check_terms,
    treat_from,
)
from consent.rules.reminding import check_period, check_reminders, why_no_reminder
from consent.rules.signing import (
    LEAST_INK,
    check_answers,
    check_can_declare,
    check_can_review,
    check_can_sign,
    check_mark,
)
from consent.rules.talks import check_can_doubt, check_can_resolve, check_can_talk

__all__ = [
    "ADULT_AGE",
    "CLOSED_BY_ACT",
    "CONTACT_SETTLES",
    "DAYS_TO_THINK",
    "HANDOVER_LASTS",
    "LEAST_DAYS_TO_THINK",
    "LEAST_GOOD_FOR",
    "LEAST_INK",
    "MOST_DAYS_TO_THINK",
    "MOST_GOOD_FOR",
    "TRANSITIONS",
    "Treatable",
    "age_on",
    "asks_code",
    "assurance_of",
    "check_adult",
    "check_answers",
    "check_can_answer_sooner",
    "check_can_ask_for_sooner",
    "check_can_assign",
    "check_can_close",
    "check_can_correct",
    "check_can_decide",
    "check_can_declare",
    "check_can_doubt",
    "check_can_end",
    "check_can_issue",
    "check_can_lapse",
    "check_can_resolve",
    "check_can_review",
    "check_can_sign",
    "check_can_talk",
    "check_can_withdraw_choice",
    "check_code",
    "check_contact_is_settled",
    "check_day_answers",
    "check_mark",
    "check_may_treat",
    "check_period",
    "check_place",
    "check_reason",
    "check_reminders",
    "check_terms",
    "check_transition",
    "check_treatment",
    "is_handed_over",
    "treat_from",
    "why_no_reminder",
]
