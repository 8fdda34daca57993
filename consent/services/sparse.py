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


def which_hold_rows_of(models: Sequence[type[Model]], keys: Collection[uuid.UUID]) -> dict[type[Model], bool]:
    """Of each model, which names the `consent` of its rows, whether it holds a row of any of these consents."""
    if not keys:
        return dict.fromkeys(models, False)
    quoted, marks = connection.ops.quote_name, ", ".join(["%s"] * len(keys))
    fields: list[Any] = [model._meta.get_field("consent") for model in models]
    names = [(quoted(field.model._meta.db_table), quoted(field.column)) for field in fields]
    looks = [f"EXISTS (SELECT 1 FROM {table} WHERE {column} IN ({marks}))" for table, column in names]  # noqa: S608 - names of our own tables
    of_these = [Consent._meta.pk.get_db_prep_value(key, connection) for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(looks)}", of_these * len(looks))
        return {model: bool(held) for model, held in zip(models, cursor.fetchone(), strict=True)}


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
            empty = getattr(consent, name).none()
            empty._result_cache, empty._prefetch_done = [], True  # noqa: SLF001 - as a prefetch leaves it
            consent.__dict__.setdefault("_prefetched_objects_cache", {})[name] = empty
    return there
