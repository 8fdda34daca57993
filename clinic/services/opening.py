"""Opening a clinic with its first administrator, and changing what it says about itself."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.models import Log
from audit.records import Agent
from clinic import rules
from clinic.errors import StartRefusedError
from clinic.logos import clean_logo, keep_logo
from clinic.models import Location, Membership, Organization, Practitioner, User
from clinic.places import jurisdictions
from clinic.records import (
    ClinicDetails,
    PlaceDetails,
    clean_email,
    clean_name,
    clean_shown_phone,
    clean_text,
    clean_url,
)
from clinic.vocabulary import CodePolicy, Role

START_CODE = "start_code"


@dataclass(frozen=True)
class FirstAdministrator:
    """Who opens a clinic: its first lead, and a practitioner as well where they treat."""

    email: str
    full_name: str
    password: str
    treats: bool = False


def start_code() -> str:
    """The code that lets somebody open the first clinic from the start page; made once, in a file of mode 0600."""
    path = _start_code_file()
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(code + "\n")
    return code


def check_start_code(typed: str) -> None:
    """Refuse a code other than the one on file (`StartRefusedError`)."""
    if not hmac.compare_digest(re.sub(r"[^0-9a-f]", "", typed.lower()), start_code().replace("-", "")):
        raise StartRefusedError(
            "This is not the start code. `make run` prints it, and it stands in the file start_code of the key folder.",
            field="start_code",
            code="start.code",
        )


@transaction.atomic
def open_first_clinic(
    details: ClinicDetails,
    locations: list[PlaceDetails],
    administrator: FirstAdministrator,
    *,
    code: str,
    at: datetime,
    logo: bytes | None = None,
) -> Organization:
    """Open the first clinic of an installation from its start page; works once, with the start code."""
    # Everybody who tries this at the same time waits here for the first one.
    Log.objects.select_for_update().get(pk=audit.log_of(None).pk)
    if Organization.objects.exists():
        raise StartRefusedError(
            "There is a clinic already. Sign in, or ask its lead for an invitation.", code="start.done"
        )
    check_start_code(code)
    organization = open_clinic(details, locations, administrator, source="start-page", at=at, logo=logo)
    transaction.on_commit(lambda: _start_code_file().unlink(missing_ok=True))
    return organization


@transaction.atomic
def open_clinic(
    details: ClinicDetails,
    locations: list[PlaceDetails],
    administrator: FirstAdministrator,
    *,
    source: str,
    at: datetime,
    logo: bytes | None = None,
) -> Organization:
    """Make a clinic, its locations and its first lead. `source` names where this came from, for the log."""
    details = clean_details(details)
    email = clean_email(administrator.email)
    if Organization.objects.filter(short_code=details.short_code).exists():
        raise StartRefusedError("Another clinic has this short code.", field="short_code", code="start.short_code")
    if User.objects.filter(email=email).exists():
        raise StartRefusedError("Somebody with this e-mail address is registered.", field="email", code="start.email")
    organization = Organization(**asdict(details), created_at=at)
    organization.logo_sha256 = _keep(logo) if logo else ""
    organization.save(force_insert=True)
    places = [
        Location.objects.create(organization=organization, **asdict(_clean_place(place)))
        for place in locations or [PlaceDetails(details.name, details.address)]
    ]
    user = make_user(email, clean_name(administrator.full_name, field="full_name"), administrator.password)
    membership = Membership(organization=organization, user=user, is_clinic_lead=True, joined_at=at)
    membership.set_role(Role.PRACTITIONER, held=administrator.treats)
    membership.save(force_insert=True)
    profiles = (
        [Practitioner.objects.create(organization=organization, user=user, printed_name=user.full_name)]
        if administrator.treats
        else []
    )
    audit.append(
        "clinic.opened",
        agent=Agent("operator", source, organization.pk),
        occurred_at=at,
        records=[organization, *places, membership, *profiles],
    )
    return organization


@transaction.atomic
def change_clinic(
    organization: Organization, details: ClinicDetails, *, agent: Agent, at: datetime, logo: bytes | None = None
) -> Organization:
    """Change what a clinic says about itself; `logo` None keeps the logo. Documents issued before keep what they said."""
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    # References of documents begin with the short code, so it stays.
    details = clean_details(replace(details, short_code=organization.short_code))
    before = {name: getattr(organization, name) for name in asdict(details)}
    for name, value in asdict(details).items():
        setattr(organization, name, value)
    if logo:
        organization.logo_sha256 = _keep(logo)
    organization.save()
    changed = sorted(name for name, value in asdict(details).items() if before[name] != value)
    audit.append(
        "clinic.changed",
        agent=agent,
        occurred_at=at,
        records=[organization],
        body={"changed": changed + (["logo"] if logo else [])},
    )
    return organization


@transaction.atomic
def add_location(organization: Organization, place: PlaceDetails, *, agent: Agent, at: datetime) -> Location:
    """Add a place where the clinic sees patients."""
    location = Location.objects.create(organization=organization, **asdict(_clean_place(place)))
    audit.append("clinic.location_added", agent=agent, occurred_at=at, records=[location])
    return location


@transaction.atomic
def close_location(location: Location, *, agent: Agent, at: datetime) -> Location:
    """End a location; the clinic's last one stays."""
    Organization.objects.select_for_update().get(pk=location.organization_id)
    location = Location.objects.select_for_update().get(pk=location.pk)
    is_last = not Location.objects.at(location.organization).filter(closed_at=None).exclude(pk=location.pk).exists()
    rules.check_can_close(is_last=is_last, is_closed=location.closed_at is not None)
    location.closed_at = at
    location.save()
    audit.append("clinic.location_closed", agent=agent, occurred_at=at, records=[location])
    return location


def make_user(email: str, full_name: str, password: str) -> User:
    """A person who can sign in with this address. Their invitation vouches for the address."""
    user = User.objects.create_user(email, password, full_name=full_name)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def clean_details(details: ClinicDetails) -> ClinicDetails:
    """The details as they are kept; raises the refusal of the first field that cannot be."""
    rules.check_place(details.jurisdiction, details.time_zone, jurisdictions())
    rules.check_short_code(details.short_code)
    optional_phone = clean_shown_phone(details.contact_phone, field="contact_phone") if details.contact_phone else ""
    return replace(
        details,
        name=clean_name(details.name, field="name"),
        address=clean_text(details.address, most=500, field="address"),
        emergency_phone=clean_shown_phone(details.emergency_phone, field="emergency_phone"),
        contact_phone=optional_phone,
        contact_email=clean_email(details.contact_email, field="contact_email") if details.contact_email else "",
        privacy_notice_url=clean_url(details.privacy_notice_url, field="privacy_notice_url")
        if details.privacy_notice_url
        else "",
        code_policy=CodePolicy(details.code_policy).value,
    )


def _clean_place(place: PlaceDetails) -> PlaceDetails:
    return PlaceDetails(
        clean_name(place.name, field="location_name"), clean_text(place.address, most=500, field="location_address")
    )


def _keep(logo: bytes) -> str:
    return keep_logo(Path(settings.FILE_DIR) / "logos", clean_logo(logo))


def _start_code_file() -> Path:
    return Path(settings.KEY_DIR) / START_CODE
