"""What a Document for research says besides: its study, and the elements E1 to E8 of 21 CFR 50.25."""

from __future__ import annotations

from django.utils.translation import gettext as say

from consent import wording
from consent.document.blocks import JSON, Block, fact_list, notice, paragraph, plain, section
from consent.document.own_words import own_words
from consent.languages import day_words, say_each
from consent.records import DocumentFacts
from consent.vocabulary import Element, Section, TextKind


def research(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """That it is research: which study, by whom, who has approved it, for how long, and why it is done."""
    study = facts.study
    if study is None:
        return []
    said = study.said
    approved = day_words(said.approved_on) if said.approved_on else ""
    blocks = [
        notice(
            "This is a research study",
            say_each(wording.RESEARCH).format(
                clinic=facts.clinic["name"], product=facts.disclosure["product"]["marketed_name"]
            ),
            Element.E1,
        ),
        fact_list(
            [
                plain("The study", said.title),
                plain("Who runs it and pays for it", said.sponsor),
                plain("How long you would take part", said.duration),
                plain("Ethics committee that approved it", said.committee),
                plain("Number and date of the approval", f"{said.committee_reference}, {approved}"),
            ],
            Element.E1,
        ),
        *own_words(facts, TextKind.WHY),
    ]
    return [section(Section.RESEARCH, blocks)]


def taking_part(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """What only a participant in research must be told (21 CFR 50.25(a)(5) to (8)), each under its own heading."""
    study = facts.study
    if study is None:
        return []
    said = study.said
    return [
        section(
            Section.TAKING_PART,
            [
                *_under(
                    facts,
                    TextKind.CONFIDENTIALITY,
                    fact_list([plain("Who may look at your record", said.records_seen_by)], Element.E5),
                ),
                *_under(
                    facts,
                    TextKind.INJURY,
                    fact_list(
                        [
                            plain("Treatment if the study harms you", said.injury_treatment),
                            plain("Money if the study harms you", said.compensation),
                        ],
                        Element.E6,
                    ),
                    paragraph(say(wording.LEGAL_RIGHTS), Element.E6),
                ),
                *_under(
                    facts,
                    TextKind.CONTACTS,
                    fact_list(
                        [
                            plain("About the study", said.contact_study),
                            plain("About your rights", said.contact_rights),
                            plain("If the study harms you", said.contact_injury),
                        ],
                        Element.E7,
                    ),
                ),
                *_under(facts, TextKind.VOLUNTARY, paragraph(say_each(wording.RESEARCH_VOLUNTARY), Element.E8)),
            ],
        )
    ]


def _under(facts: DocumentFacts, kind: TextKind, *blocks: Block | None) -> list[Block | None]:
    """The heading that this kind always has, what is on record, and the clinic's words; a title of its own that repeats the heading once."""
    heading = {"type": "heading", "text": say(kind.label)}
    return [heading, *blocks, *(block for block in own_words(facts, kind) if block != heading)]


def for_research(facts: DocumentFacts, element: Element) -> tuple[Element, ...]:
    """An element that words of a treatment carry as well, where it is research."""
    return (element,) if facts.study else ()
