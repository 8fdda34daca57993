"""Counts of consents over weeks, as the places of bars in a small picture; the same numbers stand in a table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from consent.services import Week

STATES = ("active", "open", "declined", "ended")
WIDTH, HEIGHT, BAR, STEP = 480, 96, 28, 40


def picture_of(weeks: Sequence[Week]) -> dict[str, Any] | None:
    """Rectangles in units of the view box, a row of the table for each week; None where there is nothing to draw."""
    totals = [sum(week.counts.values()) for week in weeks]
    most = max(totals, default=0)
    if not most:
        return None
    bars, rows = [], []
    for place, week in enumerate(weeks):
        top = float(HEIGHT)
        for state in STATES:
            height = round(week.counts.get(state, 0) * (HEIGHT - 4) / most, 1)
            if height:
                top -= height
                bars.append({"state": state, "x": place * STEP + 6, "y": round(top, 1), "height": height})
        rows.append({"begins": week.begins, "counts": [week.counts.get(state, 0) for state in STATES]})
    words = f"{sum(totals)} consents in {len(weeks)} weeks; most in one week: {most}."
    return {"bars": bars, "rows": rows, "states": STATES, "width": WIDTH, "height": HEIGHT, "bar": BAR, "words": words}
