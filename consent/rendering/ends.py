"""The pages of the files that come later: the day of the treatment, and each way in which a consent ends."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext, gettext_noop

from consent.languages import day_words, language
from consent.rendering import drawing, people
from consent.rendering.fragments import Fragment, fragment
from consent.rendering.reflection import reflection
from consent.rendering.words import Facts, batch_of, experimental_notice, hexadecimal, moment, who
from consent.vocabulary import BatchWay

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
    return fragment(
        "dayof",
        {
            **who(document),
            "day": day,
            "batch": batch_of(document),
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
    return fragment(
        "ending",
        {
            **who(document),
            "ending": ending,
            "title": gettext(ENDINGS[ending["what"]]),
            "sentence": gettext((PROXY_SENTENCES if ending.get("decided_by") else ENDING_SENTENCES)[ending["what"]]),
            "batch": batch_of(document),
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
