"""Finding a consent for a member of staff: always from their own clinic, everything else is not there (404)."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone

from clinic.models import Practitioner
from clinic.tenancy import ClinicRequest
from clinic.vocabulary import Role
from consent.models import Consent
from consent.vocabulary import ConsentStatus

READERS = (Role.PRACTITIONER, Role.CLINIC_LEAD, Role.AUDITOR)
STAFF = (Role.PRACTITIONER, Role.CLINIC_LEAD)


def found_consent(request: ClinicRequest, consent_id: UUID) -> Consent:
    """The clinic's consent with all that its pages read, or 404."""
    rows = Consent.objects.at(request.organization).with_standing().select_related("location")
    found: Consent = get_object_or_404(rows, pk=consent_id)
    _share(found)
    return found


def _share(found: Consent) -> None:
    """Let the text in force know its consent, and the signature its text where it is the same: both are there already."""
    if found.document is None:
        return
    found.document.consent = found
    signature = getattr(found, "signature", None)
    if signature is not None and signature.document_id == found.document_id:
        signature.document = found.document


def may_act(request: ClinicRequest) -> bool:
    """Whether this person may change anything here; auditors only read."""
    return bool(request.membership.roles & frozenset(STAFF))


def may_ask_sooner(request: ClinicRequest, found: Consent) -> bool:
    """Whether this person treats, the record is open, and the time to think still runs."""
    until = found.treat_from
    return (
        found.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)
        and found.practitioner.user_id == request.user.pk
        and until is not None
        and found.organization.local_date(timezone.now()) < until
    )


def own_profile(request: ClinicRequest) -> Practitioner | None:
    """The practitioner's profile of the person who is signed in."""
    return Practitioner.objects.at(request.organization).filter(user=request.user).first()


def printed_name(request: ClinicRequest) -> str:
    """How a member of staff is named to a patient."""
    profile = own_profile(request)
    return profile.printed_name if profile else request.user.full_name or request.user.email
