"""One page for every act that is a form: show it, hand what is typed to one service, say what was refused at its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest
from products.forms.inputs import add_refusal
from products.models import Batch

Crumbs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Act:
    """What an act's page says. `after` is where one goes when it is done, or when it is cancelled."""

    title: str
    button: str
    after: str
    crumbs: Crumbs
    intro: str = ""
    is_danger: bool = False
    fields_at: Mapping[str, str] | None = None


def act_page(request: ClinicRequest, form: forms.Form, act: Act, do: Callable[[], str | None]) -> HttpResponse:
    """Run the act on a valid POST: `do` calls one service and returns what to say, or None for nothing."""
    if request.method == "POST" and form.is_valid():
        try:
            said = do()
        except Refusal as refusal:
            add_refusal(form, refusal, act.fields_at)
        else:
            if said:
                messages.success(request, said)
            return redirect(act.after)
    context: dict[str, Any] = {
        **{name: getattr(act, name) for name in ("title", "button", "crumbs", "intro", "is_danger")},
        "cancel": act.after,
        "form": form,
    }
    if hasattr(form, "groups"):
        context["groups"] = form.groups()
    return render(request, "products/act.html", context, status=422 if form.is_bound and form.errors else 200)


def batch_crumbs(batch: Batch) -> Crumbs:
    """The way from the products to a batch."""
    return (
        ("Products", reverse("products")),
        (batch.product.marketed_name, reverse("product", args=[batch.product_id])),
        (f"Lot {batch.lot_number}", reverse("batch", args=[batch.pk])),
    )
