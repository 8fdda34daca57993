"""How allauth behaves in Candour: nobody signs up, everybody is invited."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinic.models import SecondFactorReset, User
from clinic.services import has_mail_server, send_mail

# So many wrong passwords in an open session within these seconds, and its owner is told.
WRONG_MOST, WRONG_SECONDS = 3, 300


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

    def reauthenticate(self, user: User, password: str) -> bool:
        """Whether it is the password; the owner of an open session is told of somebody who guesses in it."""
        is_right = bool(super().reauthenticate(user, password))
        if not is_right:
            key = f"wrong-in-session-{user.pk}"
            cache.add(key, 0, WRONG_SECONDS)
            if cache.incr(key) == WRONG_MOST and has_mail_server():
                send_mail(
                    user.email,
                    "Wrong passwords in your session",
                    f"Somebody typed a wrong password {WRONG_MOST} times while you were signed in to Candour. "
                    "If it was not you, sign out everywhere and tell your clinic lead now.\n",
                )
        return is_right

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
