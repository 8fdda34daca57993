"""What a visit writes: its mark is renewed by pages that somebody sees, and by nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from consent import services
from consent.models import Signature
from consent.views import visit as visits
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed

pytestmark = pytest.mark.django_db
SIGNATURE = {
    "strokes": "[[[100,200,0],[180,120,16],[260,210,33],[340,110,50],[420,205,66]]]",
    "meaning_confirmed": "on",
}


@pytest.fixture
def mara(phone: Client, read: Handed) -> Client:
    """In a visit whose last page was seen some minutes ago."""
    phone.post(read.path(), MARA_WAS_BORN)
    session = phone.session
    seen_at = timezone.now() - timedelta(minutes=20)
    session[visits.SESSION_KEY] = {**session[visits.SESSION_KEY], "seen_at": seen_at.timestamp()}
    session.save()
    return phone


def minutes_since_page(phone: Client) -> float:
    return float(timezone.now().timestamp() - phone.session[visits.SESSION_KEY]["seen_at"]) / 60


def writes_to_sessions(asked: CaptureQueriesContext) -> list[str]:
    table = Session._meta.db_table
    return [query["sql"] for query in asked if table in query["sql"] and not query["sql"].startswith("SELECT")]


def test_a_signature_leads_to_the_receipt_and_the_receipt_renews_the_visit(mara: Client, read: Handed) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = mara.post(read.path("sign/"), {**SIGNATURE, "document_sha256": read.sha256})
    assert answer.status_code == 302
    assert Signature.objects.filter(consent=read.consent).exists()
    assert writes_to_sessions(asked) == []
    assert minutes_since_page(mara) >= 20
    assert mara.get(answer["Location"]).status_code == 200
    assert minutes_since_page(mara) < 1


def test_a_form_that_comes_back_with_its_errors_renews_it(mara: Client, read: Handed) -> None:
    answer = mara.post(read.path("sign/"), {"strokes": "[]", "document_sha256": read.sha256})
    assert answer.status_code == 422
    assert minutes_since_page(mara) < 1


def test_a_page_that_refuses_renews_it(mara: Client, read: Handed) -> None:
    assert mara.get(read.path("part/there-is-none/")).status_code == 404
    assert minutes_since_page(mara) < 1


def test_leaving_ends_it_and_nothing_brings_it_back(mara: Client, read: Handed) -> None:
    mara.post(read.path("leave/"))
    assert visits.SESSION_KEY not in mara.session
    assert mara.get(read.path("decide/")).status_code == 302


def test_a_text_written_anew_under_the_open_page_is_not_signed(mara: Client, read: Handed, desk: Desk) -> None:
    shown = read.sha256
    services.reissue_document(read.consent.pk, batch=None, cost=None, agent=desk.agent, at=timezone.now())
    answer = mara.post(read.path("sign/"), {**SIGNATURE, "document_sha256": shown})
    assert answer.status_code == 409
    assert not Signature.objects.filter(consent=read.consent).exists()
