"""Long lists, one page at a time: the next page begins after the last row of this one, so no page is slower than another.

Nothing is counted and nothing is skipped: a page costs the same with ten rows and with a million.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """Some rows of a list. `after` names the last of them for the next page; empty where there is none."""

    rows: Sequence[Any]
    after: str
    is_first: bool


def page_of(found: QuerySet[Any], order: Sequence[str], after: str, *, size: int = PER_PAGE) -> Page:
    """The page that begins after the row named by `after`; the first page where it names none that can be read.

    `order` are field names, descending with a minus; the last of them is the key, so that no two rows are equal.
    """
    start = _values(after, order, found.model)
    rows = list((found.filter(_beyond(order, start)) if start else found).order_by(*order)[: size + 1])
    has_more = len(rows) > size
    rows = rows[:size]
    return Page(rows, _token(rows[-1], order) if has_more else "", start is None)


def _beyond(order: Sequence[str], values: Sequence[Any]) -> Q:
    """Whether a row comes after these values. The first condition alone lets an index begin at the right place."""
    (field, value), *_ = pairs = list(zip(order, values, strict=True))
    wanted = Q()
    for place, (name, limit) in enumerate(pairs):
        same = {earlier.lstrip("-"): given for earlier, given in pairs[:place]}
        wanted |= Q(**same, **{f"{name.lstrip('-')}__{'lt' if name.startswith('-') else 'gt'}": limit})
    return Q(**{f"{field.lstrip('-')}__{'lte' if field.startswith('-') else 'gte'}": value}) & wanted


def _token(row: Model, order: Sequence[str]) -> str:
    values = [str(getattr(row, name.lstrip("-"))) for name in order]
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def _values(token: str, order: Sequence[str], model: type[Model]) -> list[Any] | None:
    try:
        values = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        fields = [model._meta.get_field(name.lstrip("-")) for name in order]
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]  # type: ignore[union-attr]  # own columns
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError, ValidationError):
        return None
