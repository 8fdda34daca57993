"""What a Document rests on, as its record shows it: the wording, the law with date and source, the record it corrects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_noop

from consent.languages import day_words, isolated, language
from products.vocabulary import RegStatus

Facts = Mapping[str, Any]

# The Document says the same in the sentences of its own section; these catalogue words are shared with it.
EVIDENCE_WORDS = {
    "REGISTER_CHECKED": gettext_noop("we looked it up in the public register"),
    "DOCUMENT_SEEN": gettext_noop("we have seen a document"),
    "SUPPLIER_STATED": gettext_noop("the supplier says so; we have seen no document"),
    "NONE": gettext_noop("we have no evidence"),
}


def law(document: Facts) -> Facts:
    """The status in law in one line, the rules that say so with their date, and the clinic's own record of it."""
    standing = document["disclosure"]["standing"]
    rule_set, record = standing["rule_set"], standing["clinic_record"]
    status = standing["status"]
    words = RegStatus(status).plain if status in RegStatus.values else gettext("Not classed")
    return {"status": words[:1].upper() + words[1:], "rules": _rules(rule_set), "record": _record(record)}


def _rules(rule_set: Facts) -> str:
    reviewed = rule_set["reviewed_by"]
    return gettext("Source: our rules of {day} (version {version}), {review}.").format(
        day=day_words(date.fromisoformat(rule_set["as_of"])),
        version=rule_set["version"],
        review=gettext("reviewed by {name}").format(name=reviewed)
        if reviewed
        else gettext("not yet reviewed by a professional"),
    )


def _record(record: Facts | None) -> str:
    if not record:
        return ""
    said = gettext(EVIDENCE_WORDS[record["evidence_level"]])
    parts = [said[:1].upper() + said[1:], record.get("reference") or ""]
    if record.get("checked_on"):
        parts.append(gettext("checked on {day}").format(day=day_words(date.fromisoformat(record["checked_on"]))))
    return ", ".join(part for part in parts if part) + "."


def corrects(document: Facts) -> str:
    """One line on the record that this one puts right; empty where it puts none right."""
    older = document.get("corrects")
    if not older:
        return ""
    if not older.get("issued_on"):
        return gettext("This record corrects record {reference}.").format(reference=older["reference"])
    line = gettext("This record corrects record {reference} of {day}").format(
        reference=older["reference"], day=day_words(date.fromisoformat(older["issued_on"]))
    )
    return (
        gettext("{line}, because: {reason}").format(line=line, reason=older["reason"])
        if older["reason"]
        else f"{line}."
    )


def study(document: Facts) -> Facts | None:
    """The research study that the record is about, with its approval; None for a treatment."""
    said = document.get("research")
    if not said:
        return None
    names = {name: isolated(said[name]) for name in ("title", "sponsor", "committee", "committee_reference")}
    return {**names, "approved": day_words(date.fromisoformat(said["approved_on"]))}


def language_words(document: Facts) -> Facts:
    """The language of the text: its own name for itself, and its tag."""
    return {"language_name": language(document["language"]).name, "language_tag": document["language"]}
