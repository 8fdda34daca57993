"""Correct a claim, and read where everything that is said comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from audit.models import LogEntry, LogRecord, RecordedModel
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.fields import ALL_BATCH_FIELDS, ALL_FIELDS, ALL_PRODUCT_FIELDS, ClaimField, technical
from products.forms.claims import bound_claim, shown_at
from products.forms.correct import CorrectionForm
from products.forms.inputs import add_refusal
from products.models import Batch, Claim, Product
from products.services import correct_claim, correctable_fields
from products.views.acts_on_record import acts_of
from products.views.found import READERS, WRITERS, batch_of, moment_and_day, product_of


@require_role(*WRITERS)
def product_correct(request: ClinicRequest, product_id: UUID, field: str) -> HttpResponse:
    """Correct what is said about a product."""
    return _correct(request, product_of(request, product_id), field, "product")


@require_role(*WRITERS)
def batch_correct(request: ClinicRequest, batch_id: UUID, field: str) -> HttpResponse:
    """Correct a test result of a batch."""
    return _correct(request, batch_of(request, batch_id), field, "batch")


@require_safe
@require_role(*READERS)
def product_provenance(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """Every claim about a product: its basis, its evidence, who recorded it when, and what was said before."""
    product = product_of(request, product_id)
    records = list(product.regulatory_records.select_related("evidence", "superseded_by", "release"))
    claims = list(product.claims.select_related("evidence"))
    entries = _entries([product, *claims, *records])
    return render(
        request,
        "products/provenance.html",
        {
            "subject": product,
            "title": product.marketed_name,
            "back": reverse("product", args=[product.pk]),
            "groups": _groups(claims, ALL_PRODUCT_FIELDS, entries),
            "records": [(record, entries.get(str(record.pk), [])) for record in records],
            "entries": entries.get(str(product.pk), []),
        },
    )


@require_safe
@require_role(*READERS)
def batch_provenance(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """The same for a batch, with its measurements."""
    batch = batch_of(request, batch_id)
    claims = list(batch.claims.select_related("evidence"))
    measurements = list(batch.measurements.select_related("evidence"))
    acts = acts_of(batch)
    entries = _entries([batch, *claims, *measurements])
    of_acts = _entries_by_row(act.row for act in acts)
    return render(
        request,
        "products/provenance.html",
        {
            "subject": batch,
            "title": f"Lot {batch.lot_number} of {batch.product.marketed_name}",
            "back": reverse("batch", args=[batch.pk]),
            "groups": _groups(claims, ALL_BATCH_FIELDS, entries),
            "acts": [(act, of_acts.get((act.row._meta.label_lower, str(act.row.pk)), [])) for act in acts],
            "measurements": [(one, entries.get(str(one.pk), [])) for one in measurements],
            "entries": entries.get(str(batch.pk), []),
        },
    )


def _correct(request: ClinicRequest, subject: Product | Batch, field: str, page: str) -> HttpResponse:
    if field not in correctable_fields(subject) or field not in subject.snapshot:
        raise Http404("There is no such value to correct.")
    now, _ = moment_and_day(request)
    claim_field = ALL_FIELDS[field]
    entry = subject.snapshot[field]
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        claim_field=claim_field,
        entry=entry,
        of_batch=isinstance(subject, Batch),
    )
    if request.method == "POST" and form.is_valid() and form.draft:
        try:
            correct_claim(
                subject,
                form.draft,
                correction_reason=form.cleaned_data["correction_reason"],
                expected=form.cleaned_data["seen"],
                upload=form.upload(),
                agent=agent_of(request),
                at=now,
            )
        except Refusal as refusal:
            add_refusal(form, refusal, shown_at(claim_field, refusal))
        else:
            messages.success(request, f"{claim_field.label} is corrected. The earlier value stays on record.")
            return redirect(page, subject.pk)
    return render(
        request,
        "products/correct.html",
        {
            "form": form,
            "claim": bound_claim(form, claim_field),
            "label": claim_field.label,
            "now_said": technical(claim_field, entry["value"], entry["unit"]) or "Not stated",
            "basis": entry["basis"],
            "back": reverse(page, args=[subject.pk]),
            "subject": subject,
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _groups(
    claims: Iterable[Claim], fields: Mapping[str, ClaimField], entries: Mapping[str, list[LogEntry]]
) -> list[dict[str, Any]]:
    by_field = defaultdict(list)
    for claim in claims:
        by_field[claim.field].append(claim)
    return [
        {
            "label": field.label,
            "versions": [
                {"claim": claim, "said": _said(field, claim), "entries": entries.get(str(claim.pk), [])}
                for claim in _newest_first(by_field[name])
            ],
        }
        for name, field in fields.items()
        if by_field[name]
    ]


def _said(field: ClaimField, claim: Claim) -> str:
    return technical(field, claim.value, claim.unit)


def _newest_first(claims: Sequence[Claim]) -> list[Claim]:
    """The claims on one field along their chain; two acts in one moment have no other order."""
    by_key = {claim.pk: claim for claim in claims}
    newest = by_key.keys() - {claim.supersedes_id for claim in claims}
    claim: Claim | None = by_key[newest.pop()]
    chain = []
    while claim:
        chain.append(claim)
        claim = by_key.get(claim.supersedes_id) if claim.supersedes_id else None
    return chain


def _entries(rows: Iterable[RecordedModel]) -> dict[str, list[LogEntry]]:
    """The log entries that name these rows, by the row's key, which is a UUID: one question for a whole page."""
    return {key: entries for (_, key), entries in _entries_by_row(rows).items()}


def _entries_by_row(rows: Iterable[RecordedModel]) -> dict[tuple[str, str], list[LogEntry]]:
    """The same by table and key, for tables whose keys are numbers."""
    keys = {(row._meta.label_lower, str(row.pk)) for row in rows}
    named = LogRecord.objects.filter(
        record_pk__in={key for _, key in keys}, model__in={label for label, _ in keys}
    ).select_related("entry")
    found: dict[tuple[str, str], list[LogEntry]] = defaultdict(list)
    for record in named.order_by("entry__leaf_index"):
        if (record.model, record.record_pk) in keys:
            found[record.model, record.record_pk].append(record.entry)
    return dict(found)
