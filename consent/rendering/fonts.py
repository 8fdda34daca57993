"""The vendored fonts: which files draw a given text, and what each of them covers.

File names are `<family>-<subset>-<weight>-<style>.woff2` in `static/fonts`. A text is drawn by the first files in
`FAMILIES` order that have its code points; a code point that none of them has is an error, never a box.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

# Order of preference: the reading font, the mono font, Latin and its neighbours, then script by script.
FAMILIES = (
    "atkinson-hyperlegible-next",
    "atkinson-hyperlegible-mono",
    "noto-sans",
    "noto-sans-arabic",
    "noto-sans-hebrew",
    "noto-sans-armenian",
    "noto-sans-georgian",
    "noto-sans-devanagari",
    "noto-sans-bengali",
    "noto-sans-tamil",
    "noto-sans-thai",
    "noto-sans-ethiopic",
    "noto-serif-tibetan",
    "noto-sans-kr",
    "noto-sans-sc",
    "noto-sans-tc",
    "noto-sans-jp",
)
_NAME = re.compile(rf"({'|'.join(sorted(FAMILIES, key=len, reverse=True))})-([a-z-]+)-(\d00)-(normal|italic)\.woff2")
# Always at hand: what our own headings and labels need.
_ALWAYS = ("atkinson-hyperlegible-next-latin", "atkinson-hyperlegible-mono-latin")
_READING = "atkinson-hyperlegible-next"
_MONO = "atkinson-hyperlegible-mono"
# Code points that draw nothing of their own.
_UNDRAWN = ("Cc", "Cf", "Zl", "Zp")
_SELECTORS = range(0xFE00, 0xFE10)


@dataclass(frozen=True)
class Face:
    """One font file.

    `group` is its family and subset, whose weights are loaded together. It is also the name in the style sheet: two
    files under one name would be one font to WeasyPrint, and the letters of one drawn with the glyphs of the other.
    """

    path: Path
    group: str
    weight: str
    style: str

    @property
    def rule(self) -> str:
        """The @font-face rule that loads it."""
        return (
            f'@font-face {{ font-family: "{self.group}"; src: url("{self.address}"); '
            f"font-weight: {self.weight}; font-style: {self.style} }}\n"
        )

    @property
    def address(self) -> str:
        """The only kind of address that the fetcher opens."""
        return f"candour-font:{self.path.name}"


def style() -> str:
    """The font stacks for reading and for digests: every group by name, in order of preference."""
    groups = list(dict.fromkeys(face.group for face in faces()))
    mono = [group for group in groups if group.startswith(_MONO)]
    reading = [group for group in groups if group not in mono]
    stacks = [", ".join(f'"{group}"' for group in names) for names in (reading, mono + reading)]
    return f"html {{ font-family: {stacks[0]}, sans-serif }}\ncode, .note {{ font-family: {stacks[1]}, monospace }}\n"


class NoGlyphError(ValueError):
    """No vendored font can draw these code points."""

    def __init__(self, missing: Iterable[int]) -> None:
        self.missing = sorted(missing)
        names = ", ".join(f"U+{point:04X} {unicodedata.name(chr(point), 'unnamed')}" for point in self.missing[:5])
        super().__init__(f"no font at hand draws {names}")


@functools.cache
def faces() -> tuple[Face, ...]:
    """All vendored faces, in order of preference."""
    found = []
    for path in sorted((settings.ROOT / "static" / "fonts").glob("*.woff2")):
        if match := _NAME.fullmatch(path.name):
            family, subset, weight, style = match.groups()
            found.append((FAMILIES.index(family), Face(path, f"{family}-{subset}", weight, style)))
    return tuple(face for _, face in sorted(found, key=lambda pair: (pair[0], pair[1].path.name)))


@functools.cache
def digest() -> str:
    """SHA-256 over names and contents of all faces."""
    whole = hashlib.sha256()
    for face in faces():
        whole.update(face.path.name.encode() + b"\0" + hashlib.sha256(face.path.read_bytes()).digest())
    return whole.hexdigest()


@functools.cache
def _coverage(path: Path) -> frozenset[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def needed(text: str) -> tuple[Face, ...]:
    """The faces that draw a text. Raises NoGlyphError for code points that none of them has."""
    wanted = {
        ord(letter)
        for letter in set(text)
        if unicodedata.category(letter) not in _UNDRAWN and ord(letter) not in _SELECTORS
    }
    groups = set(_ALWAYS)
    for face in faces():
        if face.group in groups and face.group.startswith(_READING):
            wanted -= _coverage(face.path)
    for face in faces():
        if not wanted:
            break
        if face.group.startswith(_MONO):
            continue
        if drawn := wanted & _coverage(face.path):
            groups.add(face.group)
            wanted -= drawn
    if wanted:
        raise NoGlyphError(wanted)
    return tuple(face for face in faces() if face.group in groups)
