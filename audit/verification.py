"""Is everything still as it was written? A second program path that trusts nothing the writer computed.

It walks every log and recomputes every hash with a Merkle tree of its own, then compares
every row of every `RecordedModel`, as it is now, with the last entry that names it.
Findings come in order: logs by origin, entries by index, then rows by model and key.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import connection, transaction

from audit.errors import NoteError, Refusal
from audit.models import Checkpoint, Log, LogEntry, LogRecord, RecordedModel, TreeNode
from audit.records import JSON, canonical_json
from audit.tlog import VerifierKey, open_checkpoint

ENDINGS = (".erased", ".deleted")
LEAF_KEYS = {"v", "origin", "kind", "occurred_at", "commitment"}


@dataclass(frozen=True)
class Finding:
    """One disagreement: `code` is stable, `message` is for a person; the place is an entry or a row."""

    code: str
    message: str
    origin: str = ""
    leaf_index: int | None = None
    model: str = ""
    pk: str = ""

    def as_json(self) -> dict[str, JSON]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class Mention:
    """The last that the logs say about a row: which entry, what kind, and the row's digest (None if erased)."""

    order: int
    place: str
    kind: str
    sha256: str | None


@dataclass(frozen=True)
class _Row:
    """An entry with its detail as the database has them."""

    pk: int
    leaf_index: int
    leaf_hash: bytes
    leaf: str
    recorded_at: datetime
    salt: bytes | None
    body: str | None


