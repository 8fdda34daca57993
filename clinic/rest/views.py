"""The kinds of address that the API has: one thing, a list, an act. Each is tied to the clinic of its token.

A view says who may (`readers`, `writers`), which questions it answers (`asks`), what it takes and shows; `shows` and
`takes` make the schema, so that the schema cannot say anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import IO, Any, ClassVar, cast

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from audit.records import Agent
from clinic.errors import AuthRequiredError, QueryRefusedError, ReadOnlyError, RoleRequiredError, SchemaRefusedError
from clinic.models import ApiToken, Membership, Organization
from clinic.rest.answers import answer_once
from clinic.rest.authentication import BearerAuthentication
from clinic.rest.negotiation import OneAnswer
from clinic.rest.paging import CursorPages
from clinic.rest.parsing import StrictJSONParser, StrictMultiPartParser, read_json
from clinic.rest.schema import RestSchema
from clinic.rest.serializers import NothingSerializer
from clinic.vocabulary import Role

STAFF = frozenset({Role.PRACTITIONER, Role.CLINIC_LEAD})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PAGE_QUESTIONS: Mapping[str, str] = {
    "limit": "How many rows, 1 to 200 (50 where not said).",
    "cursor": "Where to go on, from the page before.",
}


class TokenHolder(BasePermission):
    """Whoever holds a token: reading is for the view's `readers`, acting for its `writers`, and not by reading tokens."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or a refusal in words."""
        token = request.auth
        if not isinstance(token, ApiToken):
            raise AuthRequiredError(
                "Send a token: “Authorization: Bearer candour_…”. Make one under Clinic, API tokens."
            )
        api = cast("ApiView", view)
        reads = request.method in SAFE or api.reads_by_post
        allowed, held = api.readers if reads else api.writers, token.membership.roles
        if not held & allowed:
            words = " or ".join(role.label.lower() for role in Role if role in allowed)
            raise RoleRequiredError(
                f"This is for the role {words}. The role of this token’s person here: "
                f"{token.membership.role_words.lower()}."
            )
        if not reads and token.is_read_only:
            raise ReadOnlyError("This token may only read. Nothing was changed. Make one that may act.")
        return True


class TokenThrottle(SimpleRateThrottle):
    """So many requests of one token in a minute."""

    scope = "token"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """One count for each token."""
        return f"api-{request.auth.pk}" if isinstance(request.auth, ApiToken) else None


class ApiView(APIView):
    """An address of the API. `organization`, `membership`, `agent`, `now` and `today` are those of the token."""

    authentication_classes = (BearerAuthentication,)
    permission_classes = (TokenHolder,)
    throttle_classes = (TokenThrottle,)
    parser_classes = (StrictJSONParser,)
    content_negotiation_class = OneAnswer
    schema = RestSchema()

    readers: ClassVar[frozenset[Role]] = frozenset(Role)
    writers: ClassVar[frozenset[Role]] = STAFF
    reads_by_post: ClassVar[bool] = False
    asks: ClassVar[Mapping[str, str]] = {}
    """The questions in the address, each with what it means."""
    shows: ClassVar[type[BaseSerializer[Any]] | None] = None
    takes: ClassVar[type[BaseSerializer[Any]] | None] = None
    gives: ClassVar[tuple[str, ...]] = ()
    """The media types of what is not JSON: a file."""
    is_list: ClassVar[bool] = False
    refuses: ClassVar[frozenset[int]] = frozenset()
    """The statuses with which a reading may be refused besides those of every reading."""

    now: datetime

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who asks, and whether the address answers what is asked."""
        self.now = timezone.now()
        super().initial(request, *args, **kwargs)
        known = {**self.asks, **(PAGE_QUESTIONS if self.is_list else {})} if request.method in SAFE else {}
        for name, value in request.query_params.items():
            if "\x00" in value:
                raise QueryRefusedError("A question holds a null character.", field=name[:40], code="query.text")
            if name not in known:
                offered = f" It answers: {', '.join(known)}." if known else ""
                raise QueryRefusedError(
                    f"This address does not answer “{name[:40]}”.{offered}", field=name[:40], code="query.unknown"
                )

    @property
    def membership(self) -> Membership:
        """The token's person in the token's clinic."""
        return cast("ApiToken", self.request.auth).membership

    @property
    def organization(self) -> Organization:
        """The one clinic that the token opens."""
        return self.membership.organization

    @property
    def today(self) -> date:
        """The clinic's local day."""
        return self.organization.local_date(self.now)

    @property
    def agent(self) -> Agent:
        """The person, and by which token they act, for the log."""
        token = cast("ApiToken", self.request.auth)
        user = token.membership.user
        return Agent("user", str(user.pk), token.organization_id, user.full_name, via=f"API token “{token.name}”")

    def shown(self, thing: Any, **options: Any) -> Any:
        """A thing as this address shows it."""
        if self.shows is None:
            return {}
        return self.shows(thing, context={"view": self, "request": self.request}, **options).data

    def taken(self, request: Request) -> Any:
        """The checked body."""
        if self.takes is None:
            return {}
        if not isinstance(request.data, Mapping):
            raise SchemaRefusedError("Send a JSON object: { … }.", code="schema.type")
        given = self.takes(data=request.data, context={"view": self, "request": request})
        given.is_valid(raise_exception=True)
        return given.validated_data


