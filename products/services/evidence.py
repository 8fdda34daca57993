"""Keep the file that a claim rests on, exactly as it came, and hand it out only while it still is that file."""

from __future__ import annotations

import hashlib
import logging
import os
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from products.errors import EvidenceDamagedError
from products.models import Evidence, EvidenceAlarm
from products.parsing.asking import media_type_of
from products.services.judging import append
from products.uploads import DOCUMENTS, TABLES, Upload, clean_file_name

logger = logging.getLogger(__name__)
MISSING = "evidence.missing"


def file_evidence(
    organization: Organization, upload: Upload, *, allowed: frozenset[str], field: str, agent: Agent, at: datetime
) -> tuple[Evidence, bool]:
    """The evidence row of these bytes, and whether it is new. Part of a larger act, which logs the new row.

    The bytes reach the disk before the row reaches the database: a cut in between leaves a file
    that nothing names, never a row without its file. Raises `UploadRefusedError`.
    """
    media_type = media_type_of(upload, allowed=allowed, field=field, most_bytes=settings.UPLOAD_MAX_BYTES)
    sha256 = hashlib.sha256(upload.content).hexdigest()
    _store(sha256, upload.content)
    return Evidence.objects.at(organization).get_or_create(
        sha256=sha256,
        organization=organization,
        defaults={
            "media_type": media_type,
            "size_bytes": len(upload.content),
            "original_name": clean_file_name(upload.name),
            "filed_by": agent.id,
            "filed_by_name": agent.name or agent.id,
            "filed_at": at,
        },
    )


def file_if_any(
    organization: Organization, upload: Upload | None, *, agent: Agent, at: datetime, field: str = "evidence"
) -> tuple[Evidence | None, list[RecordedModel]]:
    """The evidence row of a file that may be missing, and the rows that are new. Part of a larger act, which logs them."""
    if upload is None:
        return None, []
    evidence, is_new = file_evidence(organization, upload, allowed=DOCUMENTS | TABLES, field=field, agent=agent, at=at)
    return evidence, [evidence] if is_new else []


def keep_import(
    organization: Organization, content: bytes, name: str, *, on_disk: bool, agent: Agent, at: datetime
) -> Evidence:
    """The evidence row of an imported JSON file, on which its claims rest. Part of a larger act; a dry run stores no bytes."""
    sha256 = hashlib.sha256(content).hexdigest()
    if on_disk:
        _store(sha256, content)
    evidence, is_new = Evidence.objects.get_or_create(
        sha256=sha256,
        organization=organization,
        defaults={
            "media_type": "application/json",
            "size_bytes": len(content),
            "original_name": clean_file_name(name),
            "filed_by": agent.id,
            "filed_by_name": agent.name or agent.id,
            "filed_at": at,
        },
    )
    if is_new:
        append("products.evidence_filed", agent=agent, occurred_at=at, records=[evidence])
    return evidence


@transaction.atomic
def keep_evidence(organization: Organization, upload: Upload, *, agent: Agent, at: datetime) -> Evidence:
    """File a document by itself, for claims to rest on later; the same bytes are kept once. Raises `UploadRefusedError`."""
    evidence, is_new = file_evidence(organization, upload, allowed=DOCUMENTS | TABLES, field="file", agent=agent, at=at)
    if is_new:
        append("products.evidence_filed", agent=agent, occurred_at=at, records=[evidence])
    return evidence


def read_evidence(evidence: Evidence) -> bytes:
    """The bytes on file. Raises `EvidenceDamagedError` where they are gone or are not the ones that were filed."""
    try:
        content = path_of(evidence.sha256).read_bytes()
    except OSError as problem:
        raise EvidenceDamagedError(
            f"“{evidence.original_name}” cannot be read from the file store, so it is not shown. "
            "Tell whoever runs Candour: the file must come back from a backup.",
            code=MISSING,
        ) from problem
    if hashlib.sha256(content).hexdigest() != evidence.sha256:
        raise EvidenceDamagedError(
            f"“{evidence.original_name}” is not the file that was filed: its hash differs from the one on record, "
            "so it is not shown. Tell whoever runs Candour: the file must come back from a backup."
        )
    return content


def open_evidence(evidence: Evidence, *, agent: Agent, at: datetime) -> bytes:
    """The bytes on file, for a person. What is not the file that was filed raises an alarm that stays until it is whole.

    Raises `EvidenceDamagedError` after the alarm was written and logged.
    """
    try:
        content = read_evidence(evidence)
    except EvidenceDamagedError as problem:
        _raise_alarm(evidence, problem, agent=agent, at=at)
        raise
    _end_alarm(evidence, agent=agent, at=at)
    return content


@transaction.atomic
def _raise_alarm(evidence: Evidence, problem: EvidenceDamagedError, *, agent: Agent, at: datetime) -> None:
    found = EvidenceAlarm.Problem.MISSING if problem.code == MISSING else EvidenceAlarm.Problem.CHANGED
    alarm, is_new = EvidenceAlarm.objects.get_or_create(
        evidence=evidence,
        restored_at=None,
        defaults={
            "problem": found,
            "noticed_by": agent.id,
            "noticed_by_name": agent.name or agent.id,
            "noticed_at": at,
        },
    )
    if is_new:
        append("products.evidence_damaged", agent=agent, occurred_at=at, records=[alarm])
        logger.error("evidence %s is not the file that was filed (%s)", evidence.pk, found)


@transaction.atomic
def _end_alarm(evidence: Evidence, *, agent: Agent, at: datetime) -> None:
    alarm = EvidenceAlarm.objects.select_for_update().filter(evidence=evidence).open().first()
    if alarm is None:
        return
    alarm.restored_at = at
    alarm.save(update_fields=["restored_at"])
    append("products.evidence_restored", agent=agent, occurred_at=at, records=[alarm])


def path_of(sha256: str) -> Path:
    """Where the bytes with this hash lie."""
    return Path(settings.FILE_DIR) / "evidence" / sha256[:2] / sha256


def _store(sha256: str, content: bytes) -> None:
    path = path_of(sha256)
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex}.part")
    try:
        with partial.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
