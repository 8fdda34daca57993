"""The filter that the pages of a record have besides Django's own."""

from __future__ import annotations

from django import template

from consent.languages import isolated

register = template.Library()


@register.filter(name="isolated")
def isolated_lines(words: str) -> str:
    """What somebody wrote, in whatever script: each line as one piece, so that a right-to-left page leaves its full stop where it was."""
    return "\n".join(isolated(line) for line in words.split("\n"))
