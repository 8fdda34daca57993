"""allauth's forms that tell nobody of a refused passkey or a wrong old password: here they are kept for the account's owner."""

from __future__ import annotations

from allauth.account.forms import ChangePasswordForm as AnyChangePasswordForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from allauth.mfa.webauthn.internal.auth import extract_user_from_response
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic.models import User
from clinic.services import record_failed_sign_in
from clinic.vocabulary import WrongCredential

# allauth's code for what was looked at and is wrong; who is told to wait was not looked at.
WRONG = "incorrect_code"


class ChangePasswordForm(AnyChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """The old password is asked for in an open session, whoever sits there."""

    def clean_oldpassword(self) -> str:
        """Keep a wrong one."""
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            record_failed_sign_in(self.user, WrongCredential.SESSION_PASSWORD, at=timezone.now())
            raise


class SecondPasskeyForm(AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A passkey after the password."""

    kind = WrongCredential.PASSKEY

    def clean_credential(self) -> Authenticator:
        """Keep one that is refused, for the person who was to be proved."""
        try:
            return super().clean_credential()
        except ValidationError as refusal:
            owner = self.owner()
            if owner is not None and refusal.code == WRONG:
                record_failed_sign_in(owner, self.kind, at=timezone.now())
            raise

    def owner(self) -> User | None:
        """Whose passkey it should have been; None where there is no such account."""
        found: User = self.user
        return found


class PasskeyForm(SecondPasskeyForm, LoginWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A passkey instead of the password: it says whose it is."""

    def owner(self) -> User | None:
        """The account that it names."""
        sent = self.cleaned_data["credential"]
        if not isinstance(sent, dict) or not isinstance(sent.get("response"), dict):
            return None
        try:
            found: User = extract_user_from_response(sent)
        except ValidationError:
            return None
        return found if found.is_active else None


class SessionPasskeyForm(SecondPasskeyForm, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """A passkey that is asked for again in an open session."""

    kind = WrongCredential.SESSION_PASSKEY
