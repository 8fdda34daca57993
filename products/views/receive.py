"""Receive a batch: scan or type, read it back in words, confirm."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.inputs import add_refusal
from products.forms.receive import LabelForm, ScanForm
from products.models import Product
from products.services import BatchDraft, check_label, draft_from_scan, receive_batch
from products.views.found import WRITERS, moment_and_day, product_of
from products.views.scan import with_camera

SALT = "products.receive"
READING_LIVES_SECONDS = 3600


@with_camera
@require_role(*WRITERS)
def receive_any(request: ClinicRequest) -> HttpResponse:
    """Receive a batch of whichever product the code names."""
    return _receive(request, None)


@with_camera
@require_role(*WRITERS)
def receive(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """Receive a batch of this product."""
    return _receive(request, product_of(request, product_id))


def _receive(request: ClinicRequest, product: Product | None) -> HttpResponse:
    if request.method != "POST":
        return _ask(request, product)
    match request.POST.get("act"):
        case "label" if product:
            return _typed(request, product)
        case "confirm":
            return _confirmed(request, product)
    return _scanned(request, product)


def _ask(
    request: ClinicRequest,
    product: Product | None,
    *,
    scan: ScanForm | None = None,
    label: LabelForm | None = None,
    unknown_gtin: str = "",
    stale: bool = False,
) -> HttpResponse:
    _, today = moment_and_day(request)
    has_errors = bool((scan and scan.errors) or (label and label.errors) or stale)
    others = [] if product else list(Product.objects.at(request.organization).only("id", "marketed_name")[:200])
    return render(
        request,
        "products/receive.html",
        {
            "product": product,
            "products": others,
            "scan_form": scan or ScanForm(today=today),
            "label_form": label or LabelForm(),
            "is_typing": label is not None or request.GET.get("typed") == "1",
            "unknown_gtin": unknown_gtin,
            "stale": stale,
        },
        status=422 if has_errors else 200,
    )


def _scanned(request: ClinicRequest, product: Product | None) -> HttpResponse:
    _, today = moment_and_day(request)
    form = ScanForm(request.POST, today=today)
    if not form.is_valid() or form.found is None:
        return _ask(request, product, scan=form)
    gtin = form.found.gtin
    target = product or Product.objects.at(request.organization).filter(gtin=gtin).first()
    if target is None:
        form.add_error("scan", f"No product with GTIN {gtin} is registered here. Register the product first.")
        return _ask(request, product, scan=form, unknown_gtin=gtin)
    if product is None and form.found.form == "gtin":
        messages.info(request, "That code names the product only. Type lot and expiry from the label.")
        return redirect(f"{reverse('product_receive', args=[target.pk])}?typed=1")
    try:
        draft = draft_from_scan(form.found)
        check_label(target, draft, today=today)
    except Refusal as refusal:
        add_refusal(form, refusal)
        return _ask(request, product, scan=form)
    return _read_back(request, target, draft, notes=form.found.notes)


def _typed(request: ClinicRequest, product: Product) -> HttpResponse:
    _, today = moment_and_day(request)
    form = LabelForm(request.POST)
    if form.is_valid() and form.draft:
        try:
            check_label(product, form.draft, today=today)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _read_back(request, product, form.draft)
    return _ask(request, product, label=form)


def _read_back(
    request: ClinicRequest, product: Product, draft: BatchDraft, *, notes: tuple[str, ...] = ()
) -> HttpResponse:
    content = {**asdict(draft), "product": str(product.pk), "organization": str(request.organization.pk)}
    for name in ("expiration_date", "production_date"):
        content[name] = content[name].isoformat() if content[name] else None
    return render(
        request,
        "products/read_back.html",
        {
            "product": product,
            "draft": draft,
            "notes": notes,
            "reading": signing.dumps(content, salt=SALT, compress=True),
            "known": product.batches.filter(lot_number=draft.lot_number).first(),
        },
    )


def _confirmed(request: ClinicRequest, product: Product | None) -> HttpResponse:
    now, today = moment_and_day(request)
    try:
        content = signing.loads(request.POST.get("reading", ""), salt=SALT, max_age=READING_LIVES_SECONDS)
    except signing.BadSignature:
        return _ask(request, product, stale=True)
    if content.pop("organization") != str(request.organization.pk):
        return _ask(request, product, stale=True)
    target = product_of(request, UUID(content.pop("product")))
    draft = BatchDraft(**_dates(content))
    try:
        receipt = receive_batch(target, draft, today=today, agent=agent_of(request), at=now)
    except Refusal as refusal:
        scan = ScanForm({"scan": draft.label_scan}, today=today)
        label = LabelForm(_label_data(draft))
        form = scan if draft.label_scan else label
        form.is_valid()
        add_refusal(form, refusal)
        return _ask(request, target, scan=scan if draft.label_scan else None, label=None if draft.label_scan else label)
    messages.success(request, receipt.words)
    return redirect("batch", receipt.batch.pk)


def _dates(content: dict[str, Any]) -> dict[str, Any]:
    for name in ("expiration_date", "production_date"):
        content[name] = date.fromisoformat(content[name]) if content[name] else None
    return content


def _label_data(draft: BatchDraft) -> dict[str, str]:
    said = {"lot_number": draft.lot_number, "serial_number": draft.serial_number}
    for name, day in (("expiration_date", draft.expiration_date), ("production_date", draft.production_date)):
        parts = (day.day, day.month, day.year) if day else ("", "", "")
        said |= {f"{name}_{place}": str(part) for place, part in enumerate(parts)}
    return said
