"""What a patient who is asked again has to be told: what changed, and which record with a mistake is put right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from consent import news, wording
from consent.languages import ENGLISH, day_words, in_use, isolated, say_each, speaking
from consent.models import Consent, ConsentTemplate, ReviewMark
from consent.records import News
from consent.services.marks import to_ask_again
from consent.vocabulary import EndKind, MarkKind, MarkOutcome


def news_for(consent: Consent) -> tuple[News, ...]:
    """Everything that the Document which is about to be written has to tell, in the language in use.

    A text that is written anew tells what is marked on the one it replaces, and what that one had to tell; a new consent
    tells what is marked on those that it is to replace. The same words are told once.
    """
    told = [*_corrected(consent)]
    if consent.document is not None:
        told += _told_before(consent, consent.document.content)
        told += map(_said, ReviewMark.objects.open().filter(consent=consent))
    replaced = [consent.document_id, *(one.document_id for one in to_ask_again(consent))]
    told += map(_said, ReviewMark.objects.filter(document__in=replaced, decision__outcome=MarkOutcome.ASK_AGAIN))
    found: dict[str, News] = {}
    for one in told:
        found.setdefault(one.text, one)
    return tuple(found.values())


def corrects(consent: Consent) -> dict[str, str]:
    """The record that this one puts right, as the Document names it: its date is that of the text that was wrong."""
    older = consent.corrects
    if older is None:
        return {}
    error = older.endings.filter(kind=EndKind.INVALIDATED).first()
    return {
        "reference": older.reference,
        "document_sha256": older.document.sha256 if older.document else "",
        "issued_on": consent.organization.local_date(
            older.document.issued_at if older.document else older.created_at
        ).isoformat(),
        "reason": error.reason if error else "",
    }


def _corrected(consent: Consent) -> list[News]:
    """What a patient reads where a record with a mistake is put right: the same facts as page one of the PDF."""
    older = corrects(consent)
    if not older:
        return []
    told = [say_each(wording.CORRECTS).format(reference=older["reference"])]
    if older["reason"]:
        day = day_words(date.fromisoformat(older["issued_on"]))
        told.append(say_each(wording.CORRECTS_WHY).format(day=day, reason=isolated(older["reason"])))
    return [News(words, source=older["reference"]) for words in told]


def _told_before(consent: Consent, content: Mapping[str, Any]) -> Iterator[News]:
    """What the Document that is replaced had to tell: said anew from its marks, else as it stands there."""
    told = content.get("news", ())
    sources = content.get("news_sources") or [""] * len(told)
    corrected = consent.corrects.reference if consent.corrects else ""
    marks = ReviewMark.objects.in_bulk([one for one in sources if one not in ("", corrected)])
    with speaking(content["language"]):
        said_anew = {one.text for one in _corrected(consent)}
    for words, source in zip(told, sources, strict=True):
        if source and source != corrected:
            yield _said(marks[UUID(source)])
        elif not source and words not in said_anew:
            yield news.quoted(words, ENGLISH)


def _said(mark: ReviewMark) -> News:
    """One mark. An older one, which has no more than words, is told in those; they are English."""
    if not news.is_recorded(mark.lines):
        return replace(news.quoted(mark.told, ENGLISH), source=str(mark.pk))
    lines = mark.lines
    if mark.kind == MarkKind.TEMPLATE:
        lines = [{**line, "data": _in_language(line["data"])} for line in lines]
    return replace(news.said(mark.kind, lines), source=str(mark.pk))


def _in_language(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a text says is new, as the same text says it in the language in use, where the clinic has it there."""
    tag = in_use().tag
    if data["language"] == tag:
        return data
    marked = ConsentTemplate.objects.get(pk=data["text"])
    source = marked.translates or marked
    same = source if tag == ENGLISH else ConsentTemplate.objects.filter(translates=source, language=tag).first()
    return {**data, "says": same.what_changed, "language": tag} if same and same.what_changed else data
