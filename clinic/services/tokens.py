"""API tokens: made by a person for themselves, shown once, ended at any time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from knox.crypto import create_token_string, hash_token

from audit import services as audit
from audit.records import Agent
from clinic import rules
from clinic.models import ApiToken, KeptAnswer, Membership
from clinic.records import TokenWish, clean_text
from clinic.vocabulary import ANSWER_DAYS, TOKEN_NAME_MAX, Role

# So that a token that was pasted somewhere is recognised for what it is, by people and by scanners for secrets.
PREFIX = "candour_"
SHOWN = 14
SELDOM = timedelta(minutes=1)
"""Use is noted at most this often: reading must not become writing."""


@transaction.atomic
def make_token(membership: Membership, wish: TokenWish, *, agent: Agent, at: datetime) -> tuple[ApiToken, str]:
    """A new token of this member, and its secret text, which is kept nowhere. Raises `TokenRefusedError`."""
    membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    live = ApiToken.objects.live_at(at).filter(membership=membership).count()
    rules.check_can_make_token(wish, membership.roles, live=live, is_own=agent.id == str(membership.user_id))
    secret = PREFIX + create_token_string()
    token = ApiToken(
        organization_id=membership.organization_id,
        membership=membership,
        name=clean_text(wish.name, most=TOKEN_NAME_MAX, lines=False, field="name"),
        start=secret[:SHOWN],
        digest=hash_token(secret),
        is_read_only=wish.is_read_only or membership.roles <= {Role.AUDITOR},
        made_at=at,
        expires_at=at + timedelta(days=wish.days),
    )
    token.save(force_insert=True)
    audit.append("clinic.token_made", agent=agent, occurred_at=at, records=[token])
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, agent: Agent, at: datetime) -> ApiToken:
    """End a token at once. Raises `TokenRefusedError` where it was revoked before."""
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    rules.check_can_revoke_token(is_revoked=token.revoked_at is not None)
    token.revoked_at, token.revoked_by_id = at, UUID(agent.id)
    token.save(update_fields=["revoked_at", "revoked_by"])
    audit.append("clinic.token_revoked", agent=agent, occurred_at=at, records=[token])
    return token


def find_token(secret: str, *, at: datetime) -> ApiToken | None:
    """The live token with this text, with its person and clinic; None for all others alike."""
    if not secret.isascii() or not secret.startswith(PREFIX) or len(secret) > 200:
        return None
    found: ApiToken | None = (
        ApiToken.objects.live_at(at)
        .select_related("membership__user", "membership__organization")
        .filter(digest=hash_token(secret))
        .first()
    )
    if found and (found.last_used_at is None or at - found.last_used_at > SELDOM):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=at)
    return found


def remove_old_answers(*, at: datetime) -> int:
    """Delete the kept answers whose days are over; returns how many."""
    removed, _ = KeptAnswer.objects.filter(kept_at__lt=at - timedelta(days=ANSWER_DAYS)).delete()
    return removed


def request_digest(*parts: bytes) -> str:
    """One SHA-256 (hex) over the parts of a request, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
