"""What a fixture makes, made once by a process and put back row by row for every later test that starts from the same.

Only what begins with a database as the migrations left it, or as an earlier memory left it, is remembered: the tips of
all logs say so, since whatever is recorded moves one of them. `CANDOUR_REMEMBER=0` makes everything anew each time.
"""

from __future__ import annotations

import io
import os
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from audit.models import Log

Made = TypeVar("Made")
State = tuple[Any, ...]
Rows = dict[str, dict[str, str]]

IS_ON = os.environ.get("CANDOUR_REMEMBER") != "0"
NOW, KEYS = timezone.now, settings.KEY_DIR


@dataclass(frozen=True)
class Kept:
    """The statements that put the rows back, the value, and the state that is reached."""

    statements: tuple[str, ...]
    value: bytes
    state: State


_kept: dict[tuple[Any, ...], Kept] = {}
# At first no log has begun.
_known: set[State] = {()}


def remembered(name: str, make: Callable[[], Made], *given: Model) -> Made:
    """`make()`, or what it made before: the rows are in the database, and the value is a new one that holds `given`."""
    if not IS_ON or not connection.in_atomic_block or settings.KEY_DIR != KEYS:
        return make()
    begun = _state()
    if begun not in _known:
        return make()
    clock = "" if timezone.now is NOW else timezone.now().isoformat()
    key = (name, clock, begun, tuple(map(_values, given)))
    if key in _kept:
        return cast("Made", _put_back(_kept[key], given))
    before = _rows()
    made = make()
    if not any(settings.FILE_DIR.iterdir()):
        _kept[key] = Kept(tuple(_statements(before, _rows())), _pickled(made, given), _state())
        _known.add(_kept[key].state)
    return made


def _state() -> State:
    """The tips of all logs."""
    return tuple(Log.objects.order_by("pk").values_list("pk", "size", "recorded_at"))


def _values(row: Model) -> tuple[str, ...]:
    values = (getattr(row, field.attname) for field in row._meta.concrete_fields)
    return (row._meta.label, *(repr(bytes(value) if isinstance(value, memoryview) else value) for value in values))


def _put_back(kept: Kept, given: tuple[Model, ...]) -> Any:
    with connection.cursor() as cursor:
        for statement in [";".join(kept.statements)] if connection.vendor == "postgresql" else kept.statements:
            cursor.execute(statement)
    unpickler = pickle.Unpickler(io.BytesIO(kept.value))
    unpickler.persistent_load = lambda place: given[place]  # type: ignore[method-assign]  # as its documentation says
    return unpickler.load()


def _pickled(value: Any, given: tuple[Model, ...]) -> bytes:
    """Pickled, with each of `given` by its place."""
    places = {id(one): place for place, one in enumerate(given)}
    file = io.BytesIO()
    pickler = pickle.Pickler(file)
    pickler.persistent_id = lambda one: places.get(id(one))  # type: ignore[method-assign]  # as its documentation says
    pickler.dump(value)
    return file.getvalue()


def _rows() -> Rows:
    """Of each table the rows as the database writes them, by primary key."""
    quote = "quote_literal" if connection.vendor == "postgresql" else "quote"
    found: Rows = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            key = " || ',' || ".join(f'{quote}("{name}")' for name in _keys(model))
            if connection.vendor == "postgresql":
                row = "quote_literal(t::text)"
            else:
                row = " || ',' || ".join(f'quote("{name}")' for name in _columns(model))
            cursor.execute(f'SELECT {key}, {row} FROM "{table}" t')
            found[table] = dict(cursor.fetchall())
    return found


def _keys(model: type[Model]) -> list[str]:
    return [field.column for field in model._meta.pk_fields]


def _columns(model: type[Model]) -> list[str]:
    """In the order of the table."""
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, model._meta.db_table)]


def _statements(before: Rows, after: Rows) -> Iterator[str]:
    """What makes the rows before into those after."""
    for model in apps.get_models(include_auto_created=True):
        table, pk = model._meta.db_table, ", ".join(f'"{name}"' for name in _keys(model))
        old, new = before[table], after[table]
        assert old.keys() <= new.keys(), f"rows of {table} are gone"
        columns = ", ".join(f'"{name}"' for name in _columns(model)) if old != new else ""
        if added := [row for key, row in new.items() if key not in old]:
            yield f'INSERT INTO "{table}" ({columns}) {_selected(table, added)}'
        for key, row in new.items():
            if old.get(key, row) != row:
                yield f'UPDATE "{table}" SET ({columns}) = ({_selected(table, [row])}) WHERE ({pk}) = ({key})'


def _selected(table: str, rows: list[str]) -> str:
    if connection.vendor == "postgresql":
        return f'SELECT t.* FROM unnest(ARRAY[{", ".join(rows)}]::"{table}"[]) AS t'
    return " UNION ALL ".join(f"SELECT {row}" for row in rows)
