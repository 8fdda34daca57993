"""The list of products, one product, and a new one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products import disclosure
from products.forms.claims import ISOLATION_STEPS, fields_of_products
from products.forms.inputs import add_refusal
from products.forms.register import ProductForm
from products.models import Batch, Product
from products.places import place_words
from products.services import register_product
from products.views import shown
from products.views.found import READERS, WRITERS, may_write, moment_and_day, product_of

PER_PAGE = 50


@require_role(*READERS)
def product_list(request: ClinicRequest) -> HttpResponse:
    """All products with what waits on each, those that need a person first; `q` searches name, GTIN, lot, maker."""
    _, today = moment_and_day(request)
    query = request.GET.get("q", "").strip()[:100]
    found = Product.objects.at(request.organization).matching(query)
    rows = []
    for product in found.prefetch_related("batches", "regulatory_records", "standing_releases"):
        batches = list(product.batches.all())
        place = request.organization.jurisdiction
        uses = shown.uses_of(disclosure.standings(product, jurisdiction=place, on=today))
        rows.append(
            {
                "product": product,
                "attention": shown.attention(product, batches, uses, today),
                "is_stopped": any(use.is_stopped for use in uses),
                "batches": [(batch, shown.status_tag(batch, today)) for batch in batches],
            }
        )
    rows.sort(key=lambda row: not row["attention"])
    return render(
        request,
        "products/list.html",
        {
            "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
            "query": query,
            "may_write": may_write(request),
            "place": place_words(request.organization.jurisdiction),
        },
    )


@require_role(*WRITERS)
def product_add(request: ClinicRequest) -> HttpResponse:
    """One page to register a product."""
    now, today = moment_and_day(request)
    form = ProductForm(
        request.POST or None,
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
    groups = [
        {
            "label": field.label,
            "values": [form[name] for name in (ISOLATION_STEPS if field.vocabulary and steps else [field.name])],
            "detail": form["isolation_detail"] if steps else None,
            "basis": form[f"{field.name}_basis"],
            "reason": form[f"{field.name}_reason"] if field.may_not_apply else None,
        }
        for field in fields_of_products()
        for steps in [field.name == "isolation_methods"]
    ]
    return render(
        request,
        "products/add.html",
        {"form": form, "groups": groups},
        status=422 if form.is_bound and form.errors else 200,
    )


@require_role(*READERS)
def product_page(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """What is known and not known of a product, where it may be used, and its batches."""
    _, today = moment_and_day(request)
    product = product_of(request, product_id)
    batches = list(
        Batch.objects.filter(product=product)
        .annotate(vials=Count("units"))
        .newest_first()
        .prefetch_related("measurements")
    )
    place = request.organization.jurisdiction
    uses = shown.uses_of(disclosure.standings(product, jurisdiction=place, on=today))
    newest = batches[0] if batches else None
    return render(
        request,
        "products/product.html",
        {
            "product": product,
            "facts": shown.product_facts(product, may_correct=may_write(request)),
            "batches": [(batch, shown.status_tag(batch, today)) for batch in batches],
            "newest": newest,
            "batch_facts": shown.batch_facts(newest, may_correct=False) if newest else [],
            "uses": uses,
            "stop": shown.stop_of(uses),
            "place": place_words(place),
            "curves": shown.curves_of(batches),
            "methods": shown.methods_of(batches),
            "documentation": disclosure.documentation(
                product, newest, has_record=any(use.standing.is_checked for use in uses)
            ),
            "may_write": may_write(request),
        },
    )
