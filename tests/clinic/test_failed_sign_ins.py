"""Wrong passwords and codes: the owner of the account is told of a run of them, sees them, and the log has it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client
from django.utils import timezone

from audit.models import LogEntry
from clinic.accounts import FAILING_TAKES_SECONDS
from clinic.models import FailedSignIn, Organization, StaffNetwork, User
from clinic.services import note_staff_network, record_failed_sign_in, tell_owners
from clinic.tasks import forget_attempts
from clinic.vocabulary import WrongCredential
from tests.cast import PASSWORD
from tests.clinic.test_second_factor_sign_in import CODE_PAGE, give_password
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db
REAUTHENTICATE = "/accounts/2fa/reauthenticate/"


def told(at=None) -> list[tuple[list[str], str]]:
    tell_owners(at=at or timezone.now())
    return [(message.to, message.subject) for message in mail.outbox]


def runs() -> list[dict[str, object]]:
    return [entry.detail.body for entry in LogEntry.objects.filter(leaf__contains='"clinic.wrong_credentials"')]


@pytest.fixture(autouse=True)
def _server(settings) -> None:
    settings.EMAIL_HOST = "mail.example.org"


@pytest.fixture
def secret(lead: User) -> str:
    made = generate_totp_secret()
    TOTP.activate(lead, made)
    return made


class TestTheOwnerIsTold:
    def test_of_wrong_codes_by_somebody_who_knows_the_password(self, client: Client, lead: User, secret: str) -> None:
        give_password(client, lead)
        for number in range(3):
            assert told() == []
            client.post(CODE_PAGE, {"code": f"00000{number}"})
        assert told() == [([lead.email], "Wrong codes for your account")]
        assert "change your password" in mail.outbox[0].body
        assert [(one["what"], one["person"], one["count"]) for one in runs()] == [("code", str(lead.pk), 3)]

    def test_of_wrong_codes_in_an_open_session(self, lead: User, secret: str, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        for number in range(3):
            browser.post(REAUTHENTICATE, {"code": f"00000{number}"})
        assert told() == [([lead.email], "Wrong codes in your session")]

    def test_of_wrong_passwords_at_sign_in(self, client: Client, lead: User) -> None:
        for number in range(3):
            client.post("/accounts/login/", {"login": lead.email.upper(), "password": f"wrong-{number}"})
        assert told() == [([lead.email], "Wrong passwords for your account")]

    def test_of_wrong_passwords_in_an_open_session_each_counted_once(self, lead: User, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        for number in range(3):
            browser.post("/accounts/reauthenticate/", {"password": f"wrong-{number}"})
        assert [row.kind for row in FailedSignIn.objects.all()] == ["session-password"] * 3
        assert told() == [([lead.email], "Wrong passwords in your session")]

    def test_once_an_hour_however_often_somebody_guesses(self, lead: User) -> None:
        begin = timezone.now()
        for minutes in range(90):
            record_failed_sign_in(lead, WrongCredential.PASSWORD, at=begin + timedelta(minutes=minutes))
            told(begin + timedelta(minutes=minutes))
        assert len(mail.outbox) == len(runs()) == 2

    def test_not_of_two_nor_of_what_took_an_afternoon(self, lead: User) -> None:
        for minutes in (0, 3, 6, 9):
            record_failed_sign_in(lead, WrongCredential.CODE, at=timezone.now() + timedelta(minutes=minutes))
        assert told() == []

    def test_a_server_that_refuses_is_tried_again(self, lead: User, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise ConnectionRefusedError

        for _ in range(3):
            record_failed_sign_in(lead, WrongCredential.CODE, at=timezone.now())
        with monkeypatch.context() as patched:
            patched.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
            assert told() == []
        assert len(told()) == 1

    def test_nobody_where_there_is_no_such_account(self, client: Client, lead: User) -> None:
        for _ in range(3):
            client.post("/accounts/login/", {"login": "nobody@example.org", "password": PASSWORD})
        assert told() == []
        assert not FailedSignIn.objects.exists()

    @pytest.mark.parametrize("is_known", [True, False])
    def test_nobody_learns_by_the_time_it_takes_whether_there_is_one(
        self, client: Client, lead: User, is_known: bool
    ) -> None:
        email = lead.email if is_known else "nobody@example.org"
        client.get("/accounts/login/")
        begun = time.monotonic()
        client.post("/accounts/login/", {"login": email, "password": "wrong"})
        assert time.monotonic() - begun >= FAILING_TAKES_SECONDS


class TestTheAccountsPage:
    def test_shows_them_also_without_a_mail_server(self, lead: User, signed_in: SignedIn, settings) -> None:
        settings.EMAIL_HOST = ""
        for _ in range(3):
            record_failed_sign_in(lead, WrongCredential.CODE, at=timezone.now())
        assert told() == []
        page = signed_in(lead).get("/accounts/2fa/").content.decode()
        assert page.count("Wrong code at sign-in") == 3
        assert len(runs()) == 1

    def test_shows_nobody_those_of_others(self, lead: User, second_lead: User, signed_in: SignedIn) -> None:
        record_failed_sign_in(lead, WrongCredential.CODE, at=timezone.now())
        assert "None in the last 30 days." in signed_in(second_lead).get("/accounts/2fa/").content.decode()

    def test_forgets_them_and_the_networks_of_staff_after_a_month(self, harbour: Organization, lead: User) -> None:
        """Also where nothing was typed wrong since: the page says "the last 30 days"."""
        now = timezone.now()
        kept = record_failed_sign_in(lead, WrongCredential.CODE, at=now - timedelta(days=29))
        record_failed_sign_in(lead, WrongCredential.CODE, at=now - timedelta(days=31))
        note_staff_network(harbour, "on leave", at=now - timedelta(days=31))
        note_staff_network(harbour, "at work", at=now - timedelta(days=29))
        forget_attempts()
        assert list(FailedSignIn.objects.all()) == [kept]
        assert [row.network_index for row in StaffNetwork.objects.all()] == ["at work"]
