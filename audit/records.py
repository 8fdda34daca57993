"""Frozen facts of the audit room: who acts, what a value in the log may be, and its one canonical form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast
from uuid import UUID

import rfc8785

from audit.errors import EntryRefusedError

JSON: TypeAlias = "None | bool | int | float | str | Sequence[JSON] | Mapping[str, JSON]"


@dataclass(frozen=True)
class Agent:
    """Who does something.

    `kind` is "user", "patient", "system" or "operator"; `id` is an opaque UUID or the name of a
    process such as "worker". `organization_id` chooses the log; None means the installation's.
    `name` is printed in the auditor's pages and goes only into the part of an entry that can be erased.
    """

    kind: str
    id: str
    organization_id: UUID | None
    name: str = ""


def canonical_json(value: JSON) -> bytes:
    """RFC 8785 bytes of `value`; `EntryRefusedError` where it has no canonical form (NaN, whole numbers above 2^53)."""
    try:
        return rfc8785.dumps(cast("Any", value))
    except rfc8785.CanonicalizationError as problem:
        raise EntryRefusedError(f"this value cannot be written to the log: {problem}") from problem


def utc_text(moment: datetime) -> str:
    """UTC, ISO 8601, always with microseconds and "Z"; `EntryRefusedError` for a time without a zone."""
    if moment.utcoffset() is None:
        raise EntryRefusedError("a time in the log needs a time zone, but this one has none; use an aware datetime")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
