"""The addresses that a clinic has told: added with a secret that is shown once, stopped, and sent to again."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic import outgoing, rules
from clinic.models import Organization, WebhookDelivery, WebhookEndpoint
from clinic.records import WebhookWish
from clinic.vocabulary import DeliveryState

SECRET_BYTES = 32


@transaction.atomic
def add_webhook(
    organization: Organization, wish: WebhookWish, *, agent: Agent, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """A new address, told of what happens from now on; and its secret, shown this once. Raises `WebhookRefusedError`."""
    Organization.objects.select_for_update().get(pk=organization.pk)
    in_use = WebhookEndpoint.objects.at(organization).in_use()
    rules.check_can_add_webhook(
        wish, offered=settings.WEBHOOK_EVENTS, in_use=list(in_use.values_list("url", flat=True))
    )
    outgoing.read_target(wish.url, private_hosts=settings.WEBHOOK_PRIVATE_HOSTS)
    secret = secrets.token_bytes(SECRET_BYTES)
    endpoint = WebhookEndpoint(
        organization=organization,
        url=wish.url,
        kinds=sorted(wish.kinds),
        made_by_id=UUID(agent.id),
        made_at=at,
        next_leaf_index=audit.log_of(organization.pk).size,
    )
    endpoint.set_secret(secret)
    endpoint.save(force_insert=True)
    audit.append(
        "clinic.webhook_added", agent=agent, occurred_at=at, records=[endpoint], body={"kinds": endpoint.kinds}
    )
    return endpoint, f"whsec_{base64.b64encode(secret).decode()}"


@transaction.atomic
def stop_webhook(endpoint: WebhookEndpoint, *, agent: Agent, at: datetime) -> WebhookEndpoint:
    """Tell this address nothing any more; what waits for it is given up. Raises `WebhookRefusedError`."""
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint.pk)
    rules.check_can_stop_webhook(is_stopped=endpoint.stopped_at is not None)
    endpoint.stopped_at = at
    endpoint.save(update_fields=["stopped_at"])
    endpoint.deliveries.filter(state=DeliveryState.WAITING).update(
        state=DeliveryState.DEAD, last_answer="The address was stopped before this was delivered."
    )
    audit.append("clinic.webhook_stopped", agent=agent, occurred_at=at, records=[endpoint])
    return endpoint


@transaction.atomic
def send_again(delivery: WebhookDelivery, *, agent: Agent, at: datetime) -> WebhookDelivery:
    """Try a message once more that was given up. Raises `WebhookRefusedError`."""
    endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=delivery.endpoint_id)
    delivery = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    rules.check_can_send_again(is_dead=delivery.state == DeliveryState.DEAD, is_stopped=endpoint.stopped_at is not None)
    delivery.state, delivery.attempts, delivery.next_attempt_at = DeliveryState.WAITING, 0, at
    delivery.save(update_fields=["state", "attempts", "next_attempt_at"])
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_until=None)
    audit.append(
        "clinic.webhook_sent_again",
        agent=agent,
        occurred_at=at,
        records=[endpoint],
        body={"message": str(delivery.pk), "kind": delivery.kind},
    )
    return delivery
