"""What the record of an end says: a no, a withdrawal, or that the clinic closed the consent; who, when and why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from audit import services as audit
from audit.models import LogEntry
from audit.records import agent_words
from consent.models import Consent, Decline, SealedFile, Withdrawal
from consent.records import utc_text
from consent.vocabulary import ConsentStatus, SealKind, StatusReason

SCHEMA = "candour-ending/1"
CLOSED = (StatusReason.VOIDED, StatusReason.LAPSED, StatusReason.SUPERSEDED)


@dataclass(frozen=True)
class Ending:
    """One end of a consent. `patients_words` and `received_by` are empty where there are none."""

    kind: SealKind
    entry: LogEntry
    at: datetime
    what: str
    patients_words: str = ""
    received_by: str = ""
    clinics_words: str = ""

    def facts(self, consent: Consent) -> dict[str, Any]:
        """The canonical facts of the record, with the sealed files that came before it."""
        return {
            "schema": SCHEMA,
            "reference": consent.reference,
            "document_sha256": consent.document.sha256 if consent.document else None,
            "status": str(consent.status),
            "status_reason": str(consent.status_reason),
            "what": self.what,
            "recorded_by": agent_words(self.entry.detail.body["agent"]),
            "received_by": self.received_by,
            "patients_words": self.patients_words,
            "clinics_words": self.clinics_words,
            "ended_at": utc_text(self.at),
            "earlier_files": [
                {"kind": row.kind, "sha256": row.sha256}
                for row in SealedFile.objects.filter(consent=consent).exclude(kind=self.kind).order_by("sealed_at")
            ],
        }


def waiting_endings() -> Iterator[tuple[uuid.UUID, SealKind]]:
    """Every end without its sealed file, oldest first. What was signed is sealed before, so that its file can be named."""
    for kind, found, when in (
        (SealKind.DECLINED, _consents().filter(decline__isnull=False), "decline__declined_at"),
        (SealKind.WITHDRAWN, _consents().filter(withdrawal__isnull=False), "withdrawal__withdrawn_at"),
        (SealKind.CLOSED, _consents().filter(status_reason__in=CLOSED), "changed_at"),
        (SealKind.CLOSED, _consents().filter(status=ConsentStatus.ENTERED_IN_ERROR), "changed_at"),
    ):
        unsealed = found.exclude(Exists(_files(kind))).order_by(when)
        yield from ((pk, kind) for pk in unsealed.values_list("pk", flat=True))


def ending_of(consent: Consent, kind: SealKind) -> Ending:
    """The end of this kind, from its own row and the entry that recorded it."""
    if kind == SealKind.DECLINED:
        decline: Decline = consent.decline
        return Ending(kind, _entry(decline), decline.declined_at, "declined", decline.reason)
    if kind == SealKind.WITHDRAWN:
        withdrawal: Withdrawal = consent.withdrawal
        return Ending(
            kind, _entry(withdrawal), withdrawal.withdrawn_at, "withdrawn", withdrawal.reason, withdrawal.received_by
        )
    why = consent.ending.reason if consent.ending else ""
    return Ending(
        kind, _entry(consent), consent.changed_at, str(consent.status_reason or consent.status), clinics_words=why
    )


def _consents() -> QuerySet[Consent]:
    """Those with a text, of patients who were not erased, whose signature (if any) is sealed."""
    return (
        Consent.objects.filter(document__isnull=False)
        .exclude(patient__wrapped_key=None)
        .exclude(~Exists(_files(SealKind.SIGNED)), signature__isnull=False)
    )


def _files(kind: SealKind) -> QuerySet[SealedFile]:
    return SealedFile.objects.filter(consent=OuterRef("pk"), kind=kind)


def _entry(row: Any) -> LogEntry:
    """The newest entry that names the row: of a consent, the act that closed it."""
    return audit.entries_for(row._meta.label_lower, row.pk)[-1]
