"""What a clinic says about itself, its locations, its mail, and which clinic one works in."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import Refusal
from clinic import services
from clinic.fields import refuse
from clinic.forms import ClinicForm, LocationForm, MailTestForm
from clinic.models import Location, Membership
from clinic.places import jurisdictions
from clinic.tenancy import ClinicRequest, agent_of, choose, needs_no_clinic, require_role
from clinic.vocabulary import Role


@require_safe
@require_role(*Role)
def clinic_settings(request: ClinicRequest) -> HttpResponse:
    """What patients are told about this clinic, and where to change it."""
    organization = request.organization
    context = {
        "locations": Location.objects.at(organization).filter(closed_at=None),
        "jurisdiction": jurisdictions().get(organization.jurisdiction, organization.jurisdiction),
        "code_ways": services.code_ways(),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
    }
    return render(request, "clinic/settings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def clinic_change(request: ClinicRequest) -> HttpResponse:
    """Change what patients are told."""
    form = ClinicForm(
        request.POST if request.method == "POST" else None, request.FILES or None, organization=request.organization
    )
    if form.is_bound and form.is_valid():
        try:
            services.change_clinic(
                request.organization,
                form.details,
                agent=agent_of(request),
                at=timezone.now(),
                logo=form.cleaned_data["logo"],
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, "The settings are changed. Documents issued before keep what they said.")
            return redirect("clinic_settings")
    return render(request, "clinic/change.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def location_add(request: ClinicRequest) -> HttpResponse:
    """Add a place where the clinic sees patients."""
    form = LocationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        services.add_location(request.organization, form.place, agent=agent_of(request), at=timezone.now())
        messages.success(request, "The location is added.")
        return redirect("clinic_settings")
    return render(request, "clinic/location_add.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@require_role(Role.CLINIC_LEAD)
def location_close(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """End a location."""
    location = get_object_or_404(Location.objects.at(request.organization), pk=pk)
    try:
        services.close_location(location, agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{location.name} is closed.")
    return redirect("clinic_settings")


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def mail_test(request: ClinicRequest) -> HttpResponse:
    """Send a test message and show what the mail server answered."""
    form = MailTestForm(request.POST if request.method == "POST" else None, initial={"to": request.user.email})
    answer = None
    if form.is_bound and form.is_valid():
        answer = services.send_test_message(form.cleaned_data["to"], agent=agent_of(request), at=timezone.now())
    context = {"form": form, "answer": answer}
    return render(request, "clinic/mail_test.html", context, status=422 if form.errors else 200)


@needs_no_clinic
@require_http_methods(["GET", "HEAD", "POST"])
def switch_clinic(request: HttpRequest) -> HttpResponse:
    """Choose which clinic to work in."""
    memberships = (
        Membership.objects.current().filter(user=cast("ClinicRequest", request).user).select_related("organization")
    )
    if request.method == "POST":
        by_organization = {str(item.organization_id): item for item in memberships}
        membership = by_organization.get(request.POST.get("organization", ""))
        if membership is not None:
            choose(request, membership.organization)
            return redirect("today")
        messages.error(request, "Choose one of your clinics.")
    status = 422 if request.method == "POST" else 200
    return render(request, "clinic/switch.html", {"memberships": memberships}, status=status)
