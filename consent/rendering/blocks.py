"""The blocks of a Document as its pages draw them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from consent.rendering import drawing
from consent.rendering.words import Facts

_SAFE_SCHEMES = ("https://", "http://", "mailto:", "tel:")


def drawn(section: Facts) -> dict[str, Any]:
    """A part of the Document with what its blocks are drawn from. KeyError for a block of another type, ValueError for an unsafe link."""
    return {**section, "blocks": [_block(block) for block in section["blocks"]]}


def _block(block: Facts) -> dict[str, Any]:
    kind = block["type"]
    if kind not in _BLOCKS:
        raise KeyError(f"sections: no page is drawn for a block of type {kind!r}")
    return {"kind": kind, "template": f"blocks/{kind}.html", **block, **_BLOCKS[kind](block)}


def _facts(block: Facts) -> dict[str, Any]:
    items = [{**item, "mark": drawing.mark(item["basis"]) if item["basis"] else ""} for item in block["items"]]
    return {"items": items, "has_marks": any(item["basis"] for item in items)}


def _links(block: Facts) -> dict[str, Any]:
    for item in block["items"]:
        if not item["url"].startswith(_SAFE_SCHEMES):
            raise ValueError(f"a link must start with {', '.join(_SAFE_SCHEMES)}; found {item['url'][:40]!r}")
    return {}


def _prose(block: Facts) -> dict[str, Any]:
    runs = [*block.get("runs", ()), *(run for item in block.get("items", ()) for run in item["runs"])]
    for run in runs:
        if run["url"] and not run["url"].startswith("https://"):
            raise ValueError(f"a link in a text must start with https://; found {run['url'][:40]!r}")
    return {}


def _distribution(block: Facts) -> dict[str, Any]:
    rows = ((gettext("10 in 100"), "d10_nm"), (gettext("Half"), "d50_nm"), (gettext("90 in 100"), "d90_nm"))
    return {
        "drawing": drawing.distribution(block),
        "percentiles": [
            (
                words,
                key[:3].upper(),
                f"{block[key]:g} nm" if block.get(key) is not None else gettext("not stated"),
            )
            for words, key in rows
        ],
    }


def _plain(block: Facts) -> dict[str, Any]:
    return {}


_BLOCKS = {
    "notice": _plain,
    "paragraph": _plain,
    "list": _plain,
    "facts": _facts,
    "risks": _plain,
    "table": _plain,
    "distribution": _distribution,
    "links": _links,
    "heading": _plain,
    "prose": _prose,
    "prose-list": _prose,
}
