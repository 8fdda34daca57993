"""Addresses of the clinic room."""

from __future__ import annotations

from django.urls import path

from clinic.views import duplicates, entrance, keeping, patients, settings, staff, tokens, webhooks

urlpatterns = [
    path("start/", entrance.start, name="start"),
    path("join/<str:token>/", entrance.invitation_accept, name="invitation_accept"),
    path("patients/", patients.patients, name="patients"),
    path("patients/add/", patients.patient_add, name="patient_add"),
    path("patients/<uuid:pk>/", patients.patient_show, name="patient_show"),
    path("patients/<uuid:pk>/correct/", duplicates.patient_correct, name="patient_correct"),
    path("patients/<uuid:pk>/merge/", duplicates.patient_merge, name="patient_merge"),
    path("patients/<uuid:pk>/unmerge/", duplicates.patient_unmerge, name="patient_unmerge"),
    path("patients/<uuid:pk>/hold/", keeping.hold_set, name="hold_set"),
    path("patients/holds/<uuid:pk>/lift/", keeping.hold_lift, name="hold_lift"),
    path("clinic/", settings.clinic_settings, name="clinic_settings"),
    path("clinic/change/", settings.clinic_change, name="clinic_change"),
    path("clinic/locations/add/", settings.location_add, name="location_add"),
    path("clinic/locations/<uuid:pk>/close/", settings.location_close, name="location_close"),
    path("clinic/mail/", settings.mail_test, name="mail_test"),
    path("clinic/retention/", keeping.retention, name="retention"),
    path("clinic/switch/", settings.switch_clinic, name="switch_clinic"),
    path("clinic/tokens/", tokens.tokens, name="tokens"),
    path("clinic/tokens/add/", tokens.token_add, name="token_add"),
    path("clinic/tokens/<uuid:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("clinic/webhooks/", webhooks.webhooks, name="webhooks"),
    path("clinic/webhooks/add/", webhooks.webhook_add, name="webhook_add"),
    path("clinic/webhooks/<uuid:pk>/", webhooks.webhook, name="webhook"),
    path("clinic/webhooks/<uuid:pk>/stop/", webhooks.webhook_stop, name="webhook_stop"),
    path("clinic/webhooks/messages/<uuid:pk>/", webhooks.webhook_send_again, name="webhook_send_again"),
    path("clinic/staff/", staff.staff, name="staff"),
    path("clinic/staff/invite/", staff.staff_invite, name="staff_invite"),
    path("clinic/staff/<uuid:pk>/", staff.staff_show, name="staff_show"),
    path("clinic/staff/<uuid:pk>/remove/", staff.staff_remove, name="staff_remove"),
    path("clinic/staff/<uuid:pk>/roles/", staff.role_propose, name="role_propose"),
    path("clinic/staff/<uuid:pk>/roles/<str:role>/withdraw/", staff.role_withdraw, name="role_withdraw"),
    path("clinic/staff/<uuid:pk>/second-factor/", staff.second_factor_reset, name="second_factor_reset"),
    path("clinic/staff/<uuid:pk>/profile/", staff.practitioner_change, name="practitioner_change"),
    path("clinic/roles/<uuid:pk>/", staff.role_confirm, name="role_confirm"),
    path("clinic/invitations/<uuid:pk>/withdraw/", staff.invitation_withdraw, name="invitation_withdraw"),
]
