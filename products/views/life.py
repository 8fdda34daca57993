"""What happens to a batch: moves from state to state, temperatures, decisions, vials counted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from products.forms.batch import ReasonForm
from products.forms.life import DecisionForm, ReceivedForm, StockForm, TemperatureForm, UnitsForm
from products.models import Batch, TemperatureRecord
from products.services import (
    count_stock,
    decide_excursion,
    deplete_batch,
    destroy_batch,
    recall_batch,
    record_temperature,
    record_units,
    return_batch,
    state_received,
)
from products.views.acts import Act, act_page, batch_crumbs
from products.views.found import WRITERS, batch_of, moment_and_day

# Act in the address, what the page says, the service.
MOVES = {
    "deplete": ("All vials are used", "For a lot of which nothing is left.", deplete_batch),
    "recall": (
        "Recall it",
        "Its use stops at once and for good. A recall is possible in every state, also where nothing is left.",
        recall_batch,
    ),
    "return": ("Send it back", "What is in stock by the count leaves as returned.", return_batch),
    "destroy": ("Destroy it", "What is in stock by the count leaves as destroyed.", destroy_batch),
}


@require_role(*WRITERS)
def batch_move(request: ClinicRequest, batch_id: UUID, act: str) -> HttpResponse:
    """Move a batch to another state, with the reason."""
    if act not in MOVES:
        raise Http404("There is no such move.")
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    title, intro, service = MOVES[act]
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        reason = form.cleaned_data["reason"]
        moved = service(batch, reason=reason, today=today, agent=agent_of(request), at=now)
        return f"Lot {batch.lot_number} is now “{moved.get_status_display()}”."

    return _page(request, batch, form, title, title, do, intro=intro, is_danger=True, anchor="life")


@require_role(*WRITERS)
def temperature_add(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """File a temperature logger's summary."""
    now, _ = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = TemperatureForm(
        request.POST if request.method == "POST" else None, request.FILES or None, zone=request.organization.time_zone
    )

    def do() -> str:
        record = record_temperature(batch, form.draft(), agent=agent_of(request), at=now)
        if record.is_excursion:
            return "It left its limits, so the lot may not be used until a named person has decided."
        return "The temperatures are on record, within the limits of the label."

    intro = "What the logger shows. Outside the limits of the label, the lot goes on hold at once."
    return _page(
        request, batch, form, "Temperature on the way or in store", "Record it", do, intro=intro, anchor="cold"
    )


@require_role(Role.CLINIC_LEAD)
def excursion_decide(request: ClinicRequest, batch_id: UUID, record_id: UUID) -> HttpResponse:
    """Decide, by name, what a temperature excursion means."""
    now, _ = moment_and_day(request)
    batch = batch_of(request, batch_id)
    record: TemperatureRecord = get_object_or_404(TemperatureRecord, batch=batch, pk=record_id)
    form = DecisionForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        said = form.cleaned_data
        decide_excursion(record, said["outcome"], reason=said["reason"], agent=agent_of(request), at=now)
        return "The decision is on record. The lot stays on hold until it is released."

    return _page(
        request, batch, form, "Decide about the excursion", "Decide", do, intro=batch.status_reason, anchor="cold"
    )


@require_role(*WRITERS)
def units_received(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Say how many vials came."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = ReceivedForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        quantity = form.cleaned_data["quantity"]
        counted = state_received(batch, quantity, today=today, agent=agent_of(request), at=now)
        return "The number is on record." if counted else "That is what was on record already."

    return _page(request, batch, form, "How many vials came", "Save", do, anchor="vials")


@require_role(*WRITERS)
def units_count(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Compare the shelf with the record."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = StockForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        found = form.cleaned_data["quantity"]
        counted = count_stock(batch, found, today=today, agent=agent_of(request), at=now)
        return f"{counted.reason}." if counted else "The shelf agrees with the record."

    return _page(request, batch, form, "Count the shelf", "Compare", do, anchor="vials")


@require_role(*WRITERS)
def units_record(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Say what became of some vials."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = UnitsForm(
        request.POST if request.method == "POST" else None, batch=batch, initial={"happened_on": today, "act": "USED"}
    )

    def do() -> str:
        said = form.cleaned_data
        record_units(
            batch,
            said["act"],
            said["quantity"],
            unit=form.chosen(),
            happened_on=said["happened_on"],
            reason=said["reason"],
            today=today,
            agent=agent_of(request),
            at=now,
        )
        return "It is on record."

    return _page(request, batch, form, "What became of vials", "Record it", do, anchor="vials")


def _page(
    request: ClinicRequest,
    batch: Batch,
    form: forms.Form,
    title: str,
    button: str,
    do: Callable[[], str],
    *,
    anchor: str,
    intro: str = "",
    is_danger: bool = False,
) -> HttpResponse:
    act = Act(
        title=title,
        button=button,
        after=reverse("batch", args=[batch.pk]) + f"#{anchor}",
        crumbs=batch_crumbs(batch),
        intro=intro,
        is_danger=is_danger,
    )
    return act_page(request, form, act, do)
