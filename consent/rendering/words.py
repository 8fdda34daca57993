"""Moments, days, digests and names as they stand on the pages. What must be there and is empty raises ValueError or KeyError."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateformat import format as written
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from consent.languages import day_words, isolated
from consent.rendering import grounds
from consent.vocabulary import Section

Facts = Mapping[str, Any]
REVIEW_WORDS = {
    "go-on": "May go on",
    "do-not-treat": "Will not be treated",
    "read": "Read by the practitioner",
}


def who(document: Facts) -> dict[str, Any]:
    """Whose record it is, of which treatment, by whom and in which words."""
    patient, clinic = document["patient"], document["clinic"]
    return {
        "reference": document["reference"],
        "clinic": {
            **clinic,
            "name": isolated(clinic["name"]),
            "location": isolated(clinic["location"]),
            "address": [isolated(line) for line in clinic["address"]],
            "contact_phone": isolated(clinic["contact_phone"]),
            "emergency_phone": isolated(clinic["emergency_phone"]),
        },
        "practitioner": document["practitioner"],
        "treatment": document["treatment"],
        **wording(document),
        "patient_name": present(f"{patient['given_name']} {patient['family_name']}".strip()),
        "birth_date": day(patient["birth_date"]),
    }


def wording(document: Facts) -> dict[str, Any]:
    """Which text it is, in which language, and how easy it is to read."""
    return {
        "template": document["template"],
        "template_digest": hexadecimal(document["template"]["sha256"]),
        **grounds.language_words(document),
    }


def batch_of(document: Facts) -> dict[str, Any]:
    """The product with its batch; None for what is chosen on the day or not stated."""
    disclosure = document["disclosure"]
    batch = disclosure["batch"]
    product = disclosure["product"]
    return {
        "product": product,
        "lot_number": batch["lot_number"] if batch else None,
        "expiration_date": day(batch["expiration_date"]) if batch and batch["expiration_date"] else None,
    }


def experimental_notice(document: Facts) -> Facts:
    """The first notice of the Document, but that it is research: the treatment is experimental. KeyError without one."""
    for section in document["sections"]:
        if section["key"] == Section.RESEARCH:
            continue
        for block in section["blocks"]:
            if block["type"] == "notice":
                return {"title": present(block["title"]), "text": present(block["text"])}
    raise KeyError("sections: no notice that the treatment is experimental")


def moment(instant: str, zone: str) -> dict[str, str]:
    """An ISO 8601 instant in words: the clinic's time with its offset and zone, and UTC."""
    aware = dt.datetime.fromisoformat(instant)
    local = aware.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    return {
        "day": day_words(local),
        "local": written(local, gettext("l j F Y, H:i:s")),
        "short": written(local, gettext("j M Y, H:i:s")),
        "zone": isolated(f"UTC{offset[:3]}:{offset[3:]}, {zone}"),
        "utc": isolated(f"{aware.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"),
    }


def day(iso_date: str) -> str:
    """2028-01-19 as 19 January 2028."""
    return day_words(dt.date.fromisoformat(iso_date))


def hexadecimal(value: str) -> SafeString:
    """A SHA-256 in groups of sixteen: the gaps are drawn, not typed, so that copying gives the bare digits."""
    if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError(f"expected a SHA-256 of 64 lower-case hex digits, found {value[:80]!r}")
    groups = "".join(f"<span>{value[start : start + 16]}</span>" for start in range(0, 64, 16))
    return mark_safe(f'<code class="hex">{groups}</code>')  # noqa: S308 - hex digits only


def present(text: str | None) -> str:
    """The same text. Raises ValueError where it is empty."""
    if not text or not text.strip():
        raise ValueError("a text that must be there is empty")
    return text


def words_of(values: Sequence[Any]) -> str:
    """All text in nested facts, to see which scripts must be drawn."""
    parts: list[str] = []
    stack: list[Any] = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return "".join(parts)
