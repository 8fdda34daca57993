"""The check at the chair: may this patient be treated with this batch today?"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.models import Organization
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules
from consent.errors import ClearanceRefusedError
from consent.models import Clearance, Consent, DayCheck
from consent.services.marks import compare_now
from consent.vocabulary import BatchWay
from products.gs1 import parse_element_string
from products.models import Batch

LONGEST_NOTE = 1000


def clear_for_treatment(
    consent_id: uuid.UUID,
    batch_id: uuid.UUID,
    *,
    still_wanted: bool,
    nothing_changed: bool,
    cleared_by: str,
    agent: Agent,
    at: datetime,
    note: str = "",
    batch_way: BatchWay = BatchWay.CHOSEN,
) -> Clearance:
    """Record the check at the chair with its three answers; passed a second time on the same day, the first one counts.

    First the consent is compared with the facts of this moment; what changed is marked, whatever is decided here.
    The batch is locked, so that a hold or recall is either seen here or comes after this entry in the log.
    Raises ClearanceRefusedError with every reason why the patient may not be treated; the check is on record all the same.
    """
    compare_now(consent_id, at=at)
    answers = {"still_wanted": still_wanted, "nothing_changed": nothing_changed, "batch_way": batch_way}
    try:
        return _clear(consent_id, batch_id, answers, note, cleared_by=cleared_by, agent=agent, at=at)
    except ClearanceRefusedError as refusal:
        record_stopped_check(
            consent_id,
            batch_id,
            still_wanted=still_wanted,
            nothing_changed=nothing_changed,
            batch_way=batch_way,
            note=note,
            why=refusal.message,
            cleared_by=cleared_by,
            agent=agent,
            at=at,
        )
        raise


@transaction.atomic
def _clear(
    consent_id: uuid.UUID,
    batch_id: uuid.UUID,
    answers: dict[str, Any],
    note: str,
    *,
    cleared_by: str,
    agent: Agent,
    at: datetime,
) -> Clearance:
    consent = Consent.objects.with_standing().locked(consent_id)
    batch = Batch.objects.at(consent.organization).select_for_update(of=("self",)).get(pk=batch_id)
    on = consent.organization.local_date(at)
    rules.check_may_treat(consent, batch, on)
    rules.check_day_answers(still_wanted=answers["still_wanted"], nothing_changed=answers["nothing_changed"])
    found: Clearance | None = Clearance.objects.filter(consent=consent, batch=batch, cleared_on=on).first()
    if found is not None:
        return found
    clearance: Clearance = Clearance.objects.create(
        consent=consent, batch=batch, cleared_on=on, cleared_by=cleared_by, cleared_at=at
    )
    check = _check(consent, batch, answers, note, cleared_by, agent, at, clearance=clearance)
    audit.append(
        "consent.cleared_for_treatment",
        agent=agent,
        occurred_at=at,
        records=[clearance, check],
        body={"reference": consent.reference, "lot_number": batch.lot_number, "on": on.isoformat()},
    )
    return clearance


@transaction.atomic
def record_stopped_check(
    consent_id: uuid.UUID,
    batch_id: uuid.UUID,
    *,
    still_wanted: bool,
    nothing_changed: bool,
    batch_way: BatchWay,
    note: str,
    why: str,
    cleared_by: str,
    agent: Agent,
    at: datetime,
) -> None:
    """Put a check that was not passed on record. For callers whose own transaction takes `clear_for_treatment` back."""
    consent = Consent.objects.locked(consent_id)
    batch = Batch.objects.at(consent.organization).get(pk=batch_id)
    answers = {"still_wanted": still_wanted, "nothing_changed": nothing_changed, "batch_way": batch_way}
    check = _check(consent, batch, answers, note, cleared_by, agent, at, stopped_by=why)
    audit.append(
        "consent.day_check_stopped",
        agent=agent,
        occurred_at=at,
        records=[check],
        body={"reference": consent.reference, "lot_number": batch.lot_number},
    )


def _check(
    consent: Consent,
    batch: Batch,
    answers: dict[str, Any],
    note: str,
    checked_by_name: str,
    agent: Agent,
    at: datetime,
    *,
    clearance: Clearance | None = None,
    stopped_by: str = "",
) -> DayCheck:
    check = DayCheck(
        consent=consent,
        batch=batch,
        **answers,
        clearance=clearance,
        stopped_by=stopped_by,
        checked_by=agent.id,
        checked_by_name=checked_by_name,
        checked_at=at,
    )
    words = clean_text(note, most=LONGEST_NOTE, field="note") if note.strip() else ""
    check.sealed_note = seal_for_patient(consent.patient, words.encode(), binding=f"consent.daycheck.note:{check.pk}")
    check.save(force_insert=True)
    return check


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
