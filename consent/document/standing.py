"""What the law says about the product, and what the clinic has on file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as say

from consent import wording
from consent.document.blocks import JSON, bullet_list, fact_list, paragraph, plain, section
from consent.languages import day_words, say_each
from consent.records import DocumentFacts
from consent.vocabulary import Clause, Section

EVIDENCE_WORDS = {
    "REGISTER_CHECKED": "we looked it up in the public register",
    "DOCUMENT_SEEN": "we have seen a document",
    "SUPPLIER_STATED": "the supplier says so; we have seen no document",
    "NONE": "we have no evidence",
}


def status(facts: DocumentFacts) -> dict[str, JSON]:
    """Where it stands in law at this place, how sure we are, and who lifted a rule that forbids it."""
    standing = facts.disclosure["standing"]
    record = standing.get("clinic_record")
    as_of = day_words(date.fromisoformat(standing["rule_set"]["as_of"]))
    sentences = [say_each(rule["patient_sentence"]) for rule in standing["rules"] if rule.get("patient_sentence")]
    checked = (
        say(", checked on {day}").format(day=day_words(date.fromisoformat(record["checked_on"])))
        if record and record.get("checked_on")
        else ""
    )
    known = (
        plain("How sure we are", say(EVIDENCE_WORDS[record["evidence_level"]]) + checked, record.get("reference") or "")
        if record
        else plain("How sure we are", say("We have no record of its status here"))
    )
    reviewed = standing["rule_set"].get("reviewed_by")
    lifted = standing.get("lifted")
    return section(
        Section.STATUS,
        [
            fact_list(
                [
                    plain("Where", facts.jurisdiction_words),
                    plain("Classed as", facts.status_words[:1].upper() + facts.status_words[1:]),
                    known,
                    plain("Medicine licence number", _licence(record)),
                ],
                Clause.K4,
            ),
            bullet_list(sentences, Clause.K4),
            paragraph(
                say(
                    "A rule would forbid this use. It was lifted on {day} by {first} and {second}. Their reason: {reason}"
                ).format(
                    day=day_words(date.fromisoformat(lifted["confirmed_on"])),
                    first=lifted["proposed_by"],
                    second=lifted["confirmed_by"],
                    reason=lifted["reason"],
                ),
                Clause.K4,
            )
            if lifted
            else None,
            paragraph(say(wording.NO_REGULATOR).format(as_of=as_of), Clause.K4),
            paragraph(
                say("These rules were written down on {day} (version {version}; rules {rules}).").format(
                    day=as_of,
                    version=standing["rule_set"]["version"],
                    rules=", ".join(rule["id"] for rule in standing["rules"]) or say("none"),
                )
                + " "
                + (
                    say("Reviewed by {name}.").format(name=reviewed)
                    if reviewed
                    else say("No lawyer or regulator has reviewed them yet.")
                )
                + " "
                + say("Ask us, or the health authority where you live."),
                Clause.K4,
            ),
        ],
    )


def _licence(record: Mapping[str, JSON] | None) -> str:
    """A licence is named only where the clinic has seen evidence of an authorised medicine."""
    is_seen = (
        record
        and record["status"] == "AUTHORISED"
        and record["evidence_level"] in ("REGISTER_CHECKED", "DOCUMENT_SEEN")
    )
    return (
        str(record["reference"])
        if record and is_seen and record.get("reference")
        else say("None. It is not an authorised medicine.")
    )
