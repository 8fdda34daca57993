"""Questions whose statement never changes but for one value: put together once, and asked again and again.

To put a statement together costs Django more than its answer costs the database. Where a person waits with the pen in the
hand, and on every page of a patient, that is most of the wait.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Generic, TypeVar, cast

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=Model)


class Compiled(Generic[Row]):
    """The rows of `queryset` in which the field `by` has a given value, as `queryset.filter(by=value)` gives them.

    The queryset may order and join (`select_related`), and has no values of its own.
    """

    def __init__(self, queryset: QuerySet[Row], *, by: str) -> None:
        self._queryset, self._by = queryset, by

    def rows(self, value: Any) -> list[Row]:
        """The rows with this value, in one statement."""
        sql, read = self._plan
        with connection.cursor() as cursor:
            cursor.execute(sql, [self._field.get_db_prep_value(value, connection)])
            return read(cursor.fetchall())

    @cached_property
    def _field(self) -> Any:
        field: Any = self._queryset.model._meta.get_field(self._by)
        return field.target_field if field.is_relation else field

    @cached_property
    def _plan(self) -> tuple[str, Callable[[list[Any]], list[Row]]]:
        """The statement, and what makes objects of the database's rows: what Django does for a queryset, in two halves."""
        some = self._field.get_prep_value(self._field.get_default() or "")
        compiler = cast(
            "SQLCompiler", self._queryset.filter(**{self._by: some}).query.get_compiler(connection=connection)
        )
        sql, values = compiler.as_sql()
        if len(values) != 1:
            raise ValueError(f"one value was expected in this statement, and there are {len(values)}: {sql}")
        known: Any = compiler.klass_info
        first, last = known["select_fields"][0], known["select_fields"][-1] + 1
        names = [column[0].target.attname for column in compiler.select[first:last]]
        related = get_related_populators(known, compiler.select, connection.alias)  # type: ignore[call-arg]  # as in Django 5.2

        def read(rows: list[Any]) -> list[Row]:
            found = []
            for row in compiler.results_iter([rows]):
                one = known["model"].from_db(connection.alias, names, row[first:last])
                for populator in related:
                    populator.populate(row, one)
                found.append(one)
            return found

        return sql, read
