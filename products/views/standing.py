"""File what the law says of a product here, and lift a STOP with two named people."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from products import disclosure
from products.forms.batch import ReasonForm
from products.forms.inputs import add_refusal
from products.forms.standing import RegulatoryRecordForm
from products.models import RegulatoryRecord, StandingRelease
from products.places import place_words
from products.services import add_regulatory_record, can_lift, confirm_release, propose_release
from products.views import shown
from products.views.found import READERS, WRITERS, may_write, moment_and_day, product_of


@require_role(*WRITERS)
def record_add(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """File a regulatory record."""
    now, today = moment_and_day(request)
    product = product_of(request, product_id)
    form = RegulatoryRecordForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        jurisdiction=request.organization.jurisdiction,
        routes=product.routes,
    )
    if request.method == "POST" and form.is_valid():
        try:
            add_regulatory_record(product, form.draft(), today=today, agent=agent_of(request), at=now)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "The record is on file.")
            return redirect("product_standing", product.pk)
    return render(
        request,
        "products/record.html",
        {"product": product, "form": form},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_safe
@require_role(*READERS)
def product_standing(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """Why a use is stopped or warned of, what would change it, and what is on file."""
    return _page(request, product_id, None)


@require_POST
@require_role(Role.CLINIC_LEAD)
def release_propose(request: ClinicRequest, product_id: UUID, record_id: UUID) -> HttpResponse:
    """Propose, as the first person, that a record lifts a STOP."""
    now, _ = moment_and_day(request)
    product = product_of(request, product_id)
    record: RegulatoryRecord = get_object_or_404(RegulatoryRecord, pk=record_id, product=product)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, product_id, Refusal("Say why this record covers this use.", code="standing.reason"))
    try:
        propose_release(record, reason=form.cleaned_data["reason"], agent=agent_of(request), at=now)
    except Refusal as refusal:
        return _page(request, product_id, refusal)
    messages.success(request, "Proposed. Another clinic lead must confirm it.")
    return redirect("product_standing", product.pk)


@require_POST
@require_role(Role.CLINIC_LEAD)
def release_confirm(request: ClinicRequest, product_id: UUID, release_id: UUID) -> HttpResponse:
    """Confirm it as the second person."""
    now, _ = moment_and_day(request)
    product = product_of(request, product_id)
    release: StandingRelease = get_object_or_404(StandingRelease, pk=release_id, product=product)
    try:
        confirm_release(release, agent=agent_of(request), at=now)
    except Refusal as refusal:
        return _page(request, product_id, refusal)
    messages.success(request, "Confirmed. Every document for this use now says so.")
    return redirect("product_standing", product.pk)


def _page(request: ClinicRequest, product_id: UUID, refusal: Refusal | None) -> HttpResponse:
    _, today = moment_and_day(request)
    product = product_of(request, product_id)
    place = request.organization.jurisdiction
    standings = disclosure.standings(product, jurisdiction=place, on=today)
    records = list(product.regulatory_records.select_related("evidence", "superseded_by", "release"))
    return render(
        request,
        "products/standing.html",
        {
            "product": product,
            "place": place_words(place),
            "uses": shown.uses_of(standings),
            "rule_set": standings[0].verdict if standings else None,
            "records": [
                {
                    "record": record,
                    "place": place_words(record.jurisdiction),
                    "release": getattr(record, "release", None),
                    "is_superseded": hasattr(record, "superseded_by"),
                    "can_lift": can_lift(record) and not hasattr(record, "superseded_by"),
                }
                for record in records
            ],
            "may_write": may_write(request),
            "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
            "refusal": refusal,
        },
        status=422 if refusal else 200,
    )
