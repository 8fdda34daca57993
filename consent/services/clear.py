"""The check at the chair: may this patient be treated with this batch today?"""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.models import Organization
from consent import rules
from consent.errors import ClearanceRefusedError
from consent.models import Clearance, Consent
from consent.services.marks import compare_now
from products.gs1 import parse_element_string
from products.models import Batch


def clear_for_treatment(
    consent_id: uuid.UUID,
    batch_id: uuid.UUID,
    *,
    still_wanted: bool,
    nothing_changed: bool,
    cleared_by: str,
    agent: Agent,
    at: datetime,
) -> Clearance:
    """Record that the check at the chair was passed; a second time on the same day answers with the first.

    First the consent is compared with the facts of this moment; what changed is marked, whatever is decided here.
    The batch is locked, so that a hold or recall is either seen here or comes after this entry in the log.
    Raises ClearanceRefusedError with every reason why the patient may not be treated.
    """
    compare_now(consent_id, at=at)
    return _clear(
        consent_id,
        batch_id,
        still_wanted=still_wanted,
        nothing_changed=nothing_changed,
        cleared_by=cleared_by,
        agent=agent,
        at=at,
    )


@transaction.atomic
def _clear(
    consent_id: uuid.UUID,
    batch_id: uuid.UUID,
    *,
    still_wanted: bool,
    nothing_changed: bool,
    cleared_by: str,
    agent: Agent,
    at: datetime,
) -> Clearance:
    consent = Consent.objects.with_standing().select_for_update(of=("self",)).get(pk=consent_id)
    batch = Batch.objects.at(consent.organization).select_for_update(of=("self",)).get(pk=batch_id)
    on = consent.organization.local_date(at)
    rules.check_may_treat(consent, batch, on)
    if not still_wanted:
        raise ClearanceRefusedError(
            "Do not treat: the patient has not said today that they still want it. If they changed their mind, record that.",
            code="clearance.not_wanted",
            field="still_wanted",
        )
    if not nothing_changed:
        raise ClearanceRefusedError(
            "Do not treat: something has changed since the patient signed. Talk about it, then issue a new consent.",
            code="clearance.changed",
            field="nothing_changed",
        )
    found: Clearance | None = Clearance.objects.filter(consent=consent, batch=batch, cleared_on=on).first()
    if found is not None:
        return found
    clearance: Clearance = Clearance.objects.create(
        consent=consent, batch=batch, cleared_on=on, cleared_by=cleared_by, cleared_at=at
    )
    audit.append(
        "consent.cleared_for_treatment",
        agent=agent,
        occurred_at=at,
        records=[clearance],
        body={"reference": consent.reference, "lot_number": batch.lot_number, "on": on.isoformat()},
    )
    return clearance


def batch_of_scan(organization: Organization, scan: str, *, today: date) -> Batch:
    """The clinic's batch that a scanned or typed code names.

    Raises products.errors.ScanError for what is no GS1 code, ClearanceRefusedError where the clinic has no such batch.
    """
    read = parse_element_string(scan, today=today)
    if not read.lot_number:
        raise ClearanceRefusedError(
            "The code names the product but no lot. Choose the batch from the list, and compare it with the vial.",
            code="clearance.no_lot",
            field="scan",
        )
    batch = (
        Batch.objects.at(organization)
        .select_related("product")
        .filter(product__gtin=read.gtin, lot_number=read.lot_number)
        .first()
    )
    if batch is None:
        raise ClearanceRefusedError(
            f"Do not treat: this clinic has received no batch {read.lot_number} of the product {read.gtin}.",
            code="clearance.unknown_batch",
            field="scan",
        )
    return batch
