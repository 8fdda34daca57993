"""What the place of a consent follows from, as far as its own row and its one signature and declaration say it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from clinic.models import Patient
from consent.models import Consent
from consent.vocabulary import ConsentStatus

# In the order of `Core`; the second half only once something was signed.
OF_ALL = (
    "pk",
    "status",
    "status_reason",
    "changed_at",
    "route",
    "document",
    "batch__status",
    "batch__expiration_date",
    "signature__signed_at",
)
OF_SIGNED = ("declaration__declared_at", "signature__document", "signature__document__days_to_think")
OPEN = (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)
ENDED = (ConsentStatus.NOT_DONE, ConsentStatus.INACTIVE, ConsentStatus.ENTERED_IN_ERROR)


class Core(NamedTuple):
    """One consent's row, joined with what there is once."""

    pk: uuid.UUID
    status: str
    reason: str
    changed_at: datetime
    route: str
    document: uuid.UUID | None
    batch_status: str | None
    expiration_date: date | None
    signed_at: datetime | None
    declared_at: datetime | None = None
    signed_document: uuid.UUID | None = None
    days_to_think: int | None = None
    is_erased: bool = False


def cores(found: QuerySet[Consent]) -> Iterator[Core]:
    """Of each of these what its place follows from. Whose key is gone can have no file any more."""
    erased = Patient.objects.filter(pk=OuterRef("patient"), wrapped_key=None)
    rows = found.order_by().annotate(is_erased=Exists(erased))
    return (Core(*row) for row in rows.values_list(*OF_ALL, *OF_SIGNED, "is_erased"))


def open_cores(found: QuerySet[Consent], *, is_draft: bool) -> Iterator[Core]:
    """The same for open consents alone, whose patients are there: a draft has no declaration to look for."""
    return (Core(*row) for row in found.order_by().values_list(*OF_ALL, *(() if is_draft else OF_SIGNED)))
