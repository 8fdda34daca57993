"""Telling: log entries become messages, and messages are sent until they are taken or given up. The database is the queue.

An entry of the log becomes one message for each address that asked for its kind, in the order of the log. A message is
delivered at least once: one whose answer was lost is sent again, with the same id.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from standardwebhooks import Webhook

from audit.models import Log, LogEntry, LogRecord
from audit.records import utc_text
from clinic import outgoing
from clinic.models import WebhookDelivery, WebhookEndpoint
from clinic.outgoing import Answer
from clinic.vocabulary import DeliveryState

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each failed attempt; after the last of them the message is given up, three days after the first."""
LEASE = timedelta(seconds=60)
MOST_ENTRIES = 500
MOST_AT_ONCE = 50
BUDGET_SECONDS = 25.0
"""Shorter than the lease and than a task may run, by more than one call that hangs."""
GONE = 410


def collect_messages(*, at: datetime) -> int:
    """Make a message of every new log entry that an address asked for; returns how many."""
    made = 0
    for endpoint in WebhookEndpoint.objects.in_use():
        log = Log.objects.filter(organization_id=endpoint.organization_id, size__gt=endpoint.next_leaf_index).first()
        if log:
            made += _collect(endpoint.pk, log, at)
    return made


def claim_endpoints(*, at: datetime) -> list[UUID]:
    """Lease the addresses for which a message is due and which nobody else is calling."""
    due = WebhookDelivery.objects.due_at(at).values("endpoint")
    free = WebhookEndpoint.objects.in_use().filter(
        Q(leased_until=None) | Q(leased_until__lte=at), Q(paused_until=None) | Q(paused_until__lte=at), pk__in=due
    )
    return [pk for pk in free.values_list("pk", flat=True) if free.filter(pk=pk).update(leased_until=at + LEASE)]


def deliver_due(endpoint_id: UUID, *, at: datetime) -> int:
    """Send what is due to one address, in the order of the log, and let go of it; returns how many were taken."""
    endpoint = WebhookEndpoint.objects.get(pk=endpoint_id)
    taken, started = 0, time.monotonic()
    try:
        for delivery in list(WebhookDelivery.objects.due_at(at).filter(endpoint=endpoint)[:MOST_AT_ONCE]):
            answer = _attempt(endpoint, delivery, at)
            taken += answer.is_accepted
            if _is_down(answer) or time.monotonic() - started > BUDGET_SECONDS:
                break
    finally:
        WebhookEndpoint.objects.filter(pk=endpoint_id).update(leased_until=None)
    return taken


def _collect(endpoint_id: UUID, log: Log, at: datetime) -> int:
    with transaction.atomic():
        endpoint = WebhookEndpoint.objects.select_for_update(of=("self",)).get(pk=endpoint_id)
        entries = list(
            LogEntry.objects.filter(log=log, leaf_index__gte=endpoint.next_leaf_index).order_by("leaf_index")[
                :MOST_ENTRIES
            ]
        )
        wanted = [entry for entry in entries if entry.kind in endpoint.kinds]
        WebhookDelivery.objects.bulk_create(
            WebhookDelivery(
                endpoint=endpoint,
                leaf_index=entry.leaf_index,
                kind=entry.kind,
                body=message_of(entry, str(endpoint.organization_id)),
                made_at=at,
                next_attempt_at=at,
            )
            for entry in wanted
        )
        if entries:
            endpoint.next_leaf_index = entries[-1].leaf_index + 1
            endpoint.save(update_fields=["next_leaf_index"])
    return len(wanted)


def message_of(entry: LogEntry, organization_id: str) -> str:
    """What is sent of a log entry: its kind, its moment, its place in the log, and the ids of what it is about."""
    named = LogRecord.objects.filter(entry=entry).order_by("pk").values_list("model", "record_pk")
    things = _things(list(named))
    data: dict[str, Any] = {"organization_id": organization_id, "log_index": entry.leaf_index, "about": things}
    return json.dumps(
        {"type": entry.kind, "timestamp": utc_text(entry.occurred_at), "data": data}, separators=(",", ":")
    )


def _things(named: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """The ids that the API knows; a row that is part of something is named as that thing. Patients are never named."""
    found: dict[tuple[str, str], None] = {}
    for model, pk in named:
        if model in settings.WEBHOOK_THINGS:
            rows = apps.get_model(model)._base_manager.filter(pk=pk)
            for thing, attribute in settings.WEBHOOK_THINGS[model]:
                found |= {(thing, str(value)): None for value in rows.values_list(attribute, flat=True) if value}
    return [{"type": thing, "id": pk} for thing, pk in found]


def _attempt(endpoint: WebhookEndpoint, delivery: WebhookDelivery, at: datetime) -> Answer:
    # Counted before it is sent: a worker that dies while sending has used an attempt.
    attempts = delivery.attempts + 1
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    mine = WebhookDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.WAITING, attempts=delivery.attempts)
    if not mine.update(attempts=attempts, last_attempt_at=at, next_attempt_at=at + pause):
        return Answer(None, "Somebody else sends it.")
    answer = outgoing.post(
        endpoint.url,
        delivery.body.encode(),
        _headers(endpoint, delivery, at),
        private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
    )
    state = DeliveryState.WAITING
    if answer.is_accepted:
        state = DeliveryState.DELIVERED
    elif attempts > len(PAUSES) or answer.status == GONE:
        state = DeliveryState.DEAD
    WebhookDelivery.objects.filter(pk=delivery.pk).update(state=state, last_answer=answer.words[:300])
    paused = at + pause if _is_down(answer) and state == DeliveryState.WAITING else None
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(paused_until=paused)
    return answer


def _headers(endpoint: WebhookEndpoint, delivery: WebhookDelivery, at: datetime) -> dict[str, str]:
    """Standard Webhooks: id, moment of sending, and a signature over both and the body."""
    secret = base64.b64encode(endpoint.secret).decode()
    message_id = f"msg_{delivery.pk.hex}"
    return {
        "Content-Type": "application/json",
        "User-Agent": "Candour",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(f"whsec_{secret}").sign(message_id, at, delivery.body),
    }


def _is_down(answer: Answer) -> bool:
    """Whether nobody is there, rather than somebody who refuses this one message: then the others wait too."""
    return answer.status is None or answer.status in (429, 502, 503, 504)
