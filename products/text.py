"""Texts that may stay empty: the clinic room's rules for what can be kept and printed, after that question."""

from __future__ import annotations

import unicodedata

from clinic.records import clean_text, comparable


def clean_line(text: str, *, field: str, most: int) -> str:
    """One line of text, or nothing. Raises the clinic room's `TextRefusedError`."""
    return clean_text(text, field=field, most=most, lines=False) if text.strip() else ""


def clean_note(text: str, *, field: str, most: int) -> str:
    """A text of some lines, or nothing. Raises the clinic room's `TextRefusedError`."""
    return clean_text(text, field=field, most=most) if text.strip() else ""


def searchable(*parts: str) -> str:
    """A form for searching only: folded as for comparing, and without accents, so that rose finds Rosé."""
    spread = unicodedata.normalize("NFKD", comparable(" ".join(part for part in parts if part)))
    return "".join(sign for sign in spread if not unicodedata.combining(sign))
