"""Refusals of the API as problem+json (RFC 9457), with the statuses and the words of the pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.errors import Refusal
from clinic.errors import RequestTooLargeError, SchemaRefusedError
from config.http import TITLES, status_of

PROBLEM = "application/problem+json"
TYPE = "urn:candour:refusal:"
API = "/api/"
# What some refusals say beyond their sentence, for programs: see their classes.
MORE = ("expected", "found", "position", "line", "rule_ids", "what_would_change_it")
HELP = {
    400: "Mend the request as the message says; docs/reference/api.md has examples.",
    401: "Make a token under Clinic, API tokens, and send it as “Authorization: Bearer TOKEN”.",
    403: "Use a token of somebody with the role that this needs, made to act and not only to read.",
    404: "Check the id. A token opens one clinic only; what belongs to another is not there for it.",
    405: "See the schema at /api/v1/schema/ for what this address takes.",
    408: "Send it again; nothing was done. Behind a slow line, send less at once.",
    409: "Read the thing again, see where it stands, and decide.",
    410: "It does not come back.",
    413: "Send less at once.",
    415: "Send JSON as application/json in UTF-8; files as multipart/form-data.",
    422: "Mend the fields that “errors” names and send again, with a new Idempotency-Key.",
    429: "Wait for as many seconds as Retry-After says.",
    500: "The mistake is ours and is in the server’s log. Nothing was written.",
    503: "Try again later; tell whoever runs this server if it stays.",
}
CODES = {
    "required": "schema.required",
    "null": "schema.null",
    "blank": "schema.blank",
    "invalid": "schema.type",
    "invalid_choice": "schema.choice",
    "not_a_list": "schema.type",
    "not_a_dict": "schema.type",
    "max_length": "text.too_long",
    "max_value": "number.range",
    "min_value": "number.range",
    "empty": "upload.empty",
}


def answer_api(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to whatever an address of the API raised; None lets Django answer 500 and log the trace."""
    refusal, status, headers = _named(exception)
    if refusal is None:
        return None
    content = problem(refusal, status)
    view = context.get("view")
    if status == 401 and isinstance(view, APIView) and (wanted := view.get_authenticate_header(view.request)):
        headers["WWW-Authenticate"] = wanted
    if status in (429, 503):
        headers.setdefault("Retry-After", "10")
    return Response(content, status=status, content_type=PROBLEM, headers=headers)


def problem(refusal: Refusal, status: int) -> dict[str, Any]:
    """A refusal as its JSON object; `errors` has every field that was wrong."""
    more = {name: getattr(refusal, name) for name in MORE if getattr(refusal, name, None) not in (None, "", ())}
    lines = getattr(refusal, "problems", ()) or ((refusal.field, refusal.code, refusal.message),)
    return {
        "type": TYPE + refusal.code,
        "title": TITLES.get(status, "Something went wrong"),
        "status": status,
        "detail": refusal.message,
        "code": refusal.code,
        "field": refusal.field,
        "message": refusal.message,
        "help": HELP.get(status, ""),
        **more,
        "errors": [{"field": field, "code": code, "message": message} for field, code, message in lines],
    }


def server_problem(request: HttpRequest) -> JsonResponse:
    """The answer to a mistake of ours, without a word about its cause."""
    refusal = Refusal("Something went wrong on the server. Nothing was written.", code="server.error")
    return JsonResponse(problem(refusal, 500), status=500, content_type=PROBLEM)


def _named(exception: Exception) -> tuple[Refusal | None, int, dict[str, str]]:
    """The refusal that an exception stands for, its status and headers."""
    headers: dict[str, str] = {}
    match exception:
        case Refusal():
            status = status_of(exception)
            return (exception if status != 500 else None), status, headers
        case exceptions.ValidationError():
            return _schema(exception), 422, headers
        case Http404():
            return Refusal("There is no such thing in this clinic.", code="not_found"), 404, headers
        case RequestDataTooBig() | TooManyFilesSent():
            return RequestTooLargeError("More was sent than this address can take. Nothing was changed."), 413, headers
        case PermissionDenied():
            return Refusal("This is not open to this token.", code="auth.denied"), 403, headers
        case exceptions.MethodNotAllowed():
            return Refusal("This address is not used that way.", code="method"), 405, headers
        case exceptions.UnsupportedMediaType():
            return Refusal("The body is of a kind that this address does not take.", code="media_type"), 415, headers
        case exceptions.ParseError():
            return Refusal(f"The body cannot be read: {exception.detail}", code="body.syntax"), 400, headers
        case exceptions.Throttled():
            headers["Retry-After"] = str(int(getattr(exception, "wait", None) or 10) + 1)
            return Refusal("This token asked too often in this minute.", code="rate"), 429, headers
        case exceptions.APIException():
            return Refusal(str(exception.detail), code="refused"), exception.status_code, headers
    return None, 500, headers


def _schema(exception: exceptions.ValidationError) -> Refusal:
    lines = tuple(_lines(exception.detail, ""))
    field, code, message = lines[0]
    return SchemaRefusedError(message, field=field, code=code, problems=lines)


def _lines(detail: Any, place: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            below = "" if name in ("", "non_field_errors") else str(name)
            yield from _lines(inner, ".".join(part for part in (place, below) if part))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            nested = isinstance(inner, Mapping)
            yield from _lines(inner, f"{place}[{number}]" if nested and inner else place)
    else:
        yield place, CODES.get(detail.code, detail.code or "schema.invalid"), str(detail)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Django's answer to a mistake of ours: a page for people, a problem for programs."""
    return server_problem(request) if request.path.startswith(API) else defaults.server_error(request)
