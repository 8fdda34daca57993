"""Questions to the log: the history of a record, and the proof that an entry is in it."""

from __future__ import annotations

from uuid import UUID

from audit import tlog
from audit.errors import NotCoveredError
from audit.models import Checkpoint, Log, LogEntry
from audit.services.tree import reader


def entries_for(model_label: str, pk: UUID | str | int) -> list[LogEntry]:
    """Every entry that names this row, oldest first; `model_label` is as "products.batch"."""
    named = LogEntry.objects.filter(named_records__model=model_label.lower(), named_records__record_pk=str(pk))
    return list(named.select_related("log", "detail").order_by("pk"))


def newest_checkpoint(log: Log) -> Checkpoint | None:
    """The checkpoint over most entries."""
    return Checkpoint.objects.filter(log=log).order_by("-tree_size").first()


def covering_checkpoint(entry: LogEntry) -> Checkpoint | None:
    """The first checkpoint that covers the entry, or None until one is published."""
    later = Checkpoint.objects.filter(log=entry.log_id, tree_size__gt=entry.leaf_index)
    return later.select_related("log").order_by("tree_size").first()


def inclusion_proof(entry: LogEntry, checkpoint: Checkpoint) -> list[bytes]:
    """Hashes (32 bytes each) from the entry's sibling upwards to the checkpoint's root, RFC 9162 section 2.1.3.

    `NotCoveredError` where the checkpoint is older than the entry or of another log.
    """
    if checkpoint.log_id != entry.log_id or checkpoint.tree_size <= entry.leaf_index:
        raise NotCoveredError(
            f"the checkpoint over {checkpoint.tree_size} entries does not cover entry {entry.leaf_index}; "
            "wait for the next one, which is published within seconds"
        )
    return tlog.inclusion_proof(entry.leaf_index, checkpoint.tree_size, reader(checkpoint.log))


def tlog_proof(entry: LogEntry, checkpoint: Checkpoint) -> str:
    """The proof as a C2SP tlog-proof text, to keep beside what was logged; its `extra` line carries the leaf."""
    hashes = tuple(inclusion_proof(entry, checkpoint))
    return str(tlog.InclusionProof(entry.leaf_index, hashes, checkpoint.note, entry.leaf.encode()))
