"""The way back for somebody who lost their second factor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic import rules
from clinic.models import Membership, SecondFactorReset, User
from clinic.records import clean_text
from clinic.vocabulary import REASON_MAX


@transaction.atomic
def reset_second_factor(membership: Membership, *, reason: str, agent: Agent, at: datetime) -> SecondFactorReset:
    """A lead takes a colleague's second factors away, so that the password alone lets them in to set new ones."""
    reason = clean_text(reason, most=REASON_MAX, field="reason")
    user = User.objects.select_for_update().get(pk=membership.user_id)
    elsewhere = Membership.objects.current().filter(user=user).exclude(organization=membership.organization)
    rules.check_can_reset_second_factor(
        resetter=UUID(agent.id),
        person=user.pk,
        works_elsewhere=elsewhere.exists(),
        has_factors=Authenticator.objects.filter(user=user).exists(),
    )
    return _reset(user, reason, agent, at, membership=membership)


@transaction.atomic
def reset_second_factor_as_operator(user: User, *, reason: str, at: datetime) -> SecondFactorReset:
    """The same from the command line, for a clinic's only lead."""
    reason = clean_text(reason, most=REASON_MAX, field="reason")
    user = User.objects.select_for_update().get(pk=user.pk)
    rules.check_has_factors(has_factors=Authenticator.objects.filter(user=user).exists())
    membership = Membership.objects.current().filter(user=user).first()
    organization_id = membership.organization_id if membership else None
    return _reset(user, reason, Agent("operator", "command-line", organization_id), at, membership=membership)


def _reset(user: User, reason: str, agent: Agent, at: datetime, *, membership: Membership | None) -> SecondFactorReset:
    kinds = sorted(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    reset = SecondFactorReset.objects.create(
        organization=membership.organization if membership else None,
        user=user,
        reset_by_id=UUID(agent.id) if agent.kind == "user" else None,
        reset_at=at,
        reason=reason,
    )
    audit.append("clinic.second_factor_reset", agent=agent, occurred_at=at, records=[reset], body={"factors": kinds})
    return reset
