"""Issuing a consent: choose, read what the patient would read, acknowledge the warnings, issue. STOP issues nothing."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic.models import Patient
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import services, wording
from consent.forms.issue import ChooseForm, IssueForm, uuid_or_none
from consent.models import Consent
from consent.records import IssueDraft
from consent.views.blocks import parts_of
from consent.views.finding import STAFF
from consent.vocabulary import ConsentStatus
from products import disclosure
from products.models import Product
from products.vocabulary import Route, RuleSeverity

STOPPED = "standing.stop"


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: ClinicRequest) -> HttpResponse:
    """Two steps on one address: `?patient=` and `?product=` say what is chosen already."""
    patient, product = _chosen(request)
    if patient is None or product is None:
        return _choose(request, patient, product)
    now = timezone.now()
    form = IssueForm(
        request.POST if request.method == "POST" else None,
        organization=request.organization,
        user=request.user,
        patient=patient,
        product=product,
        today=request.organization.local_date(now),
        now=now,
        study=request.GET.get("study", ""),
    )
    if request.method == "POST" and request.POST.get("act") != "edit" and form.is_valid():
        answer = _previewed(request, form, now)
        if answer is not None:
            return answer
    context = {"form": form, "patient": patient, "product": product, "corrects": _corrects(request, patient)}
    return render(request, "consent/issue.html", context, status=422 if form.errors else 200)


def _previewed(request: ClinicRequest, form: IssueForm, now: datetime) -> HttpResponse | None:
    """The preview, the issued consent, or the reasons why not; None where the form shows what is wrong."""
    corrects = _corrects(request, form.patient)
    draft = form.draft(corrects=corrects)
    try:
        content = services.preview(draft, at=now)
    except Refusal as refusal:
        if refusal.code == STOPPED:
            return _stopped(request, form, draft, now)
        form.refuse(refusal)
        return None
    warnings = [rule for rule in content["disclosure"]["standing"]["rules"] if rule["severity"] == RuleSeverity.WARN]
    is_unticked = request.POST.get("act") == "issue" and bool(warnings) and "acknowledged" not in request.POST
    if request.POST.get("act") == "issue" and not is_unticked:
        acknowledged = tuple(rule["id"] for rule in warnings)
        draft = form.draft(acknowledged, uuid_or_none(request.POST.get("consent_id")), corrects)
        consent = services.issue_consent(draft, agent=agent_of(request), at=now)
        messages.success(request, f"Consent {consent.reference} is issued. Now give the patient the link.")
        return redirect("consent", consent.pk)
    return render(
        request,
        "consent/preview.html",
        {
            "form": form,
            "patient": form.patient,
            "product": form.product,
            "content": content,
            "parts": parts_of(content),
            "warnings": warnings,
            "consent_id": uuid_or_none(request.POST.get("consent_id")) or uuid.uuid4(),
            "is_unticked": is_unticked,
        },
        status=422 if is_unticked else 200,
    )


def _stopped(request: ClinicRequest, form: IssueForm, draft: IssueDraft, now: datetime) -> HttpResponse:
    on = request.organization.local_date(now)
    standing = disclosure.standing(draft.product, jurisdiction=draft.jurisdiction, route=draft.route, on=on)
    return render(
        request,
        "consent/stopped.html",
        {
            "form": form,
            "patient": form.patient,
            "product": form.product,
            "standing": standing,
            "route": Route(draft.route).label,
            "place": wording.place(draft.jurisdiction),
        },
        status=409,
    )


def _choose(request: ClinicRequest, patient: Patient | None, product: Product | None) -> HttpResponse:
    is_sent = request.method == "POST" or ("patient" in request.GET and "product" in request.GET)
    initial: dict[str, Any] = {"patient": patient.pk if patient else "", "product": product.pk if product else ""}
    form = ChooseForm(
        request.GET if is_sent else None, initial=initial, organization=request.organization, patient=patient
    )
    context = {
        "form": form,
        "has_products": Product.objects.at(request.organization).exists(),
        "has_patients": Patient.objects.at(request.organization).exists(),
    }
    return render(request, "consent/choose.html", context, status=422 if form.errors else 200)


def _corrects(request: ClinicRequest, patient: Patient) -> Consent | None:
    """The record entered in error that `?corrects=` names, where it is one of this patient's."""
    wanted = uuid_or_none(request.GET.get("corrects"))
    if wanted is None:
        return None
    found = Consent.objects.at(request.organization).filter(status=ConsentStatus.ENTERED_IN_ERROR, patient=patient)
    return found.select_related("document").filter(pk=wanted).first()


def _chosen(request: ClinicRequest) -> tuple[Patient | None, Product | None]:
    patient_id, product_id = uuid_or_none(request.GET.get("patient")), uuid_or_none(request.GET.get("product"))
    patient = Patient.objects.at(request.organization).filter(pk=patient_id).first() if patient_id else None
    product = Product.objects.at(request.organization).filter(pk=product_id).first() if product_id else None
    return patient, product
