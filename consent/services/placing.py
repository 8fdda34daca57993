"""Where a consent stands, found by the database: a fixed number of small queries for any number of consents.

The words for it are those of `consent.disclosure`; what it follows from are `consent.services.facts`.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, time, timedelta

from django.db.models import QuerySet

from clinic.models import Organization
from consent import rules
from consent.disclosure import NEVER, OVERDUE_AFTER, STOPPED, BoardStanding, Placed, told_as
from consent.models import Consent
from consent.services.cores import OPEN, Core, cores
from consent.services.facts import USABLE, Facts
from consent.vocabulary import ConsentStatus, SealKind, StandingCode
from products.vocabulary import route_group

# A file is sealed within seconds; only what takes longer is a matter for a person.
SEALING_TAKES = timedelta(minutes=2)
# What waits for the clinic. A seal that is pending waits only once it fails or is late.
WAITING = frozenset(
    {
        StandingCode.PAUSED,
        StandingCode.CHANGED,
        StandingCode.ASK_AGAIN,
        StandingCode.BATCH_CHANGED,
        StandingCode.QUESTION,
        StandingCode.SCREENING,
        StandingCode.SIGNED,
        StandingCode.NOT_SENT,
        StandingCode.LINK_EXPIRED,
        StandingCode.NOT_REACHED,
    }
)
# Where an open consent stands while its link can be used.
FOLLOW_THE_LINK = frozenset({StandingCode.READING, StandingCode.NOT_OPENED, StandingCode.NOT_REACHED})
STANDS_FOR = {str(reason): code for code, reason in STOPPED.items()}


def placed(found: QuerySet[Consent], organization: Organization, *, at: datetime) -> list[Placed]:
    """Where each of these stands and since when: a fixed number of small queries, each over what is rare or open."""
    facts = Facts(organization, at)
    return [place(core, facts) for core in cores(found)]


def places_of(keys: Collection[uuid.UUID], organization: Organization, *, at: datetime) -> list[Placed]:
    """The same for the few consents of one page: what is open elsewhere at the clinic is not read."""
    few = list(cores(Consent.objects.at(organization).filter(pk__in=keys)))
    facts = Facts(organization, at, among=few)
    return [place(core, facts) for core in few]


def standing_of(consent: Consent, *, at: datetime) -> BoardStanding:
    """Where one consent stands at this moment, in words."""
    [place] = places_of([consent.pk], consent.organization, at=at)
    return told_as(consent, place, at=at)


def places_at_rest(found: QuerySet[Consent]) -> list[Placed]:
    """The same for consents of which it is known that nobody works on them: what they came to says it all."""
    columns = ("pk", "status", "status_reason", "changed_at", "declaration__declared_at")
    return [
        Placed(pk, *_rest(*row), is_unsealed=False, is_waiting=False)
        for pk, *row in found.order_by().values_list(*columns)
    ]


def _rest(
    status: str, reason: str, changed_at: datetime, declared_at: datetime | None
) -> tuple[StandingCode, datetime]:
    if status == ConsentStatus.ACTIVE:
        return StandingCode.ACTIVE, declared_at or changed_at
    return (StandingCode.ERROR if status == ConsentStatus.ENTERED_IN_ERROR else STANDS_FOR[reason]), changed_at


def place(core: Core, facts: Facts) -> Placed:
    unsealed = facts.unsealed(core)
    late = [(k, moment) for k, moment in unsealed if (core.pk, k) in facts.failing or moment < facts.at - SEALING_TAKES]
    if late:
        kind, moment = late[0]
        due_at = moment + OVERDUE_AFTER[StandingCode.SEAL_PENDING]
        return Placed(core.pk, StandingCode.SEAL_PENDING, moment, True, True, due_at, late=kind)
    changes_at = min((moment + SEALING_TAKES for _, moment in unsealed), default=NEVER)
    if core.status not in OPEN:
        code, since = _rest(core.status, core.reason, core.changed_at, core.declared_at)
    else:
        is_sealed = not {SealKind.SIGNED, SealKind.COMPLETED} & {kind for kind, _ in unsealed}
        code, since = _open_place(core, facts, is_sealed=is_sealed)
    if code in FOLLOW_THE_LINK:
        changes_at = min(changes_at, facts.links[core.pk][1])
    allowed = None if code == StandingCode.SEAL_PENDING else OVERDUE_AFTER.get(code)
    due_at = since + allowed if allowed else NEVER
    if code == StandingCode.PAUSED and core.pk in facts.assessed_on:
        day_after = facts.assessed_on[core.pk] + timedelta(days=1)
        due_at = max(due_at, datetime.combine(day_after, time(), facts.organization.zone))
    is_waiting = code in WAITING or (code == StandingCode.PAPER and core.pk not in facts.packs)
    return Placed(core.pk, code, since, bool(unsealed), is_waiting, due_at, changes_at)


def _open_place(core: Core, facts: Facts, *, is_sealed: bool) -> tuple[StandingCode, datetime]:
    is_rare = core.pk in facts.rare
    if is_rare:
        for code, stops in (
            (StandingCode.PAUSED, facts.paused),
            (StandingCode.CHANGED, facts.changed),
            (StandingCode.ASK_AGAIN, facts.again),
        ):
            if core.pk in stops:
                return code, stops[core.pk]
    if core.batch_status is not None and (
        core.batch_status not in USABLE or (core.expiration_date and core.expiration_date < facts.today)
    ):
        return StandingCode.BATCH_CHANGED, core.changed_at
    if core.status == ConsentStatus.ACTIVE:
        return _active_place(core, facts, is_sealed=is_sealed)
    if is_rare and core.pk in facts.asked:
        return StandingCode.QUESTION, facts.asked[core.pk]
    if is_rare and core.pk in facts.undecided:
        return StandingCode.SCREENING, facts.undecided[core.pk]
    if core.signed_at is not None:
        return StandingCode.SIGNED, core.signed_at
    if is_rare and (since := facts.packs.get(core.pk) or facts.wishes.get(core.pk)):
        return StandingCode.PAPER, since
    return _unsigned_place(core, facts)


def _active_place(core: Core, facts: Facts, *, is_sealed: bool) -> tuple[StandingCode, datetime]:
    declared_at = core.declared_at or core.changed_at
    if not is_sealed:
        return StandingCode.SEAL_PENDING, declared_at
    opened = facts.opened.get(core.signed_document) if core.signed_document else None
    first = facts.organization.local_date(opened[0]) if opened else None
    days = rules.DAYS_TO_THINK[route_group(core.route).value] if core.days_to_think is None else core.days_to_think
    begins = rules.treat_from(first, days)
    if begins is not None and core.signed_document:
        begins = min(begins, facts.sooner.get(core.signed_document, begins))
    is_thinking = begins is not None and facts.today < begins
    return (StandingCode.THINKING if is_thinking else StandingCode.ACTIVE), declared_at


def _unsigned_place(core: Core, facts: Facts) -> tuple[StandingCode, datetime]:
    link = facts.links.get(core.pk)
    if link is None:
        return StandingCode.NOT_SENT, core.changed_at
    made_at, expires_at = link
    if expires_at <= facts.at:
        return StandingCode.LINK_EXPIRED, expires_at
    opened = facts.opened.get(core.document) if core.document else None
    if opened:
        return StandingCode.READING, opened[1]
    return (StandingCode.NOT_REACHED if core.pk in facts.lost else StandingCode.NOT_OPENED), made_at
