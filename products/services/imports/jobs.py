"""An import from its upload to its end. Each step is one transaction; the row of the job is what a worker looks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from audit.errors import Refusal
from audit.models import RecordedModel
from audit.records import Agent
from audit.services import append
from clinic.models import Organization
from products.errors import ImportRefusedError, TableTooLargeError
from products.models import ImportJob
from products.models.importing import OPEN
from products.parsing.asking import media_type_of, read_table
from products.parsing.cells import Table
from products.services.evidence import file_evidence
from products.services.imports import batch_rows, product_rows
from products.services.imports.proposals import Plan
from products.services.imports.writing import write_batches, write_products
from products.uploads import TABLES, Upload, clean_file_name
from products.vocabulary import ImportKind, ImportState

LARGEST_TABLE = 10 * 1024 * 1024
MOST_ROWS = {"postgresql": 50_000, "sqlite": 5_000}
LEASE = timedelta(seconds=90)
MOST_ATTEMPTS = 5
PREVIEW_ROWS = 10
SOURCES = {ImportKind.PRODUCTS: product_rows, ImportKind.BATCHES: batch_rows}
Clock = Callable[[], datetime]


def most_rows() -> int:
    """How many rows one import takes on this database."""
    return MOST_ROWS[connection.vendor]


def start_import(
    organization: Organization, kind: ImportKind, upload: Upload, *, agent: Agent, at: datetime
) -> tuple[ImportJob, bool]:
    """Take a table in for checking, and say whether it is a new one. Nothing of the register changes.

    The same file while it is being imported, or after it was, leads to the job that there is.
    Raises `UploadRefusedError`, `TableTooLargeError`.
    """
    if len(upload.content) > LARGEST_TABLE:
        raise TableTooLargeError(
            f"The file has {len(upload.content) / 1024 / 1024:.0f} MB; the most is {LARGEST_TABLE // 1024 // 1024} MB. "
            "Split it into several files.",
            field="table",
            code="upload.too_large",
        )
    media_type_of(upload, allowed=TABLES, field="table", most_bytes=LARGEST_TABLE)
    sha256 = hashlib.sha256(upload.content).hexdigest()
    same = ImportJob.objects.at(organization).filter(kind=kind, sha256=sha256)
    if known := same.filter(state__in=(*OPEN, ImportState.DONE)).first():
        return known, False
    try:
        with transaction.atomic():
            job = ImportJob.objects.create(
                organization=organization,
                kind=kind,
                original_name=clean_file_name(upload.name),
                sha256=sha256,
                content=upload.content,
                started_by=agent.id,
                started_by_name=agent.name or agent.id,
                started_at=at,
            )
    except IntegrityError:  # the other of two browsers was quicker
        return same.get(state__in=OPEN), False
    return job, True


@transaction.atomic
def confirm_import(job: ImportJob, *, agent: Agent) -> None:
    """Say that the table is to be imported. Raises `ImportRefusedError` where it is not ready."""
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if job.state == ImportState.CONFIRMED:
        return
    if job.state != ImportState.READY:
        raise ImportRefusedError(f"This table is not ready to be imported: {job.get_state_display().lower()}.")
    job.state = ImportState.CONFIRMED
    job.confirmed_by, job.confirmed_by_name = agent.id, agent.name or agent.id
    job.rows_done, job.attempts = 0, 0
    job.save(update_fields=["state", "confirmed_by", "confirmed_by_name", "rows_done", "attempts"])


@transaction.atomic
def drop_import(job: ImportJob, *, at: datetime) -> None:
    """Give up a table that was not imported; its content is forgotten. Raises `ImportRefusedError`."""
    job = ImportJob.objects.select_for_update().get(pk=job.pk)
    if job.state not in (ImportState.READY, ImportState.FAULTY, ImportState.REFUSED, ImportState.WAITING):
        raise ImportRefusedError(f"This table cannot be dropped: {job.get_state_display().lower()}.")
    _close(job, ImportState.DROPPED, at)


def claim_import(*, at: datetime) -> UUID | None:
    """Lease the import that waits longest, or None. One whose worker was killed is leased again after its lease."""
    with transaction.atomic():
        waiting = ImportJob.objects.to_do(at).order_by("started_at").defer("content", "problems")
        job = waiting.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked).first()
        if job is None:
            return None
        job.leased_until, job.attempts = at + LEASE, job.attempts + 1
        job.save(update_fields=["leased_until", "attempts"])
        if job.attempts > MOST_ATTEMPTS:
            job.refusal = (
                "Candour tried this table several times and was stopped each time. Split it, and try the parts."
            )
            job.save(update_fields=["refusal"])
            _close(job, ImportState.REFUSED, at)
            return None
        return job.pk


def work_on(job_id: UUID, *, clock: Clock) -> None:
    """Take a leased import one step on: check it, or write it. Safe to repeat: what is done is not done again."""
    job = ImportJob.objects.select_related("organization").get(pk=job_id)
    today = job.organization.local_date(clock())
    try:
        table = read_table(bytes(job.content), job.original_name, most_rows=most_rows())
        _progress(job, 0, len(table.rows), clock())
        made = SOURCES[ImportKind(job.kind)].plan(
            job.organization, table, today=today, report=lambda done: _progress(job, done, len(table.rows), clock())
        )
    except Refusal as refusal:
        job.refusal = refusal.message
        job.save(update_fields=["refusal"])
        _close(job, ImportState.REFUSED, clock())
        return
    if job.state == ImportState.WAITING or made.problem_count:
        _report(job, table, made)
        return
    # From here on the lock on the row is the lease: it ends with the transaction, also where the worker is killed.
    try:
        write_import(job, made, at=clock())
    except IntegrityError:  # another act wrote one of these rows in between: look at them again
        ImportJob.objects.filter(pk=job.pk, state=ImportState.CONFIRMED).update(leased_until=None)


@transaction.atomic
def write_import(job: ImportJob, made: Plan, *, at: datetime) -> None:
    """Write everything that a plan proposes: all of it with one entry in the log, or nothing."""
    organization = Organization.objects.select_for_update().get(pk=job.organization_id)
    job = ImportJob.objects.select_for_update().select_related("organization").get(pk=job.pk)
    if job.state != ImportState.CONFIRMED:
        return
    agent = Agent("user", job.confirmed_by, organization.pk, job.confirmed_by_name)
    written: list[RecordedModel] = []
    if made.proposals:
        upload = Upload(bytes(job.content), job.original_name)
        evidence, is_new = file_evidence(organization, upload, allowed=TABLES, field="table", agent=agent, at=at)
        written += [evidence] if is_new else []
        if job.kind == ImportKind.PRODUCTS:
            written += write_products(organization, made.proposals, evidence, agent=agent, at=at)
        else:
            today = organization.local_date(at)
            written += write_batches(made.proposals, evidence, today=today, agent=agent, at=at)
        job.evidence = evidence
    job.report = {**job.report, "new": len(made.proposals), "unchanged": made.unchanged}
    job.rows_done = job.rows_total
    job.save(update_fields=["evidence", "report", "rows_done"])
    _close(job, ImportState.DONE, at)
    append(
        "products.products_imported" if job.kind == ImportKind.PRODUCTS else "products.batches_imported",
        agent=agent,
        occurred_at=at,
        records=written,
        body={"table_sha256": job.sha256, "new": len(made.proposals), "unchanged": made.unchanged},
    )


def _progress(job: ImportJob, done: int, total: int, at: datetime) -> None:
    job.rows_done, job.rows_total, job.leased_until = done, total, at + LEASE
    job.save(update_fields=["rows_done", "rows_total", "leased_until"])


def _report(job: ImportJob, table: Table, made: Plan) -> None:
    """Show what was found; the table then waits for a person."""
    job.state = ImportState.FAULTY if made.problem_count else ImportState.READY
    job.problems = [problem.as_json() for problem in made.problems]
    job.problem_count = made.problem_count
    job.leased_until = None
    matched = list(made.heading.places)
    job.report = {
        "form": table.form,
        "notes": [*table.notes, *made.notes],
        "columns": matched,
        "ignored": list(made.heading.ignored),
        "new": len(made.proposals),
        "unchanged": made.unchanged,
        "preview": [[row.number, *made.heading.cells(row).values()] for row in table.rows[:PREVIEW_ROWS]],
    }
    names = ["state", "problems", "problem_count", "leased_until", "report"]
    if job.state == ImportState.FAULTY:
        job.content = b""
        names.append("content")
    job.save(update_fields=names)


def _close(job: ImportJob, state: ImportState, at: datetime) -> None:
    job.state, job.finished_at, job.leased_until, job.content = state, at, None, b""
    job.save(update_fields=["state", "finished_at", "leased_until", "content"])
