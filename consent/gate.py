"""The gate before a consent text is published: its shape, what it must hold, how easy it reads, what it promises. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent import claims_guard, markdown, readability
from consent.errors import PublishRefusedError, TemplateTextError
from consent.records import sha256_of, type_of
from consent.vocabulary import RESEARCH_KINDS, Clause, Element, FindingKind, TextKind, TextType

SCHEMA = "candour-template/1"
MOST_SECTIONS = 24
LONGEST_TITLE = 80
LONGEST_LINE = 300
# Sites of public bodies that a text may link to, besides the clinic's own.
PUBLIC_HOSTS = ("nhs.uk", "gov.uk", "gmc-uk.org", "gov.wales", "gov.scot", "hscni.net")

# What GMC 2020, paragraph 10, and the cosmetic key points ask for, and the clause that each belongs to.
REQUIRED: Mapping[str, tuple[str, str]] = {
    TextKind.WHAT: ("the nature of the treatment", Clause.K1),
    TextKind.WHY: ("its aim, why people ask for it", Clause.K1),
    TextKind.HAPPENS: ("what happens, step by step", Clause.K8),
    TextKind.BENEFITS: ("possible benefits, and how likely they are", Clause.K1),
    TextKind.HARMS: ("harms", Clause.K3),
    TextKind.NOT_KNOWN: ("what is uncertain", Clause.K2),
    TextKind.ALTERNATIVES: ("alternatives, and having no treatment", Clause.K9),
    TextKind.COST: ("the cost", Clause.K10),
    TextKind.AFTERCARE: ("aftercare and follow-up", Clause.K13),
}
# What a text for research needs besides, or for another reason: the eight basic elements of 21 CFR 50.25(a).
RESEARCH_REQUIRED: Mapping[str, tuple[str, str]] = {
    TextKind.WHY: ("why the study is done", Element.E1),
    TextKind.HAPPENS: ("what happens, step by step, and what of it is experimental", Element.E1),
    TextKind.HARMS: ("foreseeable harms", Element.E2),
    TextKind.BENEFITS: ("benefits to the participant or to others", Element.E3),
    TextKind.ALTERNATIVES: ("alternatives, and having no treatment", Element.E4),
    TextKind.CONFIDENTIALITY: ("confidentiality: how far data stay private", Element.E5),
    TextKind.INJURY: ("injury: what follows if taking part does harm", Element.E6),
    TextKind.CONTACTS: ("contacts: whom to ask about the study, rights and injury", Element.E7),
    TextKind.VOLUNTARY: ("that taking part is voluntary, and how to leave", Element.E8),
}

# What stands in square brackets and is no link: the words that only a study's own people know.
_BLANK = re.compile(r"\[([^\]\n]*)\](?!\()")


@dataclass(frozen=True)
class Finding:
    """Something in one section that a person must look at. `key` is stable while section and words stay the same."""

    kind: str
    section: int
    title: str
    words: str
    why: str
    sentence: str = ""

    @property
    def key(self) -> str:
        """Names this finding: a kept one must be found again after other parts are edited, and lost when its words change."""
        return sha256_of([self.kind, self.title, self.words, self.sentence])[:16]

    @property
    def blocks(self) -> bool:
        """Whether it keeps the text from being published unless somebody says why it stays."""
        return self.kind != FindingKind.JARGON

    @property
    def kind_words(self) -> str:
        """Its kind for a person."""
        return str(FindingKind(self.kind).label)


def sections_of(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The sections of a text that have a shape at all."""
    found = content.get("sections")
    return [part for part in found if isinstance(part, Mapping)] if isinstance(found, Sequence) else []


def kinds_of(text_type: str) -> list[TextKind]:
    """The kinds of parts that a text of this type may have."""
    return [kind for kind in TextKind if text_type == TextType.RESEARCH or kind not in RESEARCH_KINDS]


def hosts_for(privacy_notice_url: str) -> tuple[str, ...]:
    """Where a clinic's text may link to: public bodies and the clinic's own site."""
    own = privacy_notice_url.partition("//")[2].partition("/")[0].partition(":")[0].lower().removeprefix("www.")
    return (*PUBLIC_HOSTS, own) if own else PUBLIC_HOSTS


def check_shape(content: Mapping[str, Any], *, hosts: Collection[str]) -> None:
    """Refuse a text that is no `candour-template/1`, or that holds what is not taken. Raises TemplateTextError."""
    parts, kinds = sections_of(content), kinds_of(type_of(content))
    if len(parts) > MOST_SECTIONS:
        raise TemplateTextError(f"At most {MOST_SECTIONS} parts can be read.", code="template.too_many")
    for name in ("purpose", "retention"):
        markdown.check(str(content.get(name) or "")[: LONGEST_LINE + 1], hosts=hosts, field=name)
    for number, part in enumerate(parts):
        if part.get("kind") not in kinds:
            raise TemplateTextError(f"Part {number + 1} has no kind.", code="template.kind", field=f"kind_{number}")
        if not 0 < len(str(part.get("title") or "").strip()) <= LONGEST_TITLE:
            raise TemplateTextError(
                f"Give part {number + 1} a heading of at most {LONGEST_TITLE} characters.",
                code="template.title",
                field=f"title_{number}",
            )
        markdown.read(str(part.get("text") or ""), hosts=hosts, field=f"text_{number}")


