"""How long a clinic keeps records; holds that keep one longer; and the end of one, when its key is destroyed."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic import rules
from clinic.models import (
    ContactNotice,
    KeptAnswer,
    LegalHold,
    LegalHoldLift,
    Organization,
    Patient,
    PatientMerge,
    PatientRequest,
    RequestAnswer,
    RetentionPolicy,
)
from clinic.records import clean_text
from clinic.vocabulary import REASON_MAX, RETENTION_YEARS, RequestKind, RequestOutcome

LONGEST_SOURCE = 300
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Retention:
    """The retention policy in force at a clinic. `row` is what a person decided, None where the default counts."""

    years: int
    row: RetentionPolicy | None


def retention_of(organization: Organization) -> Retention:
    """The newest policy of the clinic; the default where it has decided on none."""
    row: RetentionPolicy | None = RetentionPolicy.objects.at(organization).order_by("-set_at", "-id").first()
    return Retention(RETENTION_YEARS, None) if row is None else Retention(row.years, row)


@transaction.atomic
def set_retention(
    organization: Organization, *, years: int, source: str, reason: str, agent: Agent, at: datetime
) -> RetentionPolicy:
    """Decide how long records are kept: counts at once, for every record that is still there. Raises RetentionRefusedError."""
    rules.check_retention(years=years, source=source, reason=reason)
    row: RetentionPolicy = RetentionPolicy.objects.create(
        organization=organization,
        years=years,
        source=clean_text(source, most=LONGEST_SOURCE, lines=False, field="source"),
        reason=clean_text(reason, most=REASON_MAX, field="reason"),
        set_by=agent.id,
        set_by_name=agent.name or agent.id,
        set_at=at,
    )
    audit.append("clinic.retention_set", agent=agent, occurred_at=at, records=[row], body={"years": years})
    return row


@transaction.atomic
def set_hold(patient_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> LegalHold:
    """Keep everything of a patient until the hold is lifted. Raises RetentionRefusedError."""
    patient = locked_patient(patient_id)
    rules.check_can_hold(is_erased=patient.is_erased, reason=reason)
    hold = LegalHold(patient=patient, set_by=agent.id, set_by_name=agent.name or agent.id, set_at=at)
    hold.seal(clean_text(reason, most=LONGEST_REASON, field="reason"))
    hold.save(force_insert=True)
    audit.append("clinic.hold_set", agent=agent, occurred_at=at, records=[hold], body={"number": patient.number})
    return hold


@transaction.atomic
def lift_hold(hold_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> LegalHoldLift:
    """The hold is no longer needed; another one may still stand. Raises RetentionRefusedError."""
    hold: LegalHold = LegalHold.objects.get(pk=hold_id)
    hold.patient = locked_patient(hold.patient_id)
    rules.check_can_lift(is_lifted=LegalHoldLift.objects.filter(hold=hold).exists(), reason=reason)
    lift = LegalHoldLift(hold=hold, lifted_by=agent.id, lifted_by_name=agent.name or agent.id, lifted_at=at)
    lift.seal(clean_text(reason, most=LONGEST_REASON, field="reason"))
    lift.save(force_insert=True)
    audit.append(
        "clinic.hold_lifted", agent=agent, occurred_at=at, records=[lift], body={"number": hold.patient.number}
    )
    return lift


def patient_group(patient: Patient) -> list[Patient]:
    """All records of one person: the one that stands for itself, first, and those that are merged into it."""
    root = patient.merged_into or patient
    return [root, *Patient.objects.filter(merged_into=root).order_by("number")]


def locked_group(patient_id: uuid.UUID) -> list[Patient]:
    """The same, locked, so that no hold, merge or new consent comes in between."""
    found = patient_group(Patient.objects.select_related("merged_into").get(pk=patient_id))
    locked = {pk: locked_patient(pk) for pk in sorted(row.pk for row in found)}
    now = {row.pk for row in patient_group(locked[found[0].pk])}
    if now != set(locked):
        # Merged or taken apart while we waited for the locks.
        return locked_group(patient_id)
    return [locked[row.pk] for row in found]


def standing_holds(patients: Sequence[Patient]) -> list[LegalHold]:
    """The holds on any of these that nobody has lifted, oldest first.

    One that was set while two records were taken for one person's was set on both, and stands on both when they are parted.
    """
    theirs = Q(patient__in=patients)
    merges = PatientMerge.objects.filter(Q(source__in=patients) | Q(target__in=patients), undone_at__isnull=False)
    for merge in merges:
        theirs |= Q(
            patient__in=[merge.source_id, merge.target_id], set_at__gte=merge.merged_at, set_at__lt=merge.undone_at
        )
    return list(LegalHold.objects.filter(theirs, lift=None).select_related("patient"))


@transaction.atomic
def destroy_keys(patients: Sequence[Patient], *, agent: Agent, at: datetime) -> list[RecordedModel]:
    """Destroy the data keys of locked patients, with what lies beside them outside the key; the caller writes the entry.

    An erasure that they asked for is answered by this. Returns the rows that were written.
    """
    if connection.vendor == "sqlite":
        # So that the old bytes are overwritten in the file, not only marked as free.
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    open_requests = PatientRequest.objects.filter(patient__in=patients, kind=RequestKind.ERASURE, answer=None)
    answers: list[RecordedModel] = [
        RequestAnswer.objects.create(
            request=request,
            sealed_words=b"",
            outcome=RequestOutcome.DONE,
            answered_by=agent.id,
            answered_by_name=agent.name or agent.id,
            answered_at=at,
        )
        for request in open_requests
    ]
    ContactNotice.objects.filter(correction__patient__in=patients).delete()
    for patient in patients:
        patient.wrapped_key, patient.sealed_identity = None, b""
        patient.family_name_index = patient.birth_date_index = ""
        patient.save(update_fields=["wrapped_key", "sealed_identity", "family_name_index", "birth_date_index"])
    return [*patients, *answers]


def forget_answers(organization: Organization, ids: Sequence[str]) -> None:
    """Delete the kept answers of the API that speak of one of these rows."""
    for kept in KeptAnswer.objects.filter(membership__organization=organization):
        text = kept.location + json.dumps(kept.content)
        if any(one in text for one in ids):
            kept.delete()


def locked_patient(patient_id: uuid.UUID) -> Patient:
    """The patient, locked."""
    patient: Patient = Patient.objects.select_for_update(of=("self",)).select_related("organization").get(pk=patient_id)
    return patient
