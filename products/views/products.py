"""The list of products, one product, and a new one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products import assessment, disclosure
from products.documentation import documentation_of
from products.forms.claims import bound_claim, fields_of_products
from products.forms.inputs import add_refusal
from products.forms.register import ProductForm
from products.models import Batch, MarketingClaim
from products.places import place_words
from products.services import register_product
from products.views import listed, shown
from products.views.dossier import groups_of
from products.views.findings import shown_findings
from products.views.found import READERS, WRITERS, alarms_for, may_write, moment_and_day, product_of
from products.views.glance import glance_at
from products.views.pages import page_of
from products.views.promises import promises_of

MOST_BATCHES = 20


@require_safe
@require_role(*READERS)
def product_list(request: ClinicRequest) -> HttpResponse:
    """Products by name with what waits on each; `q` searches name, GTIN, lot, serial and maker, `show` is a filter."""
    _, today = moment_and_day(request)
    query = request.GET.get("q", "").strip()[: listed.LONGEST_QUERY]
    which = request.GET.get("show", "")
    found = listed.products_found(request.organization, query, which)
    page = page_of(found, listed.BY_NAME, request.GET.get("after", ""))
    place = request.organization.jurisdiction
    return render(
        request,
        "products/list.html",
        {
            "page": page,
            "rows": listed.product_rows(page.rows, place=place, today=today),
            "query": query,
            "which": which,
            "alarms": alarms_for(request),
            "filters": listed.PRODUCT_FILTERS.items(),
            "may_write": may_write(request),
            "place": place_words(place),
        },
    )


@require_role(*WRITERS)
def product_add(request: ClinicRequest) -> HttpResponse:
    """One page to register a product."""
    now, today = moment_and_day(request)
    form = ProductForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        organization=request.organization,
        today=today,
        initial={"gtin": request.GET.get("gtin", "")[:14]},
    )
    if request.method == "POST" and form.is_valid() and form.draft:
        try:
            product = register_product(request.organization, form.draft, agent=agent_of(request), at=now)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, f"{product.marketed_name} is registered. Next, receive a batch of it.")
            return redirect("product", product.pk)
    groups = [bound_claim(form, field) for field in fields_of_products()]
    return render(
        request,
        "products/add.html",
        {"form": form, "groups": groups},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_safe
@require_role(*READERS)
def product_page(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """What is known and not known of a product, where it may be used, and its batches."""
    _, today = moment_and_day(request)
    product = product_of(request, product_id)
    batches = list(
        Batch.objects.filter(product=product)
        .annotate(vials=Count("units"))
        .newest_first()
        .prefetch_related("measurements")[: MOST_BATCHES + 1]
    )
    place = request.organization.jurisdiction
    uses = shown.uses_of(disclosure.standings(product, jurisdiction=place, on=today))
    newest = batches[0] if batches else None
    for batch in batches:
        batch.product = product
    judged = assessment.findings_of_product(product)
    looked_at = [(newest, {digest for _, digest in assessment.answered_digests([newest])})] if newest else []
    promises = promises_of(MarketingClaim.objects.filter(product=product).in_force())
    return render(
        request,
        "products/product.html",
        {
            "product": product,
            "glance": glance_at((product, assessment.answered_among(judged)), *looked_at),
            "groups": groups_of(product, may_write=may_write(request)),
            "promises": promises,
            "alarms": alarms_for(request),
            "facts": shown.product_facts(product, may_correct=may_write(request)),
            "batches": [(batch, shown.status_tag(batch, today)) for batch in batches[:MOST_BATCHES]],
            "has_more_batches": len(batches) > MOST_BATCHES,
            "compared": batches[: shown.MOST_CURVES] if len(batches) > 1 else [],
            "newest": newest,
            "findings": shown_findings(request, judged, product),
            "batch_facts": shown.batch_facts(newest, may_correct=False) if newest else [],
            "uses": uses,
            "stop": shown.stop_of(uses),
            "place": place_words(place),
            "curves": shown.curves_of(batches),
            "methods": shown.methods_of(batches),
            "documentation": documentation_of(product, newest, has_record=any(use.standing.is_checked for use in uses)),
            "may_write": may_write(request),
        },
    )
