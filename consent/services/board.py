"""What a clinic works on: what waits, since when, and the rows that a page shows of it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property, partial
from typing import Any

from django.db.models import Count, F, Q, QuerySet, prefetch_related_objects
from django.db.models.functions import TruncWeek

from clinic.models import Organization, Practitioner
from consent.disclosure import STOPPED, WORDS_REST_ON, Placed
from consent.models import CapacityDoubt, Clearance, Consent, ReviewMark, SealingTask
from consent.models.consents import ENDED_LATELY, LONGEST_OWN_THINKING, LONGEST_THINKING, ConsentQuerySet
from consent.services.cores import ENDED, Core, cores, open_cores
from consent.services.facts import Facts, unsealed_days
from consent.services.kept import PerClinic, kept_places
from consent.services.placing import place, places_at_rest
from consent.vocabulary import ConsentStatus, MarkOutcome, StandingCode
from products.models import Batch, Product

UNSEALED = "unsealed"
# What many consents have in common, without the large columns, which no list shows.
SHARED: dict[str, QuerySet[Any]] = {
    "product": Product.objects.defer("snapshot", "findings", "search_text"),
    "batch": Batch.objects.defer("snapshot", "findings"),
    "practitioner": Practitioner.objects.all(),
}
# What a row and the words for where it stands read of a consent and of what is joined with it.
COLUMNS = (
    "organization",
    "reference",
    "practitioner",
    "product",
    "batch",
    "route",
    "status",
    "status_reason",
    "study",
    "created_at",
    "changed_at",
    "patient__wrapped_key",
    "patient__sealed_identity",
    "document__section_count",
    "document__days_to_think",
    "signature__document",
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


# The picture of twelve weeks may be a minute old.
PICTURE_KEPT_FOR = timedelta(minutes=1)


def board(organization: Organization, *, at: datetime, narrowed: Q | None = None) -> Board:
    """Where everything stands that a clinic works on: a fixed number of queries, whatever there is of it.

    The whole board is kept, and what an act moved is placed anew (`consent.services.kept`); a narrowed one is worked out.
    """
    if narrowed:
        return Board(tuple(_work_out(organization, at, narrowed).values()))
    places = _kept(organization, at)
    known = _boards.get(organization)
    if known is None or known[0] is not places:
        known = (places, Board(tuple(places.values())))
        _boards.put(organization, known)
    return known[1]


_boards: PerClinic[tuple[Mapping[uuid.UUID, Placed], Board]] = PerClinic()
_weeks: PerClinic[tuple[datetime, list[Week]]] = PerClinic()


def _kept(organization: Organization, at: datetime) -> Mapping[uuid.UUID, Placed]:
    return kept_places(organization, at, lambda: _work_out(organization, at, None))


def _work_out(organization: Organization, at: datetime, narrowed: Q | None) -> dict[uuid.UUID, Placed]:
    facts = Facts(organization, at)
    places: dict[uuid.UUID, Placed] = {}
    for found, read in _parts(facts):
        placed = (place(core, facts) for core in read(found.filter(narrowed) if narrowed else found))
        places |= {one.pk: one for one in placed if one.is_at_work}
    return places


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
        yield here.filter(pk__in=unsealed_days(Clearance.objects.all(), at).order_by().values("consent")), cores


def places_on_page(keys: Sequence[uuid.UUID], organization: Organization, *, at: datetime) -> list[Placed]:
    """Where the consents of one page of a list stand: as the board has it, else where they came to rest."""
    kept = _kept(organization, at)
    rest = [key for key in keys if key not in kept]
    return [kept[key] for key in keys if key in kept] + places_at_rest(
        Consent.objects.at(organization).filter(pk__in=rest)
    )


def standing_at(found: ConsentQuerySet, organization: Organization, code: str, *, at: datetime) -> ConsentQuerySet:
    """Those of a list that stand here, by the database alone."""
    if code in STOPPED:
        return found.filter(status_reason=STOPPED[StandingCode(code)])
    if code == StandingCode.ERROR:
        return found.filter(status=ConsentStatus.ENTERED_IN_ERROR)
    at_work = board(organization, at=at).placed
    if code == StandingCode.ACTIVE:
        elsewhere = [one.pk for one in at_work if one.code != code]
        return found.filter(status=ConsentStatus.ACTIVE).exclude(pk__in=elsewhere)
    wanted = [one.pk for one in at_work if (one.is_unsealed if code == UNSEALED else one.code == code)]
    return found.filter(pk__in=wanted)


def read_rows(organization: Organization, places: Sequence[Placed]) -> list[tuple[Consent, Placed]]:
    """The consents of these places, newest first, with what the words for each rest on and no more."""
    by_key = {place.pk: place for place in places}
    found = Consent.objects.at(organization).filter(pk__in=by_key)
    consents = list(found.select_related("patient", "document", "signature").only(*COLUMNS))
    _share(consents, "product")
    _share(consents, "practitioner")
    _share([one for one in consents if by_key[one.pk].code == StandingCode.BATCH_CHANGED], "batch")
    wanted: dict[str, list[Consent]] = {}
    for consent in consents:
        consent.organization = organization
        for rows_of_it in WORDS_REST_ON[by_key[consent.pk].code]:
            wanted.setdefault(rows_of_it, []).append(consent)
    for rows_of_it, needing in wanted.items():
        prefetch_related_objects(needing, rows_of_it)
    return [(consent, by_key[consent.pk]) for consent in consents]


def _share(consents: Sequence[Consent], name: str) -> None:
    """Give each consent the row that it has in common with others, read once: a join of eight tables takes longer to plan."""
    column = f"{name}_id"
    keys = {key for consent in consents if (key := getattr(consent, column))}
    found = SHARED[name].in_bulk(keys) if keys else {}
    for consent in consents:
        setattr(consent, name, found.get(getattr(consent, column)))


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
    known = _weeks.get(organization)
    if known is None or not timedelta(0) <= at - known[0] < PICTURE_KEPT_FOR:
        known = (at, _count(organization, at))
        _weeks.put(organization, known)
    return known[1]


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
