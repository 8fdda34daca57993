"""An act is answered once: the same Idempotency-Key with the same request gives the first answer again, and acts no more."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from audit.records import canonical_json
from clinic.errors import IdempotencyKeyError, IdempotencyMismatchError
from clinic.models import KeptAnswer, Membership
from clinic.services import request_digest

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
HEADER = "Idempotency-Key"


def answer_once(request: Request, membership: Membership, act: Callable[[], Response], *, at: datetime) -> Response:
    """Do the act and keep its answer in one transaction, or give the answer that was kept.

    Two requests with one key at the same time: the second waits for the first at the unique key. A refusal keeps
    nothing, so that the request can be mended and sent again.
    """
    key = _key(request)
    digest = request_digest(str(request.method).encode(), request.path.encode(), *_content(request))
    with transaction.atomic():
        kept = _claimed(membership, key, digest, at)
        if kept is None:
            return _again(membership, key, digest)
        answer = act()
        # Kept as it was sent: through JSON, so that ids and times are texts.
        kept.status, kept.content = answer.status_code, json.loads(JSONRenderer().render(answer.data or {}))
        kept.location = str(answer.get("Location", ""))
        kept.save(update_fields=["status", "content", "location"])
        return answer


def _key(request: Request) -> str:
    key = request.headers.get(HEADER, "")
    if not key:
        raise IdempotencyKeyError(
            "Send an Idempotency-Key, a new random one for each act, so that a request sent twice acts once.",
            field=HEADER,
            code="idempotency.missing",
        )
    if not KEY.fullmatch(key):
        raise IdempotencyKeyError("An Idempotency-Key is 1 to 64 letters, digits, “-” or “_”.", field=HEADER)
    return key


def _content(request: Request) -> list[bytes]:
    """The body as it was understood: a form's boundary differs each time, its content does not."""
    data: Any = request.data
    if not hasattr(data, "lists"):
        return [canonical_json(data)]
    parts: list[bytes] = []
    for name, values in sorted(data.lists()):
        for value in values:
            parts += [name.encode(), _digest(value) if isinstance(value, UploadedFile) else str(value).encode()]
    return parts


def _digest(file: UploadedFile[bytes]) -> bytes:
    digest = hashlib.sha256(str(file.name).encode())
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.digest()


def _claimed(membership: Membership, key: str, digest: str, at: datetime) -> KeptAnswer | None:
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(membership=membership, key=key, request_sha256=digest, kept_at=at)
    except IntegrityError:
        return None


def _again(membership: Membership, key: str, digest: str) -> Response:
    kept = KeptAnswer.objects.get(membership=membership, key=key)
    if kept.request_sha256 != digest:
        raise IdempotencyMismatchError(
            "This Idempotency-Key was used for another request. Use a new key for a new act.", field=HEADER
        )
    headers = {"Idempotent-Replayed": "true", **({"Location": kept.location} if kept.location else {})}
    return Response(kept.content, status=kept.status, headers=headers)
