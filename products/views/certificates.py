"""Certificates of analysis: file one with its results, look at one, read one anew."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.certificate import CertificateForm, with_more_rows, with_table_read
from products.models import Batch, Certificate
from products.services import attach_certificate, correct_certificate
from products.services.result_table import LineRead
from products.views.found import READERS, WRITERS, batch_of, may_write, moment_and_day

_READ_TABLE, _MORE_ROWS = "table", "rows"


@require_role(*WRITERS)
def certificate_add(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """File a certificate of analysis with its results."""
    return _write(request, batch_of(request, batch_id), None)


@require_role(*WRITERS)
def certificate_correct(request: ClinicRequest, batch_id: UUID, certificate_id: UUID) -> HttpResponse:
    """Read a certificate on file anew."""
    batch = batch_of(request, batch_id)
    return _write(request, batch, _certificate_of(batch, certificate_id))


@require_safe
@require_role(*READERS)
def certificate_page(request: ClinicRequest, batch_id: UUID, certificate_id: UUID) -> HttpResponse:
    """What a certificate says, line by line, and how it was read before."""
    batch = batch_of(request, batch_id)
    certificate = _certificate_of(batch, certificate_id)
    newer = Certificate.objects.filter(supersedes=certificate).first()
    return render(
        request,
        "products/certificate_page.html",
        {
            "batch": batch,
            "certificate": certificate,
            "results": list(certificate.results.all()),
            "newer": newer,
            "other_lot": certificate.lot_number != batch.lot_number,
            "other_expiry": certificate.expiration_date not in (None, batch.expiration_date),
            "may_correct": may_write(request) and newer is None,
        },
    )


def certificates_of(batch: Batch) -> list[Certificate]:
    """The certificates of a batch in their newest reading, the latest filed first."""
    return list(batch.certificates.in_force().select_related("evidence").order_by("-recorded_at", "id"))


def _certificate_of(batch: Batch, certificate_id: UUID) -> Certificate:
    found: Certificate = get_object_or_404(
        Certificate.objects.select_related("evidence", "supersedes"), pk=certificate_id, batch=batch
    )
    found.batch = batch
    return found


def _write(request: ClinicRequest, batch: Batch, reading: Certificate | None) -> HttpResponse:
    act = request.POST.get("act", "")
    if request.method == "POST" and act == _READ_TABLE:
        data, lines = with_table_read(request.POST)
        form = CertificateForm(data, reading=reading)
        form.hold_back()
        return _page(request, batch, form, reading, lines=lines)
    if request.method == "POST" and act == _MORE_ROWS:
        form = CertificateForm(with_more_rows(request.POST), reading=reading)
        form.hold_back()
        return _page(request, batch, form, reading)
    form = CertificateForm(request.POST if request.method == "POST" else None, request.FILES or None, reading=reading)
    if request.method == "POST" and form.is_valid():
        try:
            _file(request, batch, form, reading)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The certificate is on file.")
            return redirect("batch", batch.pk)
    return _page(request, batch, form, reading)


def _file(request: ClinicRequest, batch: Batch, form: CertificateForm, reading: Certificate | None) -> None:
    now, today = moment_and_day(request)
    if reading is None:
        attach_certificate(batch, form.draft(), today=today, agent=agent_of(request), at=now)
    else:
        why = form.cleaned_data["correction_reason"]
        agent = agent_of(request)
        correct_certificate(reading, form.draft(), correction_reason=why, today=today, agent=agent, at=now)


def _page(
    request: ClinicRequest,
    batch: Batch,
    form: CertificateForm,
    reading: Certificate | None,
    *,
    lines: list[LineRead] | None = None,
) -> HttpResponse:
    unread = [line for line in lines or [] if line.errors]
    return render(
        request,
        "products/certificate.html",
        {
            "batch": batch,
            "form": form,
            "reading": reading,
            "lines": lines,
            "unread": unread,
            "lost_file": bool(request.FILES),
        },
        status=422 if form.has_errors or unread else 200,
    )
