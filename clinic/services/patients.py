"""Registering a patient."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from audit import services as audit
from audit.records import Agent
from clinic import encryption, rules
from clinic.models import Organization, Patient, WebhookEndpoint
from clinic.records import PatientIdentity, clean_email, clean_name, clean_phone, comparable


@transaction.atomic
def register_patient(
    organization: Organization, identity: PatientIdentity, *, agent: Agent, at: datetime, is_confirmed: bool = False
) -> Patient:
    """Add a patient to a clinic, with a data key of their own.

    Raises `PatientRefusedError` (under 18, born in the future), `TextRefusedError`, `ContactRefusedError`, and
    `ConfirmationNeededError` where the input is unusual and `is_confirmed` is not set.
    """
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    identity = clean_identity(identity, organization)
    today = organization.local_date(at)
    rules.check_can_register(identity, today=today)
    notes = rules.unusual(identity, today=today, namesakes=namesakes(organization, identity))
    rules.check_confirmed(notes, is_confirmed=is_confirmed)
    patient = Patient(organization=organization, number=_next_number(organization), registered_at=at)
    patient.set_identity(identity, encryption.new_data_key())
    patient.save(force_insert=True)
    audit.append(
        "clinic.patient_registered",
        agent=agent,
        occurred_at=at,
        records=[patient],
        body={"number": patient.number, "confirmed": len(notes)},
    )
    return patient


@transaction.atomic
def rewrap_data_keys(*, agent: Agent, at: datetime) -> int:
    """Wrap every patient's data key under the newest key of the key file; returns how many were not yet.

    The record's digest is over decrypted values, so that no entry changes.
    """
    count = 0
    for patient in Patient.objects.select_for_update().exclude(wrapped_key=None).iterator():
        if encryption.wrapping_key_id(bytes(patient.wrapped_key or b"")) == encryption.current_key_id():
            continue
        patient.wrapped_key = encryption.wrap(patient.data_key, binding=patient.binding("wrapped_key"))
        patient.save(update_fields=["wrapped_key"])
        count += 1
    secrets = _rewrap_webhook_secrets()
    if count or secrets:
        audit.append(
            "clinic.data_keys_rewrapped", agent=agent, occurred_at=at, body={"patients": count, "webhooks": secrets}
        )
    return count


def _rewrap_webhook_secrets() -> int:
    count = 0
    for endpoint in WebhookEndpoint.objects.select_for_update(of=("self",)):
        if encryption.wrapping_key_id(bytes(endpoint.wrapped_secret)) != encryption.current_key_id():
            endpoint.set_secret(endpoint.secret)
            endpoint.save(update_fields=["wrapped_secret"])
            count += 1
    return count


def clean_identity(identity: PatientIdentity, organization: Organization) -> PatientIdentity:
    """The identity as it is kept: NFC names, lower-case e-mail, E.164 phone."""
    rules.check_language(identity.language)
    return replace(
        identity,
        given_name=clean_name(identity.given_name, field="given_name"),
        family_name=clean_name(identity.family_name, field="family_name"),
        email=clean_email(identity.email) if identity.email else "",
        phone=clean_phone(identity.phone, jurisdiction=organization.jurisdiction) if identity.phone else "",
    )


def namesakes(organization: Organization, identity: PatientIdentity, *, besides: Patient | None = None) -> int:
    """How many others of the clinic have this name and birth date."""
    candidates = Patient.objects.with_family_name(organization, identity.family_name).born_on(
        organization, identity.birth_date
    )
    given_name = comparable(identity.given_name)
    others = [one for one in candidates if not one.is_erased and (besides is None or one.pk != besides.pk)]
    return sum(comparable(one.identity.given_name) == given_name for one in others)


def _next_number(organization: Organization) -> int:
    # The organization's row is locked, so that two registrations cannot read the same maximum.
    newest: int | None = Patient.objects.at(organization).aggregate(newest=Max("number"))["newest"]
    return (newest or 0) + 1
