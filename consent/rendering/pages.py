"""From frozen facts to HTML fragments: what each part of a signed record says, in which order.

Nothing here adds a fact: headings and labels are ours, everything else is in the Document, the SigningRecord
or the certificate facts. A fact that is missing raises KeyError, and never prints as a gap.
"""

from __future__ import annotations

from django.utils.safestring import SafeString
from django.utils.translation import gettext

from consent.rendering import drawing, events, grounds, identity, packs, people
from consent.rendering.blocks import drawn
from consent.rendering.fragments import Fragment, fragment
from consent.rendering.reflection import reflection
from consent.rendering.words import (
    REVIEW_WORDS,
    Facts,
    batch_of,
    experimental_notice,
    hexadecimal,
    moment,
    present,
    who,
    wording,
)

LEGEND = (
    ("MEASURED_BATCH", "measured on this batch"),
    ("MEASURED_REF", "measured on another batch"),
    ("STATED", "stated, no data seen"),
    ("NOT_STATED", "not stated"),
    ("NOT_APPLICABLE", "does not apply"),
    ("CONTRADICTED", "two records disagree"),
)


def opening(document: Facts, *, signed: bool) -> Fragment:
    """Page 1: the experimental statement first, then who, what and where."""
    return fragment(
        "opening",
        {
            **who(document),
            "signed": signed,
            "notice": experimental_notice(document),
            "batch": batch_of(document),
            "legend": _legend(),
            "law": grounds.law(document),
            "corrects": grounds.corrects(document),
            "study": grounds.study(document),
            "issued_at": moment(document["issued_at"], document["time_zone"]),
        },
    )


def information(document: Facts, *, signed: bool, legend: bool) -> Fragment:
    """Every section as it was shown. Holds what the template and the product say: the same for many patients.

    With `legend` the marks are explained here: in a copy to read, whose opening page they would outgrow, and in a record
    without an opening. A copy to read has its wording here too; a signed record has it beside the signature.
    """
    sections = [drawn(section) for section in document["sections"]]
    all_material = all(section["material"] for section in sections)
    facts = {
        "sections": sections,
        "signed": signed,
        "all_material": all_material,
        "legend": _legend() if legend else [],
    }
    return fragment("information", facts if signed else {**facts, **wording(document)}, shared=True)


def decision(document: Facts, record: Facts) -> Fragment:
    """Questions and answers, confirmed sections, and the signature with its meaning on one page."""
    zone = document["time_zone"]
    titles = {section["key"]: section["title"] for section in document["sections"]}
    signature = record["signature"]
    method = signature["method"]
    return fragment(
        "decision",
        {
            **who(document),
            "questions": [
                {
                    **question,
                    "title": titles.get(question["section"], question["section"]),
                    "asked": moment(question["asked_at"], zone),
                    "answered": moment(question["answered_at"], zone) if question.get("answered_at") else None,
                }
                for question in record["questions"]
            ],
            "acknowledged": [
                {"title": titles[item["section"]], "moment": moment(item["at"], zone)}
                for item in record["acknowledged"]
            ],
            "words": _own_words(record),
            "check": _check(record, zone),
            "health": _health(record, zone),
            "reflection": reflection(record.get("reflection"), zone, signed_at=record["signed_at"]),
            "choices": _choices(record),
            "assurance": identity.assurance_rows(record),
            "identity": [
                {
                    "words": identity.step_words(item),
                    "result": gettext(identity.RESULT_WORDS.get(item["result"], item["result"])),
                    "moment": moment(item["at"], zone),
                }
                for item in record["identity"]
            ],
            "people": people.told(record, lambda instant: moment(instant, zone)),
            "signature": {"on_behalf_of": "", **signature},
            "ink": drawing.signature(signature["strokes"], signature["printed_name"]) if method == "drawn" else None,
            "typed": present(signature["typed"]) if method == "typed" else None,
            "how": gettext(people.METHOD_WORDS[method]),
            "paper": packs.told(record, zone, moment),
            "signed": moment(record["signed_at"], zone),
        },
    )


def paper(document: Facts, pack: Facts) -> list[Fragment]:
    """What a paper pack has besides the text: questions and answers to write, and the boxes to sign in."""
    return [
        fragment("paper", packs.asked(document, pack)),
        fragment("signatures", {**who(document), **packs.signatures(pack)}),
    ]


def certificate(document: Facts, record: Facts, facts: Facts) -> Fragment:
    """How to check the record: times, digests, log position, seal, address and QR code."""
    digests = [
        (gettext("Document signed"), facts["document_sha256"]),
        (gettext("Signing record"), facts["signing_record_sha256"]),
        (gettext("Wording (template)"), facts["template_sha256"]),
        (gettext("Log entry (leaf)"), facts["leaf_hash"]),
        (gettext("Log root"), facts["root_hash"]),
        (gettext("Seal’s certificate"), facts["seal_certificate_sha256"]),
    ]
    return fragment(
        "certificate",
        {
            **facts,
            "device": record["device"],
            "signed": moment(facts["signed_at_utc"], document["time_zone"]),
            "events": events.told(document, record, lambda instant: moment(instant, document["time_zone"])),
            "digests": [(words, hexadecimal(value)) for words, value in digests],
            "checkpoint_lines": facts["checkpoint_note"].rstrip("\n").split("\n"),
            "qr": drawing.qr(facts["verify_url"]),
        },
    )


def test_page() -> Fragment:
    """One page that says nothing of anybody."""
    return fragment("test", {})


def _last(record: Facts, step: str) -> Facts | None:
    """The attempt that counts at one step; None where the Document did not ask."""
    return next((told for told in reversed(record.get("steps", [])) if told["step"] == step), None)


def _own_words(record: Facts) -> list[Facts]:
    """What the patient wrote: hopes and worries, then the treatment in their own words."""
    steps = [_last(record, step) for step in ("reasons", "own-words")]
    return [
        {"title": told["title"], "answers": [item for item in told["answers"] if item["answer"]]}
        for told in steps
        if told
    ]


def _check(record: Facts, zone: str) -> Facts | None:
    tries = [told for told in record.get("steps", []) if told["step"] == "check"]
    if not tries:
        return None
    wrong = {key for told in tries for key in told["wrong"]}
    return {
        "title": tries[-1]["title"],
        "tries": len(tries),
        "when": moment(tries[-1]["at"], zone),
        "answers": [{**item, "again": item["key"] in wrong} for item in tries[-1]["answers"]],
    }


def _health(record: Facts, zone: str) -> Facts | None:
    told = _last(record, "health")
    if told is None:
        return None
    review = told["review"]
    return {
        "title": told["title"],
        "raised": [item for item in told["answers"] if item["raises"]],
        "others": sum(not item["raises"] for item in told["answers"]),
        "review": {
            **review,
            "words": gettext(REVIEW_WORDS[review["decision"]]),
            "when": moment(review["decided_at"], zone),
        }
        if review
        else None,
    }


def _choices(record: Facts) -> Facts | None:
    told = _last(record, "choices")
    return {"title": told["title"], "answers": told["answers"]} if told else None


def _legend() -> list[tuple[SafeString, str]]:
    return [(drawing.mark(basis), gettext(words)) for basis, words in LEGEND]
