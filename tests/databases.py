"""One migrated database for all test runs of this checkout: to copy it takes a moment, to run all migrations does not.

The first process makes its test database by real migrations and leaves a copy with the digest of all that it was made
from; where that differs, the next run migrates anew. Triggers, rows and all, a copy is what the migrations made, and
Django's own `migrate` still runs over it.
"""

from __future__ import annotations

import fcntl
import hashlib
import socket
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db import connection
from django.test.utils import setup_databases

CHECKOUT = Path(__file__).parents[1]


def digest(folders: Iterable[Path]) -> str:
    """SHA-256 of Django's version and of every Python file below these folders, hexadecimal."""
    found = hashlib.sha256(django.__version__.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            found.update(f"\n{path}\n".encode() + path.read_bytes())
    return found.hexdigest()


def name_of_its_own(kind: str) -> str:
    """Of a database on a server that other checkouts, machines and roles use too: none drops or copies another's."""
    own = f"{socket.gethostname()} {CHECKOUT} {connection.settings_dict['USER']} {connection.settings_dict['NAME']}"
    return f"candour_{kind}_{hashlib.sha256(own.encode()).hexdigest()[:16]}"


def set_up(cache: Path) -> list[Any]:
    """Django's `setup_databases` over a copy of the template that is kept in `cache` or beside it on the server."""
    made_from = digest(Path(app.path) for app in apps.get_app_configs())
    begin = _on_postgresql if connection.vendor == "postgresql" else _in_memory
    with (cache / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with begin(cache, made_from):
            return setup_databases(0, interactive=False, aliases=["default"], serialized_aliases=[])


@contextmanager
def _in_memory(cache: Path, made_from: str) -> Iterator[None]:
    template = cache / f"{made_from}.sqlite3"
    with closing(sqlite3.connect(connection.creation._get_test_db_name(), uri=True)) as memory:
        if is_there := template.exists():
            with closing(sqlite3.connect(template)) as source:
                source.backup(memory)
        yield
        if not is_there:
            for old in cache.glob("*.sqlite3*"):
                old.unlink()
            unfinished = cache / f"{made_from}.sqlite3-unfinished"
            with closing(sqlite3.connect(unfinished)) as target:
                memory.backup(target)
            unfinished.rename(template)


@contextmanager
def _on_postgresql(cache: Path, made_from: str) -> Iterator[None]:
    template = name_of_its_own("template")
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s AND shobj_description(oid, 'pg_database') = %s",
            [template, made_from],
        )
        is_there = cursor.fetchone() is not None
    connection.settings_dict["TEST"]["TEMPLATE"] = template if is_there else None
    yield
    if not is_there:
        migrated = connection.settings_dict["NAME"]
        connection.close()
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{template}"')
            cursor.execute(f'CREATE DATABASE "{template}" TEMPLATE "{migrated}"')
            cursor.execute(f"COMMENT ON DATABASE \"{template}\" IS '{made_from}'")
