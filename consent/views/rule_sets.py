"""The open consents that a rule set concerns: their verdict as the patient was told it, and as it would be."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, require_role
from consent import services
from consent.views.finding import READERS
from products.models import RuleSetVersion


@require_role(*READERS)
@require_safe
def rule_set_consents(request: ClinicRequest, version_id: UUID) -> HttpResponse:
    """Every draft and active consent of which the verdict would be another by this version."""
    version = get_object_or_404(
        RuleSetVersion.objects.at(request.organization).select_related("decision"), pk=version_id
    )
    changed = services.consents_that_change(request.organization, version)
    return render(request, "consent/rule_set.html", {"version": version, "changed": changed})
