"""Signing in with an authenticator app: the password alone opens nothing, a code or one recovery code does."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.test import Client

from clinic.models import User
from tests.cast import PASSWORD

CODE_PAGE = "/accounts/2fa/authenticate/"


def code_for(secret: str, *, steps_ago: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 - steps_ago))


def give_password(client: Client, person: User) -> str:
    answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return str(answer.get("Location", ""))


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


@pytest.fixture
def secret(lead: User) -> str:
    made = generate_totp_secret()
    TOTP.activate(lead, made)
    return made


class TestSigningInWithAnApp:
    def test_the_password_alone_opens_nothing(self, client: Client, lead: User, secret: str) -> None:
        assert give_password(client, lead).startswith(CODE_PAGE)
        assert not is_signed_in(client)

    def test_the_code_opens(self, client: Client, lead: User, secret: str) -> None:
        give_password(client, lead)
        client.post(CODE_PAGE, {"code": code_for(secret)})
        assert is_signed_in(client)

    def test_a_code_from_minutes_ago_does_not(self, client: Client, lead: User, secret: str) -> None:
        give_password(client, lead)
        client.post(CODE_PAGE, {"code": code_for(secret, steps_ago=4)})
        assert not is_signed_in(client)

    def test_another_code_does_not(self, client: Client, lead: User, secret: str) -> None:
        give_password(client, lead)
        right = code_for(secret)
        answer = client.post(CODE_PAGE, {"code": f"{(int(right) + 1) % 1_000_000:06}"})
        assert answer.status_code == 422
        assert not is_signed_in(client)

    def test_a_recovery_code_opens_once(self, client: Client, lead: User, secret: str) -> None:
        code = RecoveryCodes.activate(lead).get_unused_codes()[0]
        give_password(client, lead)
        client.post(CODE_PAGE, {"code": code})
        assert is_signed_in(client)
        again = Client()
        give_password(again, lead)
        again.post(CODE_PAGE, {"code": code})
        assert not is_signed_in(again)
