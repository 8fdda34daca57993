"""What is open at a clinic, or among a few of its consents: the facts from which their places follow.

What is rare (questions, marks, failing seals) is looked up once for the clinic, not once for each consent.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet

from clinic.models import Organization
from consent.models import (
    CapacityDecision,
    CapacityDoubt,
    Clearance,
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
from consent.models.consents import ENDED_LATELY, LONGEST_THINKING
from consent.services.asking import Asked, of_all, of_keys, of_some
from consent.services.cores import OPEN, Core
from consent.vocabulary import NEEDS_DECISION, ConsentStatus, EndKind, MarkOutcome, SealKind
from products.models import Batch
from products.vocabulary import BatchStatus

USABLE = (BatchStatus.QUARANTINE, BatchStatus.RELEASED)
# The file of each end.
END_FILES = {
    EndKind.VOIDED: SealKind.CLOSED,
    EndKind.LAPSED: SealKind.CLOSED,
    EndKind.SUPERSEDED: SealKind.CLOSED,
    EndKind.INVALIDATED: SealKind.ERROR,
}
END_OF_REASON = {str(kind): file for kind, file in END_FILES.items()}
END_ORDER = (SealKind.DECLINED, SealKind.WITHDRAWN, SealKind.CLOSED, SealKind.ERROR)


class Facts:
    """What is open at a clinic, or among some of its consents, by consent.

    Of some, only that is asked for which consents of their states can have.
    """

    def __init__(self, organization: Organization, at: datetime, *, among: Sequence[Core] | None = None) -> None:
        self.at, self.organization, self.today = at, organization, organization.local_date(at)
        ask = (
            of_all(organization, at, may_think_longer=self.may_think_longer)
            if among is None
            else of_some(among, at, may_think_longer=lambda: self.may_think_longer)
        )
        self.failing = set(ask.rows(SealingTask, ask.here, _failing))
        failing_ones = of_keys({pk for pk, _ in self.failing})
        filed = (*ask.filed, failing_ones)
        self.sealed = {row for kept in filed for row in ask.rows(SealedFile, kept, _consent_and_kind)}
        self.days = _days(ask, at, failing_ones)
        self.ends = _ends(ask, failing_ones)
        self.changed, self.again = _marks(ask)
        self.paused = dict(ask.rows(CapacityDoubt, ask.not_ended, _open_doubts))
        self.assessed_on = _next_assessments(self.paused)
        self.sooner = dict(ask.rows(SoonerRequest, ask.active, _agreed))
        self.asked = dict(ask.rows(Question, ask.draft, _open_questions))
        self.undecided = dict(ask.rows(StepAnswers, ask.draft, _undecided_answers))
        self.packs = dict(ask.rows(PaperPack, ask.draft, _handed_over))
        self.wishes = dict(ask.rows(PaperWish, ask.draft, _wishes))
        self.links = {pk: (made, until) for pk, made, until in ask.rows(PatientLink, ask.draft, _links)}
        self.lost = set(ask.rows(Notice, ask.draft, _lost))
        self.opened = _opened(ask)
        stops = (self.paused, self.changed, self.again, self.asked, self.undecided, self.packs, self.wishes, self.days)
        # One look for most consents, which have none of this.
        self.rare = set().union(*stops)

    @cached_property
    def may_think_longer(self) -> bool:
        """Whether the clinic ever gave more days to think than we do: only then may an older consent still be thought over."""
        most = LONGEST_THINKING.days
        return any(
            max(given) >= most
            for given in ConsentTerms.objects.at(self.organization).values_list(
                "days_intact", "days_breached", "days_injected", "days_systemic"
            )
        )

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


def _failing(rows: QuerySet[Any]) -> QuerySet[Any]:
    return _consent_and_kind(rows.exclude(last_error=""))


def _consent_and_kind(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.values_list("consent", "kind")


def _marks(ask: Asked) -> tuple[dict[uuid.UUID, datetime], dict[uuid.UUID, datetime]]:
    """Since when consents wait for a decision, and since when their patients are to be asked again."""
    changed: dict[uuid.UUID, datetime] = {}
    again: dict[uuid.UUID, datetime] = {}
    for pk, marked_at, decided_at in ask.rows(ReviewMark, ask.not_ended, _marks_that_count):
        if decided_at is None:
            changed[pk] = marked_at
        else:
            again[pk] = decided_at
    return changed, again


def _marks_that_count(rows: QuerySet[Any]) -> QuerySet[Any]:
    counting = rows.filter(
        Q(decision=None) | Q(decision__outcome=MarkOutcome.ASK_AGAIN), document=F("consent__document")
    )
    return counting.order_by("-marked_at", "-kind").values_list("consent", "marked_at", "decision__decided_at")


def _earliest(rows: QuerySet[Any], moment: str) -> QuerySet[Any]:
    found: QuerySet[Any] = rows.order_by().values_list("consent").annotate(first=Min(moment))
    return found


def _open_doubts(rows: QuerySet[Any]) -> QuerySet[Any]:
    return _earliest(rows.filter(decision=None), "raised_at")


def _open_questions(rows: QuerySet[Any]) -> QuerySet[Any]:
    return _earliest(rows.filter(answered_at=None, dropped_at=None), "asked_at")


def _undecided_answers(rows: QuerySet[Any]) -> QuerySet[Any]:
    later = StepAnswers.objects.filter(
        document=OuterRef("document"), step=OuterRef("step"), attempt__gt=OuterRef("attempt")
    )
    undecided = rows.filter(
        ~Exists(later), outcome__in=list(NEEDS_DECISION), review=None, document=F("consent__document")
    )
    return _earliest(undecided, "answered_at")


def _next_assessments(paused: Collection[uuid.UUID]) -> dict[uuid.UUID, date]:
    """The day on which a paused patient is assessed again, where one was set: before its end nobody is late."""
    if not paused:
        return {}
    decided = CapacityDecision.objects.filter(doubt__consent__in=paused, again_on__isnull=False).order_by("again_on")
    return dict(decided.values_list("doubt__consent", "again_on"))


def _agreed(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(answer__is_agreed=True).order_by("-treat_on").values_list("document", "treat_on")


def _handed_over(rows: QuerySet[Any]) -> QuerySet[Any]:
    """When the last pack of the text in force was handed over."""
    packs = rows.filter(document=F("consent__document"), handover__isnull=False).order_by("made_at", "id")
    return packs.values_list("consent", "handover__handed_over_at")


def _wishes(rows: QuerySet[Any]) -> QuerySet[Any]:
    """When the patient last wished for paper."""
    wishes = rows.filter(document=F("consent__document")).order_by("asked_at")
    return wishes.values_list("consent", "asked_at")


def _links(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(revoked_at=None).order_by("created_at").values_list("consent", "created_at", "expires_at")


def _lost(rows: QuerySet[Any]) -> QuerySet[Any]:
    return lost_messages(rows).values_list("consent", flat=True)


def lost_messages(rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those that came back or were given up, on a link that still counts."""
    lost = Q(bounced_at__isnull=False) | Q(sent_at=None) & ~Q(last_error="")
    return rows.filter(lost, link__revoked_at=None, link__isnull=False).order_by()