def missing(content: Mapping[str, Any]) -> list[str]:
    """What a text lacks, each in words with its clause or element; empty where it may be published."""
    said = {part["kind"] for part in sections_of(content) if str(part.get("text") or "").strip()}
    required = {**REQUIRED, **RESEARCH_REQUIRED} if type_of(content) == TextType.RESEARCH else REQUIRED
    lacks = [f"{words} ({_basis(code)})" for kind, (words, code) in required.items() if kind not in said]
    if not str(content.get("purpose") or "").strip():
        lacks.insert(0, f"what it is meant for ({Clause.K1.value})")
    if not str(content.get("retention") or "").strip():
        lacks.append(f"how long records are kept ({Clause.K15.value})")
    return lacks + (_blanks(content) if type_of(content) == TextType.RESEARCH else [])


def _blanks(content: Mapping[str, Any]) -> list[str]:
    said = [
        ("what it is meant for", content.get("purpose")),
        ("how long records are kept", content.get("retention")),
        *((f"“{part.get('title')}”", f"{part.get('title')}\n{part.get('text')}") for part in sections_of(content)),
    ]
    return [
        f"what stands in square brackets in {place}: {words}"
        for place, text in said
        for words in _BLANK.findall(str(text or ""))
    ]


def findings(content: Mapping[str, Any], *, hosts: Collection[str]) -> list[Finding]:
    """Everything that a person should look at, section by section."""
    found: list[Finding] = []
    language = str(content.get("language") or "en-GB")
    for number, part in enumerate(sections_of(content)):
        title, text = str(part.get("title") or ""), _plain(part, hosts)
        score = readability.score(text, language)
        found += [
            Finding(FindingKind.CLAIM, number, title, claim.words, claim.rule, claim.sentence)
            for claim in claims_guard.claims(f"{title}\n{text}", language)
        ]
        if score.reading_age is not None and score.reading_age > readability.MOST_READING_AGE:
            why = f"Reading age {score.reading_age:.0f}; at most {readability.MOST_READING_AGE:.0f}. Use shorter sentences and everyday words."
            found.append(Finding(FindingKind.READING_AGE, number, title, "the whole part", why, text))
        for sentence in readability.long_sentences(text, language):
            count = len(readability.words(sentence, language))
            why = f"{count} words; at most {readability.LONGEST_SENTENCE}. Make two sentences of it."
            found.append(Finding(FindingKind.SENTENCE, number, title, sentence, why, sentence))
        found += [
            Finding(FindingKind.JARGON, number, title, word, f"In plain words: {readability.JARGON[word]}.")
            for word in score.jargon
        ]
    return found


def report(content: Mapping[str, Any], *, hosts: Collection[str]) -> dict[str, Any]:
    """The readability of a text, whole and by section: what is stored with a version and printed."""
    language = str(content.get("language") or "en-GB")
    parts = [(str(part.get("title") or ""), _plain(part, hosts)) for part in sections_of(content)]
    whole = readability.score("\n".join(text for _, text in parts), language)
    return {
        **whole.as_json(),
        "formula": "Flesch-Kincaid grade + 5 years" if whole.reading_age is not None else "none for this language",
        "sections": [{"title": title, **readability.score(text, language).as_json()} for title, text in parts],
    }


def check_can_publish(
    content: Mapping[str, Any], *, hosts: Collection[str], kept: Collection[str], is_writer: bool
) -> None:
    """Refuse to publish by who wrote it, without what every text must hold, or with a finding that nobody gave a reason for."""
    if is_writer:
        raise PublishRefusedError(
            "You wrote in this draft. A second person must read it and publish it.", code="template.same_person"
        )
    check_shape(content, hosts=hosts)
    if lacks := missing(content):
        raise PublishRefusedError(f"The text lacks: {'; '.join(lacks)}.", code="template.incomplete")
    open_ones = [one for one in findings(content, hosts=hosts) if one.blocks and one.key not in kept]
    if open_ones:
        named = "; ".join(f"“{one.words[:60]}” in “{one.title}” ({one.kind_words.lower()})" for one in open_ones[:8])
        raise PublishRefusedError(
            f"{len(open_ones)} thing{'s' if len(open_ones) > 1 else ''} to change first, or to keep with a reason: {named}.",
            code="template.findings",
        )


def _basis(code: str) -> str:
    """A clause by its code, an element by its paragraph."""
    return f"21 CFR 50.25(a)({code[1:]})" if code in Element.values else str(Clause(code).value)


def _plain(part: Mapping[str, Any], hosts: Collection[str]) -> str:
    return markdown.plain(markdown.read(str(part.get("text") or ""), hosts=hosts))
