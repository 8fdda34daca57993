"""Taking away the register and the sealed files of a period: for those who answer for the records."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from clinic.rest import download, zipped
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import services
from consent.forms.acts import PeriodForm
from consent.forms.filtering import filters
from consent.views.finding import found_consent


@require_role(*services.EXPORTERS)
@require_safe
def register(request: ClinicRequest, form: str) -> HttpResponse:
    """The consents of the list, as it is narrowed, as a table."""
    if form not in services.REGISTER_TYPES:
        raise Http404
    now = timezone.now()
    asked = filters(request.GET, request.organization)
    if asked.is_refused:
        return redirect(f"{reverse('consents')}?{request.GET.urlencode()}")
    found = asked.consents(request.organization, at=now)
    content = services.export_register(
        request.organization, found, form, asked.question(), agent=agent_of(request), at=now
    )
    return download(content, media_type=services.REGISTER_TYPES[form], name=f"consents.{form}")


@require_role(*services.EXPORTERS)
@require_safe
def files(request: ClinicRequest) -> HttpResponseBase:
    """Asks for the first and the last day; with both, a ZIP of what was sealed in them."""
    form = PeriodForm(request.GET if "until_0" in request.GET or "until" in request.GET else None)
    if form.is_bound and form.is_valid():
        since, until = form.cleaned_data["since"], form.cleaned_data["until"]
        try:
            packed = services.export_period(
                request.organization, since, until, agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return zipped(packed, f"sealed-files-{since.isoformat()}-{until.isoformat()}.zip")
    return render(request, "consent/files.html", {"form": form}, status=422 if form.errors else 200)


@require_role(*services.EXPORTERS)
@require_safe
def pack(request: ClinicRequest, consent_id: UUID) -> HttpResponseBase:
    """Everything that bears on one consent, in one ZIP."""
    found = found_consent(request, consent_id)
    packed = services.export_pack(found, agent=agent_of(request), at=timezone.now())
    return zipped(packed, f"{found.reference}.zip")
