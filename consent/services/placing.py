"""Where a consent stands, found by the database: a fixed number of small queries for any number of consents.

The words for it are those of `consent.disclosure`. What is rare (questions, marks, failing seals) is looked up once for
the clinic, not once for each consent.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from clinic.models import Organization, Patient
from consent import rules
from consent.disclosure import NEVER, OVERDUE_AFTER, STOPPED, BoardStanding, Placed, told_as
from consent.models import (
    CapacityDecision,
    CapacityDoubt,
    Clearance,
    Consent,
    ConsentTerms,
    DayCheck,
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
from consent.vocabulary import NEEDS_DECISION, ConsentStatus, EndKind, MarkOutcome, SealKind, StandingCode
from products.models import Batch
from products.vocabulary import BatchStatus, route_group

# What a place follows from, in the order of `Core`; the second half only once something was signed.
OF_ALL = (
    "pk",
    "status",
    "status_reason",
    "changed_at",
    "route",
    "document",
    "batch__status",
    "batch__expiration_date",
    "signature__signed_at",
)
OF_SIGNED = ("declaration__declared_at", "signature__document", "signature__document__days_to_think")
OPEN = (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)
ENDED = (ConsentStatus.NOT_DONE, ConsentStatus.INACTIVE, ConsentStatus.ENTERED_IN_ERROR)
USABLE = (BatchStatus.QUARANTINE, BatchStatus.RELEASED)
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
# The file of each end.
END_FILES = {
    EndKind.VOIDED: SealKind.CLOSED,
    EndKind.LAPSED: SealKind.CLOSED,
    EndKind.SUPERSEDED: SealKind.CLOSED,
    EndKind.INVALIDATED: SealKind.ERROR,
}
END_OF_REASON = {str(kind): file for kind, file in END_FILES.items()}
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


def cores(found: QuerySet[Consent]) -> Iterator[Core]:
    """Of each of these what its place follows from. Whose key is gone can have no file any more."""
    erased = Patient.objects.filter(pk=OuterRef("patient"), wrapped_key=None)
    rows = found.order_by().annotate(is_erased=Exists(erased))
    return (Core(*row) for row in rows.values_list(*OF_ALL, *OF_SIGNED, "is_erased"))


def open_cores(found: QuerySet[Consent], *, is_draft: bool) -> Iterator[Core]:
    """The same for open consents alone, whose patients are there: a draft has no declaration to look for."""
    return (Core(*row) for row in found.order_by().values_list(*OF_ALL, *(() if is_draft else OF_SIGNED)))


class Core(NamedTuple):
    pk: uuid.UUID
    status: str
    reason: str
    changed_at: datetime
    route: str
    document: uuid.UUID | None
    batch_status: str | None
    expiration_date: date | None
    signed_at: datetime | None
    declared_at: datetime | None = None
    signed_document: uuid.UUID | None = None
    days_to_think: int | None = None
    is_erased: bool = False


class _Asked(NamedTuple):
    """Of whose consents each kind of fact is asked for: conditions on a row that has a `consent`."""

    here: Q
    draft: Q
    signed: Q
    active: Q
    not_ended: Q
    declared: Q
    late: Q
    thinking: Q
    ended: Q


def _of_all(facts: Facts) -> _Asked:
    here, at = Q(consent__organization=facts.organization), facts.at
    draft, active = (here & Q(consent__status=status) for status in OPEN)
    late = active & Q(consent__changed_at__gte=at - LONGEST_THINKING)
    thinking = draft | late
    if facts.may_think_longer:
        longer = Q(document__days_to_think__gte=LONGEST_THINKING.days)
        thinking |= active & longer & Q(consent__changed_at__gte=at - LONGEST_OWN_THINKING)
    return _Asked(
        here=here,
        draft=draft,
        signed=draft & Q(consent__signature__isnull=False),
        active=active,
        not_ended=here & Q(consent__status__in=OPEN),
        declared=here,
        late=late,
        thinking=thinking,
        ended=here & Q(consent__status__in=ENDED, consent__changed_at__gte=at - ENDED_LATELY),
    )


def _of_some(facts: Facts, among: Sequence[Core]) -> _Asked:
    """By key: no fact is asked for that none of them can have."""

    def those(*statuses: str, since: timedelta = timedelta.max, is_signed: bool = False) -> Q:
        found = [core for core in among if core.status in statuses and (core.signed_at or not is_signed)]
        return Q(consent__in=[core.pk for core in found if facts.at - core.changed_at <= since])

    draft, active = OPEN
    longest = LONGEST_OWN_THINKING if facts.may_think_longer else LONGEST_THINKING
    return _Asked(
        here=those(*ConsentStatus.values),
        draft=those(draft),
        signed=those(draft, is_signed=True),
        active=those(active),
        not_ended=those(*OPEN),
        declared=those(*(set(ConsentStatus.values) - {draft})),
        late=those(active, since=LONGEST_THINKING),
        thinking=those(draft) | those(active, since=longest),
        ended=those(*ENDED, since=ENDED_LATELY),
    )


class Facts:
    """What is open at a clinic, or among some of its consents, by consent.

    Of some, only that is asked for which consents of their states can have.
    """

    def __init__(self, organization: Organization, at: datetime, *, among: Sequence[Core] | None = None) -> None:
        self.at, self.organization, self.today = at, organization, organization.local_date(at)
        self.may_think_longer = _may_think_longer(organization)
        ask = _of_all(self) if among is None else _of_some(self, among)
        draft, active = ask.draft, ask.active
        failing = SealingTask.objects.filter(ask.here).exclude(last_error="").values_list("consent", "kind")
        self.failing = set(failing)
        failing_ones = Q(consent__in=[pk for pk, _ in self.failing])
        self.sealed = {
            row
            for kept in (ask.signed, ask.late, ask.ended, failing_ones)
            for row in SealedFile.objects.filter(kept).values_list("consent", "kind")
        }
        days = (unsealed_days(at).filter(ask.declared), _passed_days().filter(failing_ones))
        self.days = {pk: min(moments) for pk, moments in _grouped(days, "cleared_at").items()}
        self.ends = _ends((ask.ended, failing_ones) if self.failing else (ask.ended,))
        self.changed, self.again = _marks(ask.not_ended)
        self.paused = _earliest(CapacityDoubt.objects.filter(ask.not_ended, decision=None), "raised_at")
        self.assessed_on = _next_assessments(self.paused)
        agreed = SoonerRequest.objects.filter(active, answer__is_agreed=True).order_by("-treat_on")
        self.sooner = dict(agreed.values_list("document", "treat_on"))
        self.asked = _earliest(Question.objects.filter(draft, answered_at=None, dropped_at=None), "asked_at")
        self.undecided = _earliest(_undecided_answers().filter(draft), "answered_at")
        self.packs, self.wishes = _paper(draft)
        links = PatientLink.objects.filter(draft, revoked_at=None).order_by("created_at")
        self.links = {pk: (made, until) for pk, made, until in links.values_list("consent", "created_at", "expires_at")}
        self.lost = set(lost_messages().filter(draft).values_list("consent", flat=True))
        # Of each text the first and the last opening; a pack that was handed over counts as one.
        self.opened: dict[uuid.UUID, tuple[datetime, datetime]] = {}
        given = PaperPack.objects.filter(ask.thinking, handover__isnull=False)
        for document, moment in (
            *Opening.objects.filter(ask.thinking).order_by().values_list("document", "opened_at"),
            *given.order_by().values_list("document", "handover__handed_over_at"),
        ):
            first, last = self.opened.get(document, (moment, moment))
            self.opened[document] = (min(first, moment), max(last, moment))
        stops = (self.paused, self.changed, self.again, self.asked, self.undecided, self.packs, self.wishes, self.days)
        # One look for most consents, which have none of this.
        self.rare = set().union(*stops)

    def unsealed(self, core: Core) -> list[tuple[SealKind, datetime]]:
        """The files that are still to be made, with the moment of the act; old ones only where their sealing failed."""
        if core.status == ConsentStatus.DRAFT and core.signed_at is None:
            return []  # nothing was decided yet
        acts = ((SealKind.SIGNED, core.signed_at), (SealKind.COMPLETED, core.declared_at))
        is_old = core.status != ConsentStatus.DRAFT and core.changed_at < self.at - LONGEST_THINKING
        decisions = [
            (kind, moment)
            for kind, moment in acts
            if moment is not None and not (is_old and (core.pk, kind) not in self.failing)
        ]
        may_have_others = core.status not in OPEN or core.pk in self.rare
        others = [*self._day(core), *self._end(core)] if may_have_others and not core.is_erased else []
        return [(kind, moment) for kind, moment in (*decisions, *others) if (core.pk, kind) not in self.sealed]

    def unusable_batches(self) -> list[uuid.UUID]:
        """Batches that may not be used: stopped, used up, or past their day."""
        found = Batch.objects.at(self.organization).filter(~Q(status__in=USABLE) | Q(expiration_date__lt=self.today))
        return list(found.values_list("pk", flat=True))

    def _day(self, core: Core) -> Iterator[tuple[SealKind, datetime]]:
        if core.pk in self.days:
            yield SealKind.DAY_OF, self.days[core.pk]

    def _end(self, core: Core) -> Iterator[tuple[SealKind, datetime]]:
        """Those that were looked up; else, where it ended lately, the end from before each had a row of its own."""
        found = self.ends.get(core.pk, {})
        if core.document is None or not (found or core.changed_at >= self.at - ENDED_LATELY):
            return
        yield from ((kind, found[kind]) for kind in END_ORDER if kind in found)
        without = _end_without_a_row(core.status, core.reason)
        if without and not {SealKind.CLOSED, SealKind.ERROR} & set(found):
            yield without, core.changed_at


def _end_without_a_row(status: str, reason: str) -> SealKind | None:
    """The file of an end from before each had a row of its own; None for what has not ended, a decline and a withdrawal."""
    return SealKind.ERROR if status == ConsentStatus.ENTERED_IN_ERROR else END_OF_REASON.get(reason)


END_ORDER = (SealKind.DECLINED, SealKind.WITHDRAWN, SealKind.CLOSED, SealKind.ERROR)


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


def _marks(not_ended: Q) -> tuple[dict[uuid.UUID, datetime], dict[uuid.UUID, datetime]]:
    """Since when consents wait for a decision, and since when their patients are to be asked again."""
    changed: dict[uuid.UUID, datetime] = {}
    again: dict[uuid.UUID, datetime] = {}
    rows = ReviewMark.objects.filter(not_ended, document=F("consent__document"))
    wanted = rows.filter(Q(decision=None) | Q(decision__outcome=MarkOutcome.ASK_AGAIN)).order_by("-marked_at", "-kind")
    for pk, marked_at, decided_at in wanted.values_list("consent", "marked_at", "decision__decided_at"):
        if decided_at is None:
            changed[pk] = marked_at
        else:
            again[pk] = decided_at
    return changed, again


def _earliest(rows: QuerySet[Any], moment: str) -> dict[uuid.UUID, datetime]:
    return dict(rows.order_by().values_list("consent").annotate(first=Min(moment)))


def _next_assessments(paused: Collection[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The day on which a paused patient is assessed again, where one was set: before its end nobody is late."""
    if not paused:
        return {}
    decided = CapacityDecision.objects.filter(doubt__consent__in=paused, again_on__isnull=False).order_by("again_on")
    return dict(decided.values_list("doubt__consent", "again_on"))


