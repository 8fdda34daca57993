"""From a signature on record to a sealed PDF on file: found by a sweep, tried until it is done, told when it fails.

The signature is complete without this. A file gets its final name only when it is whole and on
disk; the row and the log entry that make it count are one transaction; so a kill at any point
leaves either nothing or a stray file that the next sweep removes.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from audit import services as audit
from audit.errors import Refusal
from audit.models import Checkpoint, LogEntry, RecordedModel
from audit.records import Agent
from clinic.errors import ErasedError, SealBrokenError
from clinic.models import Patient
from clinic.services import check_is_there, open_for_patient, seal_for_patient
from consent import rendering, sealing
from consent.errors import FileDamagedError, NotSealedYetError, SealingError
from consent.models import Consent, Declaration, Notice, SealedFile, SealingTask, Signature
from consent.records import canonical, utc_text
from consent.services.dayof import day_told, first_clearance, waiting_day_records
from consent.services.endings import ending_of, texts_shown, waiting_endings
from consent.services.paper import folder as paper_folder
from consent.services.paper import papers_in_use, scan_attachments
from consent.services.reflection import reflection_told
from consent.services.stamping import authority_for_sealing, record_time
from consent.services.steps import latest_answers, review_told, step_of
from consent.services.talks import doubts_told, talks_told
from consent.vocabulary import SealKind

LEASE = timedelta(seconds=30)
LEAST_PAUSE = timedelta(seconds=5)
MOST_PAUSE = timedelta(minutes=15)
TELL_AFTER_ATTEMPTS = 2
STRAY_AFTER = timedelta(hours=1)
MOST_AT_ONCE = 20

Work = tuple[uuid.UUID, SealKind]
Record = Callable[[Consent, LogEntry, Checkpoint], bytes]


def waiting() -> list[Work]:
    """Everything signed, declared or ended without its sealed file, oldest first; there is no age at which it is given up.

    Whose key is gone can have no file any more.
    """
    is_readable = Q(consent__patient__wrapped_key__isnull=False)
    signed = Signature.objects.filter(
        is_readable, ~Exists(SealedFile.objects.filter(consent=OuterRef("consent"), kind=SealKind.SIGNED))
    ).order_by("signed_at")
    declared = Declaration.objects.filter(
        is_readable,
        ~Exists(SealedFile.objects.filter(consent=OuterRef("consent"), kind=SealKind.COMPLETED)),
        Exists(SealedFile.objects.filter(consent=OuterRef("consent"), kind=SealKind.SIGNED)),
    ).order_by("declared_at")
    return [
        *((row.consent_id, SealKind.SIGNED) for row in signed),
        *((row.consent_id, SealKind.COMPLETED) for row in declared),
        *waiting_day_records(),
        *waiting_endings(),
    ]


def claim_waiting(*, at: datetime) -> list[Work]:
    """Lease up to twenty pieces of work that nobody holds, whose entry a checkpoint covers and whose pause is over."""
    claimed: list[Work] = []
    for consent_id, kind in waiting():
        if len(claimed) == MOST_AT_ONCE:
            break
        task, _ = SealingTask.objects.get_or_create(consent_id=consent_id, kind=kind)
        taken = SealingTask.objects.filter(
            Q(leased_until=None) | Q(leased_until__lte=at),
            Q(next_attempt_at=None) | Q(next_attempt_at__lte=at),
            pk=task.pk,
        ).update(leased_until=at + LEASE)
        if taken:
            claimed.append((consent_id, kind))
    return claimed


def seal_document(consent_id: uuid.UUID, kind: SealKind, *, at: datetime) -> SealedFile | None:
    """Lay out, seal, store and log one file; None while its entry waits for a checkpoint. Harmless when run twice.

    A failure is recorded on the SealingTask, tried again after a growing pause, and told to a person.
    """
    consent = Consent.objects.with_standing().get(pk=consent_id)
    existing: SealedFile | None = SealedFile.objects.filter(consent=consent, kind=kind).first()
    if existing is not None:
        return existing
    entry = _entry_of(consent, kind)
    checkpoint = audit.covering_checkpoint(entry)
    if checkpoint is None:
        SealingTask.objects.filter(consent=consent, kind=kind).update(leased_until=None)
        return None
    try:
        pdf = RECORDS[kind](consent, entry, checkpoint)
        sealed = sealing.seal(pdf, reason=REASONS[kind], signed_at=at, authority=authority_for_sealing(at=at))
        _store(consent, sealed.sha256, sealed.content)
    except (Refusal, OSError) as problem:
        # Whatever refuses, a missing key as well as a full disk: it is on record, tried again, and told.
        _record_failure(consent, kind, problem, at)
        raise SealingError(f"{consent.reference}: {problem}", code="seal.failed") from problem
    try:
        return _record_sealed(consent, kind, sealed, at)
    except IntegrityError:
        # Somebody else finished the same file first; theirs counts, ours is a stray.
        return SealedFile.objects.get(consent=consent, kind=kind)
    except ErasedError as gone:
        # What was stored is a stray too; nobody can open it.
        raise SealingError(f"{consent.reference}: {gone}", code="seal.erased") from gone


def read_sealed_file(file: SealedFile) -> bytes:
    """The sealed PDF, checked against its logged SHA-256 on every read. Raises FileDamagedError, and ErasedError."""
    check_is_there(file.consent.patient)
    try:
        stored = path_of(file.sha256).read_bytes()
    except OSError as problem:
        raise FileDamagedError(
            f"The sealed file of {file.consent.reference} is missing from storage. Restore it from the backup.",
            code="document.damaged",
        ) from problem
    try:
        content = open_for_patient(file.consent.patient, stored, binding=f"consent.sealedfile:{file.sha256}")
    except SealBrokenError as problem:
        raise _changed_in_storage(file) from problem
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _changed_in_storage(file)
    return content


def _changed_in_storage(file: SealedFile) -> FileDamagedError:
    return FileDamagedError(
        f"The sealed file of {file.consent.reference} was changed in storage. Restore it from the backup.",
        code="document.damaged",
    )


def sealed_file_of(consent: Consent, kind: SealKind) -> SealedFile:
    """The sealed file of one kind. Raises NotSealedYetError while it is being made, and ErasedError."""
    file: SealedFile | None = (
        SealedFile.objects.select_related("consent__patient").filter(consent=consent, kind=kind).first()
    )
    if file is None:
        check_is_there(consent.patient)
        raise NotSealedYetError(
            "The sealed file is still being made. Try again in a few seconds.", code="document.not_sealed"
        )
    return file


def unsigned_copy(consent: Consent) -> bytes:
    """The Document as a PDF marked "not signed", to read or print before deciding."""
    if consent.document is None:
        raise NotSealedYetError("There is no text yet.", code="document.none")
    return rendering.render_unsigned_copy(consent.document.content)


def remove_strays(*, at: datetime) -> int:
    """Delete files that no row names, or only rows of a patient whose key is gone; only those older than an hour.

    A process that was killed left them, while it stored a file or after it had destroyed the key. Returns how many.
    """
    readable = SealedFile.objects.filter(consent__patient__wrapped_key__isnull=False)
    removed = 0
    for folder, known in (
        (_folder(), {path_of(sha256) for sha256 in readable.values_list("sha256", flat=True)}),
        (paper_folder(), papers_in_use()),
    ):
        for path in folder.glob("*/*"):
            is_old = datetime.fromtimestamp(path.stat().st_mtime, tz=at.tzinfo) < at - STRAY_AFTER
            if is_old and path not in known:
                path.unlink()
                removed += 1
    return removed


def paths_of(patients: Sequence[Patient]) -> list[Path]:
    """Where the sealed files of these patients lie, or lay."""
    files = SealedFile.objects.filter(consent__patient__in=patients)
    return [path_of(sha256) for sha256 in files.values_list("sha256", flat=True)]


def path_of(sha256: str) -> Path:
    """Where a sealed file lies: content-addressed, encrypted under the patient's key."""
    return _folder() / sha256[:2] / f"{sha256}.sealed"


