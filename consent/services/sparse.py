"""Rows that few consents have: one plain question says which there are, instead of one for each that finds nothing.

To put a query together costs Django more than its answer costs the database, and somebody waits with the pen in the hand.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection

from consent.models import Consent


def relations_there(consent: Consent, names: Collection[str]) -> list[str]:
    """Those of these relations that have rows. The others are marked as read and empty, as a prefetch would leave them.

    `names` are reverse relations of a consent. What is found is as of now: ask under the lock what must stay so.
    """
    fields: dict[str, Any] = {name: Consent._meta.get_field(name) for name in names}
    quoted = connection.ops.quote_name
    tables = [(quoted(field.related_model._meta.db_table), quoted(field.field.column)) for field in fields.values()]
    asked = ", ".join(f"EXISTS (SELECT 1 FROM {table} WHERE {column} = %s)" for table, column in tables)  # noqa: S608 - names of our own tables
    key = Consent._meta.pk.get_db_prep_value(consent.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {asked}", [key] * len(tables))
        answer = dict(zip(fields, cursor.fetchone(), strict=True))
    for name, field in fields.items():
        if answer[name]:
            continue
        if field.one_to_one:
            field.set_cached_value(consent, None)
        else:
            empty = getattr(consent, name).none()
            empty._result_cache, empty._prefetch_done = [], True  # noqa: SLF001 - as a prefetch leaves it
            consent.__dict__.setdefault("_prefetched_objects_cache", {})[name] = empty
    return [name for name in fields if answer[name]]
