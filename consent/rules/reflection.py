"""The time to think: how long, and when it may be shorter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from consent.errors import SoonerRefusedError, TermsRefusedError
from consent.vocabulary import ConsentStatus

# Days from first opening the text to the treatment, by route group: proportional to how invasive it is
# (GMC cosmetic interventions 2016; facts E.4: at least the day before, 7 where the skin is broken, 14 where injected).
DAYS_TO_THINK: Mapping[str, int] = {"G_INTACT": 1, "G_BREACHED": 7, "G_INJECT": 14, "G_SYSTEMIC": 14}
# Nobody is treated on the day on which they first read of it where the skin is broken (facts E.4); the rest is the clinic's.
LEAST_DAYS_TO_THINK: Mapping[str, int] = {"G_INTACT": 0, "G_BREACHED": 1, "G_INJECT": 1, "G_SYSTEMIC": 1}
MOST_DAYS_TO_THINK = 90
# For how many days a signed consent can be good.
LEAST_GOOD_FOR, MOST_GOOD_FOR = 7, 1095


def treat_from(opened_on: date | None, days: int) -> date | None:
    """The first local day on which the time to think is over, counted from the day the text was first opened."""
    return None if opened_on is None else opened_on + timedelta(days=days)


def check_terms(*, days_to_think: Mapping[str, int], good_for_days: int, reason: str) -> None:
    """Refuse terms that leave no time to think; shorter ones than are suggested need a reason (GMC 2016: proportional)."""
    for group, suggested in DAYS_TO_THINK.items():
        days, least = days_to_think[group], LEAST_DAYS_TO_THINK[group]
        if not least <= days <= MOST_DAYS_TO_THINK:
            raise TermsRefusedError(
                f"Choose {least} to {MOST_DAYS_TO_THINK} days; {days} was given.", code="terms.days", field=group
            )
        if days < suggested and not reason.strip():
            raise TermsRefusedError(
                f"{days} is shorter than the {suggested} days that are suggested here. Say why that is enough.",
                code="terms.reason",
                field="reason",
            )
    if not LEAST_GOOD_FOR <= good_for_days <= MOST_GOOD_FOR:
        raise TermsRefusedError(
            f"Choose {LEAST_GOOD_FOR} to {MOST_GOOD_FOR} days; {good_for_days} was given.",
            code="terms.good_for",
            field="good_for_days",
        )


def check_can_ask_for_sooner(
    *,
    status: str,
    is_treating_practitioner: bool,
    treat_from: date | None,
    treat_on: date,
    today: date,
    is_asked: bool,
    reason: str,
) -> None:
    """Only the treating practitioner asks, about a running time to think, for a day within it, with a reason."""
    if not is_treating_practitioner:
        raise SoonerRefusedError(
            "Only the practitioner named in the record can ask for this: who treats answers for it.",
            code="sooner.other_person",
        )
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise SoonerRefusedError("This record is closed.", code="sooner.closed")
    if treat_from is None:
        raise SoonerRefusedError(
            "The patient has not opened the text yet, so there is no time to shorten.", code="sooner.not_opened"
        )
    if not today <= treat_on < treat_from:
        raise SoonerRefusedError(
            f"Choose a day from today on and before {treat_from:%-d %B %Y}, when the patient may be treated anyway.",
            code="sooner.day",
            field="treat_on",
        )
    if is_asked:
        raise SoonerRefusedError(
            "The patient was asked about this day already, and has not answered.", code="sooner.asked"
        )
    if not reason.strip():
        raise SoonerRefusedError(
            "Say why the patient should have less time. The patient reads it, and it is printed.",
            code="sooner.reason",
            field="reason",
        )


def check_can_answer_sooner(*, status: str, is_same_text: bool) -> None:
    """The patient answers while the record is open and the text is the one it was asked about."""
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE) or not is_same_text:
        raise SoonerRefusedError("This is not asked any more. Nothing was changed.", code="sooner.closed")
