"""What the sealed record of the day of treatment says: the three answers of the check, the batch, and the time to think."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from consent.models import Clearance, Consent, DayCheck, SealedFile
from consent.records import utc_text
from consent.services.reflection import reflection_told
from consent.vocabulary import SealKind

SCHEMA = "candour-day-of/1"


def waiting_day_records() -> Iterator[tuple[uuid.UUID, SealKind]]:
    """Every consent with a passed check and no sealed record of it; after the completion record, which it names.

    The first passed check of a consent is sealed; those of later days stand in the log.
    """
    files = SealedFile.objects.filter(consent=OuterRef("consent"))
    found = Clearance.objects.filter(
        ~Exists(files.filter(kind=SealKind.DAY_OF)),
        Exists(files.filter(kind=SealKind.COMPLETED)),
        Exists(DayCheck.objects.filter(clearance=OuterRef("pk"))),
    ).exclude(consent__patient__wrapped_key=None)
    pks = dict.fromkeys(found.order_by("cleared_at").values_list("consent", flat=True))
    yield from ((pk, SealKind.DAY_OF) for pk in pks)


def first_clearance(consent: Consent) -> Clearance:
    """The first passed check."""
    found: Clearance = Clearance.objects.filter(consent=consent).order_by("cleared_at", "pk")[0]
    return found


def day_told(consent: Consent) -> dict[str, Any]:
    """The canonical facts: who checked, what was answered, which batch, the checks before it, and the sealed files before it."""
    clearance = first_clearance(consent)
    checks = DayCheck.objects.filter(consent=consent, checked_at__lte=clearance.cleared_at).select_related("batch")
    before = (SealKind.SIGNED, SealKind.COMPLETED)
    files = {row.kind: row for row in SealedFile.objects.filter(consent=consent, kind__in=before)}
    return {
        "schema": SCHEMA,
        "reference": consent.reference,
        "document_sha256": consent.signature.document_sha256,
        "cleared_on": clearance.cleared_on.isoformat(),
        "cleared_by": clearance.cleared_by,
        "cleared_at": utc_text(clearance.cleared_at),
        "lot_number": clearance.batch.lot_number,
        "expiration_date": clearance.batch.expiration_date.isoformat(),
        "checks": [_check_told(consent, row) for row in checks.order_by("checked_at", "pk")],
        "reflection": reflection_told(consent, until=clearance.cleared_at),
        "earlier_files": [{"kind": kind.value, "sha256": files[kind].sha256} for kind in before],
    }


def _check_told(consent: Consent, row: DayCheck) -> dict[str, Any]:
    row.consent = consent
    return {
        "checked_by": row.checked_by_name,
        "checked_at": utc_text(row.checked_at),
        "still_wanted": row.still_wanted,
        "nothing_changed": row.nothing_changed,
        "lot_number": row.batch.lot_number,
        "batch_way": str(row.batch_way),
        "note": row.note,
        "is_passed": row.is_passed,
        "stopped_by": row.stopped_by,
    }
