"""Correcting who a patient is, and merging two records of one person, which can be undone."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import date, datetime

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic import rules
from clinic.models import ContactNotice, Organization, Patient, PatientCorrection, PatientMerge
from clinic.records import PatientIdentity, clean_text
from clinic.services.patients import clean_identity, namesakes
from clinic.vocabulary import REASON_MAX, ContactWay


@transaction.atomic
def correct_patient(
    patient_id: uuid.UUID,
    identity: PatientIdentity,
    reason: str,
    *,
    revision: int,
    agent: Agent,
    at: datetime,
    is_confirmed: bool = False,
) -> Patient:
    """Put another name, birth date, contact or language on record; what was there before stays, with the reason.

    `revision` is how many corrections the person saw. Raises what `register_patient` raises, and `PatientRefusedError`
    where nothing changed, no reason is given, or somebody else corrected meanwhile.
    """
    patient = Patient.objects.select_for_update(of=("self",)).select_related("organization").get(pk=patient_id)
    before, identity = patient.identity, clean_identity(identity, patient.organization)
    changed = sorted(name for name, value in asdict(identity).items() if value != getattr(before, name))
    rules.check_can_correct(
        changed=changed,
        reason=reason,
        seen=revision,
        corrections=PatientCorrection.objects.filter(patient=patient).count(),
    )
    today = patient.organization.local_date(at)
    rules.check_can_register(identity, today=today)
    others = (
        namesakes(patient.organization, identity, besides=patient)
        if {"family_name", "given_name", "birth_date"} & set(changed)
        else 0
    )
    notes = rules.unusual(identity, today=today, namesakes=others)
    rules.check_confirmed(notes, is_confirmed=is_confirmed)
    correction = PatientCorrection(
        patient=patient,
        changed=changed,
        corrected_by=agent.id,
        corrected_by_name=agent.name or agent.id,
        corrected_at=at,
    )
    correction.seal(before, clean_text(reason, most=REASON_MAX, field="reason"))
    patient.set_identity(identity, patient.data_key)
    patient.save(update_fields=["wrapped_key", "sealed_identity", "family_name_index", "birth_date_index"])
    correction.save(force_insert=True)
    # The sweep tells the old address or number, so that a change behind the patient's back is noticed.
    ContactNotice.objects.bulk_create(
        ContactNotice(correction=correction, way=way, created_at=at)
        for way in ContactWay.values
        if way in changed and getattr(before, way)
    )
    audit.append(
        "clinic.patient_corrected",
        agent=agent,
        occurred_at=at,
        records=[patient, correction],
        body={"number": patient.number, "changed": changed},
    )
    return patient


@transaction.atomic
def merge_patients(
    source_id: uuid.UUID, target_id: uuid.UUID, reason: str, *, is_confirmed: bool, agent: Agent, at: datetime
) -> PatientMerge:
    """Show one record as merged into the other. What was signed under either stays where it is.

    Raises `PatientRefusedError` and, without the second confirmation, `ConfirmationNeededError`.
    """
    # Always in the same order, so that two merges at once, each way round, do not wait for each other for ever.
    locked = {key: _locked(key) for key in sorted({source_id, target_id})}
    source, target = locked[source_id], locked[target_id]
    rules.check_can_merge(
        is_same=source.pk == target.pk,
        is_same_clinic=source.organization_id == target.organization_id,
        is_merged=bool(source.merged_into_id or target.merged_into_id),
        has_merged=Patient.objects.filter(merged_into=source).exists(),
        is_erased=source.is_erased or target.is_erased,
        reason=reason,
    )
    rules.check_confirmed(
        [f"Patient {source.number} will be shown as merged into patient {target.number}."], is_confirmed=is_confirmed
    )
    merge = PatientMerge(
        organization_id=source.organization_id,
        source=source,
        target=target,
        merged_by=agent.id,
        merged_by_name=agent.name or agent.id,
        merged_at=at,
    )
    merge.sealed_reason = merge.sealed("reason", clean_text(reason, most=REASON_MAX, lines=False, field="reason"))
    merge.save(force_insert=True)
    source.merged_into = target
    source.save(update_fields=["merged_into"])
    audit.append(
        "clinic.patients_merged",
        agent=agent,
        occurred_at=at,
        records=[merge, source, target],
        body={"number": source.number, "into": target.number},
    )
    return merge


@transaction.atomic
def unmerge_patient(
    source_id: uuid.UUID, reason: str, *, is_confirmed: bool, agent: Agent, at: datetime
) -> PatientMerge:
    """Undo a merge: both records are shown again, as before. Raises as `merge_patients` does."""
    source = _locked(source_id)
    rules.check_can_unmerge(is_merged=source.merged_into_id is not None, reason=reason)
    rules.check_confirmed(
        [f"Patient {source.number} will be shown as a patient of its own."], is_confirmed=is_confirmed
    )
    merge: PatientMerge = PatientMerge.objects.select_for_update(of=("self",)).get(source=source, undone_at=None)
    merge.undone_by, merge.undone_by_name, merge.undone_at = agent.id, agent.name or agent.id, at
    merge.source = source
    words = clean_text(reason, most=REASON_MAX, lines=False, field="reason")
    merge.sealed_undo_reason = merge.sealed("undo_reason", words)
    merge.save(update_fields=["undone_by", "undone_by_name", "undone_at", "sealed_undo_reason"])
    source.merged_into = None
    source.save(update_fields=["merged_into"])
    audit.append(
        "clinic.patients_unmerged",
        agent=agent,
        occurred_at=at,
        records=[merge, source],
        body={"number": source.number},
    )
    return merge


def found_patients(organization: Organization, family_name: str, birth_date: date | None) -> list[Patient]:
    """Exactly those of a family name and a birth date; a merged record leads to the one that it is merged into.

    Where that one was erased, it stands for itself, so that it can still be found, and erased too.
    """
    rows = Patient.objects.at(organization).exclude(wrapped_key=None).select_related("merged_into")
    if family_name:
        rows = rows.with_family_name(organization, family_name)
    if birth_date:
        rows = rows.born_on(organization, birth_date)
    shown = [row if row.merged_into is None or row.merged_into.is_erased else row.merged_into for row in rows]
    return list({row.pk: row for row in shown}.values())


def _locked(patient_id: uuid.UUID) -> Patient:
    patient: Patient = Patient.objects.select_for_update(of=("self",)).get(pk=patient_id)
    return patient
