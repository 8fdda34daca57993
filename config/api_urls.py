"""The addresses of the API, version 1: each room brings its own."""

from __future__ import annotations

from django.urls import include, path, re_path

from config.api import NothingHere, SchemaView

urlpatterns = [
    path("v1/schema/", SchemaView.as_view(), name="api_schema"),
    path("v1/", include("clinic.api_urls")),
    path("v1/", include("products.api_urls")),
    path("v1/", include("consent.api_urls")),
    re_path(r"^.*$", NothingHere.as_view(), name="api_nothing"),
]
