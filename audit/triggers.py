"""The SQL that makes a table append-only, as migration operations, and the question whether it is in place.

The database refuses UPDATE and DELETE on each row, on PostgreSQL TRUNCATE, and on SQLite the
INSERT OR REPLACE that deletes a row without asking its triggers.
SQLite drops a table's triggers whenever a later migration rebuilds the table, so such a
migration names `append_only` again; `missing` finds a table where that was forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

FUNCTION = """
CREATE OR REPLACE FUNCTION candour_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % on % is refused, rows there are evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


class AppendOnly(Operation):
    """Rows of `table` can only be added from here on; see `append_only`.

    `RunPython` would do, but Django builds all models anew for each, and these need none.
    """

    def __init__(self, table: str, *, erasable: bool = False) -> None:
        self.table = table
        self.erasable = erasable

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Triggers are no part of the models."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        # Dropped first: PostgreSQL keeps the triggers of a table that a migration changes, SQLite does not.
        statements = (
            *_drop(schema_editor.connection, self.table),
            *_create(schema_editor.connection, self.table, erasable=self.erasable),
        )
        for statement in statements:
            schema_editor.execute(statement, None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for statement in _drop(schema_editor.connection, self.table):
            schema_editor.execute(statement, None)

    def describe(self) -> str:
        return f"Rows of {self.table} can only be {'added, or erased as a whole' if self.erasable else 'added'}"


def append_only(table: str, *, erasable: bool = False) -> AppendOnly:
    """A reversible migration operation after which rows of `table` can only be added.

    With `erasable` a row may be deleted as a whole, never changed: for personal facts beside the log.
    """
    return AppendOnly(table, erasable=erasable)


def missing(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> list[str]:
    """Those of `tables` that the database does not guard against UPDATE."""
    if connection.vendor == "postgresql":
        query = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE %s AND tgenabled IN ('O', 'A')"
    else:
        query = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(query, ["%_no_update"])
        guarded = {str(row[0]).strip('"') for row in cursor.fetchall()}
    return [table for table in tables if table not in guarded]


def _over_existing(connection: BaseDatabaseWrapper, table: str) -> str:
    """SQL that is true where the new row would take the place of one that is there, by any key of the table."""
    name = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA table_info({name(table)})")
        keys = [[str(row[1]) for row in cursor.fetchall() if row[5]]]
        cursor.execute(f"PRAGMA index_list({name(table)})")
        indexes = [str(row[1]) for row in cursor.fetchall() if row[2] and not row[4]]
        for index in indexes:
            cursor.execute(f"PRAGMA index_info({name(index)})")
            keys.append([row[2] for row in cursor.fetchall()])
    matches = [" AND ".join(f"{name(column)} = NEW.{name(column)}" for column in key) for key in keys if all(key)]
    any_key = " OR ".join(f"({match})" for match in matches)
    return f"EXISTS (SELECT 1 FROM {name(table)} WHERE {any_key})"  # noqa: S608 - names from our own migrations


def _events(vendor: str, *, erasable: bool) -> list[str]:
    events = ["UPDATE"] if erasable else ["UPDATE", "DELETE"]
    return [*events, "TRUNCATE"] if vendor == "postgresql" else events


def _create(connection: BaseDatabaseWrapper, table: str, *, erasable: bool) -> list[str]:
    name = connection.ops.quote_name
    if connection.vendor == "postgresql":
        return [FUNCTION] + [
            f"CREATE TRIGGER {name(_trigger(table, event))} BEFORE {event} ON {name(table)}"
            f" FOR EACH {'STATEMENT' if event == 'TRUNCATE' else 'ROW'} EXECUTE FUNCTION candour_refuse_change()"
            for event in _events(connection.vendor, erasable=erasable)
        ]
    conditions = dict.fromkeys(_events(connection.vendor, erasable=erasable), "")
    conditions["REPLACE"] = f" WHEN {_over_existing(connection, table)}"
    return [
        (
            f"CREATE TRIGGER {name(_trigger(table, event))}"
            f" BEFORE {'INSERT' if event == 'REPLACE' else event} ON {name(table)}{condition}"
            f" BEGIN SELECT RAISE(ABORT, 'append-only: {event} on {table} is refused, rows there are evidence'); END"
        )
        for event, condition in conditions.items()
    ]


def _drop(connection: BaseDatabaseWrapper, table: str) -> list[str]:
    name = connection.ops.quote_name
    on_table = f" ON {name(table)}" if connection.vendor == "postgresql" else ""
    return [
        f"DROP TRIGGER IF EXISTS {name(_trigger(table, event))}{on_table}"
        for event in (*_events(connection.vendor, erasable=False), "REPLACE")
    ]


def _trigger(table: str, event: str) -> str:
    return f"{table}_no_{event.lower()}"
