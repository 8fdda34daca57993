"""Taking away the register of consents as a table, and the sealed files of a period; who took what stands in the log."""

from __future__ import annotations

import csv
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.errors import ErasedError
from clinic.models import Organization
from clinic.vocabulary import Role
from consent import rules
from consent.errors import ExportRefusedError, FileDamagedError
from consent.models import Consent, SealedFile
from consent.models.consents import ConsentQuerySet
from consent.records import utc_text
from consent.services.placing import placed
from consent.services.seal import read_sealed_file
from consent.services.stamping import timestamp_file_of
from products.services.imports import as_csv, as_xlsx

# Who answers for the records may take them away.
EXPORTERS = frozenset({Role.CLINIC_LEAD, Role.AUDITOR})
REGISTER_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MOST_ROWS = 20_000
MOST_FILES = 1_000
MANIFEST = "manifest.csv"
COLUMNS = (
    "reference",
    "patient_number",
    "family_name",
    "given_name",
    "birth_date",
    "product",
    "lot",
    "route",
    "jurisdiction",
    "location",
    "practitioner",
    "language",
    "status",
    "status_reason",
    "stands",
    "issued_at",
    "first_opened_at",
    "signed_at",
    "declared_at",
    "declined_at",
    "withdrawn_at",
    "document_sha256",
    "signed_record_sha256",
    "completion_record_sha256",
    "purpose",
    "study",
)
FORMS = {"csv": as_csv, "xlsx": as_xlsx}
UNREAD = ("document__sealed_content", "signature__sealed_record", "decline__sealed_reason", "withdrawal__sealed_reason")


@transaction.atomic
def export_register(
    organization: Organization, found: ConsentQuerySet, form: str, asked: str, *, agent: Agent, at: datetime
) -> bytes:
    """These consents as `csv` or `xlsx`, newest first; `asked` says in the log what the list was narrowed to.

    Raises ExportRefusedError for more rows than one table holds.
    """
    count = found.count()
    if count > MOST_ROWS:
        raise ExportRefusedError(
            f"These are {count} consents; a table holds at most {MOST_ROWS}. Choose fewer days.", code="export.rows"
        )
    content = FORMS[form](COLUMNS, _rows(organization, found, at))
    audit.append(
        "consent.register_exported",
        agent=agent,
        occurred_at=at,
        body={"form": form, "rows": count, "asked": asked, "sha256": hashlib.sha256(content).hexdigest()},
    )
    return content


@transaction.atomic
def export_period(organization: Organization, since: date, until: date, *, agent: Agent, at: datetime) -> IO[bytes]:
    """A ZIP of every file that was sealed from `since` to `until` (local days), with its proof, and a manifest.

    The caller closes what is returned. A file that is missing or damaged is named in the manifest and left out.
    Raises ExportRefusedError for a period that is none, is empty, or has too many files.
    """
    rules.check_period(since, until, today=organization.local_date(at))
    begins = datetime.combine(since, time(), organization.zone)
    ends = datetime.combine(until + timedelta(days=1), time(), organization.zone)
    files = SealedFile.objects.filter(
        consent__organization=organization, sealed_at__gte=begins, sealed_at__lt=ends
    ).order_by("sealed_at", "pk")
    count = files.count()
    if not 0 < count <= MOST_FILES:
        words = (
            "No file was sealed in these days."
            if not count
            else f"These are {count} files; one export holds {MOST_FILES}."
        )
        raise ExportRefusedError(f"{words} Choose other days.", field="until", code="export.files")
    target = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it once it is sent
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        lines = [enclosed(packed, file) for file in files.select_related("consent__patient", "consent__organization")]
        manifest = manifest_of(lines)
        packed.writestr(MANIFEST, manifest)
    audit.append(
        "document.period_exported",
        agent=agent,
        occurred_at=at,
        body={
            "since": since.isoformat(),
            "until": until.isoformat(),
            "files": count,
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        },
    )
    target.seek(0)
    return target


def enclosed(packed: zipfile.ZipFile, file: SealedFile) -> list[str]:
    """Put one file and its proof into the ZIP; its line of the manifest."""
    name, proof_name = f"{file.consent.reference}-{file.kind}.pdf", ""
    entries = audit.entries_for("consent.sealedfile", file.pk)
    try:
        packed.writestr(name, read_sealed_file(file))
        state = "enclosed"
    except FileDamagedError as problem:
        name, state = "", f"missing: {problem.code}"
    except ErasedError:
        name, state = "", "disposed of"
    checkpoint = audit.covering_checkpoint(entries[0]) if entries else None
    if checkpoint is not None:
        proof_name = f"{file.consent.reference}-{file.kind}.tlog-proof"
        packed.writestr(proof_name, audit.tlog_proof(entries[0], checkpoint))
    if token := timestamp_file_of(file):
        packed.writestr(f"{file.consent.reference}-{file.kind}.tsr", token)
    leaf = str(entries[0].leaf_index) if entries else ""
    return [
        file.consent.reference,
        str(file.kind),
        state,
        name,
        file.sha256,
        str(file.size),
        utc_text(file.sealed_at),
        leaf,
        proof_name,
    ]


def manifest_of(lines: Iterable[list[str]]) -> bytes:
    """The table of what a ZIP holds: `reference, kind, state, file, sha256, bytes, sealed_at, log_index, proof`."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(["reference", "kind", "state", "file", "sha256", "bytes", "sealed_at", "log_index", "proof"])
    writer.writerows(lines)
    return stream.getvalue().encode()


def _rows(organization: Organization, found: ConsentQuerySet, at: datetime) -> Iterator[list[str]]:
    stands = {one.pk: one.code for one in placed(found, organization, at=at)}
    rows = (
        found.select_related(
            "patient",
            "product",
            "batch",
            "practitioner",
            "location",
            "document",
            "signature",
            "declaration",
            "decline",
            "withdrawal",
            "study",
        )
        .prefetch_related("openings", "sealed_files", "study__versions")
        .defer(*UNREAD)
    )
    for consent in rows.iterator(chunk_size=1000):
        yield [_cell(value) for value in _values(consent, str(stands.get(consent.pk, "")))]


def _values(consent: Consent, stands: str) -> Iterator[Any]:
    identity = None if consent.patient.is_erased else consent.patient.identity
    files = {row.kind: row.sha256 for row in consent.sealed_files.all()}
    yield consent.reference
    yield consent.patient.number
    yield from (identity.family_name, identity.given_name, identity.birth_date) if identity else ("", "", "")
    yield consent.product.marketed_name
    yield consent.batch.lot_number if consent.batch else ""
    yield consent.route
    yield consent.jurisdiction
    yield consent.location.name if consent.location else ""
    yield consent.practitioner.printed_name
    yield consent.document.language if consent.document else ""
    yield consent.status
    yield consent.status_reason
    yield stands
    yield consent.created_at
    yield min((row.opened_at for row in consent.openings.all()), default="")
    for name, moment in (
        ("signature", "signed_at"),
        ("declaration", "declared_at"),
        ("decline", "declined_at"),
        ("withdrawal", "withdrawn_at"),
    ):
        yield getattr(getattr(consent, name, None), moment, "")
    yield consent.document.sha256 if consent.document else ""
    yield files.get("signed-record", "")
    yield files.get("completion-record", "")
    yield consent.text_type.value
    yield consent.study.current.title if consent.study else ""


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if isinstance(value, date) else str(value)
