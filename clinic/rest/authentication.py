"""Who asks: the bearer of a token, as its person in its one clinic. No cookie and no text in an address opens anything."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from clinic.errors import AuthRequiredError
from clinic.models import ApiToken, User
from clinic.services import find_token

UNKNOWN = (
    "This token opens nothing: it is unknown, expired or revoked, or its person no longer works there. "
    "Make a new one under Clinic, API tokens."
)


class BearerAuthentication(BaseAuthentication):
    """Read `Authorization: Bearer candour_…`. Raises `AuthRequiredError` for a token that opens nothing."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's person and the token, or None where no token was sent."""
        words = get_authorization_header(request).split()
        if not words:
            return None
        if len(words) != 2 or words[0].lower() != b"bearer":
            raise AuthRequiredError(
                "Send the token as “Authorization: Bearer candour_…”, and nothing else in that line."
            )
        token = find_token(words[1].decode("latin-1"), at=timezone.now())
        if token is None:
            raise AuthRequiredError(UNKNOWN)
        return token.membership.user, token

    def authenticate_header(self, request: Request) -> str:
        """What 401 tells a client to send."""
        return 'Bearer realm="candour"'
