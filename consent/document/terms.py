"""What it costs, and the patient's rights."""

from __future__ import annotations

from django.utils.translation import gettext as say

from consent import wording
from consent.document.blocks import JSON, notice, paragraph, section
from consent.document.own_words import own_words, retention
from consent.languages import isolated, say_each
from consent.records import DocumentFacts
from consent.vocabulary import Clause, Section, TextKind


def cost(facts: DocumentFacts) -> dict[str, JSON]:
    """What the patient would pay."""
    cost = facts.cost
    rows = [
        [say("In total"), cost.total],
        [say("Each session"), cost.per_session or say("Not stated")],
        [say("Number of sessions"), cost.sessions or say("Not stated")],
        [say("Extras"), cost.extras or say("None")],
        [say("If you change your mind"), cost.refund_terms],
    ]
    return section(
        Section.COST,
        [
            {
                "type": "table",
                "caption": say("What you would pay"),
                "head": [say("What"), say("How much")],
                "rows": rows,
                "clauses": [Clause.K10],
            },
            *own_words(facts, TextKind.COST),
            paragraph(f"{say(wording.PRICE_IS_NO_SIGN)} {say(wording.NO_PRESSURE)}"),
        ],
    )


def rights(facts: DocumentFacts) -> dict[str, JSON]:
    """Saying no, taking back, whom to call, and what becomes of the record."""
    clinic = facts.clinic
    phone = clinic.get("emergency_phone") or clinic.get("contact_phone") or say("the number on this record")
    links = []
    if clinic.get("privacy_notice_url"):
        links.append({"text": say("The clinic’s privacy notice"), "url": clinic["privacy_notice_url"]})
    if route := wording.REPORTING_ROUTES.get(facts.jurisdiction.split("-")[0]):
        links.append({"text": say(route[0]), "url": route[1]})
    return section(
        Section.RIGHTS,
        [
            paragraph(say_each(wording.SAY_NO), Clause.K11),
            paragraph(say_each(wording.TAKE_BACK), Clause.K11),
            notice(
                "If something feels wrong afterwards",
                say_each(wording.URGENT).format(phone=isolated(phone)),
                Clause.K13,
            ),
            paragraph(say_each(wording.REPORT), Clause.K13),
            paragraph(f"{say_each(wording.DATA_USE)} {retention(facts)}{say(wording.DATA_RIGHTS)}", Clause.K15),
            *own_words(facts, TextKind.CHOICES, TextKind.QUESTIONS),
            {"type": "links", "items": links, "clauses": []} if links else None,
        ],
    )
