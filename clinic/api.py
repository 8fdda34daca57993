"""The clinic room through the API: who the token stands for, who works and is treated here, and what the log says."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.response import Response

from audit.models import LogEntry
from clinic import services
from clinic.errors import PatientRefusedError
from clinic.models import ApiToken, Location, Patient, Practitioner
from clinic.records import PatientIdentity
from clinic.rest import STAFF, ActView, ListView, ReadView
from clinic.serializers import (
    CorrectionSerializer,
    FindSerializer,
    FoundSerializer,
    LocationSerializer,
    LogEntrySerializer,
    MergeSerializer,
    PatientDraftSerializer,
    PatientSerializer,
    PractitionerSerializer,
    TokenSerializer,
    UnmergeSerializer,
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
        found = services.found_patients(self.organization, draft["family_name"], draft["birth_date"])
        return self.done({"results": found[:MOST_FOUND]})


class OnePatient(ReadView):
    """A patient, with name, birth date and contacts, decrypted."""

    shows = PatientSerializer

    def found(self, **place: Any) -> Patient:
        """Of this clinic."""
        return get_object_or_404(Patient.objects.at(self.organization), pk=place["patient_id"])


class PatientAct(ActView):
    """An act on one patient; the answer is the patient after it."""

    shows = PatientSerializer
    answers_with = 200

    def patient(self, place: dict[str, Any]) -> Patient:
        """Of this clinic."""
        found: Patient = get_object_or_404(Patient.objects.at(self.organization), pk=place["patient_id"])
        return found


class PatientCorrection(PatientAct):
    """Correction."""

    takes = CorrectionSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Put another name, birth date, contact or language on record, with the reason; what was there before is kept."""
        said = {name: draft.pop(name) for name in ("reason", "revision", "is_confirmed")}
        patient = services.correct_patient(
            self.patient(place).pk, PatientIdentity(**draft), agent=self.agent, at=self.now, **said
        )
        return self.done(patient)


class PatientMerge(PatientAct):
    """Merge."""

    takes = MergeSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Show this record as merged into another of the same person; it can be undone. Needs `is_confirmed`."""
        source = self.patient(place)
        into = Patient.objects.at(self.organization).filter(pk=draft["into"]).first()
        if into is None:
            raise PatientRefusedError("There is no such patient in this clinic.", field="into", code="patient.unknown")
        services.merge_patients(
            source.pk, into.pk, draft["reason"], is_confirmed=draft["is_confirmed"], agent=self.agent, at=self.now
        )
        return self.done(self.patient(place))


class PatientUnmerge(PatientAct):
    """Unmerge."""

    takes = UnmergeSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Undo a merge: both records are shown again. Needs `is_confirmed`."""
        services.unmerge_patient(
            self.patient(place).pk,
            draft["reason"],
            is_confirmed=draft["is_confirmed"],
            agent=self.agent,
            at=self.now,
        )
        return self.done(self.patient(place))


class LogEntries(ListView):
    """The clinic's log, the newest first: what happened and when, by kind. Names stand in no leaf."""

    readers = frozenset({Role.AUDITOR, Role.CLINIC_LEAD})
    order = ("-leaf_index",)
    shows = LogEntrySerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this clinic's own log."""
        return LogEntry.objects.filter(log__organization_id=self.organization.pk)
