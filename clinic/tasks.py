"""Sweeps of the clinic room; the database is the queue, so a lost message loses nothing."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from clinic import services

logger = logging.getLogger(__name__)


@shared_task(name="clinic.remove_old_answers")
def remove_old_answers() -> None:
    """Forget the answers of the API that nobody will ask for again."""
    if removed := services.remove_old_answers(at=timezone.now()):
        logger.info("removed %d kept answers of the API", removed)
