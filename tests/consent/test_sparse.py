"""What few consents have is read only where it is there, and what is not there is not asked for again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consent import services
from consent.models import Consent
from consent.services.decide import FEW_HAVE
from consent.services.sparse import relations_there
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Handed

MOST_STATEMENTS = 20

pytestmark = pytest.mark.django_db


def test_what_is_there_is_named_and_what_is_not_is_read_as_empty_by_one_question(handed: Handed) -> None:
    services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
    consent = Consent.objects.get(pk=handed.consent.pk)
    with CaptureQueriesContext(connection) as asked:
        there = relations_there(consent, FEW_HAVE)
        empty = [list(consent.people.all()), list(consent.paper_packs.all()), list(consent.sooner_requests.all())]
        is_signed = hasattr(consent, "signature")
    assert there == ["questions"]
    assert empty == [[], [], []]
    assert not is_signed
    assert len(asked) == 1
    assert [row.text for row in consent.questions.all()] == ["May I swim?"]


def test_the_rows_of_another_consent_do_not_count(handed: Handed, signed: Handed) -> None:
    assert handed.consent.pk != signed.consent.pk
    assert relations_there(Consent.objects.get(pk=signed.consent.pk), FEW_HAVE) == ["signature"]
    assert relations_there(Consent.objects.get(pk=handed.consent.pk), FEW_HAVE) == []


def test_a_signature_asks_a_fixed_number_of_questions(read: Handed) -> None:
    signing = desks.signing(read)
    with CaptureQueriesContext(connection) as asked:
        services.sign_consent(read.consent.pk, signing, at=NOW)
    assert len(asked) <= MOST_STATEMENTS, [query["sql"][:120] for query in asked]
