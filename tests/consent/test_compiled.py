"""A statement that was put together once gives what the queryset gives, whatever the value, and reads no more."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from consent import services
from consent.models import Acknowledgement, Consent, Opening, PatientLink, Question, StepAnswers
from consent.services.compiled import Compiled
from consent.services.decide import ALL_HAVE
from consent.services.read import LINKS
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed, at_once


def values_of(row: Model) -> dict[str, Any]:
    return {
        field.attname: bytes(value) if isinstance(value := getattr(row, field.attname), memoryview) else value
        for field in row._meta.concrete_fields
    }


def in_one_order(rows: Iterable[Model]) -> list[dict[str, Any]]:
    """What the rows hold. Rows of one moment come in any order."""
    return sorted(map(values_of, rows), key=lambda row: row["id"])


@pytest.mark.parametrize("name", sorted(ALL_HAVE))
@pytest.mark.django_db
def test_what_a_signature_reads_is_what_the_relation_holds(desk: Desk, read: Handed, name: str) -> None:
    other = desks.issue(desk)
    desks.read_all(other)
    model = Consent._meta.get_field(name).related_model
    for consent in (read.consent, other.consent):
        expected = in_one_order(model.objects.filter(consent=consent))
        assert expected
        assert in_one_order(ALL_HAVE[name].rows(consent.pk)) == expected
    assert ALL_HAVE[name].rows(uuid.uuid4()) == []


@pytest.mark.django_db
def test_what_comes_first_is_what_happened_first(read: Handed) -> None:
    later = Opening.objects.get(consent=read.consent)
    changed = {"id": uuid.uuid4(), "opened_at": later.opened_at - timedelta(days=1)}
    earlier = Opening.objects.create(**{**values_of(later), **changed})
    assert [row.pk for row in ALL_HAVE["openings"].rows(read.consent.pk)] == [earlier.pk, later.pk]


@pytest.mark.django_db
def test_what_is_joined_is_there_and_is_not_asked_for_again(read: Handed) -> None:
    expected = PatientLink.objects.select_related("consent__patient", "consent__organization", "document").get(
        pk=read.link.pk
    )
    with CaptureQueriesContext(connection) as asked:
        (link,) = LINKS.rows(expected.token_sha256)
        found = [link, link.consent, link.consent.patient, link.consent.organization, link.document]
    assert len(asked) == 1
    wanted = [expected, expected.consent, expected.consent.patient, expected.consent.organization, expected.document]
    assert [values_of(row) for row in found] == [values_of(row) for row in wanted]
    assert not link._state.adding
    assert link._state.db == "default"


@pytest.mark.django_db
def test_a_join_that_finds_nothing_is_nothing(read: Handed) -> None:
    rows = ALL_HAVE["step_answers"].rows(read.consent.pk)
    with CaptureQueriesContext(connection) as asked:
        assert not [row for row in rows if hasattr(row, "review")]
    assert len(asked) == 0


@pytest.mark.django_db
def test_the_text_of_a_value_is_never_part_of_the_statement(read: Handed) -> None:
    for typed in ("' OR 1=1 --", '"', "%s", "\\"):
        assert LINKS.rows(typed) == []


@pytest.mark.django_db
def test_rows_of_a_statement_can_be_changed_and_saved_like_others(handed: Handed) -> None:
    services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
    questions = Compiled(Question.objects.all(), by="consent")
    (question,) = questions.rows(handed.consent.pk)
    question.dropped_at = NOW
    question.save(update_fields=["dropped_at"])
    assert questions.rows(handed.consent.pk)[0].dropped_at == NOW


@pytest.mark.django_db
def test_a_queryset_with_a_value_of_its_own_is_refused(read: Handed) -> None:
    two = Compiled(Acknowledgement.objects.filter(section="risks"), by="consent")
    with pytest.raises(ValueError, match="one value was expected"):
        two.rows(read.consent.pk)


def test_what_one_thread_has_put_together_serves_the_others(committed: None) -> None:
    handed = desks.issue(desks.open_desk())
    desks.read_all(handed)
    fresh = Compiled(StepAnswers.objects.select_related("review"), by="consent")
    expected = [row.pk for row in fresh.rows(handed.consent.pk)]
    assert expected
    assert at_once(lambda _: [row.pk for row in fresh.rows(handed.consent.pk)], 4) == [expected] * 4
