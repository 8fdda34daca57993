"""The dossier, page by page: what is recorded of a product and of a batch, and what nobody has recorded yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.fields import ALL_FIELDS, BATCH_FIELDS, DOSSIER, PAGES, ClaimField, Need, Page, applies
from products.forms.claims import shown_at
from products.forms.dossier import DossierForm
from products.forms.inputs import add_refusal
from products.models import Batch, Evidence, Product
from products.services import correctable_fields, record_claims
from products.views.found import WRITERS, batch_of, moment_and_day, product_of
from products.views.shown import Fact, fact_of

MOST_ON_FILE = 50


@dataclass(frozen=True)
class Group:
    """One page of the dossier as it is read: what is on record, and the labels of what is not recorded yet."""

    name: str
    title: str
    facts: Sequence[Fact]
    missing: Sequence[str]
    edit_url: str


@require_role(*WRITERS)
def product_dossier(request: ClinicRequest, product_id: UUID, page: str) -> HttpResponse:
    """Fill in one page of a product's dossier."""
    return _fill_in(request, product_of(request, product_id), page)


@require_role(*WRITERS)
def batch_dossier(request: ClinicRequest, batch_id: UUID, page: str) -> HttpResponse:
    """Fill in one page of a batch's dossier."""
    return _fill_in(request, batch_of(request, batch_id), page)


def groups_of(subject: Product | Batch, *, may_write: bool) -> list[Group]:
    """The pages of the dossier that say something of this subject, or could."""
    groups = []
    for page in DOSSIER:
        asked = fields_of(subject, page)
        if not asked:
            continue
        groups.append(
            Group(
                name=page.name,
                title=page.title,
                facts=[_fact(subject, field, may_write=may_write) for field in asked if _is_shown_here(subject, field)],
                missing=[field.label for field in asked if field.name not in subject.snapshot],
                edit_url=_address(subject, page.name) if may_write else "",
            )
        )
    return groups


def fields_of(subject: Product | Batch, page: Page) -> list[ClaimField]:
    """The fields of a page that are asked of this subject, and those that are on record all the same."""
    own, product = (page.batch, subject.product) if isinstance(subject, Batch) else (page.product, subject)
    return [field for field in own if field.name in subject.snapshot or applies(field, product.snapshot)]


def needed_fields(subject: Product | Batch) -> list[ClaimField]:
    """The fields of the dossier that this subject needs: mandatory ones, and conditional ones that are asked of it."""
    return [field for page in DOSSIER for field in fields_of(subject, page) if field.need != Need.OPTIONAL]


def _is_shown_here(subject: Product | Batch, field: ClaimField) -> bool:
    """Whether a field is on record and not among the papers, which have their own place."""
    return field.name in subject.snapshot and field.name not in BATCH_FIELDS


def _fact(subject: Product | Batch, field: ClaimField, *, may_write: bool) -> Fact:
    url = ""
    if may_write and field.name in correctable_fields(subject):
        name = "batch_correct" if isinstance(subject, Batch) else "product_correct"
        url = reverse(name, args=[subject.pk, field.name])
    return fact_of(field, subject.snapshot[field.name], correct_url=url)


def _address(subject: Product | Batch, page: str) -> str:
    return reverse("batch_dossier" if isinstance(subject, Batch) else "product_dossier", args=[subject.pk, page])


def _fill_in(request: ClinicRequest, subject: Product | Batch, name: str) -> HttpResponse:
    page = PAGES.get(name)
    asked = fields_of(subject, page) if page else []
    if page is None or not asked:
        raise Http404("There is no such page of the dossier.")
    form = DossierForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        claim_fields=asked,
        snapshot=subject.snapshot,
        of_batch=isinstance(subject, Batch),
        on_file=_on_file(subject),
    )
    if request.method == "POST" and form.is_valid():
        try:
            count = _record(request, subject, form)
        except Refusal as refusal:
            add_refusal(
                form, refusal, shown_at(ALL_FIELDS[refusal.field], refusal) if refusal.field in ALL_FIELDS else {}
            )
        else:
            words = f"{count} answer{'' if count == 1 else 's'} recorded." if count else "Nothing was changed."
            messages.success(request, f"{page.title}: {words}")
            return redirect(f"{reverse(_page_of(subject), args=[subject.pk])}#dossier-{page.name}")
    return render(
        request,
        "products/dossier_page.html",
        {
            "form": form,
            "page": page,
            "subject": subject,
            "product": subject.product if isinstance(subject, Batch) else subject,
            "batch": subject if isinstance(subject, Batch) else None,
            "back": reverse(_page_of(subject), args=[subject.pk]),
            "others": groups_of(subject, may_write=True),
            "lost_file": bool(request.FILES),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


def _record(request: ClinicRequest, subject: Product | Batch, form: DossierForm) -> int:
    now, _ = moment_and_day(request)
    claims = record_claims(
        subject,
        form.drafts,
        upload=form.upload(),
        evidence=form.filed_evidence(),
        correction_reason=form.cleaned_data["correction_reason"],
        seen=form.seen(),
        agent=agent_of(request),
        at=now,
    )
    return len(claims)


def _page_of(subject: Product | Batch) -> str:
    return "batch" if isinstance(subject, Batch) else "product"


def _on_file(subject: Product | Batch) -> list[Evidence]:
    """The documents that something said of this product or its batches rests on, the latest first."""
    product = subject.product_id if isinstance(subject, Batch) else subject.pk
    rests_on_it = Q(claims__product=product) | Q(claims__batch__product=product)
    return list(Evidence.objects.filter(rests_on_it).distinct().order_by("-filed_at", "id")[:MOST_ON_FILE])
