"""Sweeps: the database is the queue, the broker only rings the bell. Losing a message loses nothing."""

from __future__ import annotations

import logging
import uuid

from celery import shared_task
from celery.signals import worker_init
from django.utils import timezone

from consent import rendering, services
from consent.errors import SealingError
from consent.vocabulary import SealKind

logger = logging.getLogger(__name__)


@worker_init.connect
def get_ready(**_said: object) -> None:
    """Before a worker has children, so that all of them share what is loaded and the first file waits for nothing."""
    rendering.make_ready()


@shared_task(name="consent.seal_documents")
def seal_documents() -> None:
    """Lease what waits for its seal and hand each file to a process of its own, so that one bad file stops no other."""
    for consent_id, kind in services.claim_waiting(at=timezone.now()):
        seal_one.apply_async((str(consent_id), kind.value), expires=30, retry=False)


@shared_task(name="consent.seal_one")
def seal_one(consent_id: str, kind: str) -> None:
    """Seal one file; a failure is on record already and is tried again by the sweep."""
    try:
        services.seal_document(uuid.UUID(consent_id), SealKind(kind), at=timezone.now())
    except SealingError as problem:
        logger.error("sealing failed, will be tried again: %s", problem)  # noqa: TRY400 - a trace may hold a patient's facts


@shared_task(name="consent.stamp_files")
def stamp_files() -> None:
    """Ask again for the trusted time that did not come while a file was sealed."""
    if came := services.stamp_due(at=timezone.now()):
        logger.info("trusted time came for %d files", came)


@shared_task(name="consent.send_notices")
def send_notices() -> None:
    """Send the mail that waits."""
    services.send_due_notices(at=timezone.now())


@shared_task(name="consent.tell_old_contacts")
def tell_old_contacts() -> None:
    """Tell the addresses and numbers that were taken off a patient's record."""
    services.tell_old_contacts(at=timezone.now())


@shared_task(name="consent.remind")
def remind() -> None:
    """Put the reminders whose day has come into the queue of mail."""
    services.remind_due(at=timezone.now())


@shared_task(name="consent.remove_strays")
def remove_strays() -> None:
    """Remove files that a killed process left behind."""
    if removed := services.remove_strays(at=timezone.now()):
        logger.info("removed %d stray files", removed)


@shared_task(name="consent.compare_facts")
def compare_facts() -> None:
    """Compare the consents that wait for it with the facts of today."""
    now = timezone.now()
    services.lapse_due(at=now)
    services.compare_due_consents(at=now)
