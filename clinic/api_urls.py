"""The addresses of the clinic room in the API."""

from __future__ import annotations

from django.urls import path

from clinic import api

urlpatterns = [
    path("token/", api.TokenSelf.as_view(), name="api_token"),
]
