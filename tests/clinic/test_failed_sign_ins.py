"""Wrong passwords and codes: the owner of the account is told of a run of them, sees them, and the log has it."""

from __future__ import annotations

import smtplib
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
from clinic.services import failed_sign_ins, note_staff_network, record_failed_sign_in, tell_owners
from clinic.services.failed_sign_ins import TRIED_EVERY
from clinic.tasks import forget_attempts
from clinic.vocabulary import WrongCredential
from tests.cast import PASSWORD
from tests.clinic.passkeys import Passkey, challenge_of
from tests.clinic.test_second_factor_sign_in import CODE_PAGE, give_password, is_signed_in
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db
REAUTHENTICATE = "/accounts/2fa/reauthenticate/"
PASSKEY_LOGIN = "/accounts/2fa/webauthn/login/"
PASSKEY_AGAIN = "/accounts/2fa/webauthn/reauthenticate/"
CHANGE_PASSWORD = "/accounts/password/change/"


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
            assert told(timezone.now() + TRIED_EVERY / 2) == []
        assert told(timezone.now() + TRIED_EVERY / 2) == []
        assert len(told(timezone.now() + TRIED_EVERY)) == 1

    def test_addresses_that_are_refused_hold_up_no_later_one(
        self, practitioner: User, lead: User, second_lead: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried = []

        def refuse(_backend: object, messages: list[mail.EmailMessage]) -> None:
            tried.extend(to for message in messages for to in message.to)
            raise smtplib.SMTPDataError(550, b"no")

        owners, begin = [practitioner, lead, second_lead], timezone.now()
        for number, owner in enumerate(owners):
            for _ in range(3):
                record_failed_sign_in(owner, WrongCredential.CODE, at=begin + timedelta(seconds=number))
        monkeypatch.setattr(failed_sign_ins, "MOST_AT_ONCE", 2)
        monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
        for minutes in (1, 3):
            tell_owners(at=begin + timedelta(minutes=minutes))
        assert tried[:3] == [owner.email for owner in owners]

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


def begin_login(browser: Client) -> None:
    browser.get(PASSKEY_LOGIN, headers={"X-Requested-With": "XMLHttpRequest"})


class TestAWrongOldPassword:
    def try_change(self, browser: Client, old: str) -> None:
        new = "three unrelated words"
        browser.post(CHANGE_PASSWORD, {"oldpassword": old, "password1": new, "password2": new})

    def test_is_kept_and_told_as_one_in_an_open_session(self, lead: User, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        for number in range(3):
            self.try_change(browser, f"a guess {number}")
        assert [row.kind for row in FailedSignIn.objects.all()] == ["session-password"] * 3
        assert told() == [([lead.email], "Wrong passwords in your session")]
        assert [one["what"] for one in runs()] == ["session-password"]

    def test_is_nowhere_as_it_was_typed(self, lead: User, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        for _ in range(3):
            self.try_change(browser, "a-guess-of-somebody")
        written = [
            *LogEntry.objects.values_list("leaf", flat=True),
            *map(str, runs()),
            *map(str, FailedSignIn.objects.values()),
        ]
        assert told()
        assert "guess" not in "".join(written) + mail.outbox[0].body

    def test_is_asked_for_five_times_and_then_no_more(self, lead: User, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        for number in range(7):
            self.try_change(browser, f"a guess {number}")
        assert FailedSignIn.objects.count() == 5

    def test_the_right_one_leaves_none(self, lead: User, signed_in: SignedIn) -> None:
        self.try_change(signed_in(lead), PASSWORD)
        lead.refresh_from_db()
        assert lead.check_password("three unrelated words")
        assert not FailedSignIn.objects.exists()


class TestARefusedPasskey:
    @pytest.fixture
    def passkey(self, lead: User) -> Passkey:
        made = Passkey(lead)
        made.add()
        return made

    def test_instead_of_the_password_is_kept_and_told(self, client: Client, lead: User, passkey: Passkey) -> None:
        for _ in range(3):
            begin_login(client)
            client.post(PASSKEY_LOGIN, {"credential": passkey.answer(challenge_of(client), is_wrong=True)})
        assert not is_signed_in(client)
        assert told() == [([lead.email], "Refused passkeys for your account")]
        assert [(one["what"], one["person"]) for one in runs()] == [("passkey", str(lead.pk))]

    def test_after_the_password_is_kept(self, client: Client, lead: User, passkey: Passkey) -> None:
        give_password(client, lead)
        client.get(CODE_PAGE)
        client.post(CODE_PAGE, {"credential": passkey.answer(challenge_of(client), is_wrong=True)})
        assert not is_signed_in(client)
        assert [(row.user, row.kind) for row in FailedSignIn.objects.all()] == [(lead, "passkey")]

    def test_in_an_open_session_is_kept_as_such(self, lead: User, passkey: Passkey, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        browser.get(PASSKEY_AGAIN)
        browser.post(PASSKEY_AGAIN, {"credential": passkey.answer(challenge_of(browser), is_wrong=True)})
        assert [(row.user, row.kind) for row in FailedSignIn.objects.all()] == [(lead, "session-passkey")]

    @pytest.mark.parametrize("page", [PASSKEY_LOGIN, CODE_PAGE])
    def test_the_right_one_opens_and_leaves_none(self, client: Client, lead: User, passkey: Passkey, page: str) -> None:
        if page == PASSKEY_LOGIN:
            begin_login(client)
        else:
            give_password(client, lead)
            client.get(page)
        client.post(page, {"credential": passkey.answer(challenge_of(client))})
        assert is_signed_in(client)
        assert not FailedSignIn.objects.exists()

    def test_of_nobody_here_is_nobody_s(self, client: Client, lead: User, passkey: Passkey) -> None:
        begin_login(client)
        stranger = Passkey(User(email="nobody@example.org"))
        client.post(PASSKEY_LOGIN, {"credential": stranger.answer(challenge_of(client))})
        assert not FailedSignIn.objects.exists()

    @pytest.mark.parametrize("sent", ["", "no json", "[]", "{}", '{"response": []}', '"words"'])
    def test_what_is_none_is_nobody_s(self, client: Client, lead: User, sent: str) -> None:
        begin_login(client)
        answer = client.post(PASSKEY_LOGIN, {"credential": sent})
        assert answer.status_code == 302
        assert not FailedSignIn.objects.exists()

    def test_of_who_left_is_not_kept(self, client: Client, lead: User, passkey: Passkey) -> None:
        User.objects.filter(pk=lead.pk).update(is_active=False)
        begin_login(client)
        client.post(PASSKEY_LOGIN, {"credential": passkey.answer(challenge_of(client), is_wrong=True)})
        assert not FailedSignIn.objects.exists()


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
