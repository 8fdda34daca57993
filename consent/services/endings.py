"""What the record of an end says: a no, a withdrawal, or that the clinic closed the consent; who, when and why."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import services as audit
from audit.models import LogEntry
from audit.records import agent_words
from consent.models import Consent, Decline, Document, Opening, PaperPack, SealedFile, Withdrawal
from consent.records import utc_text
from consent.services.people import decider_told
from consent.vocabulary import ConsentStatus, EndKind, SealKind

SCHEMA = "candour-ending/1"
# A consent that was closed can still be marked as entered in error: two ends, and a file for each.
ENDS = {
    SealKind.CLOSED: (EndKind.VOIDED, EndKind.LAPSED, EndKind.SUPERSEDED),
    SealKind.ERROR: (EndKind.INVALIDATED,),
}


@dataclass(frozen=True)
class Ending:
    """One end of a consent. `patients_words` and `received_by` are empty where there are none.

    `decided_by` is who decided for the patient, with what was found on the authority; None where the patient did.
    """

    kind: SealKind
    entry: LogEntry
    at: datetime
    what: str
    patients_words: str = ""
    received_by: str = ""
    clinics_words: str = ""
    decided_by: dict[str, Any] | None = None

    def facts(self, consent: Consent) -> dict[str, Any]:
        """The canonical facts of the record, with the sealed files that came before it."""
        return {
            "schema": SCHEMA,
            "reference": consent.reference,
            "document_sha256": consent.document.sha256 if consent.document else None,
            "what": self.what,
            "recorded_by": agent_words(self.entry.detail.body["agent"]),
            "received_by": self.received_by,
            "decided_by": self.decided_by,
            "patients_words": self.patients_words,
            "clinics_words": self.clinics_words,
            "ended_at": utc_text(self.at),
            "texts": texts_told(consent, until=self.at),
            "earlier_files": [
                {"kind": row.kind, "sha256": row.sha256}
                for row in SealedFile.objects.filter(consent=consent).exclude(kind=self.kind).order_by("sealed_at")
            ],
        }


def texts_told(consent: Consent, *, until: datetime) -> list[dict[str, Any]]:
    """Every text that was written for the patient until then, oldest first, and when it was opened; None for never.

    A pack that was handed over on paper counts as opened.
    """
    return [_text_told(document, until) for document in _texts(consent, until)]


def texts_shown(consent: Consent, *, until: datetime) -> list[Document]:
    """The texts that the patient may have read until then: those that were opened, and the last one."""
    texts = _texts(consent, until)
    return [document for document in texts if document is texts[-1] or _opened(document, until)]


def _texts(consent: Consent, until: datetime) -> list[Document]:
    return list(
        Document.objects.filter(consent=consent, issued_at__lte=until)
        .select_related("consent__patient")
        .order_by("number")
    )


def _text_told(document: Document, until: datetime) -> dict[str, Any]:
    template, opened = document.content["template"], _opened(document, until)
    return {
        "number": document.number,
        "name": template["name"],
        "version": template["version"],
        "language": document.language,
        "template_sha256": template["sha256"],
        "document_sha256": document.sha256,
        "issued_at": utc_text(document.issued_at),
        "first_opened_at": utc_text(opened[0]) if opened else None,
        "last_opened_at": utc_text(opened[-1]) if opened else None,
        "visits": len(opened),
    }


def _opened(document: Document, until: datetime) -> list[datetime]:
    visits = Opening.objects.filter(document=document, opened_at__lte=until)
    packs = PaperPack.objects.filter(document=document, handover__handed_over_at__lte=until)
    return sorted(
        [*visits.values_list("opened_at", flat=True), *packs.values_list("handover__handed_over_at", flat=True)]
    )


def waiting_endings() -> Iterator[tuple[uuid.UUID, SealKind]]:
    """Every end without its sealed file, oldest first. What was signed is sealed before, so that its file can be named."""
    for kind, found, when in (
        (SealKind.DECLINED, _consents().filter(decline__isnull=False), "decline__declined_at"),
        (SealKind.WITHDRAWN, _consents().filter(withdrawal__isnull=False), "withdrawal__withdrawn_at"),
        (SealKind.CLOSED, _closed(SealKind.CLOSED, Q(status_reason__in=ENDS[SealKind.CLOSED])), "changed_at"),
        (SealKind.ERROR, _closed(SealKind.ERROR, Q(status=ConsentStatus.ENTERED_IN_ERROR)), "changed_at"),
    ):
        unsealed = found.exclude(Exists(_files(kind))).order_by(when)
        yield from ((pk, kind) for pk in unsealed.values_list("pk", flat=True))


def ending_of(consent: Consent, kind: SealKind) -> Ending:
    """The end of this kind, from its own row and the entry that recorded it."""
    if kind == SealKind.DECLINED:
        decline: Decline = consent.decline
        return _of_two(kind, decline, decline.declined_at, "declined")
    if kind == SealKind.WITHDRAWN:
        withdrawal: Withdrawal = consent.withdrawal
        return _of_two(kind, withdrawal, withdrawal.withdrawn_at, "withdrawn")
    row = consent.endings.filter(kind__in=ENDS[kind]).first()
    if row is None:
        # Closed before there were rows that say who and why: the consent itself, and the act that closed it.
        return Ending(kind, _entry(consent), consent.changed_at, str(consent.status_reason or consent.status))
    what = ConsentStatus.ENTERED_IN_ERROR if row.kind == EndKind.INVALIDATED else row.kind
    return Ending(kind, _entry(row), row.ended_at, str(what), clinics_words=row.reason)


def _of_two(kind: SealKind, row: Decline | Withdrawal, at: datetime, what: str) -> Ending:
    """The end by the patient, or by who decides for the patient."""
    if row.proxy is not None:
        row.proxy.consent = row.consent
    told = decider_told(row.proxy, until=at)
    return Ending(kind, _entry(row), at, what, row.reason, row.received_by, decided_by=told)


def _closed(kind: SealKind, before: Q) -> QuerySet[Consent]:
    """Those with an end of this kind; `before` finds those of before each end had a row of its own."""
    return _consents().filter(Q(endings__kind__in=ENDS[kind]) | Q(before, endings=None))


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
    """The newest entry that names the row: of an old consent, the act that closed it."""
    return audit.entries_for(row._meta.label_lower, row.pk)[-1]