def _paper(draft: Q) -> tuple[dict[uuid.UUID, datetime], dict[uuid.UUID, datetime]]:
    """When the last pack of the text in force was handed over, and when the patient last wished for paper."""
    here = draft & Q(document=F("consent__document"))
    packs = PaperPack.objects.filter(here, handover__isnull=False).order_by("made_at", "id")
    wishes = PaperWish.objects.filter(here).order_by("asked_at")
    return (
        dict(packs.values_list("consent", "handover__handed_over_at")),
        dict(wishes.values_list("consent", "asked_at")),
    )


def _may_think_longer(organization: Organization) -> bool:
    """Whether the clinic ever gave more days to think than we do: only then may an older consent still be thought over."""
    most = LONGEST_THINKING.days
    return any(
        max(given) >= most
        for given in ConsentTerms.objects.at(organization).values_list(
            "days_intact", "days_breached", "days_injected", "days_systemic"
        )
    )


def _passed_days() -> QuerySet[Clearance]:
    """Passed checks with their three answers: the first of a consent has a file."""
    return Clearance.objects.filter(Exists(DayCheck.objects.filter(clearance=OuterRef("pk"))))


def unsealed_days(at: datetime) -> QuerySet[Clearance]:
    """Passed checks of late of consents without a file of the day."""
    files = SealedFile.objects.filter(consent=OuterRef("consent"), kind=SealKind.DAY_OF)
    return _passed_days().filter(~Exists(files), cleared_at__gte=at - ENDED_LATELY)


