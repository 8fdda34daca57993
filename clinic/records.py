"""Frozen facts of the clinic room, and the door to its rules of names, texts, dates and contacts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from clinic.contacts import clean_email, clean_phone, clean_shown_phone, clean_url
from clinic.dates import age_on, read_date, read_iso_date
from clinic.lettering import drawable, font_files
from clinic.text import clean_name, clean_text, comparable
from clinic.vocabulary import PATIENT_LANGUAGES, CodePolicy, Role

__all__ = [
    "ClinicDetails",
    "PatientIdentity",
    "PlaceDetails",
    "PractitionerDetails",
    "StaffInvitation",
    "TokenWish",
    "WebhookWish",
    "age_on",
    "clean_email",
    "clean_name",
    "clean_phone",
    "clean_shown_phone",
    "clean_text",
    "clean_url",
    "comparable",
    "drawable",
    "font_files",
    "read_date",
    "read_iso_date",
]


@dataclass(frozen=True)
class PatientIdentity:
    """Who a patient is. Names are NFC; `phone` is E.164; both contacts may be empty. `language` is a BCP 47 tag, or empty."""

    given_name: str
    family_name: str
    birth_date: date
    email: str = ""
    phone: str = ""
    language: str = ""

    @property
    def language_words(self) -> str:
        """The preferred language in English words, or nothing."""
        return PATIENT_LANGUAGES.get(self.language, "")

    @property
    def full_name(self) -> str:
        """Given name, then family name."""
        return f"{self.given_name} {self.family_name}"

    def as_values(self) -> dict[str, str]:
        """For JSON: the birth date in ISO 8601."""
        return {
            "given_name": self.given_name,
            "family_name": self.family_name,
            "birth_date": self.birth_date.isoformat(),
            "email": self.email,
            "phone": self.phone,
            # Left out where none is on record, so that no digest of a row from before there were languages changes.
            **({"language": self.language} if self.language else {}),
        }

    def as_json(self) -> bytes:
        """The bytes that are encrypted."""
        return json.dumps(self.as_values(), ensure_ascii=False, sort_keys=True).encode()

    @classmethod
    def from_json(cls, content: bytes) -> PatientIdentity:
        """What `as_json` wrote."""
        values = json.loads(content)
        return cls(**{**values, "birth_date": date.fromisoformat(values["birth_date"])})


@dataclass(frozen=True)
class PlaceDetails:
    """One location of a clinic."""

    name: str
    address: str


@dataclass(frozen=True)
class ClinicDetails:
    """What a clinic tells its patients about itself. `jurisdiction` is ISO 3166, `time_zone` an IANA name."""

    name: str
    short_code: str
    address: str
    jurisdiction: str
    time_zone: str
    emergency_phone: str
    contact_phone: str = ""
    contact_email: str = ""
    privacy_notice_url: str = ""
    code_policy: str = CodePolicy.NEVER


@dataclass(frozen=True)
class PractitionerDetails:
    """How a practitioner is printed for the patient."""

    printed_name: str
    registration_body: str = ""
    registration_number: str = ""
    register_url: str = ""


@dataclass(frozen=True)
class StaffInvitation:
    """Whom a lead invites, and with which roles."""

    email: str
    roles: frozenset[Role]


@dataclass(frozen=True)
class TokenWish:
    """What a person wants an API token for, whether it may only read, and for how many days."""

    name: str
    days: int
    is_read_only: bool


@dataclass(frozen=True)
class WebhookWish:
    """An address of the clinic's own system, and the kinds of events that it wants to know of."""

    url: str
    kinds: frozenset[str]
