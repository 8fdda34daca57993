"""The addresses of the consent room in the API."""

from __future__ import annotations

from django.urls import path

from consent.api import consents, paper, people, register, reminders, studies, tasks, terms

urlpatterns = [
    path("consents/", consents.Consents.as_view(), name="api_consents"),
    path("consents/<uuid:consent_id>/", consents.OneConsent.as_view(), name="api_consent"),
    path("consents/<uuid:consent_id>/document/", consents.ConsentDocument.as_view(), name="api_consent_document"),
    path("consents/<uuid:consent_id>/history/", consents.ConsentHistory.as_view(), name="api_consent_history"),
    path("consents/<uuid:consent_id>/fhir/", consents.ConsentFhir.as_view(), name="api_consent_fhir"),
    path("consents/<uuid:consent_id>/pack/", register.EvidencePack.as_view(), name="api_consent_pack"),
    path("consents/<uuid:consent_id>/files/<slug:kind>/", consents.ConsentFile.as_view(), name="api_consent_file"),
    path(
        "consents/<uuid:consent_id>/files/<slug:kind>/timestamp/",
        consents.ConsentFileTime.as_view(),
        name="api_consent_file_time",
    ),
    path("consents/<uuid:consent_id>/questions/", consents.ConsentQuestions.as_view(), name="api_consent_questions"),
    path("consents/<uuid:consent_id>/help/", consents.ConsentHelp.as_view(), name="api_consent_help"),
    path("consents/<uuid:consent_id>/paper/", paper.ConsentPaper.as_view(), name="api_consent_paper"),
    path("consents/<uuid:consent_id>/paper-packs/", paper.ConsentPaperPacks.as_view(), name="api_consent_paper_packs"),
    path("paper-packs/<uuid:pack_id>/file/", paper.PackFile.as_view(), name="api_paper_pack_file"),
    path("paper-packs/<uuid:pack_id>/handover/", paper.PackHandover.as_view(), name="api_paper_pack_handover"),
    path("consents/<uuid:consent_id>/people/", people.People.as_view(), name="api_consent_people"),
    path("people/<uuid:person_id>/authority/", people.PersonAuthority.as_view(), name="api_person_authority"),
    path("people/<uuid:person_id>/departure/", people.PersonDeparture.as_view(), name="api_person_departure"),
    path("consents/<uuid:consent_id>/link/", consents.ConsentLink.as_view(), name="api_consent_link"),
    path("consents/<uuid:consent_id>/void/", consents.ConsentVoid.as_view(), name="api_consent_void"),
    path("consents/<uuid:consent_id>/error/", consents.ConsentEnteredInError.as_view(), name="api_consent_error"),
    path("consents/<uuid:consent_id>/clearances/", consents.ConsentClearances.as_view(), name="api_consent_clearances"),
    path("consents/<uuid:consent_id>/pause/", consents.ConsentPause.as_view(), name="api_consent_pause"),
    path("consents/<uuid:consent_id>/decline/", consents.ConsentDecline.as_view(), name="api_consent_decline"),
    path("consents/<uuid:consent_id>/withdrawal/", consents.ConsentWithdrawal.as_view(), name="api_consent_withdrawal"),
    path(
        "consents/<uuid:consent_id>/choices/<slug:key>/withdrawal/",
        consents.ConsentChoiceWithdrawal.as_view(),
        name="api_consent_choice_withdrawal",
    ),
    path("consents/<uuid:consent_id>/signature/", consents.ConsentSignature.as_view(), name="api_consent_signature"),
    path(
        "consents/<uuid:consent_id>/declaration/", consents.ConsentDeclaration.as_view(), name="api_consent_declaration"
    ),
    path("questions/<uuid:question_id>/answer/", consents.QuestionAnswer.as_view(), name="api_question_answer"),
    path("consent-register/csv/", register.RegisterCsv.as_view(), name="api_register_csv"),
    path("consent-register/xlsx/", register.RegisterXlsx.as_view(), name="api_register_xlsx"),
    path("sealed-files/", register.SealedFiles.as_view(), name="api_sealed_files"),
    path("consent-languages/", register.Languages.as_view(), name="api_consent_languages"),
    path("reminders/", reminders.Reminders.as_view(), name="api_reminders"),
    path("consent-terms/", terms.ConsentTerms.as_view(), name="api_consent_terms"),
    path("studies/", studies.Studies.as_view(), name="api_studies"),
    path("studies/<uuid:study_id>/", studies.OneStudy.as_view(), name="api_study"),
    path("studies/<uuid:study_id>/versions/", studies.StudyVersions.as_view(), name="api_study_versions"),
    path("studies/<uuid:study_id>/closure/", studies.StudyClosure.as_view(), name="api_study_closure"),
    path("tasks/", tasks.Tasks.as_view(), name="api_tasks"),
    path("tasks/<uuid:task_id>/owner/", tasks.TaskOwner.as_view(), name="api_task_owner"),
    path("tasks/<uuid:task_id>/closure/", tasks.TaskClosure.as_view(), name="api_task_closure"),
    path("documents/check/", consents.DocumentCheck.as_view(), name="api_document_check"),
]
