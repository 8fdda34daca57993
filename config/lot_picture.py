"""The lot graph as one SVG drawing: the donor on top, the vials at the bottom. Its table stands on the same page.

Pure: places and links in, markup out. A box carries the evidence mark; a dashed line is what only another lot's papers say.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypedDict

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

BOX, HIGH, ACROSS, DOWN, EDGE = 156, 50, 14, 40, 8
LONGEST = 16


class PicturePlace(TypedDict):
    """One box. `stage` is its place in the order of making, `mark` the variant of its evidence mark."""

    key: str
    stage: int
    kind: str
    code: str
    mark: str
    url: str
    is_start: bool


class PictureLink(TypedDict):
    """One line, from the older place down to what came out of it."""

    above: str
    below: str
    words: str
    is_dashed: bool


def drawn(
    places: Sequence[PicturePlace], links: Sequence[PictureLink], caption: str, shapes: Mapping[str, str]
) -> SafeString:
    """The figure, or a sentence saying that there is nothing to draw."""
    if not places:
        return format_html('<p class="dim">{}: nothing is on record.</p>', caption)
    rows = _rows(places, links)
    widest = max(len(row) for row in rows)
    width = 2 * EDGE + widest * BOX + (widest - 1) * ACROSS
    height = 2 * EDGE + len(rows) * HIGH + (len(rows) - 1) * DOWN
    at = _positions(rows, width)
    name = "lots-" + hashlib.sha256("\n".join((caption, *(place["key"] for place in places))).encode()).hexdigest()[:10]
    return format_html(
        '<figure class="chart"><figcaption>{caption}</figcaption>'
        '<div class="picture" tabindex="0" role="region" aria-label="{caption}">'
        '<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" direction="ltr" role="group"'
        ' aria-labelledby="{name}-title {name}-desc"><title id="{name}-title">{caption}</title>'
        '<desc id="{name}-desc">{words}</desc>{lines}{boxes}</svg></div></figure>',
        caption=caption,
        width=width,
        height=height,
        name=name,
        words=" ".join(_sentences(places, links)),
        lines=format_html_join("", "{}", ((_line(link, at),) for link in links)),
        boxes=format_html_join("", "{}", ((_box(place, at, shapes),) for place in places)),
    )


def _rows(places: Sequence[PicturePlace], links: Sequence[PictureLink]) -> list[list[PicturePlace]]:
    """The places in rows from the top: by stage, and within a stage by how deep they lie; near to what they came from."""
    by_key = {place["key"]: place for place in places}
    above: dict[str, list[str]] = defaultdict(list)
    for link in links:
        above[link["below"]].append(link["above"])
    depth: dict[str, int] = {}

    def deep(key: str) -> int:
        if key not in depth:
            stage = by_key[key]["stage"]
            same = [one for one in above[key] if by_key[one]["stage"] == stage]
            depth[key] = 1 + max((deep(one) for one in same), default=-1)
        return depth[key]

    grouped: dict[tuple[int, int], list[PicturePlace]] = defaultdict(list)
    for place in places:
        grouped[place["stage"], deep(place["key"])].append(place)
    rows: list[list[PicturePlace]] = []
    order: dict[str, float] = {}
    for place_in_order in sorted(grouped):
        row = sorted(grouped[place_in_order], key=lambda place: (_middle(above[place["key"]], order), place["code"]))
        order |= {place["key"]: (index + 0.5) / len(row) for index, place in enumerate(row)}
        rows.append(row)
    return rows


def _middle(keys: Sequence[str], order: Mapping[str, float]) -> float:
    known = [order[key] for key in keys if key in order]
    return sum(known) / len(known) if known else 0.5


def _positions(rows: Sequence[Sequence[PicturePlace]], width: int) -> dict[str, tuple[float, float]]:
    """The upper left corner of each box; every row stands in the middle."""
    found: dict[str, tuple[float, float]] = {}
    for level, row in enumerate(rows):
        left = (width - len(row) * BOX - (len(row) - 1) * ACROSS) / 2
        for index, place in enumerate(row):
            found[place["key"]] = (left + index * (BOX + ACROSS), EDGE + level * (HIGH + DOWN))
    return found


def _line(link: PictureLink, at: Mapping[str, tuple[float, float]]) -> SafeString:
    start, end = at[link["above"]], at[link["below"]]
    x1, y1, x2, y2 = start[0] + BOX / 2, start[1] + HIGH, end[0] + BOX / 2, end[1]
    bend = (y1 + y2) / 2
    return format_html(
        '<path d="M{} {}C{} {} {} {} {} {}" fill="none" stroke="#44555f" stroke-width="1.8"{}>'
        "<title>{}</title></path>"
        '<path d="M{} {}l-4 -7h8z" fill="#44555f"/>',
        *(f"{number:g}" for number in (x1, y1, x1, bend, x2, bend, x2, y2)),
        SafeString(' stroke-dasharray="6 4"') if link["is_dashed"] else "",
        link["words"],
        f"{x2:g}",
        f"{y2:g}",
    )


def _box(place: PicturePlace, at: Mapping[str, tuple[float, float]], shapes: Mapping[str, str]) -> SafeString:
    x, y = at[place["key"]]
    code = place["code"] if len(place["code"]) <= LONGEST else place["code"][: LONGEST - 1] + "…"
    inside = format_html(
        "<title>{}: {}</title>"
        '<rect width="{}" height="{}" rx="8" fill="#fff" stroke="{}" stroke-width="{}"/>'
        '<g transform="translate(9 10) scale(.85)" color="#0b5563">{}</g>'
        '<text x="28" y="20" font-size="12.5" fill="#44555f">{}</text>'
        '<text x="10" y="39" font-size="14" font-weight="600" fill="#17252d">{}</text>',
        place["kind"],
        place["code"],
        BOX,
        HIGH,
        "#0b5563" if place["is_start"] else "#8b979d",
        3 if place["is_start"] else 1.2,
        SafeString(shapes[place["mark"]]),
        place["kind"],
        code,
    )
    if place["url"]:
        inside = format_html('<a href="{}">{}</a>', place["url"], inside)
    return format_html('<g transform="translate({} {})">{}</g>', f"{x:g}", f"{y:g}", inside)


def _sentences(places: Sequence[PicturePlace], links: Sequence[PictureLink]) -> list[str]:
    """Every link in words, for who hears the picture."""
    names = {place["key"]: f"{place['kind'].lower()} {place['code']}" for place in places}
    said = [f"{names[link['below']]}: {link['words']} {names[link['above']]}." for link in links]
    return said or [f"{names[place['key']]}." for place in places]
