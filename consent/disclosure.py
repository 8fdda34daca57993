"""Where a consent stands, in words: a fact that follows from its rows and is stored nowhere.

Reads only what `ConsentQuerySet.with_standing` has fetched, so that a list of any length costs a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consent.models import Consent, Decline, PatientLink, SealingTask, StepAnswers, Withdrawal
from consent.vocabulary import (
    NEEDS_DECISION,
    ConsentStatus,
    EndKind,
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

# A file is sealed within seconds; only what takes longer is a matter for a person.
SEALING_TAKES = timedelta(minutes=2)


@dataclass(frozen=True)
class BoardStanding:
    """Where one consent stands: `why` says more, `since` when it came there, `act_url` and `act` the one next thing to do.

    `is_waiting` means that it waits for the clinic; `is_unsealed` that an act has no sealed file yet.
    """

    code: StandingCode
    why: str
    since: datetime
    next_url_name: str = "consent"
    act: str = "Open"
    is_waiting: bool = False
    is_unsealed: bool = False

    @property
    def due_at(self) -> datetime | None:
        """When it becomes overdue; None where nobody is waited for."""
        allowed = OVERDUE_AFTER.get(self.code)
        is_made_now = self.code == StandingCode.SEAL_PENDING and not self.is_waiting
        return None if allowed is None or is_made_now else self.since + allowed

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


Test = Callable[[Consent, datetime], BoardStanding | None]


def standing_of(consent: Consent, *, at: datetime) -> BoardStanding:
    """Where this consent stands at this moment, and what comes next."""
    tests: tuple[Test, ...] = (_seal_failing, _stopped)
    if consent.status == ConsentStatus.DRAFT:
        tests = (
            _seal_failing,
            _paused,
            _changed,
            _batch_changed,
            _question,
            _screening,
            _signed,
            _on_paper,
            _unreached,
            _unopened,
            _reading,
        )
    elif consent.status == ConsentStatus.ACTIVE:
        tests = (_seal_failing, _paused, _changed, _batch_changed, _active_unsealed, _active)
    found = (test(consent, at) for test in tests)
    standing = next(standing for standing in found if standing is not None)
    return replace(standing, is_unsealed=bool(unsealed_kinds(consent)))


def told_as(consent: Consent, code: StandingCode, *, at: datetime) -> BoardStanding:
    """The words for a consent of which it is known where it stands: reads `WORDS_REST_ON[code]` and nothing else.

    Whether a file is missing is for the caller to say. Where the rows have changed since, it is asked anew.
    """
    found = (test(consent, at) for test in TELLS.get(code, (_stopped,)))
    return next((standing for standing in found if standing is not None), None) or standing_of(consent, at=at)


def unsealed_kinds(consent: Consent) -> list[SealKind]:
    """The files that are still to be made: for signature, declaration, the check of the day, and every end."""
    return [kind for kind, _ in unsealed_acts(consent)]


def unsealed_acts(consent: Consent) -> list[tuple[SealKind, datetime]]:
    """The same with the moment of each act."""
    sealed = {row.kind for row in consent.sealed_files.all()}
    acts = (*_decisions(consent), *(() if consent.patient.is_erased else (*_days(consent), *_ends(consent))))
    return [(kind, moment) for kind, moment in acts if kind not in sealed]


def _decisions(consent: Consent) -> Iterator[tuple[SealKind, datetime]]:
    if _has(consent, "signature"):
        yield SealKind.SIGNED, consent.signature.signed_at
    if _has(consent, "declaration"):
        yield SealKind.COMPLETED, consent.declaration.declared_at


def _days(consent: Consent) -> Iterator[tuple[SealKind, datetime]]:
    """The first passed check; clearances of before the three answers were asked have no file."""
    if passed := [row.cleared_at for row in consent.clearances.all() if row.checks.all()]:
        yield SealKind.DAY_OF, min(passed)


def _ends(consent: Consent) -> Iterator[tuple[SealKind, datetime]]:
    if consent.document_id is None:
        return
    if _has(consent, "decline"):
        yield SealKind.DECLINED, consent.decline.declined_at
    if _has(consent, "withdrawal"):
        yield SealKind.WITHDRAWN, consent.withdrawal.withdrawn_at
    ends = {END_FILES[EndKind(row.kind)]: row.ended_at for row in consent.endings.all()}
    yield from sorted(ends.items())
    if not ends and (kind := end_without_a_row(consent.status, consent.status_reason)):
        yield kind, consent.changed_at


def end_without_a_row(status: str, reason: str) -> SealKind | None:
    """The file of an end from before each had a row of its own; None for what has not ended, a decline and a withdrawal."""
    if status == ConsentStatus.ENTERED_IN_ERROR:
        return SealKind.ERROR
    return END_OF_REASON.get(reason)


END_FILES = {
    EndKind.VOIDED: SealKind.CLOSED,
    EndKind.LAPSED: SealKind.CLOSED,
    EndKind.SUPERSEDED: SealKind.CLOSED,
    EndKind.INVALIDATED: SealKind.ERROR,
}
END_OF_REASON = {str(kind): file for kind, file in END_FILES.items()}


def link_in_force(consent: Consent) -> PatientLink | None:
    """The newest link that was not replaced; it may have expired."""
    links = [link for link in consent.links.all() if link.revoked_at is None]
    return links[-1] if links else None


def _has(consent: Consent, name: str) -> bool:
    return getattr(consent, name, None) is not None


def _seal_failing(consent: Consent, at: datetime) -> BoardStanding | None:
    for kind, since in unsealed_acts(consent):
        task = next((row for row in consent.sealing_tasks.all() if row.kind == kind), None)
        if (task and task.attempts) or since < at - SEALING_TAKES:
            why = f"{kind.label}: what was decided counts. " + _seal_words(task, at)
            return BoardStanding(StandingCode.SEAL_PENDING, why, since, "consent", "See why", is_waiting=True)
    return None


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


def _paused(consent: Consent, _at: datetime) -> BoardStanding | None:
    doubt = consent.open_doubt
    if doubt is None:
        return None
    return BoardStanding(
        StandingCode.PAUSED,
        f"{doubt.raised_by_name} doubts that the patient can make this decision: “{doubt.reason}”",
        doubt.raised_at,
        "consent_pause",
        "Resolve",
        is_waiting=True,
    )


def _changed(consent: Consent, _at: datetime) -> BoardStanding | None:
    waiting = [row for row in consent.marks if row.is_open]
    again = [row for row in consent.marks if not row.is_open and row.decision.outcome == MarkOutcome.ASK_AGAIN]
    found = waiting or again
    if not found:
        return None
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    why = f"{MarkKind(found[0].kind).label.lower()}: {found[0].summary}{more}"
    code = StandingCode.CHANGED if waiting else StandingCode.ASK_AGAIN
    since = found[0].marked_at if waiting else found[0].decision.decided_at
    return BoardStanding(
        code,
        why,
        since,
        "consent_changes" if waiting else "consent",
        "Decide" if waiting else "Ask again",
        is_waiting=True,
    )


def _batch_changed(consent: Consent, at: datetime) -> BoardStanding | None:
    batch = consent.batch
    if batch is None:
        return None
    today = consent.organization.local_date(at)
    if batch.status not in (BatchStatus.QUARANTINE, BatchStatus.RELEASED):
        words = f"batch {batch.lot_number} is {BatchStatus(batch.status).label.lower()}"
        if batch.status_reason:
            words += f": {batch.status_reason}"
    elif batch.is_expired_on(today):
        words = f"batch {batch.lot_number} expired on {batch.expiration_date:%-d %B %Y}"
    else:
        return None
    return BoardStanding(
        StandingCode.BATCH_CHANGED,
        words,
        consent.changed_at,
        "consent",
        "Review",
        is_waiting=True,
    )


def _question(consent: Consent, _at: datetime) -> BoardStanding | None:
    waiting = [row for row in consent.questions.all() if row.is_open]
    if not waiting:
        return None
    more = f" (and {len(waiting) - 1} more)" if len(waiting) > 1 else ""
    return BoardStanding(
        StandingCode.QUESTION, f"“{waiting[0].text}”{more}", waiting[0].asked_at, "consent", "Answer", is_waiting=True
    )


def undecided_answers(consent: Consent) -> StepAnswers | None:
    """The newest answers to the text in force that a practitioner must decide on; None where there are none."""
    newest = {row.step: row for row in consent.step_answers.all() if row.document_id == consent.document_id}
    waiting = (row for row in newest.values() if row.outcome in NEEDS_DECISION and not hasattr(row, "review"))
    return next(waiting, None)


def _screening(consent: Consent, _at: datetime) -> BoardStanding | None:
    waiting = undecided_answers(consent)
    if waiting is None:
        return None
    can_sign = waiting.outcome == ScreeningPolicy.WARN
    why = "an answer on health needs your decision" + (
        " before the declaration" if can_sign else "; the patient cannot sign before it"
    )
    return BoardStanding(
        StandingCode.SCREENING,
        why,
        waiting.answered_at,
        "consent",
        "Decide",
        is_waiting=True,
    )


def _signed(consent: Consent, _at: datetime) -> BoardStanding | None:
    if not _has(consent, "signature"):
        return None
    return BoardStanding(
        StandingCode.SIGNED,
        f"the declaration of {consent.practitioner.printed_name} is missing",
        consent.signature.signed_at,
        "consent_declare",
        "Declare",
        is_waiting=True,
    )


def _on_paper(consent: Consent, _at: datetime) -> BoardStanding | None:
    """A pack is out, or wished for and not yet handed over."""
    packs = [row for row in consent.paper_packs.all() if row.document_id == consent.document_id and row.is_handed_over]
    wishes = [row for row in consent.paper_wishes.all() if row.document_id == consent.document_id]
    if packs:
        handed_over = packs[-1].handover.handed_over_at
        why = f"the pack was handed over on {_day(consent, handed_over)}; scan it back when it is signed"
        return BoardStanding(StandingCode.PAPER, why, handed_over, "consent_paper", "Scan it back")
    if wishes:
        why = f"the patient would rather sign {str(PaperWay(wishes[-1].way).label).lower()}"
        return BoardStanding(StandingCode.PAPER, why, wishes[-1].asked_at, "consent_paper", "Print", is_waiting=True)
    return None


def _unreached(consent: Consent, at: datetime) -> BoardStanding | None:
    link = link_in_force(consent)
    if link is None:
        why = "the text is newer than the patient’s link" if consent.links.all() else "the patient has no link yet"
        return BoardStanding(StandingCode.NOT_SENT, why, consent.changed_at, "consent", "Show QR", is_waiting=True)
    if link.expires_at <= at:
        return BoardStanding(
            StandingCode.LINK_EXPIRED,
            f"the link worked until {_day(consent, link.expires_at)}",
            link.expires_at,
            "consent",
            "Make a new link",
            is_waiting=True,
        )
    failed = [row for row in consent.notices.all() if row.link_id == link.pk and row.is_lost]
    if failed and not any(row.document_id == consent.document_id for row in consent.openings.all()):
        return BoardStanding(
            StandingCode.NOT_REACHED,
            f"the e-mail {'came back' if failed[-1].bounced_at else 'could not be sent'}: {failed[-1].last_error}",
            link.created_at,
            "consent",
            "Show QR",
            is_waiting=True,
        )
    return None


def _unopened(consent: Consent, _at: datetime) -> BoardStanding | None:
    link = link_in_force(consent)
    if link is None or any(row.document_id == consent.document_id for row in consent.openings.all()):
        return None
    way = str(LinkWay(link.way).label)
    why = f"{way[:1].lower()}{way[1:]}; the link works until {_day(consent, link.expires_at)}"
    reminded = sum(row.is_reminder and row.sent_at is not None for row in consent.notices.all())
    if reminded:
        why += f"; reminded {'once' if reminded == 1 else f'{reminded} times'}"
    due = getattr(consent, "reminder_due", None)
    if due is not None and link.way == LinkWay.EMAIL and due.next_at < link.expires_at:
        why += f"; the next reminder is looked at on {_day(consent, due.next_at)}"
    return BoardStanding(StandingCode.NOT_OPENED, why, link.created_at)


def _reading(consent: Consent, _at: datetime) -> BoardStanding | None:
    read = [row for row in consent.acknowledgements.all() if row.document_id == consent.document_id]
    opened = [row.opened_at for row in consent.openings.all() if row.document_id == consent.document_id]
    parts = consent.document.section_count if consent.document else 0
    since = max([*opened, *(row.acknowledged_at for row in read)], default=consent.changed_at)
    return BoardStanding(StandingCode.READING, f"{len(read)} of {parts} parts read", since)


def _active_unsealed(consent: Consent, _at: datetime) -> BoardStanding | None:
    if not {SealKind.SIGNED, SealKind.COMPLETED} & set(unsealed_kinds(consent)):
        return None
    return BoardStanding(StandingCode.SEAL_PENDING, "the sealed file is being made", consent.declaration.declared_at)


def _active(consent: Consent, at: datetime) -> BoardStanding:
    treat_from, today = consent.treat_from, consent.organization.local_date(at)
    if treat_from is not None and today < treat_from:
        return BoardStanding(
            StandingCode.THINKING,
            f"may be treated from {treat_from:%-d %B %Y}",
            consent.declaration.declared_at,
        )
    cleared = [row for row in consent.clearances.all() if row.cleared_on == today]
    why = "checked at the chair today" if cleared else "check the batch at the chair before treatment"
    return BoardStanding(
        StandingCode.ACTIVE,
        why,
        consent.declaration.declared_at,
        "consent_clearance",
        "Check",
    )


def _stopped(consent: Consent, _at: datetime) -> BoardStanding:
    if consent.patient.is_erased:
        return _disposed(consent)
    code, why, since = _end_told(consent)
    return BoardStanding(code, why, since)


def _disposed(consent: Consent) -> BoardStanding:
    """How it ended stays; why, in whoever's words, is gone with the patient's key."""
    code = next((code for code, reason in STOPPED.items() if reason == consent.status_reason), StandingCode.ERROR)
    return BoardStanding(code, "the record was disposed of", consent.changed_at)


def _end_told(consent: Consent) -> tuple[StandingCode, str, datetime]:
    if consent.status == ConsentStatus.ENTERED_IN_ERROR:
        why = _why_ended(consent) or "this record was made by mistake"
        return StandingCode.ERROR, why, consent.changed_at
    if consent.status_reason == StatusReason.DECLINED:
        if not _has(consent, "decline"):
            return StandingCode.DECLINED, "no reason given", consent.changed_at
        decline = consent.decline
        told = f"{said}: " if (said := _said(decline)) else ""
        why = f"“{decline.reason}”" if decline.reason else "no reason given"
        return StandingCode.DECLINED, told + why, consent.changed_at
    if consent.status_reason == StatusReason.WITHDRAWN:
        withdrawal = consent.withdrawal
        by = _said(withdrawal) or "by the patient"
        why = f"{by}: “{withdrawal.reason}”" if withdrawal.reason else by
        return StandingCode.WITHDRAWN, why, withdrawal.withdrawn_at
    code, why = {
        StatusReason.VOIDED: (StandingCode.VOIDED, "the clinic stopped it"),
        StatusReason.SUPERSEDED: (StandingCode.SUPERSEDED, "a newer consent took its place"),
        StatusReason.LAPSED: (StandingCode.LAPSED, "it was not used in time"),
    }[StatusReason(consent.status_reason)]
    return code, _why_ended(consent) or why, consent.changed_at


def _said(row: Decline | Withdrawal) -> str:
    """Who decided for the patient and who was told; nothing where the patient did it on their own page."""
    by = f"by {row.proxy_name}, on the patient’s behalf" if row.proxy_name else ""
    received = f"received by {row.received_by}" if row.received_by else ""
    return ", ".join(filter(None, (by, received)))


def _why_ended(consent: Consent) -> str:
    """Who ended it and why, where there is a row that says so."""
    ending = consent.ending
    return f"by {ending.ended_by_name}: “{ending.reason}”" if ending else ""


# Who tells of a standing, and which rows of the consent that rests on.
TELLS: dict[StandingCode, tuple[Test, ...]] = {
    StandingCode.SEAL_PENDING: (_seal_failing, _active_unsealed),
    StandingCode.PAUSED: (_paused,),
    StandingCode.CHANGED: (_changed,),
    StandingCode.ASK_AGAIN: (_changed,),
    StandingCode.BATCH_CHANGED: (_batch_changed,),
    StandingCode.QUESTION: (_question,),
    StandingCode.SCREENING: (_screening,),
    StandingCode.SIGNED: (_signed,),
    StandingCode.PAPER: (_on_paper,),
    StandingCode.NOT_SENT: (_unreached,),
    StandingCode.LINK_EXPIRED: (_unreached,),
    StandingCode.NOT_REACHED: (_unreached,),
    StandingCode.NOT_OPENED: (_unopened,),
    StandingCode.READING: (_reading,),
    StandingCode.THINKING: (_active,),
    StandingCode.ACTIVE: (_active,),
}
_TIME = ("openings", "paper_packs__handover", "sooner_requests__answer")
_LINK = ("links", "openings", "notices")
_END = ("decline__proxy", "withdrawal__proxy", "endings")
WORDS_REST_ON: dict[StandingCode, tuple[str, ...]] = {
    StandingCode.SEAL_PENDING: ("sealed_files", "sealing_tasks", "clearances__checks", *_END),
    StandingCode.PAUSED: ("capacity_doubts__decision",),
    StandingCode.CHANGED: ("review_marks__decision",),
    StandingCode.ASK_AGAIN: ("review_marks__decision",),
    StandingCode.BATCH_CHANGED: (),
    StandingCode.QUESTION: ("questions",),
    StandingCode.SCREENING: ("step_answers__review",),
    StandingCode.SIGNED: (),
    StandingCode.PAPER: ("paper_packs__handover", "paper_wishes"),
    StandingCode.NOT_SENT: ("links",),
    StandingCode.LINK_EXPIRED: ("links",),
    StandingCode.NOT_REACHED: _LINK,
    StandingCode.NOT_OPENED: (*_LINK, "reminder_due"),
    StandingCode.READING: ("openings", "acknowledgements"),
    StandingCode.THINKING: _TIME,
    StandingCode.ACTIVE: (*_TIME, "clearances"),
    StandingCode.DECLINED: ("decline__proxy",),
    StandingCode.WITHDRAWN: ("withdrawal__proxy",),
    StandingCode.VOIDED: ("endings",),
    StandingCode.SUPERSEDED: ("endings",),
    StandingCode.LAPSED: ("endings",),
    StandingCode.ERROR: ("endings",),
}


def _day(consent: Consent, moment: datetime) -> str:
    return f"{consent.organization.local_date(moment):%-d %B %Y}"
