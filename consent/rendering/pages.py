"""From frozen facts to HTML fragments: what each part of a record says, in which order.

A fragment starts on a new page. Fragments that hold nothing of one patient are `shared`: their layout may be kept.
Nothing here adds a fact: headings and labels are ours, everything else is in the Document, the SigningRecord
or the certificate facts. A fact that is missing raises KeyError, and never prints as a gap.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template import Context, Engine
from django.utils.dateformat import format as written
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop

from consent.languages import day_words, in_use, isolated, language
from consent.rendering import drawing, events, grounds, identity, packs, people
from consent.vocabulary import BatchWay, CapacityOutcome, Credential, Section, TalkOutcome

Facts = Mapping[str, Any]

# What Django prints for a name that a template asks for and nobody gave: never let it through.
GAP = "\ufdd0gap:%s\ufdd0"
LEGEND = (
    ("MEASURED_BATCH", "measured on this batch"),
    ("MEASURED_REF", "measured on another batch"),
    ("STATED", "stated, no data seen"),
    ("NOT_STATED", "not stated"),
    ("NOT_APPLICABLE", "does not apply"),
    ("CONTRADICTED", "two records disagree"),
)
_SAFE_SCHEMES = ("https://", "http://", "mailto:", "tel:")


@dataclass(frozen=True)
class Fragment:
    """A part of a record that starts on a new page; `shared` when it holds nothing of one patient.

    `name` is also the name of its pages in the style sheet.
    """

    name: str
    html: str
    shared: bool = False


def opening(document: Facts, *, signed: bool) -> Fragment:
    """Page 1: the experimental statement first, then who, what and where."""
    return _fragment(
        "opening",
        {
            **_who(document),
            "signed": signed,
            "notice": experimental_notice(document),
            "batch": _batch(document),
            "legend": [(drawing.mark(basis), gettext(words)) for basis, words in LEGEND],
            "law": grounds.law(document),
            "corrects": grounds.corrects(document),
            "study": grounds.study(document),
            "issued_at": moment(document["issued_at"], document["time_zone"]),
        },
    )


def information(document: Facts, *, signed: bool) -> Fragment:
    """Every section as it was shown. Holds what the template and the product say: the same for many patients."""
    sections = [_section(section) for section in document["sections"]]
    all_material = all(section["material"] for section in sections)
    return _fragment("information", {"sections": sections, "signed": signed, "all_material": all_material}, shared=True)


def decision(document: Facts, record: Facts) -> Fragment:
    """Questions and answers, confirmed sections, and the signature with its meaning on one page."""
    zone = document["time_zone"]
    titles = {section["key"]: section["title"] for section in document["sections"]}
    signature = record["signature"]
    method = signature["method"]
    return _fragment(
        "decision",
        {
            **_who(document),
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
            "typed": _present(signature["typed"]) if method == "typed" else None,
            "how": gettext(people.METHOD_WORDS[method]),
            "paper": packs.told(record, zone, moment),
            "signed": moment(record["signed_at"], zone),
        },
    )


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


REVIEW_WORDS = {
    "go-on": "May go on",
    "do-not-treat": "Will not be treated",
    "read": "Read by the practitioner",
}


def paper(document: Facts, pack: Facts) -> list[Fragment]:
    """What a paper pack has besides the text: questions and answers to write, and the boxes to sign in."""
    return [
        _fragment("paper", packs.asked(document, pack)),
        _fragment("signatures", {**_who(document), **packs.signatures(pack)}),
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
    return _fragment(
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


def completion(document: Facts, declaration: Facts) -> Fragment:
    """The practitioner's declaration: one page that names the signed record by its SHA-256."""
    return _fragment(
        "completion",
        {
            **_who(document),
            "declaration": declaration,
            "batch": _batch(document),
            "notice": experimental_notice(document),
            "declared": moment(declaration["declared_at"], document["time_zone"]),
            "reviews": [
                {
                    **review,
                    "words": gettext(REVIEW_WORDS[review["decision"]]),
                    "when": moment(review["decided_at"], document["time_zone"]),
                }
                for review in declaration.get("reviews", [])
            ],
            "digest": hexadecimal(declaration["signed_record_sha256"]),
            "reflection": reflection(declaration.get("reflection"), document["time_zone"]),
            "talks": talks(declaration.get("talks", ()), document["time_zone"]),
            "doubts": doubts(declaration.get("doubts", ()), document["time_zone"]),
            "credential": gettext(Credential(declaration["credential"]).label) if declaration.get("credential") else "",
        },
    )


