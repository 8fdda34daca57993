"""For auditors: a consent's history row by row, and the check of any PDF against the record."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.tenancy import ClinicRequest, changes_nothing, require_role
from consent import services
from consent.forms.acts import VerifyForm
from consent.views.finding import READERS, found_consent, may_act
from consent.vocabulary import SealKind


@require_role(*READERS)
@require_safe
def history(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Every row and every log entry of a consent, oldest first."""
    found = found_consent(request, consent_id)
    return render(request, "consent/history.html", {"consent": found, "history": services.history_of(found)})


@require_role(*READERS)
@changes_nothing
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: ClinicRequest) -> HttpResponse:
    """Genuine, altered or unknown, in words. Nothing of the file is kept; nothing about a patient is shown to others."""
    form = VerifyForm(request.POST if request.method == "POST" else None, request.FILES or None)
    context: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        check = services.verify_pdf(file.read())
        is_ours = check.file is not None and check.file.consent.organization_id == request.organization.pk
        context |= {
            "check": check,
            "name": file.name,
            "is_ours": is_ours,
            "shows_patient": is_ours and may_act(request),
        }
        if is_ours and check.file is not None:
            on = request.organization.local_date(timezone.now())
            context |= {
                "kind": SealKind(check.file.kind).label,
                "signature": getattr(check.file.consent, "signature", None),
                "withdrawal": getattr(check.file.consent, "withdrawal", None),
                "corrected_by": list(check.file.consent.corrected_by.order_by("created_at")),
                "standing": services.standing_then_and_now(check.file, on=on),
            }
    return render(request, "consent/verify.html", context, status=422 if form.errors else 200)
