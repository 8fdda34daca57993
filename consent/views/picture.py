"""Counts of consents over weeks, as the places of bars in a small picture; the same numbers stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string

from consent.services import Week

STATES = ("active", "open", "declined", "ended")
WIDTH, HEIGHT, BAR, STEP = 480, 96, 28, 40
# The same numbers give the same picture: one for each clinic of a process is kept.
MOST_KEPT = 100
Counted = tuple[date, tuple[int, ...]]


def picture_of(weeks: Sequence[Week]) -> dict[str, Any] | None:
    """Rectangles in units of the view box, a row of the table for each week, and both `drawn` as a piece of a page.

    None where there is nothing to draw.
    """
    return _picture(tuple((week.begins, tuple(week.counts.get(state, 0) for state in STATES)) for week in weeks))


@lru_cache(maxsize=MOST_KEPT)
def _picture(weeks: tuple[Counted, ...]) -> dict[str, Any] | None:
    totals = [sum(counts) for _, counts in weeks]
    most = max(totals, default=0)
    if not most:
        return None
    bars = []
    for place, (_, counts) in enumerate(weeks):
        top = float(HEIGHT)
        for state, count in zip(STATES, counts, strict=True):
            height = round(count * (HEIGHT - 4) / most, 1)
            if height:
                top -= height
                bars.append({"state": state, "x": place * STEP + 6, "y": round(top, 1), "height": height})
    picture = {
        "bars": bars,
        "rows": [{"begins": begins, "counts": list(counts)} for begins, counts in weeks],
        "states": STATES,
        "width": WIDTH,
        "height": HEIGHT,
        "bar": BAR,
        "words": f"{sum(totals)} consents in {len(weeks)} weeks; most in one week: {most}.",
    }
    return picture | {"drawn": render_to_string("consent/_picture.html", {"picture": picture})}
