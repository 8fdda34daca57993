"""Which tables hold anything of some consents: one plain question, instead of one for each table that answers with nothing.

To put a query together costs Django more than its answer costs the database, and somebody waits for the page.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

from consent.models import Consent


def have_rows(*looks: tuple[type[Model], str, Collection[Any]]) -> list[bool]:
    """Of each model, field and values, whether any row has one of these values in this field: all in one statement."""
    quoted, wanted, selected = connection.ops.quote_name, [], []
    for model, name, values in looks:
        field: Any = model._meta.get_field(name)
        key = field.target_field if field.is_relation else field
        wanted += [key.get_db_prep_value(value, connection) for value in values]
        marks = ", ".join(["%s"] * len(values))
        table, column = quoted(model._meta.db_table), quoted(field.column)
        selected.append(f"EXISTS (SELECT 1 FROM {table} WHERE {column} IN ({marks}))")  # noqa: S608 - names of our own tables
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(selected)}", wanted)
        return [bool(held) for held in cursor.fetchone()]


def which_hold_rows_of(models: Sequence[type[Model]], keys: Collection[uuid.UUID]) -> dict[type[Model], bool]:
    """Of each model, which names the `consent` of its rows, whether it holds a row of any of these consents."""
    if not keys:
        return dict.fromkeys(models, False)
    return dict(zip(models, have_rows(*((model, "consent", keys) for model in models)), strict=True))


def relations_there(consent: Consent, names: Collection[str]) -> list[str]:
    """Those of these relations that have rows. The others are marked as read and empty, as a prefetch would leave them.

    `names` are reverse relations of a consent. What is found is as of now: ask under the lock what must stay so.
    """
    fields: dict[str, Any] = {name: Consent._meta.get_field(name) for name in names}
    holds = which_hold_rows_of([field.related_model for field in fields.values()], [consent.pk])
    there = [name for name, field in fields.items() if holds[field.related_model]]
    for name in fields.keys() - set(there):
        if fields[name].one_to_one:
            fields[name].set_cached_value(consent, None)
        else:
            hold(consent, name, [])
    return there


def hold(consent: Consent, name: str, rows: list[Any]) -> None:
    """Make these rows what the consent has in a reverse relation, as a prefetch would leave them."""
    for row in rows:
        row.consent = consent
    held = getattr(consent, name).none()
    held._result_cache, held._prefetch_done = rows, True  # noqa: SLF001 - as a prefetch leaves it
    consent.__dict__.setdefault("_prefetched_objects_cache", {})[name] = held


def is_known_empty(consent: Consent, name: str) -> bool:
    """Whether `relations_there` found no rows of this relation in this act."""
    known = consent.__dict__.get("_prefetched_objects_cache", {}).get(name)
    return known is not None and not known
