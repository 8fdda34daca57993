"""What has changed, for a patient who is asked again."""

from __future__ import annotations

from consent import wording
from consent.document.blocks import JSON, Block, paragraph, section
from consent.languages import language, say_each
from consent.records import DocumentFacts, News
from consent.vocabulary import Section


def news(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """One paragraph on what has changed, before everything else, for a patient who is asked again.

    Words that are only there in another language stand apart, behind what is said of them.
    """
    if not facts.news:
        return []
    blocks, words = [], say_each(wording.NEWS)
    for one in facts.news:
        words = f"{words} {one.said}".strip()
        if one.quoted:
            blocks += [paragraph(words), _quoted(one)]
            words = ""
    return [section(Section.NEWS, [*blocks, paragraph(words)])]


def _quoted(news: News) -> Block:
    """A paragraph in another language than the rest."""
    of = language(news.language)
    return {"type": "paragraph", "text": news.quoted, "clauses": [], "language": of.tag, "direction": of.direction}
