"""The addresses of the products room."""

from __future__ import annotations

from django.urls import path

from products.views import batches, certificates, claims, compare, evidence, products, receive, standing

urlpatterns = [
    path("products/", products.product_list, name="products"),
    path("products/add/", products.product_add, name="product_add"),
    path("products/evidence/<uuid:evidence_id>/", evidence.evidence, name="evidence"),
    path("products/<uuid:product_id>/", products.product_page, name="product"),
    path("products/<uuid:product_id>/provenance/", claims.product_provenance, name="product_provenance"),
    path("products/<uuid:product_id>/correct/<slug:field>/", claims.product_correct, name="product_correct"),
    path("products/<uuid:product_id>/receive/", receive.receive, name="product_receive"),
    path("products/<uuid:product_id>/standing/", standing.product_standing, name="product_standing"),
    path("products/<uuid:product_id>/standing/add/", standing.record_add, name="record_add"),
    path(
        "products/<uuid:product_id>/standing/<uuid:record_id>/propose/",
        standing.release_propose,
        name="stop_release_propose",
    ),
    path(
        "products/<uuid:product_id>/standing/<uuid:release_id>/confirm/",
        standing.release_confirm,
        name="stop_release_confirm",
    ),
    path("batches/", batches.batch_list, name="batches"),
    path("batches/compare/", compare.batch_compare, name="batch_compare"),
    path("batches/receive/", receive.receive_any, name="batch_receive"),
    path("batches/<uuid:batch_id>/", batches.batch_page, name="batch"),
    path("batches/<uuid:batch_id>/provenance/", claims.batch_provenance, name="batch_provenance"),
    path("batches/<uuid:batch_id>/correct/<slug:field>/", claims.batch_correct, name="batch_correct"),
    path("batches/<uuid:batch_id>/certificate/", certificates.certificate_add, name="batch_certificate"),
    path(
        "batches/<uuid:batch_id>/certificate/<uuid:certificate_id>/",
        certificates.certificate_page,
        name="certificate",
    ),
    path(
        "batches/<uuid:batch_id>/certificate/<uuid:certificate_id>/correct/",
        certificates.certificate_correct,
        name="certificate_correct",
    ),
    path("batches/<uuid:batch_id>/size/", batches.batch_size, name="batch_size"),
    path("batches/<uuid:batch_id>/release/", batches.batch_release, name="batch_release"),
    path("batches/<uuid:batch_id>/hold/", batches.batch_hold, name="batch_hold"),
]
