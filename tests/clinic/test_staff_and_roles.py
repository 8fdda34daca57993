"""Staff are invited, joined, removed; roles that can release or audit take two people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator

from audit.services import entries_for
from clinic.errors import (
    InvitationRefusedError,
    RoleRefusedError,
    SecondFactorRefusedError,
    StaffRefusedError,
)
from clinic.models import Invitation, Membership, Practitioner, RoleGrant, User
from clinic.records import StaffInvitation
from clinic.services import (
    confirm_role,
    confirm_role_as_operator,
    decline_role,
    find_invitation,
    invite_staff,
    join_as,
    join_as_new_person,
    propose_role,
    remove_member,
    reset_second_factor,
    reset_second_factor_as_operator,
    withdraw_invitation,
    withdraw_role,
)
from clinic.vocabulary import Role
from tests import cast

pytestmark = pytest.mark.django_db
NEW = "new.colleague@example.org"


def membership(user: User) -> Membership:
    return Membership.objects.get(user=user)


def invite(harbour, lead, *roles: Role, email=NEW):
    wish = StaffInvitation(email, frozenset(roles or {Role.PRACTITIONER}))
    return invite_staff(harbour, wish, agent=cast.agent_for(lead, harbour), at=cast.NOW)


def join(token, at=cast.NOW):
    return join_as_new_person(token, full_name="New Colleague", password=cast.PASSWORD, at=at)


def agrees_with_log(row) -> bool:
    row = type(row).objects.get(pk=row.pk)
    last = entries_for(row._meta.label_lower, row.pk)[-1]
    (digest,) = [item["sha256"] for item in last.detail.body["records"] if item["pk"] == str(row.pk)]
    return digest == row.record_sha256()


class TestInviting:
    def test_a_practitioner_works_at_once(self, harbour, lead):
        invitation, token = invite(harbour, lead)
        member = join(token)
        assert member.roles == {Role.PRACTITIONER}
        assert member.user.check_password(cast.PASSWORD)
        assert Practitioner.objects.get(user=member.user).printed_name == "New Colleague"
        assert agrees_with_log(member)
        assert agrees_with_log(invitation)

    def test_the_token_is_not_kept(self, harbour, lead):
        invitation, token = invite(harbour, lead)
        assert token not in str(vars(invitation))

    def test_works_once(self, harbour, lead):
        _, token = invite(harbour, lead)
        join(token)
        with pytest.raises(InvitationRefusedError):
            join(token)
        assert User.objects.filter(email=NEW).count() == 1

    def test_works_for_seven_days(self, harbour, lead):
        _, token = invite(harbour, lead)
        assert find_invitation(token, at=cast.NOW + timedelta(days=6, hours=23))
        with pytest.raises(InvitationRefusedError, match="seven days"):
            join(token, at=cast.NOW + timedelta(days=7))

    def test_can_be_withdrawn(self, harbour, lead):
        invitation, token = invite(harbour, lead)
        withdraw_invitation(invitation, agent=cast.agent_for(lead, harbour), at=cast.NOW)
        with pytest.raises(InvitationRefusedError):
            join(token)

    def test_a_second_invitation_ends_the_first(self, harbour, lead):
        _, first = invite(harbour, lead)
        invite(harbour, lead)
        with pytest.raises(InvitationRefusedError):
            join(first)

    def test_a_wrong_token_is_refused_like_an_old_one(self, harbour):
        with pytest.raises(InvitationRefusedError) as refusal:
            find_invitation("guess", at=cast.NOW)
        assert refusal.value.code == "invitation.closed"

    def test_a_lead_waits_for_a_second_person(self, harbour, lead, second_lead):
        _, token = invite(harbour, lead, Role.CLINIC_LEAD, Role.PRACTITIONER)
        member = join(token)
        assert member.roles == {Role.PRACTITIONER}
        grant = RoleGrant.objects.get(membership=member)
        assert grant.proposed_by == lead
        confirm_role(grant, agent=cast.agent_for(second_lead, harbour), at=cast.NOW)
        assert Role.CLINIC_LEAD in membership(member.user).roles

    def test_somebody_of_another_clinic_joins_with_their_own_account(self, harbour, lead, stranger):
        _, token = invite(harbour, lead, email=stranger.email.upper())
        with pytest.raises(InvitationRefusedError, match="Sign in"):
            join(token)
        join_as(stranger, token, at=cast.NOW)
        assert Membership.objects.filter(user=stranger).count() == 2

    def test_nobody_joins_for_another_address(self, harbour, lead, stranger):
        _, token = invite(harbour, lead)
        with pytest.raises(InvitationRefusedError, match=r"is for new\.colleague"):
            join_as(stranger, token, at=cast.NOW)

    def test_who_works_here_is_not_invited(self, harbour, lead, practitioner):
        with pytest.raises(StaffRefusedError, match="already works here"):
            invite(harbour, lead, email=practitioner.email)

    def test_needs_a_role(self, harbour, lead):
        with pytest.raises(StaffRefusedError):
            invite_staff(harbour, StaffInvitation(NEW, frozenset()), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert not Invitation.objects.exists()


class TestRemoving:
    def test_ends_every_role_and_keeps_the_row(self, harbour, lead, practitioner):
        remove_member(membership(practitioner), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        member = membership(practitioner)
        assert (member.roles, member.removed_at) == (frozenset(), cast.NOW)
        assert agrees_with_log(member)

    def test_the_last_lead_stays(self, harbour, lead, practitioner):
        with pytest.raises(StaffRefusedError) as refusal:
            remove_member(membership(lead), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert refusal.value.code == "staff.last_lead"
        with pytest.raises(RoleRefusedError):
            withdraw_role(membership(lead), Role.CLINIC_LEAD, agent=cast.agent_for(lead, harbour), at=cast.NOW)

    def test_one_of_two_leads_can_go(self, harbour, lead, second_lead):
        remove_member(membership(lead), agent=cast.agent_for(second_lead, harbour), at=cast.NOW)
        with pytest.raises(StaffRefusedError):
            remove_member(membership(second_lead), agent=cast.agent_for(second_lead, harbour), at=cast.NOW)

    def test_a_removed_person_can_be_invited_again(self, harbour, lead, practitioner):
        remove_member(membership(practitioner), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        _, token = invite(harbour, lead, email=practitioner.email)
        join_as(practitioner, token, at=cast.NOW)
        assert membership(practitioner).has_role(Role.PRACTITIONER)

    def test_a_removed_person_sees_nothing_from_the_next_request_on(self, harbour, lead, practitioner, signed_in):
        browser = signed_in(practitioner)
        assert browser.get("/patients/").status_code == 200
        remove_member(membership(practitioner), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert browser.get("/patients/").status_code == 403


class TestGrantingRoles:
    def propose(self, harbour, lead, person, role=Role.AUDITOR):
        return propose_role(membership(person), role, agent=cast.agent_for(lead, harbour), at=cast.NOW)

    def test_a_proposal_alone_gives_nothing(self, harbour, lead, practitioner):
        grant = self.propose(harbour, lead, practitioner)
        assert not membership(practitioner).has_role(Role.AUDITOR)
        assert agrees_with_log(grant)

    def test_the_proposer_cannot_confirm(self, harbour, lead, practitioner):
        grant = self.propose(harbour, lead, practitioner)
        with pytest.raises(RoleRefusedError, match="another clinic lead must confirm") as refusal:
            confirm_role(grant, agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert refusal.value.code == "role.same_person"
        assert not membership(practitioner).has_role(Role.AUDITOR)

    def test_the_receiver_cannot_confirm(self, harbour, lead, second_lead):
        grant = self.propose(harbour, lead, second_lead)
        with pytest.raises(RoleRefusedError) as refusal:
            confirm_role(grant, agent=cast.agent_for(second_lead, harbour), at=cast.NOW)
        assert refusal.value.code == "role.self"

    def test_nobody_proposes_themselves(self, harbour, lead):
        with pytest.raises(RoleRefusedError):
            self.propose(harbour, lead, lead)

    def test_a_second_lead_puts_it_in_force_once(self, harbour, lead, second_lead, practitioner):
        grant = self.propose(harbour, lead, practitioner)
        second = cast.agent_for(second_lead, harbour)
        confirm_role(grant, agent=second, at=cast.NOW)
        assert membership(practitioner).roles == {Role.PRACTITIONER, Role.AUDITOR}
        assert agrees_with_log(membership(practitioner))
        assert entries_for("clinic.rolegrant", grant.pk)[-1].detail.body["agent"]["id"] == str(second_lead.pk)
        with pytest.raises(RoleRefusedError):
            confirm_role(grant, agent=second, at=cast.NOW)

    def test_a_declined_role_is_not_in_force(self, harbour, lead, second_lead, practitioner):
        grant = self.propose(harbour, lead, practitioner)
        decline_role(grant, agent=cast.agent_for(second_lead, harbour), at=cast.NOW)
        assert not membership(practitioner).has_role(Role.AUDITOR)
        with pytest.raises(RoleRefusedError):
            confirm_role(grant, agent=cast.agent_for(second_lead, harbour), at=cast.NOW)

    def test_the_operator_confirms_where_there_is_no_second_lead(self, harbour, lead, practitioner):
        grant = self.propose(harbour, lead, practitioner, Role.CLINIC_LEAD)
        confirm_role_as_operator(grant, at=cast.NOW)
        assert membership(practitioner).has_role(Role.CLINIC_LEAD)
        assert entries_for("clinic.rolegrant", grant.pk)[-1].detail.body["agent"]["kind"] == "operator"

    def test_a_practitioner_needs_no_second_person(self, harbour, lead, auditor):
        assert self.propose(harbour, lead, auditor, Role.PRACTITIONER).is_confirmed
        assert Practitioner.objects.filter(user=auditor).exists()

    def test_one_proposal_waits_at_a_time(self, harbour, lead, practitioner):
        self.propose(harbour, lead, practitioner)
        with pytest.raises(RoleRefusedError, match="waits"):
            self.propose(harbour, lead, practitioner)

    def test_a_role_in_force_is_not_proposed(self, harbour, lead, practitioner):
        with pytest.raises(RoleRefusedError, match="already"):
            self.propose(harbour, lead, practitioner, Role.PRACTITIONER)


class TestLosingTheSecondFactor:
    @pytest.fixture
    def locked_out(self, practitioner):
        Authenticator.objects.create(user=practitioner, type=Authenticator.Type.TOTP, data={"secret": "x"})
        return practitioner

    def reset(self, harbour, lead, person):
        return reset_second_factor(
            membership(person), reason="Lost her phone", agent=cast.agent_for(lead, harbour), at=cast.NOW
        )

    def test_a_lead_takes_the_factors_away_and_the_log_says_so(self, harbour, lead, locked_out):
        reset = self.reset(harbour, lead, locked_out)
        assert not Authenticator.objects.filter(user=locked_out).exists()
        assert agrees_with_log(reset)
        assert entries_for("clinic.secondfactorreset", reset.pk)[0].detail.body["factors"] == ["totp"]

    def test_nobody_resets_their_own(self, harbour, lead):
        Authenticator.objects.create(user=lead, type=Authenticator.Type.TOTP, data={"secret": "x"})
        with pytest.raises(SecondFactorRefusedError):
            self.reset(harbour, lead, lead)
        reset_second_factor_as_operator(lead, reason="Only lead, lost her key", at=cast.NOW)
        assert not Authenticator.objects.exists()

    def test_another_clinic_relies_on_it_too(self, harbour, inland, lead, locked_out):
        member = Membership(organization=inland, user=locked_out, joined_at=cast.NOW, is_practitioner=True)
        cast.record(inland, member)
        with pytest.raises(SecondFactorRefusedError, match="another clinic"):
            reset_second_factor(
                Membership.objects.get(user=locked_out, organization=harbour),
                reason="Lost",
                agent=cast.agent_for(lead, harbour),
                at=cast.NOW,
            )
        assert Authenticator.objects.exists()

    def test_there_must_be_something_to_reset(self, harbour, lead, practitioner):
        with pytest.raises(SecondFactorRefusedError):
            self.reset(harbour, lead, practitioner)

    def test_the_person_is_told_at_the_next_sign_in_and_only_then(self, harbour, lead, locked_out, client):
        self.reset(harbour, lead, locked_out)
        credentials = {"login": locked_out.email, "password": cast.PASSWORD}
        page = client.post("/accounts/login/", credentials, follow=True)
        assert "Ada Lead reset your second factor. Reason: Lost her phone" in page.content.decode()
        client.post("/accounts/logout/")
        assert "reset your second" not in client.post("/accounts/login/", credentials, follow=True).content.decode()