@contextmanager
def snapshot() -> Iterator[None]:
    """One unchanging view of the database for a whole check, while others go on writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        # A deferred transaction of SQLite reads one state and, unlike atomic here, keeps no writer waiting.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def recorded_models() -> list[type[RecordedModel]]:
    """Every table whose rows must be named by an entry, in the order of their names."""
    found = [model for model in apps.get_models() if issubclass(model, RecordedModel) and not model._meta.proxy]
    return sorted(found, key=lambda model: model._meta.label_lower)


def verify(public_key: bytes | None, models: Iterable[type[RecordedModel]] | None = None) -> Iterator[Finding]:
    """Everything that disagrees, in order; nothing where all is as it was written.

    `public_key` is the Ed25519 key (32 bytes) that checkpoints must be signed by; None where it is not at hand.
    """
    mentions: dict[tuple[str, str], Mention] = {}
    for log in Log.objects.order_by("origin"):
        yield from _LogWalk(log, public_key, mentions).findings()
    yield from verify_records(recorded_models() if models is None else models, mentions)


def verify_records(
    models: Iterable[type[RecordedModel]], mentions: dict[tuple[str, str], Mention]
) -> Iterator[Finding]:
    """Compare every row with the last entry that names it, and every such entry with the rows."""
    unseen = dict(mentions)
    for model in models:
        label = model._meta.label_lower
        for record in model._base_manager.order_by("pk").iterator(chunk_size=500):
            pk = str(record.pk)
            mention = unseen.pop((label, pk), None)
            if mention is None:
                yield Finding(
                    "record.no_entry", f"{label} {pk} is there, but no log entry names it", model=label, pk=pk
                )
            elif mention.sha256 is not None and not mention.kind.endswith(ENDINGS):
                yield from _compare(record, mention)
    for (label, pk), mention in sorted(unseen.items()):
        if mention.sha256 is not None and not mention.kind.endswith(ENDINGS):
            text = f"{label} {pk} is gone, but {mention.place} ({mention.kind}) names it and no later entry says why"
            yield Finding("record.missing", text, model=label, pk=pk)


def _compare(record: RecordedModel, mention: Mention) -> Iterator[Finding]:
    label, pk = record._meta.label_lower, str(record.pk)
    try:
        digest = record.record_sha256()
    except (Refusal, ValueError) as problem:
        yield Finding("record.unreadable", f"{label} {pk} cannot be read: {problem}", model=label, pk=pk)
        return
    if digest != mention.sha256:
        fields = ", ".join(sorted(record.record_values()))
        text = (
            f"{label} {pk} is not as {mention.place} ({mention.kind}) recorded it; one of these was changed: {fields}"
        )
        yield Finding("record.changed", text, model=label, pk=pk)


class _LogWalk:
    """One log from its first entry to its last; collects what its entries say about rows into `mentions`."""

    def __init__(self, log: Log, public_key: bytes | None, mentions: dict[tuple[str, str], Mention]) -> None:
        self.log = log
        self.key = VerifierKey(log.origin, public_key) if public_key else None
        self.mentions = mentions
        self.hashes: list[bytes] = []
        self.tree = _Tree(self.hashes)
        self.erased: set[int] = set()
        self.without_detail: list[int] = []

    def findings(self) -> Iterator[Finding]:
        """Entries first, then the details that are gone, then what was signed, then the stored tree."""
        named: defaultdict[int, set[tuple[str, str]]] = defaultdict(set)
        for entry_id, model, pk in LogRecord.objects.filter(entry__log=self.log).values_list(
            "entry_id", "model", "record_pk"
        ):
            named[entry_id].add((model, pk))
        last, is_whole = None, True
        for row in self._rows():
            if is_whole and row.leaf_index != len(self.hashes):
                yield self._gap(row.leaf_index)
                is_whole = False
            if last and row.recorded_at < last:
                yield self._finding("entry.time", row, "was recorded before the entry in front of it")
            last = row.recorded_at
            yield from self._leaf(row)
            yield from self._detail(row, named[row.pk])
            if is_whole:
                self.hashes.append(sha256(b"\x00" + row.leaf.encode()).digest())
        if is_whole and len(self.hashes) != self.log.size:
            yield self._gap(self.log.size)
        for index in self.without_detail:
            if index not in self.erased:
                text = f"entry {index} of {self.log.origin} has lost its detail, and no entry says that it was erased"
                yield Finding("detail.missing", text, self.log.origin, index)
        yield from chain(self._checkpoints(), self._nodes())

    def _rows(self) -> Iterator[_Row]:
        columns = ("pk", "leaf_index", "leaf_hash", "leaf", "recorded_at", "detail__salt", "detail__canonical_body")
        entries = LogEntry.objects.filter(log=self.log).order_by("leaf_index").values_list(*columns)
        for pk, index, hashed, leaf, recorded_at, salt, body in entries.iterator(chunk_size=1000):
            yield _Row(pk, index, bytes(hashed), leaf, recorded_at, None if salt is None else bytes(salt), body)

    def _leaf(self, row: _Row) -> Iterator[Finding]:
        if row.leaf_hash != sha256(b"\x00" + row.leaf.encode()).digest():
            yield self._finding("entry.hash", row, "has a leaf that does not match its hash")
        leaf = _parsed(row.leaf)
        if leaf is None or leaf.keys() != LEAF_KEYS or leaf["origin"] != self.log.origin:
            yield self._finding("entry.leaf", row, "has a leaf that is not in the form this log writes")

    def _detail(self, row: _Row, named: set[tuple[str, str]]) -> Iterator[Finding]:
        leaf = _parsed(row.leaf) or {}
        place, kind = f"entry {row.leaf_index} of {self.log.origin}", str(leaf.get("kind", ""))
        if row.salt is None or row.body is None:
            self.without_detail.append(row.leaf_index)
            for key in named:
                self._mention(key, Mention(row.pk, place, kind, None))
            return
        body = _parsed(row.body)
        if body is None or sha256(row.salt + row.body.encode()).hexdigest() != leaf.get("commitment"):
            yield self._finding("detail.changed", row, "has a detail that is not the one its leaf committed to")
            return
        if kind.endswith(ENDINGS):
            self.erased.update(body.get("erased_entries", ()))
        for record in body["records"]:
            self._mention((record["model"], record["pk"]), Mention(row.pk, place, kind, record["sha256"]))
        if named != {(record["model"], record["pk"]) for record in body["records"]}:
            yield self._finding("entry.records", row, "is indexed under other rows than its detail names")

    def _mention(self, key: tuple[str, str], mention: Mention) -> None:
        if key not in self.mentions or self.mentions[key].order < mention.order:
            self.mentions[key] = mention

    def _checkpoints(self) -> Iterator[Finding]:
        checkpoints = Checkpoint.objects.filter(log=self.log).order_by("tree_size")
        for checkpoint in checkpoints.iterator(chunk_size=1000):
            if problem := self._checkpoint(checkpoint):
                text = f"the checkpoint of {self.log.origin} over {checkpoint.tree_size} entries {problem}"
                yield Finding("checkpoint", text, self.log.origin, checkpoint.tree_size - 1)

    def _checkpoint(self, checkpoint: Checkpoint) -> str:
        """What is wrong with it, or nothing."""
        size, root_hash = checkpoint.tree_size, bytes(checkpoint.root_hash)
        if self.key:
            try:
                head = open_checkpoint(checkpoint.note, self.key)
            except NoteError as problem:
                return f"is not validly signed: {problem}"
            if (head.origin, head.size, head.root_hash) != (self.log.origin, size, root_hash):
                return "says another size or root in its signed note than beside it"
        if size > len(self.hashes):
            return f"covers more than the {len(self.hashes)} entries that are left: entries were removed"
        if self.tree.root(0, size) != root_hash:
            return "has another root than the entries give: an entry it covers was changed, removed or put in"
        return ""

    def _nodes(self) -> Iterator[Finding]:
        """The stored inner nodes: proofs are made from them."""
        newest = Checkpoint.objects.filter(log=self.log).order_by("-tree_size").values_list("tree_size", flat=True)
        covered = min(newest.first() or 0, len(self.hashes))
        count = 0
        nodes = TreeNode.objects.filter(log=self.log).order_by("level", "index")
        for level, index, hashed in nodes.values_list("level", "index", "hash").iterator(chunk_size=1000):
            start, end = index << level, (index + 1) << level
            if end > covered or self.tree.root(start, end) != bytes(hashed):
                text = f"the stored hash over entries {start} to {end - 1} of {self.log.origin} is wrong"
                yield Finding("node", text, self.log.origin, start)
                return
            count += 1
        if count != sum(covered >> level for level in range(1, covered.bit_length())):
            yield Finding("node", f"stored hashes of {self.log.origin} are missing", self.log.origin)

    def _gap(self, found: int) -> Finding:
        expected = len(self.hashes)
        text = f"entry {expected} of {self.log.origin} is missing: "
        text += "entries were removed" if found > expected else f"the log counts {found} entries"
        return Finding("entry.missing", text, self.log.origin, expected)

    def _finding(self, code: str, row: _Row, words: str) -> Finding:
        return Finding(code, f"entry {row.leaf_index} of {self.log.origin} {words}", self.log.origin, row.leaf_index)


class _Tree:
    """Merkle tree hash by the recursive definition of RFC 9162 section 2.1.1, remembering complete subtrees."""

    def __init__(self, hashes: list[bytes]) -> None:
        self.hashes = hashes
        self.known: dict[tuple[int, int], bytes] = {}

    def root(self, start: int, end: int) -> bytes:
        """MTH(D[start:end]); `hashes` only ever grows, so what is known stays right."""
        width = end - start
        if width == 0:
            return sha256(b"").digest()
        if width == 1:
            return self.hashes[start]
        if known := self.known.get((start, end)):
            return known
        half = 1
        while half * 2 < width:
            half *= 2
        value = sha256(b"\x01" + self.root(start, start + half) + self.root(start + half, end)).digest()
        if width == half * 2:
            self.known[(start, end)] = value
        return value


def _parsed(text: str) -> dict[str, Any] | None:
    """The JSON object that `text` is the canonical form of, or None."""
    try:
        value = json.loads(text)
        return value if isinstance(value, dict) and canonical_json(value) == text.encode() else None
    except (ValueError, Refusal):
        return None
