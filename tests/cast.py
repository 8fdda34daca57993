"""The people of our tests: Harbour Clinic is ours, Inland Clinic is the stranger, Mara Ilves is the patient."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Location, Membership, Organization, Patient, Practitioner, User
from clinic.records import PatientIdentity
from clinic.services import register_patient
from clinic.vocabulary import Role

NOW = datetime(2026, 11, 23, 10, 12, tzinfo=UTC)
"""A Monday morning; local time in London is the same."""
PASSWORD = "sea-lavender-in-november"
MARA = PatientIdentity("Mara", "Ilves", date(1984, 3, 14), email="mara@example.org", phone="+447700900123")


def agent_for(user: User, organization: Organization) -> Agent:
    """This person acting in this clinic."""
    return Agent("user", str(user.pk), organization.pk, user.full_name)


def operator_for(organization: Organization | None = None) -> Agent:
    """Whoever runs the installation, at its command line."""
    return Agent("operator", "command-line", organization.pk if organization else None)


def make_clinic(name: str = "Harbour Clinic", short_code: str = "HC", **changes: Any) -> Organization:
    """A clinic in Great Britain with one location."""
    organization = Organization(
        **{
            "name": name,
            "short_code": short_code,
            "address": "1 Quay Street\nFalmouth\nTR11 3AA",
            "jurisdiction": "GB",
            "time_zone": "Europe/London",
            "emergency_phone": "01632 960 999",
            "contact_phone": "01632 960 001",
            "contact_email": "desk@example.org",
            "privacy_notice_url": "https://example.org/privacy",
            "created_at": NOW,
            **changes,
        }
    )
    location = Location(organization=organization, name=f"{name}, main building", address=organization.address)
    record(organization, organization, location)
    return organization


def make_member(organization: Organization, name: str, *roles: Role) -> User:
    """A person with these roles in force, as if confirmed long ago."""
    email = f"{name.lower().replace(' ', '.')}@{organization.short_code.lower()}.example"
    user = User.objects.create(email=email, full_name=name, password=make_password(PASSWORD))
    membership = Membership(organization=organization, user=user, joined_at=NOW)
    for role in roles:
        membership.set_role(role, held=True)
    record(organization, membership)
    return user


def make_practitioner(organization: Organization, name: str = "Dr Nia Penrose") -> User:
    """A practitioner with a printed profile."""
    user = make_member(organization, name, Role.PRACTITIONER)
    profile = Practitioner(
        organization=organization,
        user=user,
        printed_name=name,
        registration_body="General Medical Council",
        registration_number="1234567",
        register_url="https://www.gmc-uk.org/registrants/1234567",
    )
    record(organization, profile)
    return user


def make_patient(organization: Organization, identity: PatientIdentity = MARA) -> Patient:
    """A registered patient."""
    return register_patient(organization, identity, agent=operator_for(organization), at=NOW)


def record(organization: Organization, *rows: RecordedModel) -> None:
    """Save rows and name them in the clinic's log, as a service would."""
    with transaction.atomic():
        for row in rows:
            row.save()
        audit.append("clinic.cast_made", agent=operator_for(organization), occurred_at=NOW, records=rows)
