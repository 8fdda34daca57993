"""The words of the clinic room."""

from __future__ import annotations

from django.db.models import TextChoices


class Role(TextChoices):
    """What a person may do in one clinic. One person may hold several."""

    PRACTITIONER = "practitioner", "Practitioner"
    CLINIC_LEAD = "clinic_lead", "Clinic lead"
    AUDITOR = "auditor", "Auditor"


class WrongCredential(TextChoices):
    """What somebody typed or held that was wrong, and whether the account was signed in already."""

    PASSWORD = "password", "Wrong password at sign-in"
    SESSION_PASSWORD = "session-password", "Wrong password in an open session"
    CODE = "code", "Wrong code at sign-in"
    SESSION_CODE = "session-code", "Wrong code in an open session"
    PASSKEY = "passkey", "Refused passkey at sign-in"
    SESSION_PASSKEY = "session-passkey", "Refused passkey in an open session"


class CodePolicy(TextChoices):
    """Whether a patient types a one-time code besides the date of birth."""

    NEVER = "never", "Never"
    REACHABLE = "reachable", "Where the patient has an e-mail address or a phone number"


class DeliveryState(TextChoices):
    """Where a message to another system stands."""

    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    DEAD = "dead", "Not delivered"


class ContactWay(TextChoices):
    """A contact that a patient has on record, as `PatientIdentity` names it."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Mobile phone"


class RequestKind(TextChoices):
    """What a patient may ask of the clinic about their own record."""

    ACCESS = "access", "Access: a copy of the record"
    CORRECTION = "correction", "Correction"
    ERASURE = "erasure", "Erasure"
    RESTRICTION = "restriction", "Restriction: kept, but not used"
    OBJECTION = "objection", "Objection"


class RequestWay(TextChoices):
    """How a request came in."""

    IN_PERSON = "in_person", "In person"
    LETTER = "letter", "Letter"
    EMAIL = "email", "E-mail"
    PHONE = "phone", "Telephone"


class RequestOutcome(TextChoices):
    """How a request was answered."""

    DONE = "done", "Done as asked"
    REFUSED = "refused", "Refused"


NEEDS_SECOND_PERSON = frozenset({Role.CLINIC_LEAD, Role.AUDITOR})
"""Roles that can release, publish or audit: one lead proposes, another person confirms."""

ROLE_WORDS = {
    Role.PRACTITIONER: "registers patients and products, issues consents, treats",
    Role.CLINIC_LEAD: "also manages staff and settings, releases batches, publishes wording",
    Role.AUDITOR: "reads everything and changes nothing",
}


NAME_MAX = 200
"""Longest name part, in characters after NFC. Long real names exist; none is cut."""
INVITATION_DAYS = 7
ADULT_AGE = 18
UNUSUAL_AGE = 120
LOGO_MAX_BYTES = 1024 * 1024
LOGO_MAX_PIXELS = 4_000_000
REASON_MAX = 500
"""Longest reason for an act, in characters."""
TOKEN_DAYS = (7, 30, 90, 365)
"""How long an API token may live, in days."""
TOKEN_NAME_MAX = 60
MOST_TOKENS = 20
"""Live tokens of one person in one clinic."""
ANSWER_DAYS = 7
"""How long the answer to an act of the API is kept, so that the same Idempotency-Key gives it again."""
MOST_WEBHOOKS = 10
"""Addresses of one clinic that are told what happens."""

RETENTION_YEARS = 8
"""Years after the last entry, where a clinic has decided on nothing; and the least, because patients are told so."""
MOST_RETENTION_YEARS = 30
ANSWER_MONTHS = 1
"""Calendar months to answer a patient's request in, and how many more there are at most (UK GDPR, Article 12(3))."""
MORE_ANSWER_MONTHS = 2

PATIENT_LANGUAGES = {
    "en-GB": "English",
    "cy": "Welsh",
    "ar": "Arabic",
    "zh-Hans": "Simplified Chinese",
    "bfi": "British Sign Language",
    "bn": "Bengali",
    "de": "German",
    "es": "Spanish",
    "fa": "Persian",
    "fr": "French",
    "gu": "Gujarati",
    "it": "Italian",
    "pa": "Panjabi",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "so": "Somali",
    "ta": "Tamil",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
}
"""What a patient may prefer to be told in (BCP 47). Whether a text is offered in it is another matter: see consent."""