def _ends(wanted: Iterable[Q]) -> dict[uuid.UUID, dict[SealKind, datetime]]:
    """The ends of these consents, by the file that each needs."""
    found: dict[uuid.UUID, dict[SealKind, datetime]] = {}
    for kept in wanted:
        rows = [
            *(
                (pk, SealKind.DECLINED, at)
                for pk, at in Decline.objects.filter(kept).values_list("consent", "declined_at")
            ),
            *(
                (pk, SealKind.WITHDRAWN, at)
                for pk, at in Withdrawal.objects.filter(kept).values_list("consent", "withdrawn_at")
            ),
            *(
                (pk, END_FILES[EndKind(kind)], at)
                for pk, kind, at in Ending.objects.filter(kept).values_list("consent", "kind", "ended_at")
            ),
        ]
        for pk, kind, moment in rows:
            found.setdefault(pk, {})[kind] = moment
    return found


def _grouped(found: Iterable[QuerySet[Any]], moment: str) -> dict[uuid.UUID, list[datetime]]:
    grouped: dict[uuid.UUID, list[datetime]] = {}
    for rows in found:
        for pk, at in rows.values_list("consent", moment):
            grouped.setdefault(pk, []).append(at)
    return grouped


def _undecided_answers() -> QuerySet[Any]:
    later = StepAnswers.objects.filter(
        document=OuterRef("document"), step=OuterRef("step"), attempt__gt=OuterRef("attempt")
    )
    return StepAnswers.objects.filter(
        ~Exists(later), outcome__in=list(NEEDS_DECISION), review=None, document=F("consent__document")
    ).order_by()


def lost_messages() -> QuerySet[Any]:
    lost = Q(bounced_at__isnull=False) | Q(sent_at=None) & ~Q(last_error="")
    return Notice.objects.filter(lost, link__revoked_at=None, link__isnull=False).order_by()
