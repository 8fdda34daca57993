"""What has changed, as a patient is told it: said in the language in use from what a mark recorded. Pure.

What somebody wrote in another language is quoted as it was written, and named as being in that language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_noop

from consent import wording
from consent.languages import ENGLISH, catalogue, day_words, in_use, isolated, say_each, sentences
from consent.records import News
from consent.vocabulary import MarkKind
from products.disclosure import claim_words, patient_label
from products.vocabulary import plain_words

JSON = Any
Line = Mapping[str, JSON]

LABELS = {
    "marketed_name": gettext_noop("Name of the product"),
    "gtin": gettext_noop("GTIN"),
    "manufacturer": gettext_noop("Who made it"),
    "manufacturer_country": gettext_noop("Where it was made"),
    "size_distribution": gettext_noop("Curve of sizes"),
    "expiration_date": gettext_noop("Use by"),
    "production_date": gettext_noop("Made on"),
    "state": gettext_noop("State"),
    "name": gettext_noop("Name"),
    "body": gettext_noop("Register"),
    "number": gettext_noop("Number in the register"),
    "works": gettext_noop("Works at the clinic"),
    "title": gettext_noop("The study"),
    "closed": gettext_noop("The study"),
    "sponsor": gettext_noop("Who runs it and pays for it"),
    "duration": gettext_noop("How long you would take part"),
    "committee": gettext_noop("Ethics committee that approved it"),
    "committee_reference": gettext_noop("Number of the approval"),
    "approved_on": gettext_noop("Date of the approval"),
    "records_seen_by": gettext_noop("Who may look at your record"),
    "injury_treatment": gettext_noop("Treatment if the study harms you"),
    "compensation": gettext_noop("Money if the study harms you"),
    "contact_study": gettext_noop("About the study"),
    "contact_rights": gettext_noop("About your rights"),
    "contact_injury": gettext_noop("If the study harms you"),
}


def is_recorded(lines: Sequence[Line]) -> bool:
    """Whether a mark's lines have the codes and values to say them from; those of an older Candour have words alone."""
    return bool(lines) and all("data" in line for line in lines)


def said(kind: str, lines: Sequence[Line]) -> News:
    """One change in the language in use; `lines` are {"key", "data"} and more, as a mark keeps them."""
    return _SAYING[MarkKind(kind)](lines)


def quoted(words: str, language: str, *, after: str = "") -> News:
    """What somebody wrote, behind what is said of it: part of it where it is in the language in use, else apart."""
    if not words or language == in_use().tag:
        return News(f"{after} {words}".strip())
    return News(after, words, language)


def _law(lines: Sequence[Line]) -> News:
    told = [str(text) for text in lines[0]["data"]["sentences"]]
    known = [text for text in told if _is_translated(text)]
    opening = say_each(wording.NEWS_LAW)
    if not told:
        return News(f"{opening} {say_each(wording.NEWS_LAW_AGAIN)}")
    foreign = " ".join(text for text in told if text not in known)
    return quoted(foreign, ENGLISH, after=" ".join([opening, *map(say_each, known)]))


def _is_translated(text: str) -> bool:
    tag = in_use().tag
    return tag == ENGLISH or all(sentence in catalogue(tag) for sentence in sentences(text))


def _finding(lines: Sequence[Line]) -> News:
    return News(say_each(wording.NEWS_PAPERS_AGREE if lines[0]["data"]["agree"] else wording.NEWS_PAPERS_DISAGREE))


def _batch(lines: Sequence[Line]) -> News:
    opening = say_each(wording.NEWS_BATCH).format(lot=isolated(str(lines[0]["data"]["lot"])))
    words = " ".join([opening, *(_line(line, _batch_value(line)) for line in lines)])
    reason = next((str(line["data"]["reason"]) for line in lines if line["data"].get("reason")), "")
    return quoted(reason, ENGLISH, after=f"{words} {say_each(wording.NEWS_BATCH_WHY)}") if reason else News(words)


def _batch_value(line: Line) -> str:
    data = line["data"]
    return plain_words("batch_status", data["status"]) if line["key"] == "state" else _day(data["now"])


def _dossier(lines: Sequence[Line]) -> News:
    return News(" ".join([say_each(wording.NEWS_DOSSIER), *(_both(line) for line in lines)]))


def _both(line: Line) -> str:
    key, data = str(line["key"]), line["data"]
    value = _PRODUCT_VALUES.get(key) or (lambda claim: claim_words(key, claim))
    label = gettext(LABELS[key]) if key in LABELS else gettext(patient_label(key))
    then, now = (isolated(value(data[side]) or gettext("not stated")) for side in ("then", "now"))
    return gettext("{what}: {now} (we told you: {then}).").format(what=label, then=then, now=now)


def _curve(curve: Sequence[float] | None) -> str:
    if not curve:
        return gettext("none")
    count, low, high = curve
    return gettext("{count} points, {low} to {high} nm").format(count=count, low=f"{low:g}", high=f"{high:g}")


def _country(code: str) -> str:
    return gettext(wording.place(code)) if code else ""


def _template(lines: Sequence[Line]) -> News:
    data = lines[0]["data"]
    return quoted(str(data["says"]).strip(), str(data["language"]), after=say_each(wording.NEWS_TEXT))


def _practitioner(lines: Sequence[Line]) -> News:
    told = (_line(line, gettext("no more") if line["key"] == "works" else str(line["data"]["now"])) for line in lines)
    return News(" ".join([say_each(wording.NEWS_PRACTITIONER), *told]))


def _age(lines: Sequence[Line]) -> News:
    return News(say_each(wording.NEWS_AGE).format(day=_day(lines[0]["data"]["signed_on"])))


def _study(lines: Sequence[Line]) -> News:
    return News(" ".join([say_each(wording.NEWS_STUDY), *(_line(line, _study_value(line)) for line in lines)]))


def _study_value(line: Line) -> str:
    if line["key"] == "closed":
        return gettext("closed")
    now = str(line["data"]["now"])
    return _day(now) if line["key"] == "approved_on" else now


def _line(line: Line, value: str) -> str:
    return gettext("{what}: {now}.").format(
        what=gettext(LABELS[line["key"]]), now=isolated(value or gettext("not stated"))
    )


def _day(value: str | None) -> str:
    return day_words(date.fromisoformat(value)) if value else ""


_PRODUCT_VALUES: dict[str, Callable[[Any], str]] = {
    "marketed_name": str,
    "gtin": str,
    "manufacturer": str,
    "manufacturer_country": _country,
    "size_distribution": _curve,
}
_SAYING: dict[MarkKind, Callable[[Sequence[Line]], News]] = {
    MarkKind.STANDING: _law,
    MarkKind.RULE_SET: _law,
    MarkKind.FINDING: _finding,
    MarkKind.BATCH: _batch,
    MarkKind.DOSSIER: _dossier,
    MarkKind.TEMPLATE: _template,
    MarkKind.PRACTITIONER: _practitioner,
    MarkKind.AGE_LIMIT: _age,
    MarkKind.STUDY: _study,
}
