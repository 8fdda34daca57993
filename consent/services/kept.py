"""The places of a clinic that one process keeps: brought up to date by what the log names, worked out anew now and then."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Generic, TypeVar

from django.db.models import Model

from audit import services as audit
from clinic.models import Organization, Patient
from consent.disclosure import NEVER, Placed
from consent.models import (
    AnswersReview,
    CapacityDecision,
    CapacityDoubt,
    Clearance,
    Consent,
    ConsentTerms,
    DayCheck,
    Declaration,
    Decline,
    Document,
    Ending,
    MarkDecision,
    Notice,
    Opening,
    PaperHandover,
    PaperPack,
    PaperWish,
    PatientLink,
    Question,
    ReviewMark,
    SealedFile,
    SealingTask,
    Signature,
    SoonerAnswer,
    SoonerRequest,
    StepAnswers,
    Withdrawal,
)
from consent.services.facts import lost_messages
from consent.services.placing import places_of
from consent.vocabulary import ConsentStatus
from products.models import Batch

# How long what leaves no entry in the log may stay unseen (a message that comes back, a file that is not sealed), and what
# the background writes for many consents at once.
UNSEEN_FOR = timedelta(seconds=10)
BACKGROUND = frozenset({"consent.marked_for_review"})
# After so long, or for so many consents and entries at once, everything is placed anew.
KEPT_FOR = timedelta(minutes=10)
MOST_MOVED, MOST_ENTRIES = 300, 200
MOST_CLINICS = 100
# An act that writes one of these may move any consent of the clinic ...
MOVE_ANY = frozenset(model._meta.label_lower for model in (Organization, Batch, ConsentTerms))
# ... one that writes one of these, the consents to which this way leads. No other table says where a consent stands.
WAYS: Mapping[str, tuple[str, type[Model]]] = {
    model._meta.label_lower: (way, model)
    for way, models in {
        "pk": (Consent,),
        "consents": (Patient,),
        "consent": (
            CapacityDoubt,
            Clearance,
            DayCheck,
            Declaration,
            Decline,
            Document,
            Ending,
            Opening,
            PaperPack,
            PaperWish,
            PatientLink,
            Question,
            ReviewMark,
            SealedFile,
            Signature,
            SoonerRequest,
            StepAnswers,
            Withdrawal,
        ),
        "answers__consent": (AnswersReview,),
        "doubt__consent": (CapacityDecision,),
        "mark__consent": (MarkDecision,),
        "pack__consent": (PaperHandover,),
        "request__consent": (SoonerAnswer,),
    }.items()
    for model in models
}

Known = TypeVar("Known")


class PerClinic(Generic[Known]):
    """What this process worked out last for each clinic."""

    def __init__(self) -> None:
        self._found: dict[uuid.UUID, Known] = {}

    def get(self, organization: Organization) -> Known | None:
        return self._found.get(organization.pk)

    def put(self, organization: Organization, known: Known) -> None:
        if len(self._found) >= MOST_CLINICS:
            self._found.clear()
        self._found[organization.pk] = known


@dataclass(frozen=True)
class KeptPlaces:
    """The places of what a clinic works on, as of so many entries of its log.

    `looked_at` is when it was last asked what leaves no entry, `unlogged` what was found then.
    """

    places: Mapping[uuid.UUID, Placed]
    size: int
    worked_out_at: datetime
    looked_at: datetime
    unlogged: frozenset[tuple[uuid.UUID, str]]

    @cached_property
    def next_change(self) -> datetime:
        """When the first of them moves by time alone."""
        return min((one.changes_at for one in self.places.values()), default=NEVER)


_kept: PerClinic[KeptPlaces] = PerClinic()


def kept_places(
    organization: Organization, at: datetime, work_out: Callable[[], Mapping[uuid.UUID, Placed]]
) -> Mapping[uuid.UUID, Placed]:
    """The places as they are now: the same object while none moves.

    `work_out` finds all of them; it is asked for where one act may have moved any, and now and then.
    """
    # The log is looked at before the rows: what comes in between is placed once more, and is never missed.
    size = audit.size_of(organization.pk)
    known = _kept.get(organization)
    if known is not None:
        known = _brought_up_to(known, size, organization, at)
    if known is None:
        unlogged = _unlogged(organization)
        known = KeptPlaces(work_out(), size, at, at, unlogged)
    _kept.put(organization, known)
    return known.places


def _brought_up_to(known: KeptPlaces, size: int, organization: Organization, at: datetime) -> KeptPlaces | None:
    """The same with what moved since placed anew; None where that cannot be told, or is too much."""
    is_another_day = organization.local_date(at) != organization.local_date(known.worked_out_at)
    is_log_older = size < known.size
    if is_log_older or at < known.looked_at or at >= known.worked_out_at + KEPT_FOR or is_another_day:
        return None
    may_wait = at < known.looked_at + UNSEEN_FOR
    moved: set[uuid.UUID] = set()
    if size != known.size:
        named = audit.named_between(organization.pk, known.size, size) if size - known.size <= MOST_ENTRIES else None
        if named is not None and may_wait and {one.kind for one in named} <= BACKGROUND:
            return known
        by_acts = None if named is None else moved_by(row for one in named for row in one.rows)
        if by_acts is None:
            return None
        moved |= by_acts
    as_of_now = replace(known, size=size)
    if not may_wait:
        as_of_now = replace(as_of_now, looked_at=at, unlogged=_unlogged(organization))
        moved |= {pk for pk, _ in as_of_now.unlogged ^ known.unlogged}
    if at >= known.next_change:
        moved |= {one.pk for one in known.places.values() if one.changes_at <= at}
    if len(moved) > MOST_MOVED:
        return None
    if not moved:
        return as_of_now
    places = {pk: one for pk, one in known.places.items() if pk not in moved}
    places |= {one.pk: one for one in places_of(moved, organization, at=at) if one.is_at_work}
    return replace(as_of_now, places=places)


def moved_by(rows: Iterable[tuple[str, str]]) -> set[uuid.UUID] | None:
    """The consents that these rows may move, given by model label and key: one query for each model; None for any."""
    keys: dict[str, set[str]] = {}
    for model, pk in rows:
        keys.setdefault(model, set()).add(pk)
    if not MOVE_ANY.isdisjoint(keys):
        return None
    moved: set[uuid.UUID] = set()
    for model in keys.keys() & WAYS.keys():
        way, read = WAYS[model]
        if read is Consent:
            moved |= {uuid.UUID(pk) for pk in keys[model]}
        else:
            found = read._default_manager.filter(pk__in=keys[model]).order_by()
            moved |= {pk for pk in found.values_list(way, flat=True)[: MOST_MOVED + 1] if pk is not None}
    return moved


def _unlogged(organization: Organization) -> frozenset[tuple[uuid.UUID, str]]:
    """What moves a consent without an entry in the log: files that fail to be sealed, and messages that were lost."""
    failing = SealingTask.objects.filter(consent__organization=organization).exclude(last_error="")
    notices = Notice.objects.filter(consent__organization=organization, consent__status=ConsentStatus.DRAFT)
    lost = lost_messages(notices)
    return frozenset(
        [
            *failing.order_by().values_list("consent", "kind"),
            *((pk, "") for pk in lost.values_list("consent", flat=True)),
        ]
    )
