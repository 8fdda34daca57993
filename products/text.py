"""Texts that may stay empty: the clinic room's rules for what can be kept and printed, after that question."""

from __future__ import annotations

from clinic.records import clean_text


def clean_line(text: str, *, field: str, most: int) -> str:
    """One line of text, or nothing. Raises the clinic room's `TextRefusedError`."""
    return clean_text(text, field=field, most=most, lines=False) if text.strip() else ""


def clean_note(text: str, *, field: str, most: int) -> str:
    """A text of some lines, or nothing. Raises the clinic room's `TextRefusedError`."""
    return clean_text(text, field=field, most=most) if text.strip() else ""