def talks(told: Sequence[Facts], zone: str) -> list[Facts]:
    """Conversations of the practitioner, in words."""
    return [
        {
            **one,
            "words": gettext(TalkOutcome(one["outcome"]).label),
            "when": moment(one["held_at"], zone),
        }
        for one in told
    ]


def doubts(told: Sequence[Facts], zone: str) -> list[Facts]:
    """Doubts about capacity with what a clinician found, in words."""
    return [
        {
            **one,
            "words": gettext(CapacityOutcome(one["outcome"]).label),
            "again": day(one["again_on"]) if one.get("again_on") else "",
            "when": moment(one["decided_at"], zone),
        }
        for one in told
    ]


def reflection(told: Facts | None, zone: str, *, signed_at: str = "") -> Facts | None:
    """The time to think, in words; None in records of before it was told. `signed_at` adds how much of it was taken."""
    if not told or not told["until"]:
        return None
    agreed = [one["treat_on"] for one in told["sooner"] if one["is_agreed"]]
    return {
        "days": told["days"],
        "opened": moment(told["first_opened_at"], zone),
        "taken": _between(told["first_opened_at"], signed_at) if signed_at else "",
        "until": day(told["until"]),
        "treat_from": day(min([told["until"], *agreed])),
        "sooner": [
            {
                **one,
                "day": day(one["treat_on"]),
                "answered": moment(one["answered_at"], zone),
            }
            for one in told["sooner"]
        ],
    }


def _between(first: str, last: str) -> str:
    """From one ISO 8601 instant to another: 2 d 3 h 15 min, the symbols of the SI in every language."""
    minutes = int((dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first)).total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return isolated(" ".join(f"{count}\u00a0{unit}" for count, unit in parts if count or unit == "min"))


# What each end is called, on the record and in its title.
ENDINGS = {
    "declined": gettext_noop("Record of a no"),
    "withdrawn": gettext_noop("Withdrawal record"),
    "voided": gettext_noop("Record of a voided consent"),
    "lapsed": gettext_noop("Record of a lapsed consent"),
    "superseded": gettext_noop("Record of a replaced consent"),
    "entered-in-error": gettext_noop("Record of a consent entered in error"),
}
ENDING_SENTENCES = {
    "declined": gettext_noop("The patient said no. Nothing was signed. The text that was shown follows."),
    "withdrawn": gettext_noop("The patient took the consent back. It is no ground for a treatment any more."),
    "voided": gettext_noop("The clinic stopped this consent. It is no ground for a treatment."),
    "lapsed": gettext_noop("This consent was not used in time. It is no ground for a treatment any more."),
    "superseded": gettext_noop("A newer consent has taken the place of this one."),
    "entered-in-error": gettext_noop("This consent was entered in error. It is no ground for a treatment."),
}
PROXY_SENTENCES = {
    "declined": gettext_noop(
        "Who decides for the patient said no. Nothing was signed. The text that was shown follows."
    ),
    "withdrawn": gettext_noop(
        "Who decides for the patient took the consent back. It is no ground for a treatment any more."
    ),
}
FILE_WORDS = {
    "signed-record": gettext_noop("Signed record"),
    "completion-record": gettext_noop("Completion record"),
    "day-of-record": gettext_noop("Record of the day"),
    "decline-record": gettext_noop("Record of a no"),
    "withdrawal-record": gettext_noop("Withdrawal record"),
    "closing-record": gettext_noop("Closing record"),
    "error-record": gettext_noop("Record of a consent entered in error"),
}


def day_of(document: Facts, day: Facts) -> Fragment:
    """The check just before the treatment: its answers, the batch, the time to think, and the files before it."""
    zone = document["time_zone"]
    return _fragment(
        "dayof",
        {
            **_who(document),
            "day": day,
            "batch": _batch(document),
            "notice": experimental_notice(document),
            "cleared": moment(day["cleared_at"], zone),
            "expires": day_words(dt.date.fromisoformat(day["expiration_date"])),
            "checks": [
                {
                    **row,
                    "way": gettext(BatchWay(row["batch_way"]).label),
                    "when": moment(row["checked_at"], zone),
                }
                for row in day["checks"]
            ],
            "reflection": reflection(day["reflection"], zone),
            "earlier": [
                (gettext(FILE_WORDS.get(row["kind"], row["kind"])), hexadecimal(row["sha256"]))
                for row in day["earlier_files"]
            ],
            "digest": hexadecimal(day["document_sha256"]),
        },
    )


