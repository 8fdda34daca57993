"""The clinic room through the API: who the token stands for."""

from __future__ import annotations

from typing import Any

from clinic.models import ApiToken
from clinic.rest import ReadView
from clinic.serializers import TokenSerializer


class TokenSelf(ReadView):
    """The token itself: whose it is, which clinic it opens, what it may do, and until when."""

    shows = TokenSerializer

    def found(self, **place: Any) -> ApiToken:
        """The token that was sent."""
        token: ApiToken = self.request.auth  # type: ignore[assignment]  # checked by TokenHolder
        return token
