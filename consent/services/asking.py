"""Of whose consents each kind of fact is asked for: of a whole clinic's, or of a few, whose tables are looked at first.

A question that nothing can answer is not asked: where none of the consents is in a state that has such a fact, and, of a
few, where the table holds no row of theirs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

from clinic.models import Organization
from consent.models import (
    CapacityDoubt,
    Clearance,
    Decline,
    Ending,
    Notice,
    Opening,
    PaperPack,
    PaperWish,
    PatientLink,
    Question,
    ReviewMark,
    SealedFile,
    SealingTask,
    SoonerRequest,
    StepAnswers,
    Withdrawal,
)
from consent.models.consents import ENDED_LATELY, LONGEST_OWN_THINKING, LONGEST_THINKING
from consent.services.cores import ENDED, OPEN, Core
from consent.services.sparse import which_hold_rows_of
from consent.vocabulary import ConsentStatus

# The tables that are asked for facts; each names the consent of its rows.
ASKED: tuple[type[Model], ...] = (
    CapacityDoubt,
    Clearance,
    Decline,
    Ending,
    Notice,
    Opening,
    PaperPack,
    PaperWish,
    PatientLink,
    Question,
    ReviewMark,
    SealedFile,
    SealingTask,
    SoonerRequest,
    StepAnswers,
    Withdrawal,
)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Asked:
    """Conditions on a row that has a `consent`; None where there is no such consent.

    `may_hold` says of each of `ASKED` whether it may hold a row of any of them.
    """

    may_hold: Mapping[type[Model], bool]
    here: Q | None
    draft: Q | None
    active: Q | None
    not_ended: Q | None
    declared: Q | None
    thinking: Q | None
    ended: Q | None
    # Whose files may be there: several conditions, of which the database reads each by itself.
    filed: Sequence[Q]

    def rows(
        self, model: type[Model], whose: Q | None, read: Callable[[QuerySet[Any]], Iterable[Found]]
    ) -> list[Found]:
        """What `read` asks of the rows of these consents: no question where there can be none. Only for one of `ASKED`."""
        if not self.may_hold[model] or whose is None:
            return []
        return list(read(model._default_manager.filter(whose)))


def of_all(organization: Organization, at: datetime, *, may_think_longer: bool) -> Asked:
    """Every consent of the clinic that may have such a fact."""
    here = Q(consent__organization=organization)
    draft, active = (here & Q(consent__status=status) for status in OPEN)
    late = active & Q(consent__changed_at__gte=at - LONGEST_THINKING)
    ended = here & Q(consent__status__in=ENDED, consent__changed_at__gte=at - ENDED_LATELY)
    thinking = draft | late
    if may_think_longer:
        longer = Q(document__days_to_think__gte=LONGEST_THINKING.days)
        thinking |= active & longer & Q(consent__changed_at__gte=at - LONGEST_OWN_THINKING)
    return Asked(
        may_hold=dict.fromkeys(ASKED, True),
        here=here,
        draft=draft,
        active=active,
        not_ended=here & Q(consent__status__in=OPEN),
        declared=here,
        thinking=thinking,
        ended=ended,
        filed=(draft & Q(consent__signature__isnull=False), late, ended),
    )


def of_some(among: Sequence[Core], at: datetime, *, may_think_longer: Callable[[], bool]) -> Asked:
    """The same by key, for a few; `may_think_longer` is only asked where one of them is in force."""

    def those(*statuses: str, since: timedelta = timedelta.max) -> Q | None:
        return of_keys([core.pk for core in among if core.status in statuses and at - core.changed_at <= since])

    draft, active = OPEN
    is_any_active = any(core.status == active for core in among)
    longest = LONGEST_OWN_THINKING if is_any_active and may_think_longer() else LONGEST_THINKING
    thinking = [core.pk for core in among if core.status == draft]
    thinking += [core.pk for core in among if core.status == active and at - core.changed_at <= longest]
    filed = of_keys([core.pk for core in among if core.status != draft or core.signed_at])
    return Asked(
        may_hold=which_hold_rows_of(ASKED, [core.pk for core in among]),
        here=those(*ConsentStatus.values),
        draft=those(draft),
        active=those(active),
        not_ended=those(*OPEN),
        declared=those(*(set(ConsentStatus.values) - {draft})),
        thinking=of_keys(thinking),
        ended=those(*ENDED, since=ENDED_LATELY),
        filed=(filed,) if filed else (),
    )


def of_keys(keys: Collection[uuid.UUID]) -> Q | None:
    """Rows of these consents; None where there are none."""
    return Q(consent__in=list(keys)) if keys else None
