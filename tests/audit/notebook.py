"""A recorded table that belongs to no room, and the ways around the guards that only a test may take."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test.utils import isolate_apps

from audit.models import RecordedModel

TABLES = (
    "audit_logrecord", "audit_logdetail", "audit_treenode", "audit_checkpoint", "audit_logentry", "audit_log",
)  # fmt: skip


with isolate_apps("audit"):

    class Page(RecordedModel):
        """A page of a notebook: words, a number, a lease that no entry records."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
        words = models.TextField()
        number = models.DecimalField(max_digits=6, decimal_places=2, null=True)
        written_at = models.DateTimeField(null=True)
        facts = models.JSONField(default=dict)
        picture = models.BinaryField(default=b"")
        leased_until = models.DateTimeField(null=True)

        unrecorded_fields = frozenset({"leased_until"})

        class Meta:
            app_label = "audit"

        def __str__(self) -> str:
            return self.words


@contextmanager
def laid_open() -> Iterator[None]:
    """The table of `Page`, inside the test's own transaction."""
    columns = "id {uuid} PRIMARY KEY, words text, number {number}, written_at {time}, facts {json}, picture {binary}"
    columns += ", leased_until {time}"
    types = (
        {"uuid": "uuid", "number": "numeric(6,2)", "time": "timestamptz", "json": "jsonb", "binary": "bytea"}
        if connection.vendor == "postgresql"
        else {"uuid": "char(32)", "number": "decimal", "time": "datetime", "json": "text", "binary": "blob"}
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE audit_page ({columns.format(**types)})")
        yield
        cursor.execute("DROP TABLE audit_page")


@contextmanager
def unguarded(tables: Iterable[str] = TABLES) -> Iterator[None]:
    """What a database administrator can do: change rows behind the triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
            yield
            cursor.execute("SET session_replication_role = origin")
            return
        cursor.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'")
        triggers = [row for row in cursor.fetchall() if row[2] in tables]
        for name, _, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        yield
        for _, sql, _ in triggers:
            cursor.execute(sql)


def tamper(sql: str, *parameters: object) -> int:
    """Run one statement behind the guards; the number of rows it changed."""
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def swept(database: BaseDatabaseWrapper) -> None:
    """Empty the log's tables."""
    with unguarded(), database.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")