def ending(document: Facts, ending: Facts, certificate: Facts) -> Fragment:
    """How the consent ended: who, when, why, the files before it, and how to check this one."""
    return _fragment(
        "ending",
        {
            **_who(document),
            "ending": ending,
            "title": gettext(ENDINGS[ending["what"]]),
            "sentence": gettext((PROXY_SENTENCES if ending.get("decided_by") else ENDING_SENTENCES)[ending["what"]]),
            "batch": _batch(document),
            "notice": experimental_notice(document),
            "ended": moment(ending["ended_at"], document["time_zone"]),
            "decider": people.decider(ending.get("decided_by"), lambda instant: moment(instant, document["time_zone"])),
            "texts": [_text(text, document["time_zone"]) for text in ending.get("texts", [])],
            "earlier": [
                (gettext(FILE_WORDS.get(row["kind"], row["kind"])), hexadecimal(row["sha256"]))
                for row in ending["earlier_files"]
            ],
            "digest": hexadecimal(ending["document_sha256"]),
            "certificate": certificate,
            "leaf": hexadecimal(certificate["leaf_hash"]),
            "qr": drawing.qr(certificate["verify_url"]),
        },
    )


def _text(text: Facts, zone: str) -> Facts:
    first, last = text["first_opened_at"], text["last_opened_at"]
    return {
        **text,
        "language_name": language(text["language"]).name,
        "first": moment(first, zone) if first else None,
        "last": moment(last, zone) if text["visits"] > 1 else None,
        "digest": hexadecimal(text["document_sha256"]),
    }


def test_page() -> Fragment:
    """One page that says nothing of anybody."""
    return _fragment("test", {})


def experimental_notice(document: Facts) -> Facts:
    """The first notice of the Document, but that it is research: the treatment is experimental. KeyError without one."""
    for section in document["sections"]:
        if section["key"] == Section.RESEARCH:
            continue
        for block in section["blocks"]:
            if block["type"] == "notice":
                return {"title": _present(block["title"]), "text": _present(block["text"])}
    raise KeyError("sections: no notice that the treatment is experimental")


def moment(instant: str, zone: str) -> dict[str, str]:
    """An ISO 8601 instant in words: the clinic's time with its offset and zone, and UTC."""
    aware = dt.datetime.fromisoformat(instant)
    local = aware.astimezone(ZoneInfo(zone))
    offset = local.strftime("%z")
    return {
        "day": day_words(local),
        "local": written(local, gettext("l j F Y, H:i:s")),
        "short": written(local, gettext("j M Y, H:i:s")),
        "zone": isolated(f"UTC{offset[:3]}:{offset[3:]}, {zone}"),
        "utc": isolated(f"{aware.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"),
    }


def day(iso_date: str) -> str:
    """2028-01-19 as 19 January 2028."""
    return day_words(dt.date.fromisoformat(iso_date))


def hexadecimal(value: str) -> SafeString:
    """A SHA-256 in groups of sixteen: the gaps are drawn, not typed, so that copying gives the bare digits."""
    if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise ValueError(f"expected a SHA-256 of 64 lower-case hex digits, found {value[:80]!r}")
    groups = "".join(f"<span>{value[start : start + 16]}</span>" for start in range(0, 64, 16))
    return mark_safe(f'<code class="hex">{groups}</code>')  # noqa: S308 - hex digits only


def _who(document: Facts) -> dict[str, Any]:
    patient, clinic = document["patient"], document["clinic"]
    return {
        "reference": document["reference"],
        "clinic": {
            **clinic,
            "name": isolated(clinic["name"]),
            "location": isolated(clinic["location"]),
            "address": [isolated(line) for line in clinic["address"]],
            "contact_phone": isolated(clinic["contact_phone"]),
            "emergency_phone": isolated(clinic["emergency_phone"]),
        },
        "practitioner": document["practitioner"],
        "treatment": document["treatment"],
        "template": document["template"],
        "template_digest": hexadecimal(document["template"]["sha256"]),
        **grounds.language_words(document),
        "patient_name": _present(f"{patient['given_name']} {patient['family_name']}".strip()),
        "birth_date": day(patient["birth_date"]),
    }


def _batch(document: Facts) -> dict[str, Any]:
    disclosure = document["disclosure"]
    batch = disclosure["batch"]
    product = disclosure["product"]
    return {
        "product": product,
        "lot_number": batch["lot_number"] if batch else None,
        "expiration_date": day(batch["expiration_date"]) if batch and batch["expiration_date"] else None,
    }


def _section(section: Facts) -> dict[str, Any]:
    return {**section, "blocks": [_block(block) for block in section["blocks"]]}


