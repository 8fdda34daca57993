"""The clinic room through the API: who the token stands for, who works and is treated here, and what the log says."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.response import Response

from audit.models import LogEntry
from clinic import services
from clinic.models import ApiToken, Location, Patient, Practitioner
from clinic.records import PatientIdentity
from clinic.rest import STAFF, ActView, ListView, ReadView
from clinic.serializers import (
    FindSerializer,
    FoundSerializer,
    LocationSerializer,
    LogEntrySerializer,
    PatientDraftSerializer,
    PatientSerializer,
    PractitionerSerializer,
    TokenSerializer,
)
from clinic.vocabulary import Role

MOST_FOUND = 50


class TokenSelf(ReadView):
    """The token itself: whose it is, which clinic it opens, what it may do, and until when."""

    shows = TokenSerializer

    def found(self, **place: Any) -> ApiToken:
        """The token that was sent."""
        token: ApiToken = self.request.auth  # type: ignore[assignment]  # checked by TokenHolder
        return token


class Practitioners(ListView):
    """Who treats here, as they are printed for patients."""

    order = ("printed_name", "id")
    shows = PractitionerSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this clinic."""
        found: QuerySet[Practitioner] = Practitioner.objects.at(self.organization)
        return found


class Locations(ListView):
    """Where the clinic sees patients."""

    order = ("name", "id")
    shows = LocationSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Those that are open."""
        found: QuerySet[Location] = Location.objects.at(self.organization).filter(closed_at=None)
        return found


class Patients(ActView):
    """Patients."""

    shows = PatientSerializer
    takes = PatientDraftSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Register a patient. What is unusual (a namesake, an age above 120) needs `is_confirmed`."""
        is_confirmed = draft.pop("is_confirmed")
        patient = services.register_patient(
            self.organization, PatientIdentity(**draft), agent=self.agent, at=self.now, is_confirmed=is_confirmed
        )
        return self.done(patient, location=reverse("api_patient", args=[patient.pk]))


class PatientSearch(ActView):
    """Search."""

    reads_by_post = True
    readers = STAFF | {Role.AUDITOR}
    shows = FoundSerializer
    takes = FindSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Find patients by their whole family name, their birth date, or both; in the body, so that no address names anybody."""
        found = Patient.objects.at(self.organization).exclude(wrapped_key=None)
        if draft["family_name"]:
            found = found.with_family_name(self.organization, draft["family_name"])
        if draft["birth_date"]:
            found = found.born_on(self.organization, draft["birth_date"])
        return self.done({"results": list(found[:MOST_FOUND])})


class OnePatient(ReadView):
    """A patient, with name, birth date and contacts, decrypted."""

    shows = PatientSerializer

    def found(self, **place: Any) -> Patient:
        """Of this clinic."""
        return get_object_or_404(Patient.objects.at(self.organization), pk=place["patient_id"])


class LogEntries(ListView):
    """The clinic's log, the newest first: what happened and when, by kind. Names stand in no leaf."""

    readers = frozenset({Role.AUDITOR, Role.CLINIC_LEAD})
    order = ("-leaf_index",)
    shows = LogEntrySerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this clinic's own log."""
        return LogEntry.objects.filter(log__organization_id=self.organization.pk)