class ReadView(ApiView):
    """One thing."""

    def get(self, request: Request, **place: Any) -> HttpResponseBase:
        """Show it."""
        return self.read(**place)

    def read(self, **place: Any) -> HttpResponseBase:
        """The answer for the thing at this place."""
        return Response(self.shown(self.found(**place)))

    def found(self, **place: Any) -> Any:
        """The thing at this place, of this clinic; `Http404` where there is none."""
        raise NotImplementedError


class ListView(ApiView):
    """Many things, in pages. `order` ends with the key, so that it is total."""

    pagination_class = CursorPages
    is_list = True
    order: ClassVar[tuple[str, ...]] = ("id",)
    lists: ClassVar[type[BaseSerializer[Any]] | None] = None
    """How a row is shown, where it is less than the thing itself."""

    def get(self, request: Request, **place: Any) -> Response:
        """One page."""
        pages = self.pagination_class()
        rows = pages.paginate_queryset(self.rows(**place), request, self)
        serializer = self.lists or self.shows
        if serializer is None or rows is None:
            raise NotImplementedError
        return pages.get_paginated_response(
            serializer(rows, many=True, context={"view": self, "request": request}).data
        )

    def rows(self, **place: Any) -> QuerySet[Any]:
        """The rows of this clinic that were asked for."""
        raise NotImplementedError


class ActView(ApiView):
    """Something that is done by POST: once for each Idempotency-Key, in one transaction."""

    answers_with: ClassVar[int] = 201

    def post(self, request: Request, **place: Any) -> HttpResponse:
        """Do it, or answer as before."""
        is_empty = not int(request.META.get("CONTENT_LENGTH") or 0)
        if is_empty and self.takes is not NothingSerializer:
            # DRF takes a missing body for an empty form; here it is a mistake like any other.
            read_json(b"")
        draft = {} if is_empty else self.taken(request)
        if self.reads_by_post:
            return self.act(draft, **place)
        return answer_once(request, self.membership, lambda: self.act(draft, **place), at=self.now)

    def act(self, draft: Any, **place: Any) -> Response:
        """Call the service and show what came of it."""
        raise NotImplementedError

    def done(self, thing: Any, *, location: str = "") -> Response:
        """The answer of an act."""
        return Response(
            self.shown(thing), status=self.answers_with, headers={"Location": location} if location else None
        )


class UploadView(ActView):
    """An act that takes a file."""

    parser_classes = (StrictMultiPartParser,)  # type: ignore[assignment]  # another parser


def download(content: bytes, *, media_type: str, name: str) -> HttpResponse:
    """A file as an attachment that no browser shows or runs."""
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )


def zipped(packed: IO[bytes], name: str) -> FileResponse:
    """A ZIP as an attachment, sent piece by piece and then closed."""
    return FileResponse(
        packed,
        as_attachment=True,
        filename=name,
        content_type="application/zip",
        headers={"X-Content-Type-Options": "nosniff"},
    )


def query(view: ApiView, name: str) -> str:
    """What was asked under this name, or nothing."""
    return str(view.request.query_params.get(name, ""))
