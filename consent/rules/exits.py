"""From state to state, and what may end, correct or take back a consent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from consent.errors import (
    ChoiceRefusedError,
    EndingRefusedError,
    IssueRefusedError,
    ReviewRefusedError,
    TransitionError,
)
from consent.vocabulary import ConsentStatus, MarkKind

# The one table of legal moves; docs/reference/states.md is compared with it.
TRANSITIONS: Mapping[str, frozenset[str]] = {
    ConsentStatus.DRAFT: frozenset(
        {ConsentStatus.ACTIVE, ConsentStatus.NOT_DONE, ConsentStatus.INACTIVE, ConsentStatus.ENTERED_IN_ERROR}
    ),
    ConsentStatus.ACTIVE: frozenset({ConsentStatus.INACTIVE, ConsentStatus.ENTERED_IN_ERROR}),
    ConsentStatus.INACTIVE: frozenset({ConsentStatus.ENTERED_IN_ERROR}),
    ConsentStatus.NOT_DONE: frozenset({ConsentStatus.ENTERED_IN_ERROR}),
    ConsentStatus.ENTERED_IN_ERROR: frozenset(),
}


def check_transition(now: str, then: str) -> None:
    """Refuse a move that the table does not name."""
    if then not in TRANSITIONS[now]:
        raise TransitionError(
            f"This consent is {ConsentStatus(now).label.lower()}, so it cannot become {ConsentStatus(then).label.lower()}.",
            code="consent.transition",
        )


def check_can_lapse(*, kinds: frozenset[str]) -> None:
    """A consent ends because of its age only where its age is what waits for a decision."""
    if MarkKind.AGE_LIMIT not in kinds:
        raise ReviewRefusedError(
            "This consent is not too old. Choose whether it stands, or whether the patient is asked again.",
            code="mark.not_aged",
            field="outcome",
        )


def check_can_end(*, reason: str) -> None:
    """Whoever stops somebody's consent says why."""
    if not reason.strip():
        raise EndingRefusedError(
            "Say why. It stays in the record under your name.", code="ending.reason", field="reason"
        )


def check_can_correct(*, status: str, is_same_patient: bool) -> None:
    """A corrected record names one that counts for nothing any more, of the same patient."""
    if status != ConsentStatus.ENTERED_IN_ERROR or not is_same_patient:
        raise IssueRefusedError(
            "The record to correct must be marked as entered in error first, and be of the same patient.",
            code="consent.corrects",
        )


def check_can_withdraw_choice(*, is_agreed: bool, ended_at: datetime | None) -> None:
    """A choice that was agreed to ends once, at any time after the signature (UK GDPR Article 7(3))."""
    if not is_agreed:
        raise ChoiceRefusedError("This was not agreed to, so there is nothing to take back.", code="choice.not_agreed")
    if ended_at is not None:
        raise ChoiceRefusedError("This ended already, with the whole consent.", code="choice.ended")
