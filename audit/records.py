"""Frozen facts of the audit room: who acts, what a value in the log may be, and its one canonical form."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast
from uuid import UUID

import rfc8785

from audit.errors import EntryRefusedError

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"

MOST_EXACT = 2**53


@dataclass(frozen=True)
class Agent:
    """Who does something.

    `kind` is "user", "patient", "proxy" (who decides for a patient), "link" (the patient or that proxy, where nobody asked which),
    "system" or "operator"; `id` is an opaque UUID or the name of a
    process such as "worker". `organization_id` chooses the log; None means the installation's.
    `name` is printed in the auditor's pages and goes only into the part of an entry that can be erased.
    `via` says by which instrument the person acted where it was not the pages: the name of their API token.
    """

    kind: str
    id: str
    organization_id: UUID | None
    name: str = ""
    via: str = ""


def agent_words(agent: Mapping[str, str]) -> str:
    """Who acted as an entry's body names them, and by which instrument; empty where the body says nothing."""
    name = agent.get("name") or str(agent.get("kind", "")).capitalize()
    return f"{name}, by {agent['via']}" if agent.get("via") else name


def rfc8785_json(value: JSON) -> bytes:
    """RFC 8785 bytes of `value`; what has no canonical form raises `rfc8785.CanonicalizationError` or `UnicodeEncodeError`."""
    if _is_plain(value):
        # Where keys are ASCII and numbers of everyday size, the C encoder writes the same text, ten times faster.
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return rfc8785.dumps(cast("Any", value))


def canonical_json(value: JSON) -> bytes:
    """The same for the log: `EntryRefusedError` where there is no canonical form (NaN, whole numbers above 2^53)."""
    try:
        return rfc8785_json(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as problem:
        raise EntryRefusedError(f"this value cannot be written to the log: {problem}") from problem


def _is_plain(value: object) -> bool:
    match value:
        case str() | bool() | None:
            return True
        case int():
            return -MOST_EXACT < value < MOST_EXACT
        case float():
            return 1e-4 <= abs(value) < MOST_EXACT and not value.is_integer()
        case dict():
            return all(isinstance(key, str) and key.isascii() for key in value) and all(map(_is_plain, value.values()))
        case list() | tuple():
            return all(map(_is_plain, value))
    return False


def utc_text(moment: datetime) -> str:
    """UTC, ISO 8601, always with microseconds and "Z"; `EntryRefusedError` for a time without a zone."""
    if moment.utcoffset() is None:
        raise EntryRefusedError("a time in the log needs a time zone, but this one has none; use an aware datetime")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
