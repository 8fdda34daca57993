"""The events of the certificate page, oldest first: what led to the signature, from the Document and the SigningRecord alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext

from consent import people
from consent.rendering import identity

Facts = Mapping[str, Any]
Event = tuple[str, str]


def told(document: Facts, record: Facts, moment: Callable[[str], Mapping[str, str]]) -> list[Facts]:
    """Each with its words and its moment. What happens in one second stays in the order in which it is told here."""
    found = sorted(_events(document, record), key=lambda event: event[0])
    return [{"words": words, "when": moment(at)} for at, words in found]


def _events(document: Facts, record: Facts) -> Iterator[Event]:
    yield document["issued_at"], gettext("Text issued")
    if (reflection := record.get("reflection")) and reflection["first_opened_at"]:
        yield reflection["first_opened_at"], gettext("Text first opened")
        yield from _sooner(reflection)
    yield from ((step["at"], identity.step_words(step)) for step in record["identity"])
    for question in record["questions"]:
        yield question["asked_at"], gettext("Question asked")
        if question.get("answered_at"):
            yield question["answered_at"], gettext("Answered by {name}").format(name=question["answered_by"])
    if sections := record["acknowledged"]:
        words = gettext("Last of {count} sections confirmed").format(count=len(sections))
        yield max(item["at"] for item in sections), words
    yield from _steps(record)
    yield from _people(record)
    yield record["signed_at"], gettext("Signed by {name}").format(name=record["signature"]["printed_name"])


def _sooner(reflection: Facts) -> Iterator[Event]:
    for one in reflection["sooner"]:
        yield one["asked_at"], gettext("{name} asked to treat sooner").format(name=one["asked_by"])
        agreed = gettext("The patient agreed to it") if one["is_agreed"] else gettext("The patient did not agree to it")
        yield one["answered_at"], agreed


def _steps(record: Facts) -> Iterator[Event]:
    last = {told["step"]: told for told in record.get("steps", [])}
    for told in last.values():
        yield told["at"], gettext("Answers given: {title}").format(title=told["title"])
        if told["review"]:
            yield (
                told["review"]["decided_at"],
                gettext("Answers decided on by {name}").format(name=told["review"]["decided_by"]),
            )


def _people(record: Facts) -> Iterator[Event]:
    for person in record.get("people", []):
        role = gettext(people.ROLE_WORDS[person["role"]])
        if person["checked"]:
            yield person["checked"]["at"], gettext("{role}: legal authority looked at").format(role=role)
        if person["mark"]:
            yield person["mark"]["at"], gettext("{role} declared: {name}").format(role=role, name=person["name"])
