"""Help from any of the patient's pages, also before the birth date and where the link no longer works."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from clinic.errors import ContactRefusedError
from consent import services
from consent.forms.patient import CallForm, EmptyForm
from consent.languages import speaking
from consent.models import PatientLink
from consent.views import visit as visits
from consent.views.visit import Visit, visited
from consent.vocabulary import TimeOfDay, Wish


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def help_page(request: HttpRequest, token: str) -> HttpResponse:
    """The clinic's phone, “ask somebody to call me”, larger letters. It shows nothing of the patient."""
    at = timezone.now()
    link = services.link_of(token)
    works = visits.works(link, at=at)
    with speaking(link.document.language):
        if works:
            visits.open_link(request, token, at=at)  # refuses signed-in staff, on a page in the patient's language
        form = CallForm(request.POST if request.method == "POST" else None, works=works)
        if form.is_bound and form.is_valid():
            try:
                services.ask_for_help(
                    link.pk,
                    Wish.CALL if works else Wish.NEW_LINK,
                    phone=form.cleaned_data["phone"],
                    time_of_day=TimeOfDay(form.cleaned_data["time_of_day"] or TimeOfDay.ANY),
                    is_confirmed=visits.is_confirmed(request, link, at=at),
                    at=at,
                )
            except ContactRefusedError as refusal:
                form.refuse(refusal)
            else:
                return redirect("patient_help", token)
        context = _context(request, link, token, at, works=works)
        return render(request, "patient/help.html", {**context, "form": form}, status=422 if form.errors else 200)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def dispute(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """“I did not sign this”: the record stays as it is, and the clinic and its auditors see the patient's word beside it."""
    if not visit.is_signed:
        return redirect(visit.next_path())
    form = EmptyForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        services.ask_for_help(
            visit.link.pk, Wish.DISPUTE, phone="", time_of_day=TimeOfDay.ANY, is_confirmed=True, at=visit.at
        )
        return redirect(visit.path("patient_dispute"))
    asked = [row for row in services.waiting_help(visit.consent) if row.wish == Wish.DISPUTE]
    return visit.page(request, "patient/dispute.html", {"asked": asked[-1] if asked else None})


def _context(request: HttpRequest, link: PatientLink, token: str, at: datetime, *, works: bool) -> dict[str, Any]:
    organization = link.consent.organization
    is_visiting = works and visits.is_confirmed(request, link, at=at)
    wish = Wish.CALL if works else Wish.NEW_LINK
    asked = [row for row in services.waiting_help(link.consent) if row.wish == wish]
    return {
        **visits.clinic_context(link, token),
        "works": works,
        "asked": asked[-1] if asked else None,
        "emergency_phone": organization.emergency_phone,
        "contact_email": organization.contact_email,
        "back_path": Visit(token, link, at).next_path() if is_visiting else reverse("patient_identity", args=(token,)),
        "is_visiting": is_visiting,
        "has_languages": is_visiting and len(Visit(token, link, at).languages) > 1,
    }
