"""The addresses of the clinic room in the API."""

from __future__ import annotations

from django.urls import path

from clinic import api

urlpatterns = [
    path("token/", api.TokenSelf.as_view(), name="api_token"),
    path("practitioners/", api.Practitioners.as_view(), name="api_practitioners"),
    path("locations/", api.Locations.as_view(), name="api_locations"),
    path("patients/", api.Patients.as_view(), name="api_patients"),
    path("patients/search/", api.PatientSearch.as_view(), name="api_patient_search"),
    path("patients/<uuid:patient_id>/", api.OnePatient.as_view(), name="api_patient"),
    path("patients/<uuid:patient_id>/correction/", api.PatientCorrection.as_view(), name="api_patient_correction"),
    path("patients/<uuid:patient_id>/merge/", api.PatientMerge.as_view(), name="api_patient_merge"),
    path("patients/<uuid:patient_id>/unmerge/", api.PatientUnmerge.as_view(), name="api_patient_unmerge"),
    path("log/", api.LogEntries.as_view(), name="api_log"),
]
