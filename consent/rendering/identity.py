"""How it was established who signed, in words: the steps one by one, and the four facts of eIDAS Article 26.

The words are those of docs/reference/identity.md. A code that this version does not know is printed as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from consent.languages import day_words, isolated

Facts = Mapping[str, Any]

STEP_WORDS: dict[str, str] = {
    "birth_date": gettext_noop("Date of birth compared with the record"),
    "code": gettext_noop("One-time code typed"),
    "link": gettext_noop("Private link"),
    "paper": gettext_noop("Known to the clinic in person"),
}
LINK_WORDS: dict[str, str] = {
    "qr": gettext_noop("Private link, shown as a QR code at the clinic"),
    "email": gettext_noop("Private link, sent to the e-mail address on record"),
    "letter": gettext_noop("Private link, printed on a letter"),
    "handover": gettext_noop("The clinic’s own device, handed over by {person}"),
}
CODE_WORDS: dict[str, str] = {
    "email": gettext_noop("Code sent to the e-mail address on record"),
    "sms": gettext_noop("Code sent to the phone number on record"),
}
RESULT_WORDS: dict[str, str] = {"confirmed": gettext_noop("confirmed"), "made": gettext_noop("made")}
LEVEL_WORDS: dict[str, str] = {
    "birth-date": gettext_noop("Private link and date of birth"),
    "birth-date-and-code": gettext_noop("Private link, date of birth and a one-time code"),
    "handed-over": gettext_noop("Handed over in person at the clinic, and date of birth"),
}
CONTROL_WORDS: dict[str, str] = {
    "link-only": gettext_noop("Not shown: whoever held the link and knew the date of birth could sign"),
    "clinic-device": gettext_noop("Not shown: the device is the clinic’s, and a named person gave it to the patient"),
    "code-by-email": gettext_noop("Shown in part: a code sent to the patient’s e-mail address was typed"),
    "code-by-sms": gettext_noop("Shown in part: a code sent to the patient’s phone was typed"),
}


def step_words(step: Facts) -> str:
    """One step of the identity check."""
    if step["step"] == "link":
        words = gettext(LINK_WORDS.get(step.get("way", ""), STEP_WORDS["link"]))
        return words.format(person=isolated(step.get("by", "")))
    if step["step"] == "code":
        words = gettext(CODE_WORDS.get(step.get("channel", ""), STEP_WORDS["code"]))
        since = gettext("{step} (put there on {day})")
        on = step.get("contact_since")
        return since.format(step=words, day=day_words(datetime.fromisoformat(on).date())) if on else words
    return gettext(STEP_WORDS.get(step["step"], str(step["step"])))


def assurance_rows(record: Facts) -> list[tuple[str, str]]:
    """The level and the four facts, as label and sentence; nothing for a record of before they were kept."""
    facts = record.get("assurance")
    if not facts:
        return []
    steps = [step_words(step) for step in record["identity"] if step["step"] != "link"]
    way = next((step_words(step) for step in record["identity"] if step["step"] == "link"), "")
    return [
        (gettext("Level"), gettext(LEVEL_WORDS.get(facts["level"], str(facts["level"])))),
        (gettext("Linked to one person"), gettext("{way}; for this text only").format(way=way)),
        (gettext("Who it was"), ". ".join(steps)),
        (
            gettext("Under their sole control"),
            gettext(CONTROL_WORDS.get(facts["sole_control"], str(facts["sole_control"]))),
        ),
        (
            gettext("Later changes show"),
            gettext("Yes: the digest of the text is signed, this file is sealed and logged"),
        ),
    ]
