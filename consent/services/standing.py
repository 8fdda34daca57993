"""Which open consents another rule set would change. Reads; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.models import Organization
from consent.models import Consent
from consent.vocabulary import ConsentStatus
from products.disclosure import use_of
from products.models import RuleSetVersion
from products.services import VerdictChange, changed_uses

OPEN = (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)


@dataclass(frozen=True)
class ConsentChange:
    """An open consent, and how the verdict on its use changes."""

    consent: Consent
    change: VerdictChange


def consents_that_change(organization: Organization, version: RuleSetVersion) -> list[ConsentChange]:
    """The open consents whose use gets another verdict by this version than by the rules in force, newest first."""
    found = (
        Consent.objects.at(organization)
        .filter(status__in=OPEN)
        .select_related("patient", "product", "organization")
        .order_by("-created_at")
    )
    uses = {
        consent.pk: use_of(consent.product, jurisdiction=consent.jurisdiction, route=consent.route) for consent in found
    }
    changes = changed_uses(organization, uses.values(), version)
    return [ConsentChange(consent, changes[uses[consent.pk]]) for consent in found if uses[consent.pk] in changes]
