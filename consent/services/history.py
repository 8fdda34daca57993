"""A consent's whole history as the log has it, compared with the rows as they are now. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from audit.errors import Refusal
from audit.models import LogEntry, RecordedModel
from audit.records import agent_words
from consent.models import Consent

WORDS = {
    "consent.issued": "Consent issued",
    "consent.document_superseded": "Text written anew",
    "consent.link_made": "Link made for the patient",
    "consent.opened": "Birth date confirmed, text opened",
    "consent.section_acknowledged": "A part marked as read",
    "consent.question_asked": "Question asked",
    "consent.question_answered": "Question answered",
    "consent.question_dropped": "Question no longer needed",
    "consent.signed": "Signed by the patient",
    "consent.paper_asked": "The patient would rather sign on paper or at the clinic",
    "consent.paper_printed": "Paper pack printed",
    "consent.paper_handed_over": "Paper pack handed over",
    "consent.paper_scanned": "Signed pack scanned",
    "consent.person_added": "Somebody takes part in the ceremony",
    "consent.person_left": "Somebody no longer takes part",
    "consent.person_declared": "Somebody who takes part made their own declaration",
    "consent.authority_checked": "Authority of a proxy looked at",
    "consent.declined": "The patient said no",
    "consent.withdrawn": "Taken back",
    "consent.choice_withdrawn": "One choice taken back",
    "consent.declared": "Declared by the practitioner",
    "consent.voided": "Voided by the clinic",
    "consent.invalidated": "Marked as entered in error",
    "consent.lapsed": "Lapsed",
    "consent.day_check_stopped": "Check before treatment: stopped",
    "consent.cleared_for_treatment": "Checked at the chair",
    "consent.marked_for_review": "Something changed since the text was written",
    "consent.change_decided": "Decided on what had changed",
    "consent.reminded": "Patient reminded by e-mail",
    "consent.reminders_stopped": "The patient does not want to be reminded",
    "consent.not_reached": "A message did not arrive",
    "consent.sooner_asked": "Asked to be treated before the time to think is over",
    "consent.sooner_answered": "The patient answered whether to be treated sooner",
    "consent.talk_held": "Conversation of the practitioner recorded",
    "consent.paused": "Paused: can the patient decide?",
    "consent.pause_resolved": "The pause was resolved",
    "consent.task_assigned": "A task got another owner",
    "consent.task_closed": "A task was closed with a note",
    "consent.pack_exported": "Evidence pack handed out",
    "consent.record_disposed": "Record disposed of: the patient's key was destroyed",
    "consent.rows_named_again": "Named again: an entry that named it was also about a record that was disposed of",
    "document.sealed": "File sealed",
    "document.timestamped": "Trusted time came for a sealed file",
    "document.exported": "File handed out",
}
RELATIONS = (
    "documents",
    "links",
    "openings",
    "acknowledgements",
    "questions",
    "choice_withdrawals",
    "clearances",
    "endings",
    "day_checks",
    "sealed_files",
    "review_marks",
    "staff_tasks",
    "people",
    "paper_wishes",
    "paper_packs",
    "sooner_requests",
    "talks",
    "capacity_doubts",
)
SINGLES = ("signature", "decline", "withdrawal", "declaration", "reminder_stop")


@dataclass(frozen=True)
class NamedRow:
    """One row as an entry names it. `agrees` only for a row's last entry: True, False, or None for an earlier one."""

    model: str
    pk: str
    sha256: str
    agrees: bool | None


@dataclass(frozen=True)
class HistoryLine:
    """One log entry about a consent. `agent` and `rows` are empty once the detail was erased."""

    leaf_index: int
    leaf_hash: str
    kind: str
    words: str
    occurred_at: datetime
    recorded_at: datetime
    agent: str
    agent_kind: str
    facts: tuple[tuple[str, str], ...]
    rows: tuple[NamedRow, ...]


