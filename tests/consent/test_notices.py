"""Messages by mail: what is kept of a failure names nobody."""

from __future__ import annotations

import smtplib
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage

from consent import services
from consent.models import Notice
from consent.vocabulary import LinkWay
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed


@pytest.mark.django_db
class TestARefusedAddress:
    @pytest.mark.parametrize(
        "answer",
        [
            lambda to: smtplib.SMTPRecipientsRefused({to: (550, b"no mailbox " + to.encode())}),
            lambda to: smtplib.SMTPDataError(554, b"no mailbox " + to.encode()),
        ],
        ids=["recipient", "data"],
    )
    def test_it_is_on_record_without_the_address(
        self,
        answer,
        desk: Desk,
        handed: Handed,
        settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        address = desk.patient.identity.email
        assert "@" in address
        settings.EMAIL_HOST = "mail.example.org"
        desks.link_for(desk, handed.consent, way=LinkWay.EMAIL)

        def refuse(_message: EmailMessage) -> None:
            raise answer(address)

        monkeypatch.setattr(EmailMessage, "send", refuse)
        assert services.send_due_notices(at=NOW) == 0
        kept = Notice.objects.get(link__isnull=False).last_error
        assert "55" in kept
        assert address not in kept


@pytest.mark.django_db
class TestTurns:
    def test_messages_that_are_refused_hold_up_no_later_one(
        self, desk: Desk, settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        Notice.objects.all().delete()
        for number in range(4):
            Notice.objects.create(
                organization=desk.clinic,
                subject="A subject",
                text="A text",
                recipient=f"n{number}@example.org",
                created_at=NOW + timedelta(seconds=number),
            )
        tried = []

        def refuse(message: EmailMessage) -> None:
            tried.extend(message.to)
            raise smtplib.SMTPDataError(451, b"later")

        monkeypatch.setattr(services.notices, "MOST_AT_ONCE", 2)
        monkeypatch.setattr(EmailMessage, "send", refuse)
        for seconds in (5, 40):
            services.send_due_notices(at=NOW + timedelta(seconds=seconds))
        assert tried == [f"n{number}@example.org" for number in range(4)]
