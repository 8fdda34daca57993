"""Taking the readable part of entries away, for good; the leaves, and the proof that something was there, stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from audit.errors import EntryRefusedError
from audit.models import LogDetail, LogEntry
from audit.records import Agent
from audit.services.append import append, log_of

ERASED = "log_detail.erased"


@transaction.atomic
def erase_details(entries: Sequence[LogEntry], *, agent: Agent, at: datetime) -> LogEntry:
    """Delete salt and body of `entries`, all of the agent's log, and write an entry that names their indexes.

    An entry that is itself about an erasure keeps its detail (`EntryRefusedError`): `verify_log` rests on it.
    """
    log = log_of(agent.organization_id)
    if not entries or any(entry.log_id != log.pk for entry in entries):
        raise EntryRefusedError("only entries of the agent's own log can be erased, and at least one")
    if any(entry.kind.endswith(".erased") for entry in entries):
        raise EntryRefusedError("an entry about an erasure is kept: it explains what is missing")
    LogDetail.objects.filter(pk__in=[entry.pk for entry in entries]).delete()
    indexes = sorted(entry.leaf_index for entry in entries)
    return append(ERASED, agent=agent, occurred_at=at, body={"erased_entries": indexes})