@dataclass(frozen=True)
class History:
    """All entries about a consent's rows, oldest first; and the rows that no longer are as the log says."""

    lines: tuple[HistoryLine, ...]
    changed: tuple[str, ...]
    unlogged: tuple[str, ...]


def history_of(consent: Consent) -> History:
    """Every log entry that names a row of this consent, in a fixed number of queries."""
    rows = {(row._meta.label_lower, str(row.pk)): row for row in _rows_of(consent)}
    entries = list(
        LogEntry.objects.filter(named_records__record_pk__in=[pk for _, pk in rows])
        .select_related("log", "detail")
        .order_by("pk")
        .distinct()
    )
    last: dict[tuple[str, str], int] = {}
    for entry in entries:
        for record in _records(entry):
            last[record["model"], record["pk"]] = entry.pk
    agreement = {key: _agrees(row, key, entries, last) for key, row in rows.items()}
    return History(
        lines=tuple(_line(entry, rows, last, agreement) for entry in entries),
        changed=tuple(f"{model} {pk}" for (model, pk), agrees in agreement.items() if agrees is False),
        unlogged=tuple(f"{model} {pk}" for model, pk in rows if (model, pk) not in last),
    )


def _rows_of(consent: Consent) -> list[RecordedModel]:
    found: list[RecordedModel] = [consent]
    for relation in RELATIONS:
        found += list(getattr(consent, relation).all())
    found += [row for file in consent.sealed_files.all() for row in file.times.all()]
    found += [mark.decision for mark in consent.review_marks.all() if not mark.is_open]
    for pack in consent.paper_packs.all():
        found += [*pack.scans.all(), *([pack.handover] if pack.is_handed_over else [])]
    found += [row for person in consent.people.all() for row in (*person.marks.all(), *person.checks.all())]
    found += [row.decision for row in consent.capacity_doubts.all() if not row.is_open]
    found += [row.answer for row in consent.sooner_requests.all() if not row.is_open]
    return found + [row for name in SINGLES if (row := getattr(consent, name, None)) is not None]


def _records(entry: LogEntry) -> list[dict[str, str]]:
    detail = getattr(entry, "detail", None)
    return list(detail.body["records"]) if detail else []


def _agrees(
    row: RecordedModel, key: tuple[str, str], entries: list[LogEntry], last: dict[tuple[str, str], int]
) -> bool | None:
    """Whether the row as it is now has the digest of its last entry; None where it cannot be read any more."""
    entry = next((entry for entry in entries if entry.pk == last.get(key)), None)
    if entry is None:
        return None
    logged = next(record["sha256"] for record in _records(entry) if (record["model"], record["pk"]) == key)
    try:
        return row.record_sha256() == logged
    except Refusal:
        return None


def _line(
    entry: LogEntry,
    rows: dict[tuple[str, str], RecordedModel],
    last: dict[tuple[str, str], int],
    agreement: dict[tuple[str, str], bool | None],
) -> HistoryLine:
    detail = getattr(entry, "detail", None)
    body = detail.body if detail else {}
    agent = body.get("agent") or {}
    named = tuple(
        NamedRow(
            model=record["model"],
            pk=record["pk"],
            sha256=record["sha256"],
            agrees=agreement[record["model"], record["pk"]]
            if last[record["model"], record["pk"]] == entry.pk
            else None,
        )
        for record in _records(entry)
        if (record["model"], record["pk"]) in rows
    )
    facts = tuple(
        (name.replace("_", " "), _shown(value)) for name, value in body.items() if name not in ("agent", "records")
    )
    return HistoryLine(
        leaf_index=entry.leaf_index,
        leaf_hash=bytes(entry.leaf_hash).hex(),
        kind=entry.kind,
        words=WORDS.get(entry.kind, entry.kind),
        occurred_at=entry.occurred_at,
        recorded_at=entry.recorded_at,
        agent=agent_words(agent) if agent.get("name") else str(agent.get("id") or ""),
        agent_kind=str(agent.get("kind") or ""),
        facts=facts,
        rows=named,
    )


def _shown(value: object) -> str:
    shown = ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return shown or "none"
