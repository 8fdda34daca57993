"""What our fonts can draw. A name that a document would print as empty boxes is refused when it is typed.

The vendored fonts are the same on every machine and the same on screen and on paper, so the answer is a fact about
the files and not about the machine: the union of their character maps.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

# Drawn as nothing or as space by every renderer; no font needs a glyph for them.
NEEDS_NO_GLYPH = frozenset("\n \u200c\u200d")


@cache
def drawable() -> frozenset[int]:
    """Every code point that some vendored font has a glyph for."""
    points: set[int] = set()
    for path in font_files():
        points |= _character_map(path)
    return frozenset(points)


def font_files() -> list[Path]:
    """The vendored fonts, in the order of their names."""
    return sorted((Path(settings.ROOT) / "static" / "fonts").glob("*.woff2"))


def undrawable(text: str) -> str:
    """The first character of `text` that no vendored font can draw, or an empty string."""
    known = drawable()
    return next(
        (sign for sign in text if ord(sign) not in known and sign not in NEEDS_NO_GLYPH),
        "",
    )


def _character_map(path: Path) -> set[int]:
    with TTFont(path, lazy=True) as font:
        return set(font.getBestCmap() or ())
