"""Inviting, joining, leaving; and how a practitioner is printed."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import transaction

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic import rules
from clinic.models import Invitation, Membership, Organization, Practitioner, RoleGrant, User
from clinic.records import PractitionerDetails, StaffInvitation, clean_email, clean_name, clean_text, clean_url
from clinic.services.opening import make_user
from clinic.vocabulary import INVITATION_DAYS, NEEDS_SECOND_PERSON, Role


@transaction.atomic
def invite_staff(
    organization: Organization, wish: StaffInvitation, *, agent: Agent, at: datetime
) -> tuple[Invitation, str]:
    """Invite somebody by their e-mail address; returns the invitation and its token, which is kept nowhere."""
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    email = clean_email(wish.email)
    is_member = Membership.objects.at(organization).current().filter(user__email=email).exists()
    rules.check_can_invite(wish.roles, is_member=is_member)
    earlier = list(Invitation.objects.at(organization).open_on(at).filter(email=email))
    for invitation in earlier:
        invitation.withdrawn_at = at
        invitation.save()
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        token_sha256=_digest(token),
        invited_by_id=agent.id,
        invited_at=at,
        expires_at=at + timedelta(days=INVITATION_DAYS),
        **{f"is_{role.value}": True for role in wish.roles},
    )
    audit.append("clinic.staff_invited", agent=agent, occurred_at=at, records=[invitation, *earlier])
    return invitation, token


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, agent: Agent, at: datetime) -> Invitation:
    """Make an invitation's link useless."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    rules.check_can_accept(is_open=_is_open(invitation, at), invited_email="", signed_in_email=None)
    invitation.withdrawn_at = at
    invitation.save()
    audit.append("clinic.invitation_withdrawn", agent=agent, occurred_at=at, records=[invitation])
    return invitation


def find_invitation(token: str, *, at: datetime) -> Invitation:
    """The open invitation of a token; raises `InvitationRefusedError`, the same for a wrong token as for an old one."""
    invitation = Invitation.objects.filter(token_sha256=_digest(token)).select_related("organization").first()
    is_open = invitation is not None and _is_open(invitation, at)
    rules.check_can_accept(is_open=is_open, invited_email="", signed_in_email=None)
    assert invitation is not None  # noqa: S101 - the rule above has refused it
    return invitation


@transaction.atomic
def join_as_new_person(token: str, *, full_name: str, password: str, at: datetime) -> Membership:
    """Accept an invitation by making an account for the invited address."""
    invitation = _locked(token, at)
    user = User.objects.filter(email=invitation.email).first()
    rules.check_is_new_person(is_known=user is not None)
    user = make_user(invitation.email, clean_name(full_name, field="full_name"), password)
    return _join(invitation, user, at)


@transaction.atomic
def join_as(user: User, token: str, *, at: datetime) -> Membership:
    """Accept an invitation as the person who is signed in."""
    invitation = _locked(token, at)
    rules.check_can_accept(is_open=True, invited_email=invitation.email, signed_in_email=user.email)
    return _join(invitation, user, at)


@transaction.atomic
def remove_member(membership: Membership, *, agent: Agent, at: datetime) -> Membership:
    """End somebody's work in a clinic: from the next request on they see nothing of it. Their records stay."""
    Organization.objects.select_for_update().get(pk=membership.organization_id)
    membership = Membership.objects.select_for_update().get(pk=membership.pk)
    rules.check_can_remove(is_last_lead=is_last_lead(membership), is_removed=membership.removed_at is not None)
    held = sorted(membership.roles)
    for role in Role:
        membership.set_role(role, held=False)
    membership.removed_at = at
    membership.save()
    waiting = list(RoleGrant.objects.at(membership.organization).waiting().filter(membership=membership))
    for grant in waiting:
        grant.decided_at = at
        grant.decided_by_id = agent.id if agent.kind == "user" else None
        grant.save()
    audit.append(
        "clinic.staff_removed", agent=agent, occurred_at=at, records=[membership, *waiting], body={"held": held}
    )
    return membership


@transaction.atomic
def change_practitioner(
    membership: Membership, details: PractitionerDetails, *, agent: Agent, at: datetime
) -> Practitioner:
    """Set how a practitioner is printed. Documents issued before keep what they said."""
    Membership.objects.select_for_update().get(pk=membership.pk)
    rules.check_is_practitioner(membership.roles)
    clean = PractitionerDetails(
        clean_name(details.printed_name, field="printed_name"),
        clean_text(details.registration_body, most=200, lines=False, field="registration_body")
        if details.registration_body
        else "",
        clean_text(details.registration_number, most=50, lines=False, field="registration_number")
        if details.registration_number
        else "",
        clean_url(details.register_url, field="register_url") if details.register_url else "",
    )
    profile, _ = Practitioner.objects.update_or_create(
        organization=membership.organization, user=membership.user, defaults=asdict(clean)
    )
    audit.append("clinic.practitioner_changed", agent=agent, occurred_at=at, records=[profile])
    return profile


def is_last_lead(membership: Membership) -> bool:
    """Whether the clinic would be without a lead if this membership ended."""
    others = Membership.objects.at(membership.organization).leads().exclude(pk=membership.pk)
    return membership.is_clinic_lead and not others.exists()


def ensure_profile(membership: Membership) -> list[RecordedModel]:
    """A printed profile for a new practitioner, named by the caller's log entry; none where there is one."""
    if not membership.is_practitioner:
        return []
    profile, is_new = Practitioner.objects.get_or_create(
        organization=membership.organization,
        user=membership.user,
        defaults={"printed_name": membership.user.full_name},
    )
    return [profile] if is_new else []


def _join(invitation: Invitation, user: User, at: datetime) -> Membership:
    """The member starts with the roles that need no second person; the others are proposed by who invited."""
    membership = Membership.objects.filter(organization=invitation.organization, user=user).first() or Membership(
        organization=invitation.organization, user=user
    )
    rules.check_can_invite(
        invitation.roles, is_member=membership.joined_at is not None and membership.removed_at is None
    )
    membership.joined_at, membership.removed_at = at, None
    for role in invitation.roles - NEEDS_SECOND_PERSON:
        membership.set_role(role, held=True)
    membership.save()
    grants = [
        RoleGrant.objects.create(
            organization=invitation.organization,
            membership=membership,
            role=role,
            proposed_by=invitation.invited_by,
            proposed_at=at,
        )
        for role in sorted(invitation.roles & NEEDS_SECOND_PERSON)
    ]
    invitation.accepted_at, invitation.accepted_by = at, user
    invitation.save()
    audit.append(
        "clinic.staff_joined",
        agent=Agent("user", str(user.pk), invitation.organization_id, user.full_name),
        occurred_at=at,
        records=[membership, invitation, *grants, *ensure_profile(membership)],
    )
    return membership


def _locked(token: str, at: datetime) -> Invitation:
    found = find_invitation(token, at=at)
    invitation = Invitation.objects.select_for_update().get(pk=found.pk)
    rules.check_can_accept(is_open=_is_open(invitation, at), invited_email="", signed_in_email=None)
    return invitation


def _is_open(invitation: Invitation, at: datetime) -> bool:
    return invitation.accepted_at is None and invitation.withdrawn_at is None and at < invitation.expires_at


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