def _folder() -> Path:
    return Path(settings.FILE_DIR) / "sealed"


def _entry_of(consent: Consent, kind: SealKind) -> LogEntry:
    """The entry that proves the act which this file records."""
    if kind == SealKind.DAY_OF:
        clearance = first_clearance(consent)
        return audit.entries_for(clearance._meta.label_lower, clearance.pk)[0]
    if kind not in (SealKind.SIGNED, SealKind.COMPLETED):
        return ending_of(consent, kind).entry
    subject: Signature | Declaration = consent.signature if kind == SealKind.SIGNED else consent.declaration
    return audit.entries_for(subject._meta.label_lower, subject.pk)[0]


def _signed_record(consent: Consent, entry: LogEntry, checkpoint: Checkpoint) -> bytes:
    document, record = consent.signature.document.content, consent.signature.signing_record
    certificate = _certificate(consent, entry, checkpoint) | {
        "document_sha256": consent.signature.document_sha256,
        "signing_record_sha256": consent.signature.signing_record_sha256,
        "template_sha256": document["template"]["sha256"],
        **_times("signed_at", consent.signature.signed_at, document["time_zone"]),
    }
    attachments = [
        rendering.Attachment("document.json", "application/json", consent.signature.document.canonical, "Source"),
        rendering.Attachment("signing-record.json", "application/json", consent.signature.canonical, "Data"),
        *scan_attachments(consent, record),
        *_log_attachments(entry, checkpoint),
    ]
    return rendering.render_signed_record(document, record, certificate, attachments)


