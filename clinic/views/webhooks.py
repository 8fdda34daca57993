"""Webhooks: addresses, what was delivered to them, and what was given up and can be sent again."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import Refusal
from clinic import services
from clinic.fields import refuse
from clinic.forms.webhooks import WebhookForm
from clinic.models import WebhookDelivery, WebhookEndpoint
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import DeliveryState, Role

READERS = (Role.CLINIC_LEAD, Role.AUDITOR)
PER_PAGE = 50


@require_safe
@require_role(*READERS)
def webhooks(request: ClinicRequest) -> HttpResponse:
    """Every address that is told something, with what waits and what was given up."""
    counted = WebhookEndpoint.objects.at(request.organization).annotate(
        waiting=Count("deliveries", filter=Q(deliveries__state=DeliveryState.WAITING)),
        dead=Count("deliveries", filter=Q(deliveries__state=DeliveryState.DEAD)),
    )
    context = {
        "in_use": [one for one in counted if one.stopped_at is None],
        "stopped": [one for one in counted if one.stopped_at],
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
    }
    return render(request, "clinic/webhooks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require_role(Role.CLINIC_LEAD)
def webhook_add(request: ClinicRequest) -> HttpResponse:
    """Add an address; the answer shows the secret, this once, and no session keeps it."""
    return cast("HttpResponse", _add(request))


@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def _add(request: ClinicRequest) -> HttpResponse:
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            endpoint, secret = services.add_webhook(
                request.organization, form.wish, agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return render(request, "clinic/webhook_made.html", {"endpoint": endpoint, "secret": secret})
    return render(request, "clinic/webhook_add.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@require_role(*READERS)
def webhook(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """One address: what was given up, and every message with what came back."""
    endpoint = get_object_or_404(WebhookEndpoint.objects.at(request.organization), pk=pk)
    deliveries = endpoint.deliveries.all()
    context = {
        "endpoint": endpoint,
        "told": [words for kind, words in settings.WEBHOOK_EVENTS.items() if kind in endpoint.kinds],
        "dead": deliveries.filter(state=DeliveryState.DEAD)[:PER_PAGE],
        "page": Paginator(deliveries, PER_PAGE).get_page(request.GET.get("page")),
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
    }
    return render(request, "clinic/webhook.html", context)


@require_POST
@require_role(Role.CLINIC_LEAD)
def webhook_stop(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Tell an address nothing any more."""
    endpoint = get_object_or_404(WebhookEndpoint.objects.at(request.organization), pk=pk)
    try:
        services.stop_webhook(endpoint, agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{endpoint.url} is told nothing any more.")
    return redirect("webhook", pk=endpoint.pk)


@require_POST
@require_role(Role.CLINIC_LEAD)
def webhook_send_again(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """Try a message again that was given up."""
    delivery = get_object_or_404(WebhookDelivery.objects.at(request.organization), pk=pk)
    try:
        services.send_again(delivery, agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "The message is sent again within seconds.")
    return redirect("webhook", pk=delivery.endpoint_id)
