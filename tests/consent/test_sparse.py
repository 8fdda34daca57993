"""What few consents have is read only where it is there, and what is not there is not asked for again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Organization
from consent import services
from consent.errors import DocumentChangedError
from consent.models import Consent, Document, PatientLink, Signature, StaffTask
from consent.services.decide import FEW_HAVE
from consent.services.sparse import relations_there
from consent.vocabulary import PaperWay, TaskKind
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed

MOST_STATEMENTS = 16

pytestmark = pytest.mark.django_db


def test_what_is_there_is_named_and_what_is_not_is_read_as_empty_by_one_question(handed: Handed) -> None:
    services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
    consent = Consent.objects.get(pk=handed.consent.pk)
    with CaptureQueriesContext(connection) as asked:
        there = relations_there(consent, FEW_HAVE)
        empty = [list(consent.people.all()), list(consent.paper_packs.all()), list(consent.sooner_requests.all())]
        is_signed = hasattr(consent, "signature")
    assert there == ["questions", "staff_tasks"]
    assert empty == [[], [], []]
    assert not is_signed
    assert len(asked) == 1
    assert [row.text for row in consent.questions.all()] == ["May I swim?"]


def test_the_rows_of_another_consent_do_not_count(handed: Handed, signed: Handed) -> None:
    assert handed.consent.pk != signed.consent.pk
    assert relations_there(Consent.objects.get(pk=signed.consent.pk), FEW_HAVE) == ["signature"]
    assert relations_there(Consent.objects.get(pk=handed.consent.pk), FEW_HAVE) == []


def test_a_signature_asks_a_fixed_number_of_questions(read: Handed) -> None:
    signing, link = desks.signing(read), link_of(read)
    with CaptureQueriesContext(connection) as asked:
        services.sign_consent(read.consent.pk, signing, at=NOW, link=link)
    assert len(asked) <= MOST_STATEMENTS, [query["sql"][:120] for query in asked]


def test_what_the_page_has_read_is_not_read_again(read: Handed) -> None:
    signing, link = desks.signing(read), link_of(read)
    with CaptureQueriesContext(connection) as asked:
        signature = services.sign_consent(read.consent.pk, signing, at=NOW, link=link)
    tables = [Organization._meta.db_table, Document._meta.db_table, PatientLink._meta.db_table]
    assert not [query["sql"] for query in asked for table in tables if f'FROM "{table}"' in query["sql"]]
    assert signature.document_id == link.document_id


def test_the_page_of_an_older_text_signs_nothing(desk: Desk, read: Handed) -> None:
    signing, link = desks.signing(read), link_of(read)
    services.reissue_document(read.consent.pk, batch=None, cost=None, agent=desk.agent, at=NOW)
    with pytest.raises(DocumentChangedError):
        services.sign_consent(read.consent.pk, signing, at=NOW, link=link)
    assert not Signature.objects.filter(consent=read.consent).exists()


def test_a_task_that_a_signature_answers_is_closed_by_it(desk: Desk, read: Handed) -> None:
    services.ask_for_paper(read.consent.pk, PaperWay.PAPER, at=NOW)
    assert StaffTask.objects.open().filter(consent=read.consent, kind=TaskKind.PAPER).exists()
    services.sign_consent(read.consent.pk, desks.signing(read), at=NOW, link=link_of(read))
    assert not StaffTask.objects.open().filter(consent=read.consent, kind=TaskKind.PAPER).exists()


def link_of(handed: Handed) -> PatientLink:
    """As the page reads it."""
    return services.link_of(handed.token)
