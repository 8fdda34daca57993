"""Handing out a sealed file: read, checked against its digest, and the access written into the log."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from consent.models import Consent, SealedFile
from consent.services.seal import read_sealed_file, sealed_file_of
from consent.services.stamping import timestamp_file_of
from consent.vocabulary import SealKind


@transaction.atomic
def export_document(consent: Consent, kind: SealKind, *, agent: Agent, at: datetime) -> tuple[SealedFile, bytes]:
    """The sealed PDF of one kind, with a log entry that says who took it.

    Raises NotSealedYetError while it is being made and FileDamagedError where storage no longer holds what was logged.
    """
    file = sealed_file_of(consent, kind)
    content = read_sealed_file(file)
    audit.append(
        "document.exported",
        agent=agent,
        occurred_at=at,
        records=[file],
        body={"reference": consent.reference, "kind": kind.value, "file_sha256": file.sha256},
    )
    return file, content


def export_token(consent: Consent, kind: SealKind) -> bytes | None:
    """The timestamp (.tsr) that came after a file was sealed, None where none did.

    It holds a digest and names nobody, so the log does not say who took it. Raises NotSealedYetError without a file.
    """
    return timestamp_file_of(sealed_file_of(consent, kind))
