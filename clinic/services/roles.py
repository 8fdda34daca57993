"""Roles that can release, publish or audit take two people: one proposes, another confirms."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic import rules
from clinic.models import Membership, Organization, RoleGrant
from clinic.services.staff import ensure_profile, is_last_lead
from clinic.vocabulary import NEEDS_SECOND_PERSON, Role


@transaction.atomic
def propose_role(membership: Membership, role: Role, *, agent: Agent, at: datetime) -> RoleGrant:
    """Propose a role for a member. A practitioner's is in force at once; the others wait for a second person."""
    membership = _locked(membership)
    is_waiting = (
        RoleGrant.objects.at(membership.organization).waiting().filter(membership=membership, role=role).exists()
    )
    rules.check_can_propose(
        role, membership.roles, proposer=UUID(agent.id), person=membership.user_id, is_waiting=is_waiting
    )
    grant = RoleGrant(
        organization=membership.organization,
        membership=membership,
        role=role,
        proposed_by_id=agent.id,
        proposed_at=at,
    )
    if role in NEEDS_SECOND_PERSON:
        grant.save(force_insert=True)
        audit.append("clinic.role_proposed", agent=agent, occurred_at=at, records=[grant], body={"role": role.value})
        return grant
    return _put_in_force(grant, agent, at)


@transaction.atomic
def confirm_role(grant: RoleGrant, *, agent: Agent, at: datetime) -> RoleGrant:
    """Put a proposed role in force, as a second person."""
    membership = _locked(grant.membership)
    grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    grant.membership = membership
    rules.check_can_confirm(
        proposer=grant.proposed_by_id,
        person=membership.user_id,
        decider=UUID(agent.id),
        is_waiting=grant.decided_at is None,
    )
    return _put_in_force(grant, agent, at)


@transaction.atomic
def confirm_role_as_operator(grant: RoleGrant, *, at: datetime) -> RoleGrant:
    """Put a proposed role in force from the command line, where the clinic has no second lead."""
    membership = _locked(grant.membership)
    grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    grant.membership = membership
    rules.check_is_waiting(is_waiting=grant.decided_at is None)
    return _put_in_force(grant, Agent("operator", "command-line", grant.organization_id), at)


@transaction.atomic
def decline_role(grant: RoleGrant, *, agent: Agent, at: datetime) -> RoleGrant:
    """Turn a proposal down, or take one's own back."""
    grant = RoleGrant.objects.select_for_update().get(pk=grant.pk)
    rules.check_is_waiting(is_waiting=grant.decided_at is None)
    grant.decided_by_id, grant.decided_at = UUID(agent.id), at
    grant.save()
    audit.append("clinic.role_declined", agent=agent, occurred_at=at, records=[grant], body={"role": grant.role})
    return grant


@transaction.atomic
def withdraw_role(membership: Membership, role: Role, *, agent: Agent, at: datetime) -> Membership:
    """End a role that is in force."""
    membership = _locked(membership)
    rules.check_can_withdraw(role, membership.roles, is_last_lead=is_last_lead(membership))
    membership.set_role(role, held=False)
    membership.save()
    audit.append("clinic.role_withdrawn", agent=agent, occurred_at=at, records=[membership], body={"role": role.value})
    return membership


def _put_in_force(grant: RoleGrant, agent: Agent, at: datetime) -> RoleGrant:
    grant.is_confirmed, grant.decided_at = True, at
    grant.decided_by_id = UUID(agent.id) if agent.kind == "user" else None
    grant.save()
    membership = grant.membership
    membership.set_role(Role(grant.role), held=True)
    membership.save()
    audit.append(
        "clinic.role_granted",
        agent=agent,
        occurred_at=at,
        records=[grant, membership, *ensure_profile(membership)],
        body={"role": grant.role},
    )
    return grant


def _locked(membership: Membership) -> Membership:
    # Roles of one clinic change one after the other, so that two leads cannot remove each other at once.
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    return Membership.objects.select_for_update().select_related(None).get(pk=membership.pk)
