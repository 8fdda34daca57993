"""What would be done, by whom, what may come of it, and what else there is."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as say

from consent import wording
from consent.document.blocks import JSON, Block, bullet_list, fact_list, notice, paragraph, plain, section
from consent.document.own_words import own_words, purpose_of
from consent.document.research import for_research
from consent.languages import day_words, say_each
from consent.records import DocumentFacts
from consent.vocabulary import Clause, Element, Section, TextKind


def experimental(facts: DocumentFacts) -> dict[str, JSON]:
    """That it is experimental, who asks, and who would treat."""
    purpose = purpose_of(facts)
    standing = facts.disclosure["standing"]
    as_of = day_words(date.fromisoformat(standing["rule_set"]["as_of"]))
    who = facts.practitioner
    return section(
        Section.EXPERIMENTAL,
        [
            notice(
                "This treatment is experimental",
                f"{say(wording.EXPERIMENTAL).format(purpose=purpose)} {say(wording.NO_REGULATOR).format(as_of=as_of)} {say(wording.LONG_TERM)}",
                Clause.K1,
                Clause.K2,
            ),
            paragraph(
                say(
                    "{clinic} asks for your decision about {product}, {route}. Read each part in your own time. "
                    "You can ask a question about any of them."
                ).format(
                    clinic=facts.clinic["name"],
                    product=facts.disclosure["product"]["marketed_name"],
                    route=facts.route_words,
                )
            ),
            fact_list(
                [
                    plain("Who would treat you", who.name),
                    plain(
                        "Their register",
                        say("{body}, number {number}").format(
                            body=who.registration_body, number=who.registration_number
                        )
                        if who.registration_number
                        else "",
                    ),
                    plain("Where to check it", who.register_url),
                ],
                Clause.K16,
            ),
            paragraph(say_each(wording.SAY_NO), Clause.K11),
        ],
    )


def personal(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """What matters to this patient, as the practitioner wrote it down after listening (Montgomery [2015] UKSC 11)."""
    personal = facts.personal
    if not personal:
        return []
    name = facts.practitioner.name
    told = say_each(wording.PERSONAL).format(practitioner=name) if personal.goals or personal.risks else ""
    blocks = [
        paragraph(told),
        bullet_list(personal.goals, title=wording.PERSONAL_GOALS),
        bullet_list(personal.risks, title=wording.PERSONAL_RISKS),
        paragraph(say(wording.PERSONAL_REASONS).format(practitioner=name) if personal.reasons else ""),
        bullet_list(personal.reasons),
    ]
    return [section(Section.PERSONAL, blocks)]


def not_known(facts: DocumentFacts) -> dict[str, JSON]:
    """What nobody knows, and what is not known of this product."""
    missing = [item["label"] for item in facts.disclosure["not_stated"]]
    return section(
        Section.NOT_KNOWN,
        [
            notice("Nobody knows what it does in the long run", say(wording.LONG_TERM), Clause.K2),
            bullet_list(map(say, wording.ALWAYS_UNKNOWN), Clause.K14, title="Nobody knows"),
            bullet_list(missing, Clause.K14, title="For this product, we have no test or statement of")
            if missing
            else paragraph(
                say("The maker gave an answer to every question we ask. That does not make the product safe."),
                Clause.K14,
            ),
            *own_words(facts, TextKind.NOT_KNOWN),
        ],
    )


def treatment(facts: DocumentFacts) -> dict[str, JSON]:
    """What is done and why, what to expect of it, and the time to think."""
    return section(
        Section.TREATMENT,
        [
            *own_words(facts, TextKind.WHAT, *(() if facts.study else (TextKind.WHY,)), TextKind.HAPPENS),
            notice("It may not work", say_each(wording.NO_PROOF)),
            paragraph(say_each(wording.RESEARCH_BENEFITS), Element.E3) if facts.study else None,
            *own_words(facts, TextKind.BENEFITS, TextKind.AFTERCARE),
            _time_to_think(facts.days_to_think),
        ],
    )


def _time_to_think(days: int) -> Block | None:
    """How long the patient has before the treatment, at the least (GMC cosmetic interventions 2016: time for reflection)."""
    if not days:
        return None
    words = wording.TIME_TO_THINK_ONE if days == 1 else wording.TIME_TO_THINK
    return paragraph(say_each(words).format(days=days))


def risks(facts: DocumentFacts) -> dict[str, JSON]:
    """The risks of this route and this source."""
    items = [
        {"code": risk.code, "title": say(risk.title), "text": say_each(risk.text), "evidence": say(risk.evidence)}
        for risk in wording.risks_for(facts.route_group, facts.origin)
    ]
    return section(
        Section.RISKS,
        [
            paragraph(
                say(
                    "These are the risks we know of for this way of using it, and for what it is made from. "
                    "There may be others."
                )
            ),
            {"type": "risks", "items": items, "clauses": [Clause.K3, *for_research(facts, Element.E2)]},
            *own_words(facts, TextKind.HARMS),
            notice("Long-term risks", say(wording.LONG_TERM), Clause.K2),
        ],
    )


def alternatives(facts: DocumentFacts) -> dict[str, JSON]:
    """What else there is."""
    return section(
        Section.ALTERNATIVES,
        [
            bullet_list(map(say_each, wording.ALTERNATIVES), Clause.K9, *for_research(facts, Element.E4)),
            paragraph(say(wording.RESEARCH_ALTERNATIVES), Element.E4) if facts.study else None,
            *own_words(facts, TextKind.ALTERNATIVES),
            paragraph(say_each(wording.NOT_A_SUBSTITUTE), Clause.K12),
        ],
    )
