"""What a clinic works on: what waits, since when, and the rows that a page shows of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from typing import Any, Generic, TypeVar

from django.db.models import Count, F, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import TruncWeek

from audit import services as audit
from clinic.models import Organization
from consent.disclosure import STOPPED, WORDS_REST_ON
from consent.models import CapacityDoubt, Consent, ReviewMark, SealingTask
from consent.models.consents import ENDED_LATELY, LONGEST_OWN_THINKING, LONGEST_THINKING, ConsentQuerySet
from consent.services.placing import ENDED, Core, Facts, Placed, cores, open_cores, place, unsealed_days
from consent.vocabulary import ConsentStatus, MarkOutcome, StandingCode

UNSEALED = "unsealed"
# The large columns, which no list shows.
UNREAD = (
    "document__sealed_content",
    "signature__sealed_record",
    *(f"{row}__{column}" for row in ("product", "batch") for column in ("snapshot", "findings")),
    "product__search_text",
)


@dataclass(frozen=True)
class Board:
    """All that is under way at a clinic: waiting ones by the day on which they are due, others newest first."""

    placed: Sequence[Placed] = field(default_factory=tuple)

    @cached_property
    def counts(self) -> Mapping[StandingCode, int]:
        """How many stand where."""
        return Counter(one.code for one in self.placed)

    @property
    def unsealed(self) -> int:
        """How many have a file that is still to be sealed."""
        return sum(one.is_unsealed for one in self.placed)

    @property
    def waiting(self) -> list[Placed]:
        """What waits for the clinic, overdue first."""
        return sorted((one for one in self.placed if one.is_waiting), key=lambda one: one.due_at)

    def overdue(self, at: datetime) -> int:
        """How many are overdue."""
        return sum(one.due_at < at for one in self.placed)

    @property
    def thinking(self) -> list[Placed]:
        """Those in time to think, declared first."""
        return sorted(self._standing(StandingCode.THINKING), key=lambda one: one.since)

    def others(self, at: datetime) -> list[Placed]:
        """Everything else under way: what the patient has left too long first, then newest first."""
        found = [
            one
            for one in self.placed
            if not one.is_waiting and one.code not in (StandingCode.THINKING, StandingCode.ACTIVE)
        ]
        late = sorted((one for one in found if one.due_at < at), key=lambda one: one.due_at)
        return late + sorted((one for one in found if one.due_at >= at), key=lambda one: one.since, reverse=True)

    def _standing(self, code: StandingCode) -> list[Placed]:
        return [one for one in self.placed if one.code == code]


Kept = TypeVar("Kept")
# For how long what was worked out may be shown while no act is added to the clinic's log: the hour goes on, a message comes
# back, and a file fails to be sealed without an entry.
KEPT_FOR = timedelta(seconds=10)
# The picture of twelve weeks may be a minute old.
PICTURE_KEPT_FOR = timedelta(minutes=1)
MOST_KEPT = 100
# What is written in the background for many consents at once, and need not be seen at once.
BACKGROUND = frozenset({"consent.marked_for_review"})


def board(organization: Organization, *, at: datetime, narrowed: Q | None = None) -> Board:
    """Where everything stands that a clinic works on: a fixed number of queries, whatever there is of it.

    The whole board is worked out once for each act that somebody added to the clinic's log, and at least every `KEPT_FOR`.
    """
    if narrowed:
        return _work_out(organization, at, narrowed)
    # The log is looked at before the rows: what comes in between is worked out once more, and is never missed.
    size = audit.size_of(organization.pk)

    def is_as_it_was(known: tuple[int, Board]) -> bool:
        return known[0] == size or audit.kinds_between(organization.pk, known[0], size) <= BACKGROUND

    return _boards.of(organization, at, is_as_it_was, lambda: (size, _work_out(organization, at, None)))[1]


class _Kept(Generic[Kept]):
    """What this process worked out last for each clinic, and when."""

    def __init__(self, lasts: timedelta) -> None:
        self.lasts = lasts
        self.found: dict[uuid.UUID, tuple[datetime, Kept]] = {}

    def of(
        self, organization: Organization, at: datetime, holds: Callable[[Kept], bool], work_out: Callable[[], Kept]
    ) -> Kept:
        known = self.found.get(organization.pk)
        if known is not None and timedelta(0) <= at - known[0] < self.lasts and holds(known[1]):
            return known[1]
        made = work_out()
        if len(self.found) >= MOST_KEPT:
            self.found.clear()
        self.found[organization.pk] = (at, made)
        return made


_boards: _Kept[tuple[int, Board]] = _Kept(KEPT_FOR)
_weeks: _Kept[list[Week]] = _Kept(PICTURE_KEPT_FOR)


def _work_out(organization: Organization, at: datetime, narrowed: Q | None) -> Board:
    facts = Facts(organization, at)
    rows: dict[uuid.UUID, Placed] = {}
    for found, read in _parts(facts):
        rows |= {core.pk: place(core, facts) for core in read(found.filter(narrowed) if narrowed else found)}
    # A record in error is under way only while its file is missing.
    return Board(tuple(one for one in rows.values() if one.is_unsealed or one.code != StandingCode.ERROR))


def _parts(facts: Facts) -> Iterator[tuple[ConsentQuerySet, Callable[[ConsentQuerySet], Iterator[Core]]]]:
    """Open consents, those in time to think, with an unusable batch, a change or a missing file, and what ended lately.

    Each is asked for by itself: an index leads to each, and none leads to all of them. What is rare is asked for where
    there is any.
    """
    organization, at = facts.organization, facts.at
    here = Consent.objects.at(organization)
    active, read_active = here.filter(status=ConsentStatus.ACTIVE), partial(open_cores, is_draft=False)
    yield here.filter(status=ConsentStatus.DRAFT), partial(open_cores, is_draft=True)
    yield active.filter(changed_at__gte=at - LONGEST_THINKING), read_active
    yield here.filter(status__in=ENDED, changed_at__gte=at - ENDED_LATELY), cores
    if facts.may_think_longer:
        longer = Q(signature__document__days_to_think__gte=LONGEST_THINKING.days)
        yield active.filter(longer, changed_at__gte=at - LONGEST_OWN_THINKING), read_active
    if unusable := facts.unusable_batches():
        yield active.filter(batch__in=unusable), read_active
    if facts.paused:
        yield active.filter(pk__in=_paused(organization)), read_active
    if facts.changed or facts.again:
        yield active.filter(pk__in=_marked(organization)), read_active
    if facts.failing:
        yield here.filter(pk__in=_failing()), cores
    if facts.days:
        yield here.filter(pk__in=unsealed_days(at).order_by().values("consent")), cores


def standing_at(found: ConsentQuerySet, organization: Organization, code: str, *, at: datetime) -> ConsentQuerySet:
    """Those of a list that stand here, by the database alone."""
    if code in STOPPED:
        return found.filter(status_reason=STOPPED[StandingCode(code)])
    if code == StandingCode.ERROR:
        return found.filter(status=ConsentStatus.ENTERED_IN_ERROR)
    at_work = board(organization, at=at).placed
    if code == StandingCode.ACTIVE:
        elsewhere = [one.pk for one in at_work if one.code not in (StandingCode.ACTIVE, *STOPPED)]
        return found.filter(status=ConsentStatus.ACTIVE).exclude(pk__in=elsewhere)
    wanted = [one.pk for one in at_work if (one.is_unsealed if code == UNSEALED else one.code == code)]
    return found.filter(pk__in=wanted)


def read_rows(organization: Organization, places: Sequence[Placed]) -> list[tuple[Consent, Placed]]:
    """The consents of these places, newest first, with what the words for each rest on and no more."""
    by_key = {place.pk: place for place in places}
    found = Consent.objects.at(organization).filter(pk__in=by_key)
    consents = list(
        found.select_related(
            "patient", "product", "batch", "practitioner", "document", "signature", "declaration"
        ).defer(*UNREAD)
    )
    wanted: dict[str, list[Consent]] = {}
    for consent in consents:
        consent.organization = organization
        for rows in WORDS_REST_ON[by_key[consent.pk].code]:
            wanted.setdefault(rows, []).append(consent)
    for rows, needing in wanted.items():
        prefetch_related_objects(needing, rows)
    return [(consent, by_key[consent.pk]) for consent in consents]


@dataclass(frozen=True)
class Week:
    """How many consents came in one week to where they stand now: open, active, declined, ended."""

    begins: date
    counts: Mapping[str, int]


WEEKS = 12
STATES = {
    ConsentStatus.DRAFT: "open",
    ConsentStatus.ACTIVE: "active",
    ConsentStatus.NOT_DONE: "declined",
    ConsentStatus.INACTIVE: "ended",
    ConsentStatus.ENTERED_IN_ERROR: "ended",
}


def counts_over_time(organization: Organization, *, at: datetime) -> list[Week]:
    """The last twelve weeks of the clinic's calendar, oldest first: one query over what changed in them, once a minute."""
    return _weeks.of(organization, at, lambda _: True, lambda: _count(organization, at))


