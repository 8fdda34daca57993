"""The map of all pages; each room brings its own part."""

from __future__ import annotations

from django.urls import include, path

from config import health

handler400 = "config.http.bad_request"
handler500 = "config.problems.server_error"

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("api/", include("config.api_urls")),
    path("", include("audit.urls")),
    path("", include("clinic.urls")),
    path("", include("products.urls")),
    path("", include("consent.urls")),
]
