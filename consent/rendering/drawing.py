"""Drawings of the record as SVG text: evidence marks, size distribution, signature, QR code.

Everything prints in black, carries its meaning in its shape and has a title (the alternative text of PDF/UA).
Lengths are SVG user units. The functions are pure: same input, same text.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import segno
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

INK = "#17252d"
SOFT = "#44555f"
PALE = "#e3e8ea"

# The shape of each basis, and the words that a screen reader hears for the shape.
MARKS = {
    "MEASURED_BATCH": ("full", "Full mark"),
    "MEASURED_REF": ("half", "Half mark"),
    "STATED": ("quarter", "Quarter mark"),
    "NOT_STATED": ("dashed", "Dashed ring"),
    "NOT_APPLICABLE": ("line", "Bare line"),
    "CONTRADICTED": ("crossed", "Crossed square"),
}
_RING = f'<circle cx="10" cy="10" r="8" fill="none" stroke="{INK}" stroke-width="2.4"/>'
_SHAPES = {
    "full": f'<circle cx="10" cy="10" r="9.2" fill="{INK}"/>',
    "half": f'{_RING}<path d="M10 2a8 8 0 0 0 0 16z" fill="{INK}"/>',
    "quarter": f'{_RING}<path d="M10 10V2a8 8 0 0 0 -8 8z" fill="{INK}"/>',
    "dashed": f'<circle cx="10" cy="10" r="8" fill="none" stroke="{INK}" stroke-width="2.4" stroke-dasharray="3.6 2.68"/>',
    "line": f'<path d="M1.5 10h17" stroke="{INK}" stroke-width="2.6"/>',
    "crossed": f'<path d="M2 2h16v16h-16zM2 2l16 16M18 2l-16 16" fill="none" stroke="{INK}" stroke-width="2.4"/>',
}

Stroke = Sequence[Sequence[float]]


def mark(basis: str) -> SafeString:
    """The evidence mark of a basis. Raises KeyError for a basis that has no shape."""
    shape, words = MARKS[basis]
    return _svg(20, 20, gettext(words), _SHAPES[shape], css_class="mark")


def distribution(block: Mapping[str, Any]) -> SafeString:
    """Number of particles (no scale) over diameter in nm, with D10, D50 and D90 where known."""
    diameters = [float(value) for value in block["diameter_nm"]]
    density = [float(value) for value in block["density"]]
    tallest = max(density)
    seen = [d for d, y in zip(diameters, density, strict=True) if y > tallest * 0.004]
    right_nm = math.ceil(max(seen) / 100) * 100
    left, right, top, floor = 14.0, 632.0, 46.0, 208.0

    def x(nm: float) -> float:
        return round(left + (right - left) * min(nm, right_nm) / right_nm, 2)

    def y(value: float) -> float:
        return round(floor - (floor - top) * value / tallest, 2)

    points = [(x(d), y(v)) for d, v in zip(diameters, density, strict=True) if d <= right_nm]
    line = "L".join(f"{px} {py}" for px, py in points)
    parts = [
        f'<path d="M{points[0][0]} {floor}L{line}L{points[-1][0]} {floor}z" fill="{PALE}"/>',
        f'<path d="M{line}" fill="none" stroke="{INK}" stroke-width="2" stroke-linejoin="round"/>',
        f'<path d="M{left} {floor}H{right}" stroke="{INK}" stroke-width="1.2"/>',
    ]
    step = next(size for size in (50, 100, 200, 500, 1000, 5000) if right_nm / size <= 8)
    for nm in range(0, right_nm + 1, step):
        parts.append(f'<path d="M{x(nm)} {floor}v5" stroke="{INK}" stroke-width="1.2"/>')
        anchor = "start" if nm == 0 else "end" if nm == right_nm else "middle"
        parts.append(_text(x(nm) + (-3 if nm == 0 else 3 if nm == right_nm else 0), floor + 20, str(nm), anchor))
    parts.append(_text((left + right) / 2, floor + 38, "diameter in nanometres (nm)", "middle"))
    shown = [(name, block[key]) for name, key in _PERCENTILES if block.get(key) is not None]
    for (name, nm), anchor, shift in zip(shown, _anchors(len(shown)), (-4, 0, 4), strict=False):
        parts.append(
            f'<path d="M{x(nm)} {top - 18}V{floor}" stroke="{INK}" stroke-width="1.2" stroke-dasharray="4 3"/>'
        )
        parts.append(
            _text(x(nm) + (shift if anchor != "middle" else 0), top - 24, f"{name} {nm:g} nm", anchor, bold=True)
        )
    words = ", ".join(f"{name} {nm:g} nanometres" for name, nm in shown) or "percentiles not stated"
    peak = diameters[density.index(tallest)]
    title = (
        f"Curve of particle diameters, highest at {peak:.0f} nanometres, {words}. The table below gives the numbers."
    )
    return _svg(646, 252, title, "".join(parts), css_class="chart")


_PERCENTILES = (("D10", "d10_nm"), ("D50", "d50_nm"), ("D90", "d90_nm"))


def _anchors(count: int) -> tuple[str, ...]:
    """Labels lean away from each other, so that near percentiles stay readable."""
    return ("end", "middle", "start") if count == 3 else ("middle",) * count


def signature(strokes: Sequence[Stroke], printed_name: str) -> SafeString:
    """The drawn signature, scaled into 400 by 120 with its proportions kept.

    `strokes` are lists of points [x, y, time]. Raises ValueError when there is no ink.
    """
    points = [point for stroke in strokes for point in stroke]
    if len(points) < 2:
        raise ValueError("the drawn signature has no ink")
    xs, ys = [float(p[0]) for p in points], [float(p[1]) for p in points]
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    if max(width, height) <= 0:
        raise ValueError("the drawn signature is a single dot")
    scale = min(392 / (width or 1), 112 / (height or 1))

    def place(point: Sequence[float]) -> tuple[float, float]:
        return round(4 + (point[0] - min(xs)) * scale, 1), round(4 + (point[1] - min(ys)) * scale, 1)

    path = "".join(_pen([place(point) for point in stroke]) for stroke in strokes if stroke)
    ink = f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>'
    return _svg(400, 120, f"Signature drawn by {printed_name}", ink, css_class="ink")


def _pen(points: Sequence[tuple[float, float]]) -> str:
    """One stroke as quadratic curves through the middles of its points."""
    first = points[0]
    if len(points) < 3:
        last = points[-1] if points[-1] != first else (first[0] + 0.1, first[1])
        return f"M{first[0]} {first[1]}L{last[0]} {last[1]}"
    curve = "".join(
        f"Q{a[0]} {a[1]} {round((a[0] + b[0]) / 2, 1)} {round((a[1] + b[1]) / 2, 1)}"
        for a, b in itertools.pairwise(points[1:])
    )
    return f"M{first[0]} {first[1]}{curve}L{points[-1][0]} {points[-1][1]}"


def qr(address: str) -> SafeString:
    """A QR code (level M) with the quiet zone that scanners need."""
    code = segno.make(address, error="m", micro=False)
    rows = ["".join("1" if cell else "0" for cell in row) for row in code.matrix_iter(border=2)]
    # Whole runs, not single squares: no hairlines between them on paper.
    lines = "".join(
        f"M{run.start()} {y}.5h{run.end() - run.start()}"
        for y, row in enumerate(rows)
        for run in re.finditer("1+", row)
    )
    size = len(rows)
    return _svg(
        size, size, f"QR code: {address}", f'<path d="{lines}" stroke="#000" stroke-width="1"/>', css_class="qr"
    )


def _text(x: float, y: float, words: str, anchor: str, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="{round(x, 2)}" y="{round(y, 2)}" font-size="13" text-anchor="{anchor}" fill="{INK}"{weight} '
        f'font-family="atkinson-hyperlegible-next-latin">{escape(words)}</text>'
    )


def _svg(width: float, height: float, title: str, content: str, *, css_class: str) -> SafeString:
    # Everything that comes from a record passes through escape(); the rest is numbers and our own words.
    return mark_safe(  # noqa: S308
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{css_class}" viewBox="0 0 {width} {height}">'
        f"<title>{escape(title)}</title>{content}</svg>"
    )
