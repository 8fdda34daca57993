"""The clinic's screening policy: what a yes to each health question means here."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import services
from consent.forms.steps import ScreeningForm
from consent.models import ScreeningRule
from consent.views.finding import READERS
from consent.vocabulary import ScreeningPolicy


@require_role(*READERS)
@require_safe
def screening(request: ClinicRequest) -> HttpResponse:
    """Every health question with what a yes means: the default, or what the clinic decided, by whom and why."""
    own = ScreeningRule.objects.at(request.organization).in_force()
    rows = [
        {
            "group": group,
            "policy": ScreeningPolicy(own[group.key].policy if group.key in own else group.policy),
            "rule": own.get(group.key),
            "raised": [ScreeningPolicy(policy) for policy in (group.raised or {}).values()],
        }
        for group in services.screening_groups()
    ]
    may_change = Role.CLINIC_LEAD in request.membership.roles
    return render(request, "consent/screening.html", {"rows": rows, "may_change": may_change})


@require_role(Role.CLINIC_LEAD)
@require_http_methods(["GET", "HEAD", "POST"])
def screening_change(request: ClinicRequest, group: str) -> HttpResponse:
    """Decide on one question, with a reason; Documents that are out keep what they were issued with."""
    known = next((one for one in services.screening_groups() if one.key == group), None)
    if known is None:
        raise Http404
    policies = services.screening_policies(request.organization)
    form = ScreeningForm(
        request.POST if request.method == "POST" else None, initial={"policy": policies.get(group, known.policy)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.set_screening_policy(
                request.organization,
                group,
                ScreeningPolicy(form.cleaned_data["policy"]),
                reason=form.cleaned_data["reason"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Changed. It counts for every text issued from now on.")
            return redirect("screening")
    return render(
        request, "consent/screening_change.html", {"group": known, "form": form}, status=422 if form.errors else 200
    )
