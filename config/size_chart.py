"""The chart of particle sizes as one SVG drawing, with the same numbers as a table beside it.

Pure: numbers in, markup out. Shapes and dashes tell the series apart, so that a photocopy still reads.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from typing import NotRequired, TypedDict

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BASE = 10, 310, 12, 148
COLOURS = ("#0b5563", "#6b4300", "#4a2a63", "#19532f")
DASHES = ("none", "7 4", "2 3", "10 3 2 3")
TICKS = 5


class SizeSeries(TypedDict):
    """One measured distribution: diameters in nanometres against density (any one unit for all points)."""

    label: str
    diameter_nm: Sequence[float]
    density: Sequence[float]
    mode_nm: NotRequired[float | None]
    d10_nm: NotRequired[float | None]
    d50_nm: NotRequired[float | None]
    d90_nm: NotRequired[float | None]


def drawn(series: Sequence[SizeSeries], caption: str) -> SafeString:
    """The figure for these series, or a sentence saying that there is nothing to draw."""
    kept = [one for one in series if len(one["diameter_nm"]) > 1 and max(one["density"], default=0) > 0]
    if not kept:
        nothing = gettext("{caption}: no size distribution is on record.")
        return format_html('<p class="dim">{}</p>', nothing.format(caption=caption))
    words = [_sentence(one) for one in kept]
    return format_html(
        '<figure class="chart"><figcaption>{caption}</figcaption>{drawing}{legend}{table}</figure>',
        caption=caption,
        drawing=_drawing(kept, caption, words),
        legend=_legend(words),
        table=_tables(kept),
    )


def plain(number: float) -> str:
    """At most one decimal, and none where it would be a nought: 115, 142.5."""
    return f"{number:.1f}".removesuffix(".0")


def _drawing(series: Sequence[SizeSeries], caption: str, words: Sequence[str]) -> SafeString:
    widest = max(max(one["diameter_nm"]) for one in series)
    step = _step(widest)
    highest = max(max(one["density"]) for one in series)
    name = "chart-" + hashlib.sha256("\n".join((caption, *words)).encode()).hexdigest()[:10]
    return format_html(
        '<svg viewBox="0 0 {width} {height}" direction="ltr" role="img" aria-labelledby="{name}-title {name}-desc">'
        '<title id="{name}-title">{caption}</title><desc id="{name}-desc">{words}</desc>'
        '{curves}<line x1="{left}" y1="{base}" x2="{right}" y2="{base}" stroke="#44555f"/>{ticks}'
        '<text x="{right}" y="{below}" text-anchor="end" font-size="13" fill="#44555f">{axis}</text></svg>',
        width=WIDTH,
        height=HEIGHT,
        name=name,
        caption=caption,
        words=" ".join(words),
        curves=format_html_join("", "{}", ((_curve(one, place, widest, highest),) for place, one in enumerate(series))),
        left=LEFT,
        right=RIGHT,
        base=BASE,
        ticks=format_html_join(
            "",
            '<path d="M{0} {1}v5" stroke="#44555f"/>'
            '<text x="{0}" y="{2}" text-anchor="{3}" font-size="13" fill="#44555f">{4}</text>',
            _tick_marks(widest, step),
        ),
        below=BASE + 37,
        axis=gettext("diameter, nm"),
    )


def _curve(one: SizeSeries, place: int, widest: float, highest: float) -> SafeString:
    points = [
        (_across(diameter, widest), BASE - (BASE - TOP) * max(density, 0) / highest)
        for diameter, density in zip(one["diameter_nm"], one["density"], strict=True)
    ]
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    area = f"M{points[0][0]:.1f} {BASE}L{line}L{points[-1][0]:.1f} {BASE}Z"
    return format_html(
        '<path d="{area}" fill="{colour}" fill-opacity="{opacity}"/>'
        '<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"'
        ' stroke-dasharray="{dash}"/>{median}',
        area=area,
        line=line,
        colour=COLOURS[place % len(COLOURS)],
        opacity="0.12" if place == 0 else "0",
        dash=DASHES[place % len(DASHES)],
        median=_median(one, place, widest),
    )


def _median(one: SizeSeries, place: int, widest: float) -> SafeString:
    median = one.get("d50_nm")
    if median is None or not 0 <= median <= widest:
        return SafeString("")
    return format_html(
        '<path d="M{0} {1}V{2}" stroke="{3}" stroke-dasharray="1 3"/>',
        f"{_across(median, widest):.1f}",
        TOP,
        BASE,
        COLOURS[place % len(COLOURS)],
    )


def _legend(words: Sequence[str]) -> SafeString:
    return format_html(
        '<ul class="chart-legend">{}</ul>',
        format_html_join(
            "",
            '<li><svg viewBox="0 0 30 10" width="30" height="10" aria-hidden="true"><path d="M0 5h30" fill="none"'
            ' stroke="{}" stroke-width="3" stroke-dasharray="{}"/></svg> {}</li>',
            (
                (COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)], sentence)
                for place, sentence in enumerate(words)
            ),
        ),
    )


def _tables(series: Sequence[SizeSeries]) -> SafeString:
    return format_html(
        '<details class="govuk-details"><summary class="govuk-details__summary">'
        '<span class="govuk-details__summary-text">{}</span></summary>'
        '<div class="govuk-details__text">{}</div></details>',
        gettext("Show the numbers"),
        format_html_join("", "{}", ((_table(one),) for one in series)),
    )


def _table(one: SizeSeries) -> SafeString:
    whole = sum(one["density"])
    return format_html(
        '<table class="table-narrow"><caption>{}</caption><thead><tr><th scope="col">{}</th>'
        '<th scope="col" class="right">{}</th></tr></thead><tbody>{}</tbody></table>',
        one["label"],
        gettext("Diameter, nm"),
        gettext("Share of the whole"),
        format_html_join(
            "",
            '<tr><td class="num">{}</td><td class="num right">{} %</td></tr>',
            (
                (plain(diameter), f"{100 * density / whole:.2f}")
                for diameter, density in zip(one["diameter_nm"], one["density"], strict=True)
            ),
        ),
    )


def _sentence(one: SizeSeries) -> str:
    highest = one["diameter_nm"][max(range(len(one["density"])), key=lambda place: one["density"][place])]
    mode = one.get("mode_nm")
    peak = highest if mode is None else mode
    said = [gettext("peak at {diameter} nm").format(diameter=plain(peak))]
    if (median := one.get("d50_nm")) is not None:
        words = gettext("half of the particles are smaller than {diameter} nm (D50)")
        said.append(words.format(diameter=plain(median)))
    low, high = one.get("d10_nm"), one.get("d90_nm")
    if low is not None and high is not None:
        words = gettext("eight in ten lie between {low} and {high} nm (D10 to D90)")
        said.append(words.format(low=plain(low), high=plain(high)))
    return f"{one['label']}: {'; '.join(said)}."


def _across(diameter: float, widest: float) -> float:
    return LEFT + (RIGHT - LEFT) * diameter / widest


def _step(widest: float) -> float:
    """The round distance between ticks (1, 2, 2.5 or 5 times a power of ten) that gives at most five of them."""
    least = widest / TICKS
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least)


def _tick_marks(widest: float, step: float) -> list[tuple[str, int, int, str, str]]:
    places = [step * count for count in range(int(widest / step) + 1)]
    return [
        (
            f"{_across(place, widest):.1f}",
            BASE,
            BASE + 19,
            "start" if place == 0 else "end" if place > 0.94 * widest else "middle",
            plain(place),
        )
        for place in places
    ]
