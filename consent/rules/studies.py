"""What must be on record of a research study, and when somebody can join it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from consent.errors import IssueRefusedError, StudyRefusedError
from consent.records import StudyEdit, StudyFacts

# What a participant is told of a study, and never by words that a template made up (21 CFR 50.25(a)).
STUDY_FACTS: Mapping[str, str] = {
    "title": "the title of the study",
    "sponsor": "who runs it and pays for it",
    "duration": "how long somebody takes part",
    "committee": "the ethics committee that approved it",
    "committee_reference": "the committee’s reference number",
    "approved_on": "the date of the approval",
    "records_seen_by": "who may look at the records",
    "injury_treatment": "what treatment somebody gets who is harmed",
    "compensation": "what is paid to somebody who is harmed",
    "contact_study": "who answers questions about the study",
    "contact_rights": "who answers questions about a participant’s rights",
    "contact_injury": "whom to call about harm",
}
# A refusal names so many of them; the page of the study lists all.
MOST_NAMED = 3
# At most so many characters each; a column of its table is as wide.
STUDY_MOST: Mapping[str, int] = {
    **{name: 300 for name in STUDY_FACTS if name != "approved_on"},
    "committee_reference": 100,
    "records_seen_by": 500,
    "injury_treatment": 500,
    "compensation": 500,
}
CONTACTS = ("contact_study", "contact_rights", "contact_injury")
LEAST_REASON = 10
# A name alone is nobody to call.
_REACHED_BY = re.compile(r"@|(?:\d[\s()/-]*){5}")


def missing_of(said: StudyEdit) -> list[str]:
    """What is not on record of a study, each in words."""
    return [words for name, words in STUDY_FACTS.items() if not getattr(said, name)]


def check_study(said: StudyEdit, *, today: date) -> None:
    """Refuse what cannot be: a study without a title, an approval of tomorrow, a contact that nobody can reach."""
    if not said.title:
        raise StudyRefusedError("Give the study its title.", code="study.title", field="title")
    if said.approved_on is not None and said.approved_on > today:
        raise StudyRefusedError(
            f"{said.approved_on:%-d %B %Y} has not come yet. Enter the day of the approval once it is there.",
            code="study.approved_on",
            field="approved_on",
        )
    for name in CONTACTS:
        words = getattr(said, name)
        if words and not _REACHED_BY.search(words):
            raise StudyRefusedError(
                "Add a telephone number or an e-mail address: a name alone is nobody to call.",
                code="study.contact",
                field=name,
            )


def check_can_change_study(*, is_closed: bool, is_same: bool, what_changed: str) -> None:
    """A closed study stays as it was; a new version says something else, and what changed."""
    check_study_is_open(is_closed=is_closed)
    if is_same:
        raise StudyRefusedError("This says the same as what is on record. Nothing was changed.", code="study.unchanged")
    if len(what_changed.strip()) < LEAST_REASON:
        raise StudyRefusedError(
            "Say in a sentence what changed. Participants are told, and it stays in the record.",
            code="study.what_changed",
            field="what_changed",
        )


def check_can_close_study(*, is_closed: bool, reason: str) -> None:
    """A study is closed once, with a reason."""
    check_study_is_open(is_closed=is_closed)
    if len(reason.strip()) < LEAST_REASON:
        raise StudyRefusedError(
            "Say in a sentence why it is closed. It stays in the record.", code="study.reason", field="reason"
        )


def check_study_is_open(*, is_closed: bool) -> None:
    """Refuse to change what is closed."""
    if is_closed:
        raise StudyRefusedError("This study is closed. Nothing was changed.", code="study.closed")


def check_can_join(study: StudyFacts) -> None:
    """Refuse a consent to a study that is closed, or of which something is missing that a participant must be told."""
    if study.is_closed:
        raise IssueRefusedError(
            f"The study “{study.said.title}” is closed. Nobody can join it any more.",
            code="study.closed",
            field="study",
        )
    if lacks := missing_of(study.said):
        more = f", and {len(lacks) - MOST_NAMED} more that its page lists" if len(lacks) > MOST_NAMED else ""
        raise IssueRefusedError(
            f"This study lacks what a participant must be told: {'; '.join(lacks[:MOST_NAMED])}{more}. "
            f"Enter it under Clinic, Research studies, “{study.said.title}”.",
            code="study.incomplete",
            field="study",
        )