def _block(block: Facts) -> dict[str, Any]:
    kind = block["type"]
    if kind not in _BLOCKS:
        raise KeyError(f"sections: no page is drawn for a block of type {kind!r}")
    return {"kind": kind, "template": f"blocks/{kind}.html", **block, **_BLOCKS[kind](block)}


def _facts(block: Facts) -> dict[str, Any]:
    items = [{**item, "mark": drawing.mark(item["basis"]) if item["basis"] else ""} for item in block["items"]]
    return {"items": items, "has_marks": any(item["basis"] for item in items)}


def _links(block: Facts) -> dict[str, Any]:
    for item in block["items"]:
        if not item["url"].startswith(_SAFE_SCHEMES):
            raise ValueError(f"a link must start with {', '.join(_SAFE_SCHEMES)}; found {item['url'][:40]!r}")
    return {}


def _prose(block: Facts) -> dict[str, Any]:
    runs = [*block.get("runs", ()), *(run for item in block.get("items", ()) for run in item["runs"])]
    for run in runs:
        if run["url"] and not run["url"].startswith("https://"):
            raise ValueError(f"a link in a text must start with https://; found {run['url'][:40]!r}")
    return {}


def _distribution(block: Facts) -> dict[str, Any]:
    rows = ((gettext("10 in 100"), "d10_nm"), (gettext("Half"), "d50_nm"), (gettext("90 in 100"), "d90_nm"))
    return {
        "drawing": drawing.distribution(block),
        "percentiles": [
            (
                words,
                key[:3].upper(),
                f"{block[key]:g} nm" if block.get(key) is not None else gettext("not stated"),
            )
            for words, key in rows
        ],
    }


def _plain(block: Facts) -> dict[str, Any]:
    return {}


_BLOCKS = {
    "notice": _plain,
    "paragraph": _plain,
    "list": _plain,
    "facts": _facts,
    "risks": _plain,
    "table": _plain,
    "distribution": _distribution,
    "links": _links,
    "heading": _plain,
    "prose": _prose,
    "prose-list": _prose,
}


def _present(text: str | None) -> str:
    if not text or not text.strip():
        raise ValueError("a text that must be there is empty")
    return text


@functools.cache
def _engine() -> Engine:
    # Its own engine: the pages of a record depend on no context processor and no request.
    return Engine(
        dirs=[str(settings.ROOT / "templates" / "pdf")],
        autoescape=True,
        string_if_invalid=GAP,
        builtins=["django.templatetags.i18n", "consent.rendering.filters"],
    )


def _fragment(name: str, context: Mapping[str, Any], *, shared: bool = False) -> Fragment:
    return Fragment(name, _html(f"{name}.html", context), shared)


def _html(template: str, context: Mapping[str, Any]) -> str:
    # No localisation: the same facts give the same pages, whatever the language of the process.
    html = str(_engine().get_template(template).render(Context(dict(context), use_l10n=False, use_tz=False)))
    if "\ufdd0" in html:
        name = html.partition("\ufdd0gap:")[2].partition("\ufdd0")[0]
        raise KeyError(f"{template}: nothing is known for {name!r}")
    return html


def running(page: str, clinic: str, kind: str, reference: str, warning: str = "") -> str:
    """What stands in the margins of every page; it goes onto the first page, whose name is `page`."""
    return _html(
        "running.html", {"page": page, "clinic": clinic, "kind": kind, "reference": reference, "warning": warning}
    )


def numbers(total: int) -> str:
    """`total` empty pages whose margins hold the page numbers, in the language in use."""
    words = re.split(r"\{pages?\}", gettext("Page {page} of {pages}"))
    return _html("numbers.html", {"pages": range(total), "words": words, **_spoken()})


def coded_numbers(codes: Sequence[str]) -> str:
    """The same with a QR code in the margin of each page; `codes` are their texts, one for each page."""
    words = re.split(r"\{pages?\}", gettext("Page {page} of {pages}"))
    drawn = [{"number": number, "code": drawing.qr(text)} for number, text in enumerate(codes, start=1)]
    return _html("codes.html", {"pages": drawn, "words": words, **_spoken()})


def whole(parts: Sequence[str]) -> str:
    """A complete HTML document of parts that were made here, in the language in use."""
    return _html("base.html", {"body": mark_safe("".join(parts)), **_spoken()})  # noqa: S308 - parts come escaped from templates


def _spoken() -> dict[str, str]:
    language = in_use()
    return {"language": language.tag, "direction": language.direction}


def words_of(values: Sequence[Any]) -> str:
    """All text in nested facts, to see which scripts must be drawn."""
    parts: list[str] = []
    stack: list[Any] = list(values)
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
    return "".join(parts)
