"""Sweeps of the clinic room; the database is the queue, so a lost message loses nothing."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from django.utils import timezone

from clinic import services

logger = logging.getLogger(__name__)


@shared_task(name="clinic.remove_old_answers")
def remove_old_answers() -> None:
    """Forget the answers of the API that nobody will ask for again."""
    if removed := services.remove_old_answers(at=timezone.now()):
        logger.info("removed %d kept answers of the API", removed)


@shared_task(name="clinic.forget_attempts")
def forget_attempts() -> None:
    """Forget wrong passwords and codes, and networks of staff, after a month."""
    removed = services.forget_failed_sign_ins(at=timezone.now()) + services.forget_staff_networks(at=timezone.now())
    if removed:
        logger.info("forgot %d failed sign-ins and networks of staff", removed)


@shared_task(name="clinic.tell_owners")
def tell_owners() -> None:
    """Tell the owners of accounts of wrong passwords and codes."""
    if told := services.tell_owners(at=timezone.now()):
        logger.info("told %d owners of an account of wrong passwords or codes", told)


@shared_task(name="clinic.tell_webhooks")
def tell_webhooks() -> None:
    """Make messages of what happened, and hand each address that is due to a process of its own."""
    services.collect_messages(at=timezone.now())
    for endpoint_id in services.claim_endpoints(at=timezone.now()):
        deliver_to.apply_async((str(endpoint_id),), expires=30, retry=False)


@shared_task(name="clinic.deliver_to")
def deliver_to(endpoint_id: str) -> None:
    """Send what is due to one address."""
    services.deliver_due(uuid.UUID(endpoint_id), at=timezone.now())
