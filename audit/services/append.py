"""Writing to the log: the last statement of every act's transaction."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from audit.errors import EntryRefusedError, NotInTransactionError
from audit.models import Log, LogDetail, LogEntry, LogRecord, RecordedModel
from audit.records import JSON, Agent, canonical_json, utc_text

ENTRY_FIELDS = ("id", "log_id", "leaf_index", "leaf_hash", "leaf", "recorded_at")
KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


def append(
    kind: str,
    *,
    agent: Agent,
    occurred_at: datetime,
    records: Sequence[RecordedModel] = (),
    body: Mapping[str, JSON] | None = None,
) -> LogEntry:
    """Write one entry to the log of the agent's organization (or the installation's), and return it.

    `kind` is `room.past_tense`; `occurred_at` is aware. The rows in `records` must be written already:
    their digests enter the entry. What is personal may stand in `body`, which can be erased: the leaf
    holds only a salted commitment to it. Refuses with `NotInTransactionError` outside a transaction
    and with `EntryRefusedError` for what the log cannot hold. Within `one_entry` the rows wait for its entry,
    and what is returned is not saved.
    """
    if not connection.in_atomic_block:
        raise NotInTransactionError(
            f"the log entry {kind!r} was about to be written outside a transaction; "
            "an act and its entry are committed together, so call this from within transaction.atomic"
        )
    if not KIND.fullmatch(kind):
        raise EntryRefusedError(f"a kind looks like consent.signed, but this one is {kind!r}")
    if taken := {"agent", "records"}.intersection(body or ()):
        raise EntryRefusedError(
            f"the body of an entry may not set {', '.join(sorted(taken))}: append writes that itself"
        )
    waiting = _waiting.get()
    if waiting is not None:
        waiting.update({(record._meta.label_lower, str(record.pk)): record for record in records})
        return LogEntry()
    named = [(record._meta.label_lower, str(record.pk), record.record_sha256()) for record in dict.fromkeys(records)]
    content = canonical_json(
        {
            **(body or {}),
            "agent": {
                "kind": agent.kind,
                "id": agent.id,
                "name": agent.name,
                **({"via": agent.via} if agent.via else {}),
            },
            "records": [{"model": model, "pk": pk, "sha256": digest} for model, pk, digest in named],
        }
    )
    salt = os.urandom(32)
    commitment = hashlib.sha256(salt + content).hexdigest()
    log = _known_log(agent.organization_id)
    while True:
        leaf = _leaf(log, kind, occurred_at, commitment)
        entry = _write(log, _Content(leaf, salt, content.decode(), [(model, pk) for model, pk, _ in named]))
        if entry:
            return entry
        # What this process knew of the log is not (or no longer) in the database.
        log = _known[agent.organization_id] = log_of(agent.organization_id)


@contextmanager
def one_entry(
    kind: str, *, agent: Agent, occurred_at: datetime, body: Mapping[str, JSON] | None = None
) -> Iterator[None]:
    """Make one act of many, such as an import: within it no act writes its own entry, and at its end one names every row.

    A row that several acts wrote is named once, as the last of them left it. Nothing is written where an act refuses.
    """
    rows: dict[tuple[str, str], RecordedModel] = {}
    token = _waiting.set(rows)
    try:
        yield
    finally:
        _waiting.reset(token)
    write = append
    write(kind, agent=agent, occurred_at=occurred_at, records=list(rows.values()), body=body)


def log_of(organization_id: UUID | None) -> Log:
    """The organization's log, or the installation's for None; made at the first use, its origin then never changes."""
    log, _ = Log.objects.get_or_create(organization_id=organization_id, defaults={"origin": origin_of(organization_id)})
    return log


def size_of(organization_id: UUID | None) -> int:
    """How many entries the log has. Every act adds one, so what was read of a clinic holds as long as this stays the same."""
    return Log.objects.filter(organization_id=organization_id).values_list("size", flat=True).first() or 0


def named_between(organization_id: UUID | None, first: int, size: int) -> list[NamedRows] | None:
    """What the entries from leaf `first` on name, up to `size` entries in all; None where the detail of one was erased."""
    found = LogEntry.objects.filter(log__organization_id=organization_id, leaf_index__gte=first, leaf_index__lt=size)
    said = list(found.values_list("leaf", "detail__canonical_body"))
    if any(body is None for _, body in said):
        return None
    return [
        NamedRows(
            kind=str(json.loads(leaf)["kind"]),
            rows=tuple((str(row["model"]), str(row["pk"])) for row in json.loads(body)["records"]),
        )
        for leaf, body in said
    ]


@dataclass(frozen=True)
class NamedRows:
    """What one entry names: the kind of the act, and model label and key of each row that it wrote."""

    kind: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Content:
    """What an entry consists of, before its place in the log is known."""

    leaf: bytes
    salt: bytes
    body: str
    named: list[tuple[str, str]]

    @property
    def leaf_hash(self) -> bytes:
        return hashlib.sha256(b"\x00" + self.leaf).digest()


_waiting: ContextVar[dict[tuple[str, str], RecordedModel] | None] = ContextVar("_waiting", default=None)
# Id and origin of a log never change, so a process asks for them once.
_known: dict[UUID | None, Log] = {}


def _known_log(organization_id: UUID | None) -> Log:
    if organization_id not in _known:
        _known[organization_id] = log_of(organization_id)
    return _known[organization_id]


def origin_of(organization_id: UUID | None) -> str:
    """The origin that a log made now would have; an existing log keeps the one it was made with."""
    return f"{settings.BASE_HOST}/candour/{organization_id or 'installation'}"


def _leaf(log: Log, kind: str, occurred_at: datetime, commitment: str) -> bytes:
    return canonical_json(
        {
            "v": 1,
            "origin": log.origin,
            "kind": kind,
            "occurred_at": utc_text(occurred_at),
            "commitment": commitment,
        }
    )


def _write(log: Log, content: _Content) -> LogEntry | None:
    """Put the content at the tip of the log; None where the database has no such log."""
    if connection.vendor == "postgresql":
        return _write_at_once(log, content)
    tip = Log.objects.filter(pk=log.pk, origin=log.origin)
    if not tip.update(size=F("size") + 1, recorded_at=Greatest(F("recorded_at"), Value(timezone.now()))):
        return None
    size, recorded_at = tip.values_list("size", "recorded_at").get()
    entry = LogEntry.objects.create(
        log=log,
        leaf_index=size - 1,
        leaf_hash=content.leaf_hash,
        leaf=content.leaf.decode(),
        recorded_at=recorded_at,
    )
    LogDetail.objects.create(entry=entry, salt=content.salt, canonical_body=content.body)
    LogRecord.objects.bulk_create(LogRecord(entry=entry, model=model, record_pk=pk) for model, pk in content.named)
    return entry


def _write_at_once(log: Log, content: _Content) -> LogEntry | None:
    leaf, leaf_hash = content.leaf.decode(), content.leaf_hash
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM candour_append(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                str(log.pk),
                log.origin,
                timezone.now().isoformat(),
                leaf_hash,
                leaf,
                content.salt,
                content.body,
                "\n".join(model for model, _ in content.named),
                "\n".join(pk for _, pk in content.named),
            ],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    entry = LogEntry.from_db(connection.alias, ENTRY_FIELDS, (row[0], log.pk, row[1], leaf_hash, leaf, row[2]))
    entry.log = log
    return entry
