"""The addresses of the products room in the API."""

from __future__ import annotations

from django.urls import path

from products.api import batches, evidence, findings, imports, life, products, reading, standing

urlpatterns = [
    path("imports/", imports.Imports.as_view(), name="api_imports"),
    path("imports/<uuid:job_id>/", imports.OneImport.as_view(), name="api_import"),
    path("imports/<uuid:job_id>/confirmation/", imports.ImportConfirmation.as_view(), name="api_import_confirmation"),
    path("imports/<uuid:job_id>/drop/", imports.ImportDrop.as_view(), name="api_import_drop"),
    path("scans/", reading.Scans.as_view(), name="api_scans"),
    path("sizes/", reading.Sizes.as_view(), name="api_sizes"),
    path("parties/", products.Parties.as_view(), name="api_parties"),
    path("evidence/", evidence.EvidenceFiles.as_view(), name="api_evidence_files"),
    path("evidence/<uuid:evidence_id>/", evidence.OneEvidence.as_view(), name="api_evidence"),
    path("evidence/<uuid:evidence_id>/file/", evidence.EvidenceFile.as_view(), name="api_evidence_file"),
    path("products/", products.Products.as_view(), name="api_products"),
    path("products/<uuid:product_id>/", products.OneProduct.as_view(), name="api_product"),
    path("products/<uuid:product_id>/claims/", products.ProductClaims.as_view(), name="api_product_claims"),
    path(
        "products/<uuid:product_id>/documentation/",
        products.ProductDocumentation.as_view(),
        name="api_product_documentation",
    ),
    path("products/<uuid:product_id>/standing/", standing.ProductStanding.as_view(), name="api_product_standing"),
    path(
        "products/<uuid:product_id>/regulatory-records/",
        standing.RegulatoryRecords.as_view(),
        name="api_regulatory_records",
    ),
    path("products/<uuid:product_id>/stop-releases/", standing.StopReleases.as_view(), name="api_stop_releases"),
    path(
        "regulatory-records/<uuid:record_id>/stop-release/",
        standing.StopReleaseProposal.as_view(),
        name="api_stop_release_proposal",
    ),
    path(
        "stop-releases/<uuid:release_id>/confirmation/",
        standing.StopReleaseConfirmation.as_view(),
        name="api_stop_release_confirmation",
    ),
    path("products/<uuid:product_id>/marketing-claims/", life.MarketingClaims.as_view(), name="api_marketing_claims"),
    path(
        "marketing-claims/<uuid:claim_id>/withdrawal/",
        life.MarketingWithdrawal.as_view(),
        name="api_marketing_withdrawal",
    ),
    path("batches/", batches.Batches.as_view(), name="api_batches"),
    path("batches/<uuid:batch_id>/", batches.OneBatch.as_view(), name="api_batch"),
    path("batches/<uuid:batch_id>/claims/", products.BatchClaims.as_view(), name="api_batch_claims"),
    path(
        "batches/<uuid:batch_id>/documentation/",
        products.BatchDocumentation.as_view(),
        name="api_batch_documentation",
    ),
    path("batches/<uuid:batch_id>/units/", batches.BatchUnits.as_view(), name="api_batch_units"),
    path("batches/<uuid:batch_id>/certificates/", batches.BatchCertificates.as_view(), name="api_batch_certificates"),
    path("batches/<uuid:batch_id>/sizes/", batches.BatchSizes.as_view(), name="api_batch_sizes"),
    path("batches/<uuid:batch_id>/release/", batches.BatchRelease.as_view(), name="api_batch_release"),
    path("batches/<uuid:batch_id>/hold/", batches.BatchHold.as_view(), name="api_batch_hold"),
    path("batches/<uuid:batch_id>/moves/", life.BatchMoves.as_view(), name="api_batch_moves"),
    path("batches/<uuid:batch_id>/recall/", life.BatchRecall.as_view(), name="api_batch_recall"),
    path("batches/<uuid:batch_id>/depletion/", life.BatchDepletion.as_view(), name="api_batch_depletion"),
    path("batches/<uuid:batch_id>/return/", life.BatchReturn.as_view(), name="api_batch_return"),
    path("batches/<uuid:batch_id>/destruction/", life.BatchDestruction.as_view(), name="api_batch_destruction"),
    path("batches/<uuid:batch_id>/temperatures/", life.BatchTemperatures.as_view(), name="api_batch_temperatures"),
    path("temperatures/<uuid:record_id>/decision/", life.ExcursionDecision.as_view(), name="api_excursion_decision"),
    path("batches/<uuid:batch_id>/stock/", life.BatchStock.as_view(), name="api_batch_stock"),
    path("batches/<uuid:batch_id>/unit-counts/", life.BatchUnitCounts.as_view(), name="api_batch_unit_counts"),
    path("batches/<uuid:batch_id>/custody/", life.BatchCustody.as_view(), name="api_batch_custody"),
    path("batches/<uuid:batch_id>/trace/", life.BatchTrace.as_view(), name="api_batch_trace"),
    path("products/<uuid:product_id>/findings/", findings.ProductFindings.as_view(), name="api_product_findings"),
    path(
        "products/<uuid:product_id>/finding-answers/",
        findings.ProductFindingAnswer.as_view(),
        name="api_product_finding_answer",
    ),
    path("batches/<uuid:batch_id>/findings/", findings.BatchFindings.as_view(), name="api_batch_findings"),
    path(
        "batches/<uuid:batch_id>/finding-answers/",
        findings.BatchFindingAnswer.as_view(),
        name="api_batch_finding_answer",
    ),
]
