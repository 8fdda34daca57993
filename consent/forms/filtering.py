"""What a list of consents is narrowed to: practitioner, place, product, days and standing, all kept in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet

from clinic.fields import DateFields
from clinic.models import Location, Organization, Patient, Practitioner
from consent import services
from consent.forms.issue import uuid_or_none
from consent.models import Consent
from consent.models.consents import ConsentQuerySet
from consent.vocabulary import Assurance, StandingCode
from products.models import Product

HANDED_OVER = Q(signature__assurance=Assurance.HANDED_OVER)
STANDINGS = [("", "All"), *StandingCode.choices, (services.UNSEALED, "Signed, not sealed")]


class DaysForm(forms.Form):
    """The first and the last day of issue; an address may also hold each as one ISO 8601 date."""

    since = DateFields(label="Issued from", required=False)
    until = DateFields(label="to", required=False)
    # Any filter may stay empty: no label says so.
    one_of = ("since", "until")


@dataclass(frozen=True)
class Filters:
    """What was asked for. Unknown values ask for nothing; `days` names those that are no dates."""

    days: DaysForm

    standing: str = ""
    practitioner: UUID | None = None
    location: UUID | None = None
    product: UUID | None = None
    patient: Patient | None = None
    # Signed at the clinic's own network, without a hand-over that would explain it.
    on_staff_network: bool = False
    since: date | None = None
    until: date | None = None
    words: str = ""

    @property
    def narrowed(self) -> Q:
        """The columns of a consent that are asked for."""
        asked = {"practitioner_id": self.practitioner, "location_id": self.location, "product_id": self.product}
        found = Q(**{name: value for name, value in asked.items() if value})
        return found & Q(signature__on_staff_network=True) & ~HANDED_OVER if self.on_staff_network else found

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        asked = (self.standing, self.practitioner, self.location, self.product, self.since, self.until, self.words)
        return self.on_staff_network or any(asked)

    def question(self, **changes: str) -> str:
        """The same as the end of an address, with changes; empty values are left out."""
        said: dict[str, Any] = {
            "standing": self.standing,
            "practitioner": self.practitioner,
            "location": self.location,
            "product": self.product,
            "patient": self.patient.pk if self.patient else "",
            "network": "staff" if self.on_staff_network else "",
            "since": self.since,
            "until": self.until,
            "q": self.words,
            **changes,
        }
        asked = urlencode({name: str(value) for name, value in said.items() if value})
        return f"?{asked}" if asked else ""

    @property
    def is_refused(self) -> bool:
        """Whether a day is no date: nobody knows what was asked for."""
        return bool(self.days.errors)

    def consents(self, organization: Organization, *, at: datetime) -> ConsentQuerySet:
        """The clinic's consents that were asked for, newest first; none where a day is no date."""
        if self.is_refused:
            return Consent.objects.none()
        found = Consent.objects.at(organization).filter(self.narrowed)
        if self.words:
            found = found.filter(reference__contains=self.words)
        if self.patient is not None:
            found = found.for_patient(self.patient)
        if self.since:
            found = found.filter(created_at__gte=datetime.combine(self.since, time(), organization.zone))
        if self.until:
            found = found.filter(
                created_at__lt=datetime.combine(self.until + timedelta(days=1), time(), organization.zone)
            )
        return services.standing_at(found, organization, self.standing, at=at) if self.standing else found


def filters(asked: Mapping[str, str], organization: Organization) -> Filters:
    """Read the question of an address."""
    standing = asked.get("standing", "")
    patient = uuid_or_none(asked.get("patient"))
    days = DaysForm(asked)
    days.full_clean()
    return Filters(
        days=days,
        standing=standing if standing in dict(STANDINGS) else "",
        practitioner=uuid_or_none(asked.get("practitioner")),
        location=uuid_or_none(asked.get("location")),
        product=uuid_or_none(asked.get("product")),
        patient=Patient.objects.at(organization).filter(pk=patient).first() if patient else None,
        on_staff_network=asked.get("network") == "staff",
        words=asked.get("q", "").strip().upper()[:20],
        since=days.cleaned_data.get("since"),
        until=days.cleaned_data.get("until"),
    )


def choices(organization: Organization) -> dict[str, list[tuple[str, str]]]:
    """What can be chosen: three queries."""
    rows: dict[str, QuerySet[Any]] = {
        "practitioners": Practitioner.objects.at(organization).values_list("pk", "printed_name"),
        "locations": Location.objects.at(organization).values_list("pk", "name"),
        "products": Product.objects.at(organization).values_list("pk", "marketed_name"),
    }
    return {name: [(str(pk), label) for pk, label in found] for name, found in rows.items()}
