"""Labels of the clinic's own for vials that carry no code: number them, print them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.life import LabelsForm
from products.labels import symbol_for
from products.services import issue_labels
from products.views.acts import Act, act_page, batch_crumbs
from products.views.found import READERS, WRITERS, batch_of, may_write, moment_and_day

MOST_SHOWN = 200


@require_safe
@require_role(*READERS)
def labels(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """The labels of a batch as a sheet to print, the newest first."""
    batch = batch_of(request, batch_id)
    units = batch.units.filter(is_labelled_here=True).order_by("-serial_number")[:MOST_SHOWN]
    sheet = [
        (
            unit,
            symbol_for(
                unit=unit.pk,
                number=unit.serial_number,
                gtin=batch.product.gtin,
                lot_number=batch.lot_number,
                expiration_date=batch.expiration_date,
            ),
        )
        for unit in units
    ]
    return render(request, "products/labels.html", {"batch": batch, "sheet": sheet, "may_write": may_write(request)})


@require_role(*WRITERS)
def labels_add(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Number vials that have no serial number."""
    now, _ = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = LabelsForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        units = issue_labels(batch, form.cleaned_data["quantity"], agent=agent_of(request), at=now)
        return f"{len(units)} {'label is' if len(units) == 1 else 'labels are'} ready to print."

    act = Act(
        title="Labels for vials without a code",
        button="Make the labels",
        after=reverse("batch_labels", args=[batch.pk]),
        crumbs=batch_crumbs(batch),
        intro="Each vial gets a number of this clinic. The code on the label is read by our own scan page.",
    )
    return act_page(request, form, act, do)
