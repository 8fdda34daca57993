"""Where a consent stands, in words.

The place itself is a fact that follows from its rows and is stored nowhere: `consent.services.placing` finds it. The words
read what `WORDS_REST_ON` names and no more, so that a list of any length costs a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from consent.models import Consent, Decline, PatientLink, SealingTask, StepAnswers, Withdrawal
from consent.vocabulary import (
    NEEDS_DECISION,
    ConsentStatus,
    LinkWay,
    MarkKind,
    MarkOutcome,
    PaperWay,
    ScreeningPolicy,
    SealKind,
    StandingCode,
    StatusReason,
)
from products.vocabulary import BatchStatus

NEVER = datetime.max.replace(tzinfo=UTC)


class Placed(NamedTuple):
    """Where one consent stands, before its rows are read: since when, and when it becomes overdue.

    `is_waiting` means that it waits for the clinic; a file that is just being sealed does not. What waits for nobody is due
    long after everything. `changes_at` is when it moves although nobody acts, if that is before the day is over. `late` is
    the file that is not sealed in time.
    """

    pk: UUID
    code: StandingCode
    since: datetime
    is_unsealed: bool
    is_waiting: bool
    due_at: datetime = NEVER
    changes_at: datetime = NEVER
    late: SealKind | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether somebody still has something to do, or to wait for."""
        return self.is_unsealed or self.code not in AT_REST


