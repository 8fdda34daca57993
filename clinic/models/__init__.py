"""Clinics, the people who work in them, and the people they treat."""

from clinic.models.keeping import (
    LegalHold,
    LegalHoldLift,
    PatientRequest,
    RequestAnswer,
    RequestExtension,
    RetentionPolicy,
)
from clinic.models.patients import Patient
from clinic.models.people import (
    FailedSignIn,
    Invitation,
    Membership,
    Practitioner,
    RoleGrant,
    SecondFactorReset,
    StaffNetwork,
    User,
)
from clinic.models.places import Location, Organization, ScopedQuerySet
from clinic.models.records import ContactNotice, PatientCorrection, PatientMerge
from clinic.models.tokens import ApiToken, KeptAnswer
from clinic.models.webhooks import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiToken",
    "ContactNotice",
    "FailedSignIn",
    "Invitation",
    "KeptAnswer",
    "LegalHold",
    "LegalHoldLift",
    "Location",
    "Membership",
    "Organization",
    "Patient",
    "PatientCorrection",
    "PatientMerge",
    "PatientRequest",
    "Practitioner",
    "RequestAnswer",
    "RequestExtension",
    "RetentionPolicy",
    "RoleGrant",
    "ScopedQuerySet",
    "SecondFactorReset",
    "StaffNetwork",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
]
