"""The patient's pages: one link, and nothing else of the site behind it."""

from __future__ import annotations

from django.urls import path

from consent.views import deciding, entering, helping, reading, receipt, reminders, stepping, together

urlpatterns = [
    path("p/", entering.letter, name="patient_letter"),
    path("p/<str:token>/", reading.identity, name="patient_identity"),
    path("p/<str:token>/code/", entering.code, name="patient_code"),
    path("p/<str:token>/code/again/", entering.code_again, name="patient_code_again"),
    path("p/<str:token>/help/", helping.help_page, name="patient_help"),
    path("p/<str:token>/not-me/", helping.dispute, name="patient_dispute"),
    path("p/<str:token>/text/", reading.whole_text, name="patient_text"),
    path("p/<str:token>/part/<slug:section>/", reading.section, name="patient_section"),
    path("p/<str:token>/part/<slug:section>/ask/", reading.ask, name="patient_ask"),
    path("p/<str:token>/question/<uuid:question_id>/drop/", reading.drop_question, name="patient_drop_question"),
    path("p/<str:token>/step/<slug:step>/", stepping.step, name="patient_step"),
    path("p/<str:token>/people/", together.everybody, name="patient_people"),
    path("p/<str:token>/people/add/<slug:role>/", together.add, name="patient_person_add"),
    path("p/<str:token>/people/<uuid:person_id>/", together.declare, name="patient_person"),
    path("p/<str:token>/people/<uuid:person_id>/leave/", together.leave, name="patient_person_leave"),
    path("p/<str:token>/paper/", deciding.paper, name="patient_paper"),
    path("p/<str:token>/language/", reading.choose_language, name="patient_language"),
    path("p/<str:token>/copy.pdf", reading.copy, name="patient_copy"),
    path("p/<str:token>/reminders/", reminders.stop, name="patient_reminders"),
    path("p/<str:token>/leave/", reading.leave, name="patient_leave"),
    path("p/<str:token>/decide/", deciding.decide, name="patient_decide"),
    path("p/<str:token>/sign/", deciding.sign, name="patient_sign"),
    path("p/<str:token>/decline/", deciding.decline, name="patient_decline"),
    path("p/<str:token>/sooner/", deciding.sooner, name="patient_sooner"),
    path("p/<str:token>/receipt/", receipt.receipt, name="patient_receipt"),
    path("p/<str:token>/file/<slug:kind>.pdf", receipt.sealed_pdf, name="patient_pdf"),
    path("p/<str:token>/choice/<slug:key>/", receipt.choice, name="patient_choice"),
    path("p/<str:token>/withdraw/", receipt.withdraw, name="patient_withdraw"),
]
