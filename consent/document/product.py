"""What the product is, line by line, each with how we know it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as say

from consent import wording
from consent.document.blocks import JSON, Block, fact, fact_list, notice, paragraph, plain, section
from consent.document.own_words import purpose_of
from consent.languages import day_words, say_each
from consent.records import DocumentFacts
from consent.vocabulary import Clause, Section
from products.disclosure import reason_words
from products.vocabulary import SizeMethod

NOT_STATED = "NOT_STATED"
BASIS_WORDS = {
    "MEASURED_BATCH": "measured on this batch",
    "MEASURED_REF": "measured on another batch",
    "STATED": "the maker says so",
    "NOT_STATED": "not stated",
    "NOT_APPLICABLE": "does not apply",
    "CONTRADICTED": "two records disagree",
}


def product(facts: DocumentFacts) -> dict[str, JSON]:
    """What it is, who made it, and each claim with its basis."""
    product, batch = facts.disclosure["product"], facts.disclosure["batch"]
    country = say(wording.place(product["manufacturer_country"])) if product.get("manufacturer_country") else ""
    maker = ", ".join(part for part in (product.get("manufacturer"), country) if part)
    purpose = purpose_of(facts)
    blocks: list[Block | None] = [
        notice(
            "This treatment is experimental",
            f"{say(wording.EXPERIMENTAL).format(purpose=purpose)} {say(wording.LONG_TERM)}",
            Clause.K1,
            Clause.K2,
        ),
        fact_list([plain("Product", product["marketed_name"]), plain("Made by", maker)]),
        paragraph(
            (f"{say_each(wording.MARKETED_AS)} " if _is_marketed_as_exosome(facts) else "")
            + say("Each line below says how we know.")
        ),
        fact_list(
            [
                _claimed(facts, "origin", "Made from", "The source is not disclosed", Clause.K5),
                _claimed(facts, "cell_or_tissue", "Which cells or part", "Not disclosed"),
                _claimed(facts, "species", "Species", "Not disclosed"),
                _claimed(facts, "donor_relation", "Donor", "Not disclosed"),
                _claimed(facts, "isolation_methods", "How it was separated", "The method is not disclosed", Clause.K6),
                _claimed(facts, "size", "Particle size", "Size not stated", Clause.K7),
                _batch_fact(batch),
                _claimed(facts, "sterility", "Tested for germs"),
                _claimed(facts, "endotoxin", "Tested for poisons from germs"),
                _claimed(facts, "formulation", "How it is supplied"),
            ]
        ),
        _distribution(facts),
    ]
    return section(Section.PRODUCT, blocks)


def _claimed(facts: DocumentFacts, field: str, label: str, unknown: str = "Not stated", clause: str = "") -> Block:
    claim = facts.disclosure["claims"].get(field) or {"basis": NOT_STATED}
    basis = claim["basis"]
    value = claim.get("display") or ""
    if basis == NOT_STATED or not value:
        return fact(label, say(unknown), NOT_STATED, BASIS_WORDS[NOT_STATED], clause=clause)
    if basis == "NOT_APPLICABLE":
        why = reason_words(claim.get("reason") or "") or say("no reason given")
        return fact(label, say("Does not apply: {reason}").format(reason=why), basis, BASIS_WORDS[basis], clause=clause)
    return fact(label, value, basis, BASIS_WORDS[basis], claim.get("technical") or "", clause)


def _is_marketed_as_exosome(facts: DocumentFacts) -> bool:
    term = facts.disclosure["claims"].get("ev_term_on_label") or {}
    return term.get("value") == "EXOSOME_CLAIMED"


def _batch_fact(batch: Mapping[str, JSON] | None) -> Block:
    if batch is None:
        return fact(
            "Batch and expiry",
            say("The batch is chosen on the day, from this product. You will be told before you are treated."),
            NOT_STATED,
            "not chosen yet",
            clause=Clause.K8,
        )
    expiry = day_words(date.fromisoformat(batch["expiration_date"])) if batch.get("expiration_date") else ""
    return fact(
        "Batch and expiry",
        say("Batch {lot}, use by {day}").format(lot=batch["lot_number"], day=expiry)
        if expiry
        else say("Batch {lot}, expiry not stated").format(lot=batch["lot_number"]),
        "MEASURED_BATCH" if expiry else NOT_STATED,
        "read from the label",
        clause=Clause.K8,
    )


def _distribution(facts: DocumentFacts) -> Block | None:
    points = facts.disclosure.get("size_distribution")
    size = (facts.disclosure["claims"].get("size") or {}).get("value") or {}
    if not points or not isinstance(size, Mapping):
        return None
    return {
        "type": "distribution",
        "caption": say("How big the particles in batch {lot} are").format(lot=points["lot_number"]),
        "diameter_nm": points["diameter_nm"],
        "density": points["density"],
        "d10_nm": size.get("d10_nm"),
        "d50_nm": size.get("d50_nm"),
        "d90_nm": size.get("d90_nm"),
        "method": size.get("method") if size.get("method") != SizeMethod.UNKNOWN else "",
        "lot_number": points["lot_number"],
        "clauses": [],
    }