def _completion_record(consent: Consent, entry: LogEntry, checkpoint: Checkpoint) -> bytes:
    document, declaration = consent.signature.document.content, consent.declaration
    signed = SealedFile.objects.get(consent=consent, kind=SealKind.SIGNED)
    facts = {
        "schema": "candour-declaration/1",
        "reference": consent.reference,
        "document_sha256": consent.signature.document_sha256,
        "signed_record_sha256": signed.sha256,
        "printed_name": declaration.printed_name,
        "registration_body": document["practitioner"]["registration_body"],
        "registration_number": document["practitioner"]["registration_number"],
        "meaning": declaration.text,
        "declared_at": utc_text(declaration.declared_at),
        "reviews": _reviews(consent),
        "credential": declaration.credential,
        "talks": talks_told(consent, until=declaration.declared_at),
        "doubts": doubts_told(consent, until=declaration.declared_at),
        "reflection": reflection_told(consent, until=declaration.declared_at),
    }
    attachments = [
        rendering.Attachment("declaration.json", "application/json", canonical(facts), "Data"),
        *_log_attachments(entry, checkpoint),
    ]
    return rendering.render_completion_record(document, facts, attachments)


def _day_record(consent: Consent, entry: LogEntry, checkpoint: Checkpoint) -> bytes:
    document, facts = consent.signature.document.content, day_told(consent)
    attachments = [
        rendering.Attachment("day-of.json", "application/json", canonical(facts), "Data"),
        *_log_attachments(entry, checkpoint),
    ]
    return rendering.render_day_record(document, facts, attachments)


def _ending_record(kind: SealKind) -> Record:
    def made(consent: Consent, entry: LogEntry, checkpoint: Checkpoint) -> bytes:
        document = consent.document
        if document is None:
            raise NotSealedYetError("There is no text yet.", code="document.none")
        end = ending_of(consent, kind)
        facts = end.facts(consent)
        attachments = [
            *([] if hasattr(consent, "signature") else _shown(consent, end.at)),
            rendering.Attachment("ending.json", "application/json", canonical(facts), "Data"),
            *_log_attachments(entry, checkpoint),
        ]
        return rendering.render_ending_record(
            document.content, facts, _certificate(consent, entry, checkpoint), attachments
        )

    return made


def _shown(consent: Consent, until: datetime) -> list[rendering.Attachment]:
    """Where nothing was signed, the file of the end is the only one that keeps what was shown: the last text and those before it."""
    *earlier, last = texts_shown(consent, until=until)
    named = [*((f"document-{text.number}.json", text) for text in earlier), ("document.json", last)]
    return [rendering.Attachment(name, "application/json", text.canonical, "Source") for name, text in named]


def _reviews(consent: Consent) -> list[dict[str, Any]]:
    """What was decided on the patient's answers, and which of them were read, before the declaration."""
    document = consent.signature.document
    content = document.content
    return [
        {"step": row.step, "title": step_of(content, row.step)["title"], "attempt": row.attempt, **(review or {})}
        for row in latest_answers(document).values()
        if (review := review_told(row))
    ]


# One file for each act: what it holds, and what the seal says of it.
RECORDS: Mapping[SealKind, Record] = {
    SealKind.SIGNED: _signed_record,
    SealKind.COMPLETED: _completion_record,
    SealKind.DAY_OF: _day_record,
    SealKind.DECLINED: _ending_record(SealKind.DECLINED),
    SealKind.WITHDRAWN: _ending_record(SealKind.WITHDRAWN),
    SealKind.CLOSED: _ending_record(SealKind.CLOSED),
    SealKind.ERROR: _ending_record(SealKind.ERROR),
}
REASONS: Mapping[SealKind, str] = {
    SealKind.SIGNED: "Signed by the patient",
    SealKind.COMPLETED: "Declared by the practitioner",
    SealKind.DAY_OF: "Checked before the treatment",
    SealKind.DECLINED: "Declined by the patient",
    SealKind.WITHDRAWN: "Taken back by the patient",
    SealKind.CLOSED: "Closed",
    SealKind.ERROR: "Entered in error",
}


