"""The register of what a supplier promises: look, write down, correct, and say that it is no longer said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.batch import ReasonForm
from products.forms.inputs import add_refusal
from products.forms.promise import PromiseForm
from products.models import MarketingClaim
from products.rules import FLAG_WORDS, ClaimFlag
from products.services import record_marketing_claim, withdraw_marketing_claim
from products.views.found import READERS, WRITERS, may_write, moment_and_day, product_of


@dataclass(frozen=True)
class Promise:
    """One promise as it is shown, with what to look at."""

    claim: MarketingClaim
    flags: tuple[str, ...]


@require_safe
@require_role(*READERS)
def product_promises(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """Everything that is promised for a product, and what was promised before."""
    return _page(request, product_id)


@require_role(*WRITERS)
def promise_add(request: ClinicRequest, product_id: UUID) -> HttpResponse:
    """Write down a promise."""
    return _write(request, product_id, None)


@require_role(*WRITERS)
def promise_correct(request: ClinicRequest, product_id: UUID, claim_id: UUID) -> HttpResponse:
    """Write a promise down anew."""
    return _write(request, product_id, claim_id)


@require_POST
@require_role(*WRITERS)
def promise_withdraw(request: ClinicRequest, product_id: UUID, claim_id: UUID) -> HttpResponse:
    """Say that the supplier no longer promises it."""
    now, _ = moment_and_day(request)
    product = product_of(request, product_id)
    claim: MarketingClaim = get_object_or_404(MarketingClaim, pk=claim_id, product=product)
    form = ReasonForm(request.POST)
    why = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        withdraw_marketing_claim(claim, reason=why, agent=agent_of(request), at=now)
    except Refusal as refusal:
        return _page(request, product_id, refusal=refusal)
    messages.success(request, "It is recorded that this is no longer promised.")
    return redirect("product_promises", product.pk)


def promises_of(claims: Iterable[MarketingClaim]) -> list[Promise]:
    """Promises with the words of their flags, those with flags first."""
    found = [Promise(claim, tuple(FLAG_WORDS[flag] for flag in ClaimFlag if flag in claim.flags)) for claim in claims]
    return sorted(found, key=lambda promise: not promise.flags)


def _page(request: ClinicRequest, product_id: UUID, *, refusal: Refusal | None = None) -> HttpResponse:
    product = product_of(request, product_id)
    claims = list(MarketingClaim.objects.filter(product=product).select_related("evidence", "superseded_by"))
    now_said = [claim for claim in claims if not hasattr(claim, "superseded_by") and not claim.is_withdrawn]
    return render(
        request,
        "products/promises.html",
        {
            "product": product,
            "promises": promises_of(now_said),
            "earlier": [claim for claim in reversed(claims) if claim not in now_said],
            "may_write": may_write(request),
            "refusal": refusal,
        },
        status=422 if refusal else 200,
    )


def _write(request: ClinicRequest, product_id: UUID, claim_id: UUID | None) -> HttpResponse:
    now, today = moment_and_day(request)
    product = product_of(request, product_id)
    earlier: MarketingClaim | None = (
        get_object_or_404(MarketingClaim, pk=claim_id, product=product) if claim_id else None
    )
    form = PromiseForm(request.POST if request.method == "POST" else None, request.FILES or None, earlier=earlier)
    if request.method == "POST" and form.is_valid():
        try:
            record_marketing_claim(
                product,
                form.draft(),
                supersedes=earlier,
                correction_reason=form.cleaned_data.get("correction_reason", ""),
                today=today,
                agent=agent_of(request),
                at=now,
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "The promise is on the register.")
            return redirect("product_promises", product.pk)
    return render(
        request,
        "products/promise.html",
        {"product": product, "form": form, "earlier": earlier},
        status=422 if form.is_bound and form.errors else 200,
    )
