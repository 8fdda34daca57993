"""The check at the chair, just before the treatment."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import services
from consent.errors import ClearanceRefusedError
from consent.forms.acts import ClearanceForm
from consent.models import Clearance, Consent
from consent.views.finding import STAFF, found_consent, may_ask_sooner, printed_name
from consent.vocabulary import BatchWay


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def clearance(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Scan or choose the batch, answer two questions, and read whether the patient may be treated."""
    found = found_consent(request, consent_id)
    form = ClearanceForm(
        request.POST if request.method == "POST" else None, consent=found, organization=request.organization
    )
    cleared, refused, status = None, None, 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                cleared, status = _cleared(request, found, form), 200
            except Refusal as refusal:
                if isinstance(refusal, ClearanceRefusedError):
                    # Said above the form, with every reason: no field of it is wrong.
                    refused, status = refusal, 409
                else:
                    form.refuse(refusal)
    form.show_as_needed()
    context = {
        "consent": found,
        "identity": found.patient.identity,
        "form": form,
        "cleared": cleared,
        "checks": list(reversed(found.day_checks.select_related("batch"))),
        "refused": refused,
        "reasons": _reasons(refused),
        "treat_from": found.treat_from,
        "asked_sooner": services.open_sooner_request(found),
        "may_ask_sooner": may_ask_sooner(request, found),
        "today": request.organization.local_date(timezone.now()),
    }
    return render(request, "consent/clearance.html", context, status=status)


def _cleared(request: ClinicRequest, found: Consent, form: ClearanceForm) -> Clearance:
    now, answers = timezone.now(), form.cleaned_data
    if answers["scan"].strip():
        today = request.organization.local_date(now)
        batch = services.batch_of_scan(request.organization, answers["scan"], today=today)
    else:
        batch = form.batches[answers["batch"]]
    return services.clear_for_treatment(
        found.pk,
        batch.pk,
        still_wanted=answers["still_wanted"],
        nothing_changed=answers["nothing_changed"],
        note=answers["note"],
        batch_way=BatchWay.SCAN if answers["scan"].strip() else BatchWay.CHOSEN,
        cleared_by=printed_name(request),
        agent=agent_of(request),
        at=now,
    )


def _reasons(refused: ClearanceRefusedError | None) -> list[str]:
    """Each reason of a refusal on a line of its own."""
    if refused is None:
        return []
    words = refused.message.removeprefix("Do not treat: ")
    if refused.code != "clearance.refused":
        return [words]
    return [part[:1].upper() + part[1:].rstrip(".") + "." for part in words.split("; ")]