def _count(organization: Organization, at: datetime) -> list[Week]:
    today = organization.local_date(at)
    monday = today - timedelta(days=today.weekday())
    weeks = {monday - timedelta(weeks=back): Counter[str]() for back in range(WEEKS - 1, -1, -1)}
    begins = datetime.combine(min(weeks), time(), organization.zone)
    found = (
        Consent.objects.at(organization)
        .filter(status__in=list(STATES), changed_at__gte=begins)
        .order_by()
        .annotate(week=TruncWeek("changed_at", tzinfo=organization.zone))
        .values_list("week", "status")
        .annotate(count=Count("pk"))
    )
    for week, status, count in found:
        day = week.astimezone(organization.zone).date()
        if day in weeks:
            weeks[day][STATES[ConsentStatus(status)]] += count
    return [Week(day, counts) for day, counts in weeks.items()]


def _marked(organization: Organization) -> QuerySet[Any]:
    marks = ReviewMark.objects.at(organization).filter(document=F("consent__document"))
    return marks.filter(Q(decision=None) | Q(decision__outcome=MarkOutcome.ASK_AGAIN)).order_by().values("consent")


def _paused(organization: Organization) -> QuerySet[Any]:
    return CapacityDoubt.objects.filter(consent__organization=organization, decision=None).order_by().values("consent")


def _failing() -> QuerySet[Any]:
    tasks = SealingTask.objects.exclude(last_error="")
    return tasks.order_by().values("consent")
