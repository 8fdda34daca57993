"""The consent room's addresses: the board, consents, the check of a PDF; and the patient's pages."""

from __future__ import annotations

from django.urls import include, path

from consent.views import (
    acts,
    answers,
    auditing,
    board,
    chair,
    changes,
    issuing,
    record,
    rule_sets,
    screening,
    texts,
    writing,
)

urlpatterns = [
    path("", include("consent.patient_urls")),
    path("", board.today, name="today"),
    path("consents/", board.consents, name="consents"),
    path("consents/issue/", issuing.issue, name="consent_issue"),
    path("consents/changed/", changes.changes, name="changes"),
    path("consents/screening/", screening.screening, name="screening"),
    path("consents/screening/<slug:group>/", screening.screening_change, name="screening_change"),
    path("consents/<uuid:consent_id>/", record.consent, name="consent"),
    path("consents/<uuid:consent_id>/text/", record.text, name="consent_text"),
    path("consents/<uuid:consent_id>/files/<slug:kind>.pdf", record.sealed_file, name="consent_file"),
    path("consents/<uuid:consent_id>/link/", acts.link, name="consent_link"),
    path("consents/<uuid:consent_id>/handover/", acts.handover, name="consent_handover"),
    path("consents/<uuid:consent_id>/questions/<uuid:question_id>/", acts.answer, name="consent_answer"),
    path("consents/<uuid:consent_id>/answers/<uuid:answers_id>/", answers.review, name="consent_review"),
    path("consents/<uuid:consent_id>/reissue/", acts.reissue, name="consent_reissue"),
    path("consents/<uuid:consent_id>/declare/", acts.declare, name="consent_declare"),
    path("consents/<uuid:consent_id>/void/", acts.void, name="consent_void"),
    path("consents/<uuid:consent_id>/withdrawal/", acts.withdrawal, name="consent_withdrawal"),
    path("consents/<uuid:consent_id>/changes/", changes.decide, name="consent_changes"),
    path("consents/<uuid:consent_id>/clearance/", chair.clearance, name="consent_clearance"),
    path("consents/<uuid:consent_id>/history/", auditing.history, name="consent_history"),
    path("texts/", texts.texts, name="texts"),
    path("texts/<uuid:text_id>/", texts.text, name="text"),
    path("texts/<uuid:text_id>/text.pdf", texts.text_pdf, name="text_pdf"),
    path("texts/<uuid:text_id>/difference/", texts.text_difference, name="text_difference"),
    path("texts/draft/", writing.start, name="text_start"),
    path("texts/draft/<uuid:draft_id>/", writing.draft, name="draft"),
    path("texts/draft/<uuid:draft_id>/preview/", writing.preview, name="draft_preview"),
    path("texts/draft/<uuid:draft_id>/preview.pdf", writing.preview_pdf, name="draft_pdf"),
    path("texts/draft/<uuid:draft_id>/difference/", writing.difference, name="draft_difference"),
    path("texts/draft/<uuid:draft_id>/check/", writing.check, name="draft_check"),
    path("texts/draft/<uuid:draft_id>/publish/", writing.publish, name="draft_publish"),
    path("texts/draft/<uuid:draft_id>/discard/", writing.discard, name="draft_discard"),
    path("rules/<uuid:version_id>/consents/", rule_sets.rule_set_consents, name="rule_set_consents"),
    path("verify/", auditing.verify, name="verify"),
]
