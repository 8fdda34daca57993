"""Sweeps of the products room; the database is the queue, so a killed worker loses nothing."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from products import services
from products.services.imports import claim_import, work_on

LONGEST_IMPORT_SECONDS = 1800


@shared_task(
    name="products.work_imports", time_limit=LONGEST_IMPORT_SECONDS, soft_time_limit=LONGEST_IMPORT_SECONDS - 30
)
def work_imports() -> None:
    """Take the imports that wait, one after the other, a step on each."""
    while job_id := claim_import(at=timezone.now()):
        work_on(job_id, clock=timezone.now)


@shared_task(name="products.judge_waiting")
def judge_waiting() -> None:
    """Judge some of the products and batches that wait for it; the next tick takes the next ones."""
    services.judge_waiting()
