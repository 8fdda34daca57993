"""A program that uses the API: it sends its token, a fresh Idempotency-Key, and reads problems."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from clinic.models import Membership, User
from clinic.records import TokenWish
from clinic.services import make_token
from tests import cast


def token_of(user: User, *, reads: bool = False, days: int = 30) -> str:
    """The text of a new token of this person."""
    membership = Membership.objects.get(user=user)
    wish = TokenWish("stock system", days, is_read_only=reads)
    agent = cast.agent_for(user, membership.organization)
    return make_token(membership, wish, agent=agent, at=timezone.now())[1]


class Program:
    """`nia.get("products/")`, `nia.post("products/", {...})`, `nia.send("evidence/", b"...", "a.pdf")`."""

    def __init__(self, token: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, address: str, **headers: str) -> Any:
        return self.client.get(self._whole(address), headers={**self.headers, **headers})

    def post(
        self, address: str, body: Any = None, *, key: str | None = None, raw: bytes | None = None, **extra: Any
    ) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or uuid4().hex, **extra.pop("headers", {})}
        content = raw if raw is not None else json.dumps({} if body is None else body).encode()
        return self.client.post(
            self._whole(address), content, content_type=extra.pop("content_type", "application/json"), headers=headers
        )

    def send(self, address: str, content: bytes, name: str, *, key: str | None = None) -> Any:
        headers = {**self.headers, "Idempotency-Key": key or uuid4().hex}
        file = SimpleUploadedFile(name, content)
        return self.client.post(self._whole(address), {"file": file}, headers=headers)

    @staticmethod
    def _whole(address: str) -> str:
        return address if address.startswith("/") else f"/api/v1/{address}"


def refused(answer: Any, status: int, code: str, field: str = "") -> dict[str, Any]:
    """The problem that a refused request got, after looking at its form."""
    assert answer.status_code == status, answer.content[:800]
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert (problem["code"], problem["field"]) == (code, field), problem
    assert problem["type"] == f"urn:candour:refusal:{code}"
    assert problem["detail"] == problem["message"]
    assert problem["message"]
    assert problem["help"]
    return problem
