"""A link to a new password: where it leads, and that no log line keeps it."""

from __future__ import annotations

import logging

from django.core import mail
from django.test import Client

from clinic.models import User
from config.logs import SecretsFilter


class TestAResetLink:
    def test_names_our_address_whatever_host_a_request_claims(self, settings, client: Client, lead: User) -> None:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST = (
            "django.core.mail.backends.locmem.EmailBackend",
            "mail.example.org",
        )
        client.post("/accounts/password/reset/", {"email": lead.email}, HTTP_HOST="localhost:9999")
        assert len(mail.outbox) == 1
        assert f"{settings.BASE_URL}/accounts/password/reset/key/" in mail.outbox[0].body
        assert "9999" not in mail.outbox[0].body

    def test_stands_in_no_log_line(self) -> None:
        record = logging.LogRecord(
            "x", logging.INFO, "", 0, "GET %s", ("/accounts/password/reset/key/1-abcdefgh12345678/",), None
        )
        assert SecretsFilter().filter(record)
        assert record.getMessage() == "GET /accounts/password/reset/key/***/"
