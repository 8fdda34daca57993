"""The whole Document from its facts."""

from __future__ import annotations

from django.utils.translation import gettext as say

from consent import steps, wording
from consent.document.blocks import JSON
from consent.document.changed import news
from consent.document.clauses import check_clauses
from consent.document.own_words import free, purpose_of
from consent.document.product import product
from consent.document.research import research, taking_part
from consent.document.standing import status
from consent.document.terms import cost, rights
from consent.document.treatment import alternatives, experimental, not_known, personal, risks, treatment
from consent.languages import speaking
from consent.records import DocumentFacts, utc_text
from products.vocabulary import Origin

SCHEMA = "candour-document/1"


def compose(facts: DocumentFacts) -> dict[str, JSON]:
    """The whole Document, in the language of its facts. Raises ClauseMissingError if a fixed clause were missing."""
    with speaking(facts.language):
        document = _composed(facts)
    check_clauses(document)
    return document


def _composed(facts: DocumentFacts) -> dict[str, JSON]:
    return {
        "schema": SCHEMA,
        "reference": facts.reference,
        "language": facts.language,
        "issued_at": utc_text(facts.issued_at),
        "time_zone": facts.time_zone,
        "clinic": dict(facts.clinic),
        "practitioner": {
            "name": facts.practitioner.name,
            "registration_body": facts.practitioner.registration_body,
            "registration_number": facts.practitioner.registration_number,
            "register_url": facts.practitioner.register_url,
        },
        "patient": {
            "given_name": facts.given_name,
            "family_name": facts.family_name,
            "birth_date": facts.birth_date.isoformat(),
        },
        "treatment": {
            "product": facts.disclosure["product"]["marketed_name"],
            "route": facts.route,
            "route_words": facts.route_words,
            "jurisdiction": facts.jurisdiction,
            "jurisdiction_words": facts.jurisdiction_words,
            "days_to_think": facts.days_to_think,
        },
        "template": {
            "id": facts.template.id,
            "name": facts.template.name,
            "version": facts.template.version,
            "language": facts.template.language,
            "sha256": facts.template.sha256,
            "readability": {
                "reading_age": facts.template.readability.get("reading_age"),
                "longest_sentence": facts.template.readability.get("longest_sentence", 0),
                "formula": facts.template.readability.get("formula", ""),
            },
        },
        "news": [one.text for one in facts.news],
        **({"news_sources": [one.source for one in facts.news]} if facts.news else {}),
        **({"corrects": dict(facts.corrects)} if facts.corrects else {}),
        **({"research": facts.study.as_json()} if facts.study else {}),
        "cost": vars(facts.cost),
        "personal": {name: list(lines) for name, lines in vars(facts.personal).items()},
        "rule_set": dict(facts.disclosure["standing"]["rule_set"]),
        "disclosure": dict(facts.disclosure),
        "sections": [
            *news(facts),
            *research(facts),
            experimental(facts),
            *personal(facts),
            product(facts),
            status(facts),
            not_known(facts),
            treatment(facts),
            risks(facts),
            alternatives(facts),
            cost(facts),
            *free(facts),
            *taking_part(facts),
            rights(facts),
        ],
        "steps": steps.definitions(_step_facts(facts)),
        "meaning": say(wording.RESEARCH_MEANING if facts.study else wording.MEANING),
    }


def _step_facts(facts: DocumentFacts) -> steps.StepFacts:
    """What the questions to the patient are made from."""
    claims = facts.disclosure["claims"]
    source = claims.get("origin") or {}
    tissue = (claims.get("cell_or_tissue") or {}).get("value")
    return steps.StepFacts(
        route_group=facts.route_group,
        origin=facts.origin,
        tissue=str(tissue or ""),
        source_words=Origin(source["value"]).plain if source.get("value") else "",
        other_sources=(Origin.PLANT.plain, Origin.HUMAN.plain, Origin.SYNTHETIC.plain),
        purpose=purpose_of(facts),
        policies=facts.screening,
        is_research=facts.study is not None,
    )
