"""Record who had a batch when, and correct it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.chain import CustodyCorrectionForm, CustodyForm
from products.models import CustodyEvent
from products.services import correct_custody, record_custody
from products.views.acts import Act, act_page, batch_crumbs
from products.views.found import WRITERS, batch_of, moment_and_day


@require_role(*WRITERS)
def custody_add(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Add an event to the way of a batch."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = CustodyForm(
        request.POST if request.method == "POST" else None, request.FILES or None, organization=request.organization
    )

    def do() -> str:
        record_custody(batch, form.draft(), today=today, agent=agent_of(request), at=now)
        return "It is on record."

    act = Act(
        title="Who had it when",
        button="Record it",
        after=reverse("batch", args=[batch.pk]) + "#way",
        crumbs=batch_crumbs(batch),
        intro="One shipment or receipt on the way from the maker to this clinic, as a paper shows it.",
    )
    return act_page(request, form, act, do)


@require_role(*WRITERS)
def custody_correct(request: ClinicRequest, batch_id: UUID, event_id: UUID) -> HttpResponse:
    """Supersede an event, or say that it was a mistake."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    event: CustodyEvent = get_object_or_404(CustodyEvent, batch=batch, pk=event_id)
    form = CustodyCorrectionForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        organization=request.organization,
        event=event,
    )

    def do() -> str:
        reason = form.cleaned_data["reason"]
        correct_custody(event, form.draft(), reason=reason, today=today, agent=agent_of(request), at=now)
        return "It is corrected. The earlier entry stays readable."

    act = Act(
        title="Correct an entry of its way",
        button="Correct it",
        after=reverse("batch", args=[batch.pk]) + "#way",
        crumbs=batch_crumbs(batch),
    )
    return act_page(request, form, act, do)
