"""Evidence is written once: refused in Python, and refused by the database for whoever goes around Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Self

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.state import ProjectState

from audit import services, triggers
from audit.errors import AppendOnlyError
from audit.models import Checkpoint, LogDetail, LogEntry, LogRecord, TreeNode
from tests.audit.notebook import Page

Write = Callable[..., LogEntry]
pytestmark = pytest.mark.django_db
GUARDED = ("audit_logentry", "audit_logrecord", "audit_treenode", "audit_checkpoint")


@pytest.fixture
def filled(write: Write, pages: type[Page], at: datetime) -> LogEntry:
    """A log with a row in each of its tables."""
    write("page.written", pages.objects.create(words="Lot A1"))
    entry = write()
    services.publish_checkpoint(entry.log, at=at)
    return entry


def attempt(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


class TestRawSql:
    @pytest.mark.parametrize("table", GUARDED)
    def test_delete_is_refused(self, filled: LogEntry, table: str) -> None:
        with pytest.raises(IntegrityError, match=f"append-only: DELETE on {table} is refused"):
            attempt(f"DELETE FROM {table}")

    @pytest.mark.parametrize(
        ("table", "column"),
        [
            ("audit_logentry", "leaf"),
            ("audit_logdetail", "canonical_body"),
            ("audit_logrecord", "model"),
            ("audit_treenode", "hash"),
            ("audit_checkpoint", "note"),
        ],
    )
    def test_update_is_refused(self, filled: LogEntry, table: str, column: str) -> None:
        with pytest.raises(IntegrityError, match=f"append-only: UPDATE on {table} is refused"):
            attempt(f"UPDATE {table} SET {column} = {column}")

    @pytest.mark.parametrize("table", [*GUARDED, "audit_logdetail"])
    def test_truncate_is_refused(self, filled: LogEntry, table: str) -> None:
        if connection.vendor != "postgresql":
            pytest.skip("SQLite knows no TRUNCATE; DATABASE_URL names no PostgreSQL")
        with pytest.raises(IntegrityError, match=f"append-only: TRUNCATE on {table} is refused"):
            attempt(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE")

    def test_a_detail_may_be_deleted_as_a_whole(self, filled: LogEntry) -> None:
        attempt("DELETE FROM audit_logdetail")
        assert LogDetail.objects.count() == 0

    @pytest.mark.parametrize("key", ["id", "hex(randomblob(16))"])
    def test_replacing_a_row_is_refused(self, filled: LogEntry, key: str) -> None:
        if connection.vendor != "sqlite":
            pytest.skip("only SQLite replaces a row without asking")
        with pytest.raises(IntegrityError, match="append-only: REPLACE on audit_checkpoint is refused"):
            attempt(
                "INSERT OR REPLACE INTO audit_checkpoint (id, log_id, tree_size, root_hash, note, published_at)"
                f" SELECT {key}, log_id, tree_size, root_hash, 'forged', published_at FROM audit_checkpoint"
            )
        assert Checkpoint.objects.get().note != "forged"

    def test_inserting_over_a_row_is_refused(self, filled: LogEntry) -> None:
        with pytest.raises(IntegrityError):
            attempt(
                "INSERT INTO audit_checkpoint SELECT * FROM audit_checkpoint WHERE true"
                " ON CONFLICT (id) DO UPDATE SET note = 'forged'"
            )


class TestPython:
    @pytest.mark.parametrize("model", [LogEntry, LogRecord, TreeNode, Checkpoint])
    def test_a_query_changes_and_deletes_nothing(self, filled: LogEntry, model: type[LogEntry]) -> None:
        with pytest.raises(AppendOnlyError, match="supersedes"):
            model.objects.update(pk=1)
        with pytest.raises(AppendOnlyError, match="stay"):
            model.objects.all().delete()

    def test_a_row_is_saved_once(self, filled: LogEntry) -> None:
        entry = LogEntry.objects.get(pk=filled.pk)
        with pytest.raises(AppendOnlyError, match="supersedes"):
            entry.save()
        with pytest.raises(AppendOnlyError, match="stay"):
            entry.delete()


class TestTheOperation:
    def test_it_guards_a_table_and_lets_go_of_it_again(self, pages: type[Page]) -> None:
        pages.objects.create(words="Lot A1")
        operation = triggers.append_only("audit_page")
        state = ProjectState()
        for act in (operation.database_forwards, operation.database_backwards):
            with connection.schema_editor() if connection.vendor == "postgresql" else _loose() as editor:
                act("audit", editor, state, state)
            assert "apps" not in vars(state), "it asked for models, and Django builds all of them for that"
            if act == operation.database_forwards:
                assert triggers.missing(connection, ["audit_page", "audit_logentry"]) == []
                with pytest.raises(IntegrityError):
                    attempt("UPDATE audit_page SET words = ''")
                with pytest.raises(IntegrityError):
                    attempt("DELETE FROM audit_page")
        attempt("UPDATE audit_page SET words = ''")
        assert triggers.missing(connection, ["audit_page", "audit_logentry"]) == ["audit_page"]


class _loose:  # noqa: N801 - reads as what it is: a schema editor inside a test's transaction
    """SQLite's own editor refuses to start inside a transaction, though creating a trigger there is fine."""

    def __init__(self) -> None:
        self.connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        return None

    def execute(self, sql: str, params: object = None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)
