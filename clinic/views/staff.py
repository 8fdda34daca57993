"""Staff: who works here, with which roles, and how they are printed."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import Refusal
from clinic import services
from clinic.fields import refuse
from clinic.forms import InvitationForm, PractitionerForm, ReasonForm, RoleForm
from clinic.models import Invitation, Membership, Practitioner, RoleGrant
from clinic.tenancy import ClinicRequest, agent_of, refused, require_role
from clinic.vocabulary import Role

LINK_KEY = "invitation_link"


@require_safe
@require_role(*Role)
def staff(request: ClinicRequest) -> HttpResponse:
    """Everybody who works here, open invitations, and roles that wait for a second person."""
    organization = request.organization
    context = {
        "members": Membership.objects.at(organization).current().select_related("user"),
        "former": Membership.objects.at(organization).exclude(removed_at=None).select_related("user"),
        "grants": RoleGrant.objects.at(organization).waiting().select_related("membership__user", "proposed_by"),
        "invitations": Invitation.objects.at(organization).open_on(timezone.now()),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
        # Shown once: the token is kept nowhere else.
        "new_link": request.session.pop(LINK_KEY, None),
    }
    return render(request, "clinic/staff.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def staff_invite(request: ClinicRequest) -> HttpResponse:
    """Invite somebody; the link is shown to be copied, and mailed where there is a mail server."""
    form = InvitationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            invitation, token = services.invite_staff(
                request.organization, form.wish, agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            link = settings.BASE_URL + reverse("invitation_accept", args=[token])
            request.session[LINK_KEY] = {"email": invitation.email, "link": link}
            if services.has_mail_server():
                text = f"{request.organization.name} invites you to Candour. Within seven days, open\n\n{link}\n"
                answer = services.send_mail(invitation.email, f"Invitation from {request.organization.name}", text)
                messages.add_message(
                    request, messages.SUCCESS if answer.is_accepted else messages.WARNING, answer.words
                )
            return redirect("staff")
    return render(request, "clinic/staff_invite.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@require_role(Role.CLINIC_LEAD)
def invitation_withdraw(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Make an invitation's link useless."""
    invitation = get_object_or_404(Invitation.objects.at(request.organization), pk=pk)
    try:
        services.withdraw_invitation(invitation, agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"The invitation of {invitation.email} no longer works.")
    return redirect("staff")


@require_safe
@require_role(*Role)
def staff_show(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """One member: roles, printed profile, and what a lead can do."""
    member = _member(request, pk)
    waiting = RoleGrant.objects.at(request.organization).waiting().filter(membership=member)
    context = {
        "member": member,
        "held": [role for role in Role if member.has_role(role)],
        "waiting": waiting.select_related("proposed_by"),
        "profile": Practitioner.objects.at(request.organization).filter(user=member.user).first(),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
        "is_self": member.pk == request.membership.pk,
    }
    return render(request, "clinic/staff_show.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def staff_remove(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """End somebody's work here, after asking once."""
    member = _member(request, pk)
    if request.method == "POST":
        try:
            services.remove_member(member, agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("staff_show", pk=member.pk)
        messages.success(request, f"{member.user.full_name} no longer works here. Their records stay.")
        return redirect("staff")
    return render(request, "clinic/staff_remove.html", {"member": member})


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def role_propose(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Propose a role for a colleague."""
    member = _member(request, pk)
    form = RoleForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            grant = services.propose_role(
                member, Role(form.cleaned_data["role"]), agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            words = "is in force" if grant.is_confirmed else "waits for a second person"
            messages.success(request, f"The role {grant.get_role_display().lower()} {words}.")
            return redirect("staff_show", pk=member.pk)
    return render(
        request, "clinic/role_propose.html", {"form": form, "member": member}, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def role_confirm(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Confirm or decline, as a second person, a role that a colleague proposed."""
    grants = RoleGrant.objects.at(request.organization).select_related("membership__user", "proposed_by")
    grant = get_object_or_404(grants, pk=pk)
    if request.method == "POST":
        decide = services.decline_role if request.POST.get("decision") == "decline" else services.confirm_role
        try:
            decide(grant, agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            messages.error(request, refusal.message)
            return redirect("role_confirm", pk=grant.pk)
        words = "declined" if decide is services.decline_role else "confirmed"
        messages.success(request, f"The role {grant.get_role_display().lower()} is {words}.")
        return redirect("staff_show", pk=grant.membership_id)
    return render(request, "clinic/role_confirm.html", {"grant": grant})


@require_POST
@require_role(Role.CLINIC_LEAD)
def role_withdraw(request: ClinicRequest, pk: UUID, role: str) -> HttpResponse:
    """End a role that is in force."""
    member = _member(request, pk)
    if role not in Role.values:
        raise Http404
    try:
        services.withdraw_role(member, Role(role), agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{member.user.full_name} is no longer {Role(role).label.lower()}.")
    return redirect("staff_show", pk=member.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def second_factor_reset(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Let a colleague who lost their second factor in again; they are told."""
    member = _member(request, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.reset_second_factor(
                member, reason=form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, f"{member.user.full_name} signs in with the password alone and is told so.")
            if services.has_mail_server():
                text = (
                    f"{request.user.full_name} at {request.organization.name} reset your second factor in Candour. "
                    "If you did not ask for this, tell your clinic lead now.\n"
                )
                services.send_mail(member.user.email, "Your second factor was reset", text)
            return redirect("staff_show", pk=member.pk)
    context = {"form": form, "member": member}
    return render(request, "clinic/second_factor_reset.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.PRACTITIONER, Role.CLINIC_LEAD)
def practitioner_change(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """How a practitioner is printed: changed by themselves or by a lead."""
    member = _member(request, pk)
    if member.pk != request.membership.pk and not request.membership.has_role(Role.CLINIC_LEAD):
        return refused(request, "You can change your own profile. A clinic lead can change a colleague's.")
    profile = Practitioner.objects.at(request.organization).filter(user=member.user).first()
    names = ("printed_name", "registration_body", "registration_number", "register_url")
    form = PractitionerForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(profile, name) for name in names}
        if profile
        else {"printed_name": member.user.full_name},
    )
    if form.is_bound and form.is_valid():
        try:
            services.change_practitioner(member, form.details, agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "The profile is changed. Documents issued before keep what they said.")
            return redirect("staff_show", pk=member.pk)
    context = {"form": form, "member": member}
    return render(request, "clinic/practitioner_change.html", context, status=422 if form.errors else 200)


def _member(request: ClinicRequest, pk: UUID) -> Membership:
    members = Membership.objects.at(request.organization).current().select_related("user", "organization")
    return get_object_or_404(members, pk=pk)
