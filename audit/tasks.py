"""Sweeps of the audit room; the database is the queue, so a lost message loses nothing."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from audit.errors import Refusal
from audit.services import logs_to_publish, publish_checkpoint

logger = logging.getLogger(__name__)


@shared_task(name="audit.publish_checkpoints")
def publish_checkpoints() -> None:
    """Publish a checkpoint of every log that has entries past its newest one; a damaged log stops no other."""
    for log in logs_to_publish():
        try:
            publish_checkpoint(log, at=timezone.now())
        except Refusal as refusal:
            logger.error("no checkpoint of %s: %s", log.origin, refusal.message, extra={"code": refusal.code})  # noqa: TRY400 - a refusal is a sentence, not a trace