def _certificate(consent: Consent, entry: LogEntry, checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "reference": consent.reference,
        "log_origin": entry.log.origin,
        "leaf_index": entry.leaf_index,
        "leaf_hash": bytes(entry.leaf_hash).hex(),
        "tree_size": checkpoint.tree_size,
        "root_hash": bytes(checkpoint.root_hash).hex(),
        "checkpoint_note": checkpoint.note,
        "renderer": f"{rendering.RENDERER}; Python {platform.python_version()}",
        "seal_certificate_sha256": sealing.certificate().sha256,
        "verify_url": f"{settings.BASE_URL}/verify/",
    }


def _times(name: str, moment: datetime, time_zone: str) -> dict[str, str]:
    local = moment.astimezone(ZoneInfo(time_zone))
    offset = local.strftime("%z")
    return {
        f"{name}_utc": utc_text(moment),
        f"{name}_local": f"{local.day} {local:%B %Y, %H:%M:%S} ({offset[:3]}:{offset[3:]}, {time_zone})",
    }


def _log_attachments(entry: LogEntry, checkpoint: Checkpoint) -> list[rendering.Attachment]:
    """What an auditor needs to check the log without us: the leaf with what it commits to, and its proof."""
    detail = {"leaf": entry.leaf, "salt": bytes(entry.detail.salt).hex(), "body": entry.detail.canonical_body}
    return [
        rendering.Attachment(
            "log-entry.json",
            "application/json",
            json.dumps(detail, ensure_ascii=False, sort_keys=True).encode(),
            "Supplement",
        ),
        rendering.Attachment(
            "log-entry.tlog-proof", "text/plain", audit.tlog_proof(entry, checkpoint).encode(), "Supplement"
        ),
    ]


def _store(consent: Consent, sha256: str, content: bytes) -> None:
    """Write under a temporary name, flush to disk, rename: the final name never holds half a file."""
    path = path_of(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with partial.open("wb") as file:
            file.write(seal_for_patient(consent.patient, content, binding=f"consent.sealedfile:{sha256}"))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@transaction.atomic
def _record_sealed(consent: Consent, kind: SealKind, sealed: sealing.SealedPdf, at: datetime) -> SealedFile:
    Consent.objects.locked(consent.pk)
    file: SealedFile = SealedFile.objects.create(
        consent=consent,
        kind=kind,
        sha256=sealed.sha256,
        size=len(sealed.content),
        certificate_sha256=sealed.certificate_sha256,
        sealed_at=at,
    )
    SealingTask.objects.filter(consent=consent, kind=kind).update(
        leased_until=None, next_attempt_at=None, last_error=""
    )
    records: list[RecordedModel] = [file]
    time_told = {}
    if sealed.time is not None:
        time = record_time(file, sealed.time, at=at)
        records.append(time)
        trusted = sealed.time.facts.words if sealed.time.facts else "none"
        time_told = {"seal_level": time.level, "trusted_time": trusted, "why_not_more": time.reason}
    worker = Agent(kind="system", id="worker", organization_id=consent.organization_id, name="Candour")
    audit.append(
        "document.sealed",
        agent=worker,
        occurred_at=at,
        records=records,
        body={
            "reference": consent.reference,
            "kind": kind.value,
            "file_sha256": sealed.sha256,
            "size": len(sealed.content),
            **time_told,
        },
    )
    return file


@transaction.atomic
def _record_failure(consent: Consent, kind: SealKind, problem: Exception, at: datetime) -> None:
    task = SealingTask.objects.select_for_update().get_or_create(consent=consent, kind=kind)[0]
    task.attempts += 1
    pause = min(LEAST_PAUSE * 2 ** min(task.attempts - 1, 10), MOST_PAUSE)
    task.leased_until, task.next_attempt_at, task.last_error = None, at + pause, str(problem)[:500]
    if task.attempts >= TELL_AFTER_ATTEMPTS and task.told_at is None:
        task.told_at = at
        Notice.objects.create(
            organization=consent.organization,
            consent=consent,
            created_at=at,
            subject=f"{consent.reference}: a file could not be sealed",
            text=(
                f"{kind.label}: what was decided is safe and counts. The sealed file could not be made yet; Candour keeps trying.\n"
                f"What went wrong: {task.last_error}\nRun “manage.py doctor” on the server to see what is wrong."
            ),
        )
    task.save()
