"""The OpenAPI 3.1 schema, read from what each address says of itself; see `clinic.rest.views`."""

from __future__ import annotations

from inspect import cleandoc
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from clinic.rest.answers import HEADER
from clinic.rest.serializers import ProblemSerializer

PROBLEM = "application/problem+json"
READING = {
    400: "The address asks what it does not answer.",
    401: "No token, or one that opens nothing.",
    403: "The token’s person has not the role, or the token may only read.",
    404: "There is no such thing in this clinic.",
    429: "Too many requests in a minute.",
    503: "Something on the server is missing, damaged or not ready; try again later.",
}
ACTING = {
    409: "Well said, but not possible as things stand.",
    410: "It is gone.",
    413: "The body is too large.",
    415: "The body is of another kind.",
    422: "A field is missing, unknown, or cannot be used as sent.",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular registers subclasses so
    """How the token is sent."""

    target_class = "clinic.rest.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """RFC 6750."""
        return {"type": "http", "scheme": "bearer", "description": "Made under Clinic, API tokens."}


class RestSchema(AutoSchema):
    """One operation of an address."""

    view: Any  # an ApiView, which knows of this class and not the other way round

    def get_tags(self) -> list[str]:
        """The first word of the address."""
        return [self.path.strip("/").split("/")[2]]

    def get_summary(self) -> str:
        """The first sentence of the view's or the act's words."""
        return self._words().partition("\n\n")[0].replace("\n", " ")

    def get_description(self) -> str:  # type: ignore[override]  # as spectacular's own has it
        """All of them."""
        return self._words()

    def get_operation_id(self) -> str:
        """The address and what is done, as one word."""
        words = [word.strip("{}") for word in self.path.strip("/").split("/")[2:]]
        doing = "act" if self.method == "POST" else "list" if self.view.is_list else "read"
        return "_".join([*words, doing]).replace("-", "_")

    def get_request_serializer(self) -> Any:
        """What a POST takes."""
        return self.view.takes if self.method == "POST" else None

    def get_response_serializers(self) -> Any:
        """What comes back, and every way of refusing."""
        view = self.view
        more = {status: ACTING[status] for status in view.refuses} if self.method == "GET" else ACTING
        refusals = {**READING, **more}
        answers: dict[Any, Any] = {
            (status, PROBLEM): OpenApiResponse(ProblemSerializer, description=words)
            for status, words in refusals.items()
        }
        if view.gives and self.method == "GET":
            # A file of JSON (FHIR) is an object of the schema; every other file is bytes.
            answers |= {
                (200, media_type): OpenApiTypes.OBJECT if media_type.endswith("+json") else OpenApiTypes.BINARY
                for media_type in view.gives
            }
        elif self.method == "GET":
            serializer = (getattr(view, "lists", None) or view.shows) if view.is_list else view.shows
            answers[200] = serializer(many=True) if view.is_list else serializer
        else:
            answers[view.answers_with] = view.shows
        return answers

    def get_override_parameters(self) -> list[Any]:
        """The questions in the address, and the key of an act."""
        view = self.view
        if self.method == "POST":
            return [] if view.reads_by_post else [_key()]
        return [
            OpenApiParameter(name, str, OpenApiParameter.QUERY, description=words) for name, words in view.asks.items()
        ]

    def get_filter_backends(self) -> list[Any]:
        """None: what a list answers is named by the view."""
        return []

    def _is_list_view(self, serializer: Any = None) -> bool:
        return bool(self.view.is_list and self.method == "GET")

    def _words(self) -> str:
        act = getattr(self.view, "act", None)
        said = act.__doc__ if self.method == "POST" and act else type(self.view).__doc__
        return cleandoc(said or "")


def close_bodies(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Say of every body that it is closed: a field that is not named is refused."""
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request") and component.get("type") == "object":
            component["additionalProperties"] = False
    return result


def _key() -> OpenApiParameter:
    return OpenApiParameter(
        HEADER,
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        OpenApiParameter.HEADER,
        required=True,
        description="A new random key for each act. The same key with the same body gives the first answer again.",
    )
