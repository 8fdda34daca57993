"""How allauth behaves in Candour: nobody signs up, everybody is invited."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.signals import authentication_failed
from django.conf import settings
from django.contrib import messages
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic.models import SecondFactorReset, User
from clinic.services import record_failed_sign_in
from clinic.vocabulary import WrongCredential

# Several times what keeping a wrong password takes.
FAILING_TAKES_SECONDS = 0.15


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Closed sign-up; no mail is tried where no mail server is set; a reset of a second factor is told."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: a clinic lead invites."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send where there is a server; without one the pages say what to do instead."""
        if settings.EMAIL_HOST:
            super().send_mail(template_prefix, email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """A reset link names the address that we were given, never the one that a request claims to have asked."""
        path = urlsplit(str(super().get_reset_password_from_key_url(key))).path
        return f"{settings.BASE_URL}{path}"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A wrong password is kept for the account's owner: at sign-in, where there is such an account, or in a session.

        At sign-in it takes the same time whether there is one: else who measures it learns which addresses have accounts.
        """
        begun = time.monotonic()
        if isinstance(request.user, User):
            record_failed_sign_in(request.user, WrongCredential.SESSION_PASSWORD, at=timezone.now())
            return
        email = str(credentials.get("email") or "").strip().lower()
        user = User.objects.filter(email=email, is_active=True).first()
        if user is not None:
            record_failed_sign_in(user, WrongCredential.PASSWORD, at=timezone.now())
        time.sleep(max(0.0, begun + FAILING_TAKES_SECONDS - time.monotonic()))

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Tell a person at sign-in that somebody reset their second factor since the last time."""
        resets = SecondFactorReset.objects.filter(user=user, shown_at=None).select_related("reset_by")
        for reset in resets:
            who = reset.reset_by.full_name if reset.reset_by else "the operator of this installation"
            messages.warning(
                request,
                f"On {reset.reset_at:%d %B %Y} {who} reset your second factor. Reason: {reset.reason}. "
                "If you did not ask for this, tell your clinic lead now. Set a new second factor under "
                "“Sign-in and security”.",
            )
        # When it was read is no evidence and not in the log, so no service writes it.
        resets.update(shown_at=timezone.now())
        return super().post_login(request, user, **kwargs)  # type: ignore[no-any-return]  # allauth has no types


@receiver(authentication_failed)
def keep_wrong_code(user: User, *, reauthentication: bool, **_: Any) -> None:
    """A wrong code of the second factor is kept for the account's owner: allauth tells of it by this signal alone."""
    kind = WrongCredential.SESSION_CODE if reauthentication else WrongCredential.CODE
    record_failed_sign_in(user, kind, at=timezone.now())
