"""Read a drawn signature as the page sends it: JSON, numbers only, nothing else.

`[[[x, y, ms], ...], ...]`: one list for each stroke, x from 0 to 1000 across the pad, y in the same unit
downwards, ms since the first touch. The browser is not trusted: whatever differs is refused, never repaired.
"""

from __future__ import annotations

import json
import math
from typing import Any

from audit.errors import Refusal
from consent.errors import BodyTooLargeError, SignatureTypeError, SigningRefusedError

Point = tuple[float, float, int]
Strokes = tuple[tuple[Point, ...], ...]

MOST_CHARACTERS = 400_000
MOST_POINTS = 5000
MOST_STROKES = 500
WIDEST = 1000.0
# A pad on a narrow phone is higher than it is wide.
HIGHEST = 4000.0
LONGEST_MS = 24 * 3600 * 1000
PICTURES = ("data:", "http:", "https:", "//", "file:", "<svg", "<?xml", "gif8")


def read_strokes(text: str) -> Strokes:
    """The strokes, or nothing for an empty text.

    Raises SignatureTypeError (`signature.type`) for a picture or an address, BodyTooLargeError (`body.too_large`)
    above 5,000 points, and SigningRefusedError (`signature.encoding`) for anything else that is not strokes.
    """
    text = text.strip()
    if not text:
        return ()
    if text[:8].lower().startswith(PICTURES):
        raise SignatureTypeError(
            "The signature came as a picture or an address. Only what is drawn in the box, or a typed name, is taken.",
            code="signature.type",
            field="strokes",
        )
    if len(text) > MOST_CHARACTERS:
        raise _too_large()
    drawn = _parsed(text)
    if not isinstance(drawn, list):
        raise _unreadable()
    if len(drawn) > MOST_STROKES or sum(len(stroke) for stroke in drawn if isinstance(stroke, list)) > MOST_POINTS:
        raise _too_large()
    return tuple(_stroke(stroke) for stroke in drawn if stroke != [])


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise _unreadable() from problem


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _stroke(stroke: Any) -> tuple[Point, ...]:
    if not isinstance(stroke, list):
        raise _unreadable()
    return tuple(_point(point) for point in stroke)


def _point(point: Any) -> Point:
    if not isinstance(point, list) or len(point) != 3:
        raise _unreadable()
    x, y, ms = point
    if type(ms) is not int or not 0 <= ms <= LONGEST_MS:
        raise _unreadable()
    return _number(x, WIDEST), _number(y, HIGHEST), ms


def _number(value: Any, most: float) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= most:
        raise _unreadable()
    # Canonical JSON writes a whole number without a point, and a list of such numbers ten times faster.
    return int(value) if float(value).is_integer() else float(value)


def _unreadable() -> Refusal:
    return SigningRefusedError(
        "We could not read the drawing. Clear the box and draw your signature again, or type your name.",
        code="signature.encoding",
        field="strokes",
    )


def _too_large() -> Refusal:
    return BodyTooLargeError(
        f"The drawing is too long: a signature has at most {MOST_POINTS} points. Clear the box and draw a shorter one.",
        code="body.too_large",
        field="strokes",
    )