def _opened(ask: Asked) -> dict[uuid.UUID, tuple[datetime, datetime]]:
    """Of each text the first and the last opening; a pack that was handed over counts as one."""
    opened: dict[uuid.UUID, tuple[datetime, datetime]] = {}
    for document, moment in (
        *ask.rows(Opening, ask.thinking, lambda rows: rows.order_by().values_list("document", "opened_at")),
        *ask.rows(PaperPack, ask.thinking, _given),
    ):
        first, last = opened.get(document, (moment, moment))
        opened[document] = (min(first, moment), max(last, moment))
    return opened


def _given(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(handover__isnull=False).order_by().values_list("document", "handover__handed_over_at")


def _days(ask: Asked, at: datetime, failing_ones: Q | None) -> dict[uuid.UUID, datetime]:
    """The first passed check of each, of those that may have no file of the day."""
    days: dict[uuid.UUID, datetime] = {}
    for pk, moment in (
        *ask.rows(Clearance, ask.declared, lambda rows: _cleared(unsealed_days(rows, at))),
        *ask.rows(Clearance, failing_ones, lambda rows: _cleared(_passed_days(rows))),
    ):
        days[pk] = min(moment, days.get(pk, moment))
    return days


def _cleared(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.values_list("consent", "cleared_at")


def _passed_days(rows: QuerySet[Clearance]) -> QuerySet[Clearance]:
    """Passed checks with their three answers: the first of a consent has a file."""
    return rows.filter(Exists(DayCheck.objects.filter(clearance=OuterRef("pk"))))


def unsealed_days(rows: QuerySet[Clearance], at: datetime) -> QuerySet[Clearance]:
    """Passed checks of late of consents without a file of the day."""
    files = SealedFile.objects.filter(consent=OuterRef("consent"), kind=SealKind.DAY_OF)
    return _passed_days(rows).filter(~Exists(files), cleared_at__gte=at - ENDED_LATELY)


def _ends(ask: Asked, failing_ones: Q | None) -> dict[uuid.UUID, dict[SealKind, datetime]]:
    """The ends of what ended lately, and of what fails to be sealed, by the file that each needs."""
    found: dict[uuid.UUID, dict[SealKind, datetime]] = {}
    for whose in (ask.ended, failing_ones):
        for pk, kind, moment in (
            *ask.rows(Decline, whose, lambda rows: _ended(rows, SealKind.DECLINED, "declined_at")),
            *ask.rows(Withdrawal, whose, lambda rows: _ended(rows, SealKind.WITHDRAWN, "withdrawn_at")),
            *ask.rows(Ending, whose, _endings),
        ):
            found.setdefault(pk, {})[kind] = moment
    return found


def _ended(rows: QuerySet[Any], kind: SealKind, moment: str) -> Iterable[tuple[uuid.UUID, SealKind, datetime]]:
    return ((pk, kind, at) for pk, at in rows.values_list("consent", moment))


def _endings(rows: QuerySet[Any]) -> Iterable[tuple[uuid.UUID, SealKind, datetime]]:
    ended = rows.values_list("consent", "kind", "ended_at")
    return ((pk, END_FILES[EndKind(kind)], at) for pk, kind, at in ended)
