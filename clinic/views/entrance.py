"""Pages that somebody without an account may open: the first start, and an invitation."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic import services
from clinic.errors import InvitationRefusedError
from clinic.fields import refuse
from clinic.forms import NewPersonForm, StartForm
from clinic.models import Organization, User
from clinic.tenancy import choose


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Make the first clinic and its first administrator. There is no such page once a clinic exists."""
    if Organization.objects.exists():
        raise Http404
    form = StartForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if form.is_bound and form.is_valid():
        try:
            services.open_first_clinic(
                form.details,
                form.places,
                form.administrator,
                code=form.cleaned_data["start_code"],
                at=timezone.now(),
                logo=form.cleaned_data["logo"],
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "Your clinic is open. Sign in, then add a passkey or an authenticator app.")
            return redirect("account_login")
    return render(request, "clinic/start.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Join a clinic: with a new account, or as the person who is signed in."""
    now = timezone.now()
    try:
        invitation = services.find_invitation(token, at=now)
    except InvitationRefusedError as refusal:
        return render(request, "clinic/invitation_closed.html", {"refusal": refusal}, status=404)
    known = User.objects.filter(email=invitation.email).exists()
    form = NewPersonForm(request.POST if request.method == "POST" and not known else None, email=invitation.email)
    context = {"invitation": invitation, "form": form, "known": known}
    if request.method == "POST":
        try:
            if isinstance(request.user, User):
                services.join_as(request.user, token, at=now)
                choose(request, invitation.organization)
                messages.success(request, f"You work at {invitation.organization.name} now.")
                return redirect("today")
            if form.is_valid():
                values = form.cleaned_data
                services.join_as_new_person(token, full_name=values["full_name"], password=values["password"], at=now)
                messages.success(request, "Your account is ready. Sign in with your e-mail address and password.")
                return redirect("account_login")
        except Refusal as refusal:
            if known or request.user.is_authenticated:
                messages.error(request, refusal.message)
            else:
                refuse(form, refusal)
    return render(request, "clinic/invitation_accept.html", context, status=422 if form.errors else 200)
