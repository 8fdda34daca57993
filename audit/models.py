"""The log, its entries and checkpoints; and the two mixins by which other rooms' rows become evidence.

An entry is known to the outside by its log's origin and its `leaf_index`; both are there from the first
migration on. Tables that grow with every act have small integer keys: the insert is in every act's path.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, NoReturn, cast

from django.db import models

from audit.errors import AppendOnlyError, EntryRefusedError
from audit.records import JSON, canonical_json, utc_text
from audit.vocabulary import kind_words


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Questions only: rows of an append-only table are neither changed nor deleted."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only: write a new row that supersedes the old one")

    def delete(self) -> NoReturn:
        raise AppendOnlyError(f"{self.model._meta.label} is append-only: its rows are evidence and stay")

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.update()


class AppendOnlyModel(models.Model):
    """A row that is written once. Its table is guarded by `audit.triggers.append_only` as well."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; refuse to change a row that is there already (`AppendOnlyError`)."""
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.label} is append-only: write a new row that supersedes the old one")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: the row is evidence."""
        raise AppendOnlyError(f"{self._meta.label} is append-only: its rows are evidence and stay")


class RecordedModel(models.Model):
    """A row that a log entry must name: `verify_log` compares it, as it is now, with its last entry."""

    unrecorded_fields: ClassVar[frozenset[str]] = frozenset()
    # Fields that a table got when it had rows, each with the value that those rows were given: left out while a row
    # has it, so that the row still agrees with the entry that was written before there was the field.
    late_fields: ClassVar[Mapping[str, JSON]] = {}

    class Meta:
        abstract = True

    def record_values(self) -> dict[str, JSON]:
        """All concrete fields by attname as canonical JSON values, but `unrecorded_fields`.

        A model with encrypted content overrides this to give decrypted values,
        so that a rotation of keys changes no digest.
        """
        values = {
            field.attname: _canonical_value(field, getattr(self, field.attname))
            for field in self._meta.concrete_fields
            if field.attname not in self.unrecorded_fields and field.name not in self.unrecorded_fields
        }
        return {
            name: value
            for name, value in values.items()
            if name not in self.late_fields or value != self.late_fields[name]
        }

    def record_sha256(self) -> str:
        """Digest of the row as it is now: SHA-256 (hex) of the canonical JSON of its values."""
        return hashlib.sha256(canonical_json(self.record_values())).hexdigest()


class Log(models.Model):
    """One transparency log: of an organization, or of the installation (`organization_id` is None).

    `size` and `recorded_at` are the tip of the log; appending changes them under this row's lock.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    origin = models.CharField(max_length=300, unique=True)
    organization_id = models.UUIDField(null=True, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    recorded_at = models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC))

    def __str__(self) -> str:
        return self.origin


class LogEntry(AppendOnlyModel):
    """A leaf of the tree: `leaf` is the canonical JSON text, `leaf_hash` = SHA-256(0x00 || leaf).

    Neither this table nor those beside it have foreign key constraints: what they point to cannot be
    deleted, all are written by one statement, and the checks would be paid for by every act.
    """

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False)
    leaf_index = models.PositiveBigIntegerField()
    leaf_hash = models.BinaryField(max_length=32)
    leaf = models.TextField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["log", "leaf_index"], name="audit_logentry_log_leaf_index"),)

    def __str__(self) -> str:
        return f"{self.log_id} {self.leaf_index}"

    @property
    def leaf_json(self) -> dict[str, Any]:
        """The leaf, parsed: v, origin, kind, occurred_at, commitment."""
        return cast("dict[str, Any]", json.loads(self.leaf))

    @property
    def kind(self) -> str:
        """What happened, as `room.past_tense`."""
        return str(self.leaf_json["kind"])

    @property
    def words(self) -> str:
        """What happened, as a person reads it."""
        return kind_words(self.kind)

    @property
    def occurred_at(self) -> datetime:
        """When it happened, in UTC, as the act itself stated it."""
        return datetime.fromisoformat(str(self.leaf_json["occurred_at"]))


class LogDetail(models.Model):
    """What an entry says, with the salt of its commitment. It may be deleted, never changed; the tree still verifies."""

    entry = models.OneToOneField(
        LogEntry, on_delete=models.PROTECT, primary_key=True, related_name="detail", db_constraint=False
    )
    salt = models.BinaryField(max_length=32)
    # The exact canonical text: a database that reorders or renumbers JSON would break the commitment.
    canonical_body = models.TextField()

    def __str__(self) -> str:
        return f"detail of entry {self.entry_id}"

    @property
    def body(self) -> dict[str, Any]:
        """agent, records, and whatever the act itself added."""
        return cast("dict[str, Any]", json.loads(self.canonical_body))


class LogRecord(AppendOnlyModel):
    """The rows that an entry names, by model label and key only; what their digests were is in the detail."""

    pk = models.CompositePrimaryKey("record_pk", "model", "entry_id")
    entry = models.ForeignKey(
        LogEntry, on_delete=models.PROTECT, related_name="named_records", db_index=False, db_constraint=False
    )
    model = models.CharField(max_length=100)
    record_pk = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.model} {self.record_pk}"


class TreeNode(AppendOnlyModel):
    """Hash of one complete subtree above the leaves, over leaves [index * 2^level, (index + 1) * 2^level)."""

    id = models.BigAutoField(primary_key=True)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="nodes", db_index=False)
    level = models.PositiveSmallIntegerField()
    index = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["log", "level", "index"], name="audit_treenode_place"),)

    def __str__(self) -> str:
        return f"{self.log_id} {self.level}/{self.index}"


class Checkpoint(AppendOnlyModel):
    """A signed note over the tree's size and root; there is one at most for a size."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    log = models.ForeignKey(Log, on_delete=models.PROTECT, related_name="checkpoints", db_index=False)
    tree_size = models.PositiveBigIntegerField()
    root_hash = models.BinaryField(max_length=32)
    note = models.TextField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["log", "tree_size"], name="audit_checkpoint_log_tree_size"),)

    def __str__(self) -> str:
        return f"{self.log_id} size {self.tree_size}"


def _canonical_value(field: models.Field[Any, Any], value: Any) -> JSON:
    """The value as it will come back from the database, as JSON: a digest must not depend on who asks first."""
    if value is None:
        return None
    if isinstance(field, models.FileField):
        return str(value.name or "")
    if isinstance(field, models.JSONField):
        return cast("JSON", json.loads(json.dumps(value, cls=field.encoder)))
    if isinstance(field, models.BinaryField):
        return hashlib.sha256(bytes(value)).hexdigest()
    value = field.target_field.to_python(value) if isinstance(field, models.ForeignKey) else field.to_python(value)
    if isinstance(field, models.DecimalField):
        return str(Decimal(value).quantize(Decimal(1).scaleb(-field.decimal_places)))
    return _json_value(value)


def _json_value(value: Any) -> JSON:
    match value:
        case None | bool():
            return value
        case str():
            return str(value)
        case int() | float():
            return value
        case uuid.UUID() | Decimal():
            return str(value)
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case timedelta():
            return value // timedelta(microseconds=1)
        case bytes() | memoryview():
            return hashlib.sha256(bytes(value)).hexdigest()
        case Mapping():
            return {str(key): _json_value(item) for key, item in value.items()}
        case list() | tuple():
            return [_json_value(item) for item in value]
    raise EntryRefusedError(f"a value of type {type(value).__name__} cannot be written to the log")
