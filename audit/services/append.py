"""Writing to the log: the last statement of every act's transaction."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
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
    and with `EntryRefusedError` for what the log cannot hold.
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
    log = log_of(agent.organization_id)
    salt = os.urandom(32)
    named = [(record._meta.label_lower, str(record.pk), record.record_sha256()) for record in records]
    content = canonical_json(
        {
            **(body or {}),
            "agent": {"kind": agent.kind, "id": agent.id, "name": agent.name},
            "records": [{"model": model, "pk": pk, "sha256": digest} for model, pk, digest in named],
        }
    )
    leaf = canonical_json(
        {
            "v": 1,
            "origin": log.origin,
            "kind": kind,
            "occurred_at": utc_text(occurred_at),
            "commitment": hashlib.sha256(salt + content).hexdigest(),
        }
    )
    # The update takes the row's lock: whoever appends next to this log waits here until we commit.
    Log.objects.filter(pk=log.pk).update(
        size=F("size") + 1, recorded_at=Greatest(F("recorded_at"), Value(timezone.now()))
    )
    size, recorded_at = Log.objects.values_list("size", "recorded_at").get(pk=log.pk)
    entry = LogEntry.objects.create(
        log=log,
        leaf_index=size - 1,
        leaf_hash=hashlib.sha256(b"\x00" + leaf).digest(),
        leaf=leaf.decode(),
        recorded_at=recorded_at,
    )
    LogDetail.objects.create(entry=entry, salt=salt, canonical_body=content.decode())
    LogRecord.objects.bulk_create(LogRecord(entry=entry, model=model, record_pk=pk) for model, pk, _ in named)
    return entry


def log_of(organization_id: UUID | None) -> Log:
    """The organization's log, or the installation's for None; made at the first use, its origin then never changes."""
    name = "installation" if organization_id is None else str(organization_id)
    log, _ = Log.objects.get_or_create(
        organization_id=organization_id, defaults={"origin": f"{settings.BASE_HOST}/candour/{name}"}
    )
    return log
