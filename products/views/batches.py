"""Batches: the list, one batch, and what is done with it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from products import assessment, disclosure
from products.documentation import documentation_of
from products.forms.batch import ExportForm, ReasonForm
from products.forms.inputs import add_refusal
from products.models import Batch, Unit
from products.models.batch import NEWEST_FIRST
from products.rules import BATCH_TRANSITIONS
from products.services import (
    attach_size_measurement,
    hold_batch,
    reasons_against_release,
    release_batch,
)
from products.views import listed, shown
from products.views.certificates import certificates_of
from products.views.dossier import groups_of
from products.views.findings import shown_findings
from products.views.found import READERS, WRITERS, alarms_for, batch_of, may_write, moment_and_day
from products.views.glance import glance_at
from products.views.pages import page_of
from products.views.shown_life import life_of
from products.vocabulary import BatchStatus, ProvenanceState

STATE_KINDS = {
    ProvenanceState.COMPLETE: "quiet",
    ProvenanceState.INCOMPLETE: "warn",
    ProvenanceState.CONTRADICTORY: "stop",
}


@require_safe
@require_role(*READERS)
def batch_list(request: ClinicRequest) -> HttpResponse:
    """Batches, the newest first; `q` searches lot, serial and product, `state` is a filter."""
    _, today = moment_and_day(request)
    query = request.GET.get("q", "").strip()[: listed.LONGEST_QUERY]
    which = request.GET.get("state", "")
    found = listed.batches_found(request.organization, query, which, today).select_related("product")
    page = page_of(found, NEWEST_FIRST, request.GET.get("after", ""))
    vials = Unit.objects.filter(batch__in=page.rows).order_by().values_list("batch").annotate(Count("pk"))
    counted = dict(vials)
    return render(
        request,
        "products/batches.html",
        {
            "page": page,
            "rows": [(batch, shown.status_tag(batch, today), counted.get(batch.pk, 0)) for batch in page.rows],
            "query": query,
            "which": which,
            "filters": listed.BATCH_FILTERS.items(),
            "may_write": may_write(request),
        },
    )


@require_safe
@require_role(*READERS)
def batch_page(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """One batch: what is known, its size, its papers, its vials, and the next act."""
    return _batch_page(request, batch_of(request, batch_id), ReasonForm())


@require_role(*WRITERS)
def batch_size(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """File an instrument's export."""
    now, _ = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = ExportForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            attach_size_measurement(batch, form.upload(), agent=agent_of(request), at=now)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "The size distribution is on file. Look at it before you rely on it.")
            return redirect("batch", batch.pk)
    return render(
        request,
        "products/size.html",
        {"batch": batch, "form": form},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_POST
@require_role(Role.CLINIC_LEAD)
def batch_release(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Release a batch for use."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    try:
        read = request.POST.get("findings")
        release_batch(batch, today=today, agent=agent_of(request), at=now, findings_digest=read)
    except Refusal as refusal:
        return _batch_page(request, batch, ReasonForm(), refusal=refusal)
    messages.success(request, f"Lot {batch.lot_number} is released for use.")
    return redirect("batch", batch.pk)


@require_POST
@require_role(*WRITERS)
def batch_hold(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Stop the use of a batch."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            hold_batch(batch, reason=form.cleaned_data["reason"], today=today, agent=agent_of(request), at=now)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"Lot {batch.lot_number} is on hold.")
            return redirect("batch", batch.pk)
    return _batch_page(request, batch, form)


def _batch_page(
    request: ClinicRequest, batch: Batch, hold_form: ReasonForm, *, refusal: Refusal | None = None
) -> HttpResponse:
    _, today = moment_and_day(request)
    measurement = disclosure.measurement_in_force(batch)
    is_lead = request.membership.has_role(Role.CLINIC_LEAD)
    against = reasons_against_release(batch, today=today)
    judged = assessment.findings_of_batch(batch, on=today)
    state = assessment.state_of(judged)
    digest = assessment.reading_digest(judged)
    place = request.organization.jurisdiction
    uses = disclosure.standings(batch.product, jurisdiction=place, on=today)
    readings = list(batch.findings_readings.filter(digest=digest))
    return render(
        request,
        "products/batch.html",
        {
            "batch": batch,
            "product": batch.product,
            "tag": shown.status_tag(batch, today),
            "glance": glance_at((batch, assessment.answered_among(judged))),
            "documentation": documentation_of(batch.product, batch, has_record=any(use.is_checked for use in uses)),
            "facts": shown.batch_facts(batch, may_correct=may_write(request)),
            "units": list(batch.units.all()),
            "certificates": certificates_of(batch),
            "groups": groups_of(batch, may_write=may_write(request)),
            "alarms": alarms_for(request),
            "measurement": measurement,
            "figures": shown.size_figures(measurement) if measurement else [],
            "curves": [shown.curve(measurement, batch.lot_number)] if measurement else [],
            "against": against,
            "findings": shown_findings(request, judged, batch),
            "findings_digest": digest,
            "readings": readings,
            "is_read_by_me": any(one.read_by == agent_of(request).id for one in readings),
            "state": state,
            "state_kind": STATE_KINDS[state],
            "next_act": _next_act(batch, against),
            "methods": shown.methods_of([batch]),
            "may_write": may_write(request),
            "is_lead": is_lead,
            "may_hold": BatchStatus.ON_HOLD in BATCH_TRANSITIONS[batch.state_on(today)],
            "life": life_of(batch, today),
            "is_released": batch.status == BatchStatus.RELEASED,
            "hold_form": hold_form,
            "refusal": refusal,
        },
        status=422 if refusal or hold_form.errors else 200,
    )


def _next_act(batch: Batch, against: list[str]) -> str:
    if batch.status == BatchStatus.RELEASED:
        return ""
    for name, act in (("certificate_of_analysis", "certificate"), ("size", "size")):
        if not (batch.snapshot.get(name) or {}).get("evidence"):
            return act
    return "" if against else "release"
