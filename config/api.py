"""The API's own two addresses: its schema, and every address that there is not."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from clinic.errors import AuthRequiredError
from clinic.rest import ApiView, BearerAuthentication


class SomebodyKnown(BasePermission):
    """Whoever has a token, or is signed in in this browser."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or a refusal in words."""
        if not request.user.is_authenticated:
            raise AuthRequiredError("Sign in, or send a token, to read the schema.")
        return True


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3.1 schema: for who is signed in as well, because a person reads it before they make a token."""

    authentication_classes = (BearerAuthentication, SessionAuthentication)
    permission_classes = (SomebodyKnown,)
    renderer_classes: Any = (OpenApiJsonRenderer, OpenApiYamlRenderer)
    content_negotiation_class = DefaultContentNegotiation
    schema: Any = None


class NothingHere(ApiView):
    """Whatever else is asked for under /api/: who has a token reads that it is not there."""

    schema: Any = None

    def get(self, request: Request, **place: Any) -> None:
        """404, as a problem and not as a page."""
        raise Http404

    post = put = patch = delete = get
