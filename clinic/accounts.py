"""How allauth behaves in Candour: nobody signs up, everybody is invited."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closed sign-up; no mail is tried where no mail server is set."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: a clinic lead invites."""
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send where there is a server; without one the pages say what to do instead."""
        if settings.EMAIL_HOST:
            super().send_mail(template_prefix, email, context)