@dataclass(frozen=True)
class BoardStanding:
    """A place in words: `why` says more, `act` is the one next thing to do and `next_url_name` the page for it."""

    place: Placed
    why: str
    next_url_name: str
    act: str

    @property
    def code(self) -> StandingCode:
        """Where it stands."""
        return self.place.code

    @property
    def since(self) -> datetime:
        """When it came there."""
        return self.place.since

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for the clinic."""
        return self.place.is_waiting

    @property
    def is_unsealed(self) -> bool:
        """Whether an act has no sealed file yet."""
        return self.place.is_unsealed

    @property
    def label(self) -> str:
        """The standing in a word or two."""
        return str(self.code.label)

    @property
    def kind(self) -> str:
        """The colour of its tag: "", "warn", "stop", "good" or "quiet"."""
        return KINDS.get(self.code, "")


# The standing of each end, with the reason that such a consent has.
STOPPED = {
    StandingCode.DECLINED: StatusReason.DECLINED,
    StandingCode.WITHDRAWN: StatusReason.WITHDRAWN,
    StandingCode.VOIDED: StatusReason.VOIDED,
    StandingCode.SUPERSEDED: StatusReason.SUPERSEDED,
    StandingCode.LAPSED: StatusReason.LAPSED,
}
# Where nobody has anything left to do.
AT_REST = frozenset({StandingCode.ACTIVE, StandingCode.ERROR, *STOPPED})
KINDS = {
    StandingCode.QUESTION: "warn",
    StandingCode.SCREENING: "warn",
    StandingCode.PAPER: "warn",
    StandingCode.NOT_SENT: "warn",
    StandingCode.LINK_EXPIRED: "warn",
    StandingCode.NOT_REACHED: "warn",
    StandingCode.SEAL_PENDING: "warn",
    StandingCode.PAUSED: "stop",
    StandingCode.CHANGED: "stop",
    StandingCode.ASK_AGAIN: "stop",
    StandingCode.BATCH_CHANGED: "stop",
    StandingCode.ACTIVE: "good",
    StandingCode.NOT_OPENED: "quiet",
    StandingCode.READING: "quiet",
    StandingCode.DECLINED: "quiet",
    StandingCode.WITHDRAWN: "stop",
    StandingCode.VOIDED: "quiet",
    StandingCode.SUPERSEDED: "quiet",
    StandingCode.LAPSED: "quiet",
    StandingCode.ERROR: "quiet",
}

# For how long each may wait before it is overdue; docs/reference/board.md is compared with this.
OVERDUE_AFTER = {
    StandingCode.SEAL_PENDING: timedelta(minutes=15),
    StandingCode.PAUSED: timedelta(days=1),
    StandingCode.CHANGED: timedelta(days=2),
    StandingCode.ASK_AGAIN: timedelta(days=7),
    StandingCode.BATCH_CHANGED: timedelta(days=2),
    StandingCode.QUESTION: timedelta(days=1),
    StandingCode.SCREENING: timedelta(days=1),
    StandingCode.SIGNED: timedelta(days=2),
    StandingCode.NOT_SENT: timedelta(days=1),
    StandingCode.LINK_EXPIRED: timedelta(days=7),
    StandingCode.NOT_REACHED: timedelta(days=1),
    StandingCode.NOT_OPENED: timedelta(days=14),
    StandingCode.READING: timedelta(days=14),
}
# The page and the name of the one next act; on a consent that waits for nobody, to look at it.
ACTS: dict[StandingCode, tuple[str, str]] = {
    StandingCode.SEAL_PENDING: ("consent", "See why"),
    StandingCode.PAUSED: ("consent_pause", "Resolve"),
    StandingCode.CHANGED: ("consent_changes", "Decide"),
    StandingCode.ASK_AGAIN: ("consent", "Ask again"),
    StandingCode.BATCH_CHANGED: ("consent", "Review"),
    StandingCode.QUESTION: ("consent", "Answer"),
    StandingCode.SCREENING: ("consent", "Decide"),
    StandingCode.SIGNED: ("consent_declare", "Declare"),
    StandingCode.PAPER: ("consent_paper", "Print"),
    StandingCode.NOT_SENT: ("consent", "Show QR"),
    StandingCode.LINK_EXPIRED: ("consent", "Make a new link"),
    StandingCode.NOT_REACHED: ("consent", "Show QR"),
}
WITHOUT_WAITING = {
    StandingCode.PAPER: ("consent_paper", "Scan it back"),
    StandingCode.ACTIVE: ("consent_clearance", "Check"),
}
# Said for the moment in which the rows are already another's than the place.
JUST_NOW = "somebody acted just now; load this page again"


def told_as(consent: Consent, place: Placed, *, at: datetime) -> BoardStanding:
    """The words for a consent of which it is known where it stands: reads `WORDS_REST_ON[place.code]` and nothing else."""
    acts = ACTS if place.is_waiting else WITHOUT_WAITING
    url_name, act = acts.get(place.code, ("consent", "Open"))
    return BoardStanding(place, WHY[place.code](consent, place, at) or JUST_NOW, url_name, act)


def link_in_force(consent: Consent) -> PatientLink | None:
    """The newest link that was not replaced; it may have expired."""
    links = [link for link in consent.links.all() if link.revoked_at is None]
    return links[-1] if links else None


def undecided_answers(consent: Consent) -> StepAnswers | None:
    """The newest answers to the text in force that a practitioner must decide on; None where there are none."""
    newest = {row.step: row for row in consent.step_answers.all() if row.document_id == consent.document_id}
    waiting = (row for row in newest.values() if row.outcome in NEEDS_DECISION and not hasattr(row, "review"))
    return next(waiting, None)


def _has(consent: Consent, name: str) -> bool:
    return getattr(consent, name, None) is not None


def _unsealed(consent: Consent, place: Placed, at: datetime) -> str:
    if place.late is None:
        return "the sealed file is being made"
    task = next((row for row in consent.sealing_tasks.all() if row.kind == place.late), None)
    return f"{place.late.label}: what was decided counts. " + _seal_words(task, at)


def _seal_words(task: SealingTask | None, at: datetime) -> str:
    if task is None or not task.attempts:
        return "Its sealed file is late: is the worker running?"
    tries = f"{task.attempts} {'try' if task.attempts == 1 else 'tries'}"
    if task.next_attempt_at is None or task.next_attempt_at <= at:
        coming = "tried again now"
    else:
        minutes = -(-int((task.next_attempt_at - at).total_seconds()) // 60)
        coming = f"tried again in {minutes} min"
    return f"Sealing failed ({tries}): {task.last_error or 'no reason given'}; {coming}."


def _paused(consent: Consent, _place: Placed, _at: datetime) -> str:
    doubt = consent.open_doubt
    return f"{doubt.raised_by_name} doubts that the patient can make this decision: “{doubt.reason}”" if doubt else ""


def _changed(consent: Consent, place: Placed, _at: datetime) -> str:
    if place.code == StandingCode.CHANGED:
        found = [row for row in consent.marks if row.is_open]
    else:
        decided = [row for row in consent.marks if not row.is_open]
        found = [row for row in decided if row.decision.outcome == MarkOutcome.ASK_AGAIN]
    if not found:
        return ""
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{MarkKind(found[0].kind).label.lower()}: {found[0].summary}{more}"


def _batch_changed(consent: Consent, _place: Placed, at: datetime) -> str:
    batch = consent.batch
    if batch is None:
        return ""
    if batch.status not in (BatchStatus.QUARANTINE, BatchStatus.RELEASED):
        reason = f": {batch.status_reason}" if batch.status_reason else ""
        return f"batch {batch.lot_number} is {BatchStatus(batch.status).label.lower()}{reason}"
    if batch.is_expired_on(consent.organization.local_date(at)):
        return f"batch {batch.lot_number} expired on {batch.expiration_date:%-d %B %Y}"
    return ""


def _question(consent: Consent, _place: Placed, _at: datetime) -> str:
    waiting = [row for row in consent.questions.all() if row.is_open]
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return f"“{waiting[0].text}”{more}" if waiting else ""


def _screening(consent: Consent, _place: Placed, _at: datetime) -> str:
    waiting = undecided_answers(consent)
    if waiting is None:
        return ""
    can_sign = waiting.outcome == ScreeningPolicy.WARN
    before = " before the declaration" if can_sign else "; the patient cannot sign before it"
    return f"an answer on health needs your decision{before}"


def _signed(consent: Consent, _place: Placed, _at: datetime) -> str:
    return f"the declaration of {consent.practitioner.printed_name} is missing"


def _on_paper(consent: Consent, place: Placed, _at: datetime) -> str:
    """A pack is out, or wished for and not yet handed over."""
    if not place.is_waiting:
        return f"the pack was handed over on {_day(consent, place.since)}; scan it back when it is signed"
    wishes = [row for row in consent.paper_wishes.all() if row.document_id == consent.document_id]
    return f"the patient would rather sign {str(PaperWay(wishes[-1].way).label).lower()}" if wishes else ""


def _not_sent(consent: Consent, _place: Placed, _at: datetime) -> str:
    return "the text is newer than the patient’s link" if consent.links.all() else "the patient has no link yet"


def _link_expired(consent: Consent, place: Placed, _at: datetime) -> str:
    return f"the link worked until {_day(consent, place.since)}"


def _not_reached(consent: Consent, _place: Placed, _at: datetime) -> str:
    link = link_in_force(consent)
    failed = [row for row in consent.notices.all() if link and row.link_id == link.pk and row.is_lost]
    if not failed:
        return ""
    return f"the e-mail {'came back' if failed[-1].bounced_at else 'could not be sent'}: {failed[-1].last_error}"


def _not_opened(consent: Consent, _place: Placed, _at: datetime) -> str:
    link = link_in_force(consent)
    if link is None:
        return ""
    way = str(LinkWay(link.way).label)
    why = f"{way[:1].lower()}{way[1:]}; the link works until {_day(consent, link.expires_at)}"
    reminded = sum(row.is_reminder and row.sent_at is not None for row in consent.notices.all())
    if reminded:
        why += f"; reminded {'once' if reminded == 1 else f'{reminded} times'}"
    due = getattr(consent, "reminder_due", None)
    if due is not None and link.way == LinkWay.EMAIL and due.next_at < link.expires_at:
        why += f"; the next reminder is looked at on {_day(consent, due.next_at)}"
    return why


def _reading(consent: Consent, _place: Placed, _at: datetime) -> str:
    read = [row for row in consent.acknowledgements.all() if row.document_id == consent.document_id]
    parts = consent.document.section_count if consent.document else 0
    return f"{len(read)} of {parts} parts read"


def _thinking(consent: Consent, _place: Placed, _at: datetime) -> str:
    treat_from = consent.treat_from
    return f"may be treated from {treat_from:%-d %B %Y}" if treat_from else ""


def _active(consent: Consent, _place: Placed, at: datetime) -> str:
    today = consent.organization.local_date(at)
    is_cleared = any(row.cleared_on == today for row in consent.clearances.all())
    return "checked at the chair today" if is_cleared else "check the batch at the chair before treatment"


def _ended(consent: Consent, _place: Placed, _at: datetime) -> str:
    """How it ended stays; why, in whoever's words, is gone with the patient's key."""
    if consent.patient.is_erased:
        return "the record was disposed of"
    if consent.status == ConsentStatus.ENTERED_IN_ERROR:
        return _why_ended(consent) or "this record was made by mistake"
    reason = StatusReason(consent.status_reason)
    if reason == StatusReason.DECLINED:
        return _why_declined(consent)
    if reason == StatusReason.WITHDRAWN:
        withdrawal = consent.withdrawal
        by = _said(withdrawal) or "by the patient"
        return f"{by}: “{withdrawal.reason}”" if withdrawal.reason else by
    return _why_ended(consent) or ENDED_WITHOUT_A_ROW[reason]


def _why_declined(consent: Consent) -> str:
    if not _has(consent, "decline"):
        return "no reason given"
    decline = consent.decline
    told = f"{said}: " if (said := _said(decline)) else ""
    return told + (f"“{decline.reason}”" if decline.reason else "no reason given")


# Of before an end had a row of its own.
ENDED_WITHOUT_A_ROW = {
    StatusReason.VOIDED: "the clinic stopped it",
    StatusReason.SUPERSEDED: "a newer consent took its place",
    StatusReason.LAPSED: "it was not used in time",
}


def _said(row: Decline | Withdrawal) -> str:
    """Who decided for the patient and who was told; nothing where the patient did it on their own page."""
    by = f"by {row.proxy_name}, on the patient’s behalf" if row.proxy_name else ""
    received = f"received by {row.received_by}" if row.received_by else ""
    return ", ".join(filter(None, (by, received)))


def _why_ended(consent: Consent) -> str:
    """Who ended it and why, where there is a row that says so."""
    ending = consent.ending
    return f"by {ending.ended_by_name}: “{ending.reason}”" if ending else ""


WHY: dict[StandingCode, Callable[[Consent, Placed, datetime], str]] = {
    StandingCode.SEAL_PENDING: _unsealed,
    StandingCode.PAUSED: _paused,
    StandingCode.CHANGED: _changed,
    StandingCode.ASK_AGAIN: _changed,
    StandingCode.BATCH_CHANGED: _batch_changed,
    StandingCode.QUESTION: _question,
    StandingCode.SCREENING: _screening,
    StandingCode.SIGNED: _signed,
    StandingCode.PAPER: _on_paper,
    StandingCode.NOT_SENT: _not_sent,
    StandingCode.LINK_EXPIRED: _link_expired,
    StandingCode.NOT_REACHED: _not_reached,
    StandingCode.NOT_OPENED: _not_opened,
    StandingCode.READING: _reading,
    StandingCode.THINKING: _thinking,
    StandingCode.ACTIVE: _active,
    **dict.fromkeys((*STOPPED, StandingCode.ERROR), _ended),
}
# The rows of the consent that the words for each standing rest on.
WORDS_REST_ON: dict[StandingCode, tuple[str, ...]] = {
    StandingCode.SEAL_PENDING: ("sealing_tasks",),
    StandingCode.PAUSED: ("capacity_doubts__decision",),
    StandingCode.CHANGED: ("review_marks__decision",),
    StandingCode.ASK_AGAIN: ("review_marks__decision",),
    StandingCode.BATCH_CHANGED: (),
    StandingCode.QUESTION: ("questions",),
    StandingCode.SCREENING: ("step_answers__review",),
    StandingCode.SIGNED: (),
    StandingCode.PAPER: ("paper_wishes",),
    StandingCode.NOT_SENT: ("links",),
    StandingCode.LINK_EXPIRED: (),
    StandingCode.NOT_REACHED: ("links", "notices"),
    StandingCode.NOT_OPENED: ("links", "notices", "reminder_due"),
    StandingCode.READING: ("acknowledgements",),
    StandingCode.THINKING: ("openings", "paper_packs__handover", "sooner_requests__answer"),
    StandingCode.ACTIVE: ("clearances",),
    StandingCode.DECLINED: ("decline__proxy",),
    StandingCode.WITHDRAWN: ("withdrawal__proxy",),
    StandingCode.VOIDED: ("endings",),
    StandingCode.SUPERSEDED: ("endings",),
    StandingCode.LAPSED: ("endings",),
    StandingCode.ERROR: ("endings",),
}


def _day(consent: Consent, moment: datetime) -> str:
    return f"{consent.organization.local_date(moment):%-d %B %Y}"
