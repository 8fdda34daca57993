"""Lists come in pages with a cursor: what is added or removed meanwhile neither repeats nor hides a row."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from clinic.errors import QueryRefusedError
from clinic.rest.parsing import whole_number

LIMIT = 50
MOST = 200


class CursorPages(CursorPagination):
    """`?limit=` 1 to 200 and `?cursor=` from the page before; the view's `order` is stable and total."""

    page_size = LIMIT
    page_size_query_param = "limit"
    max_page_size = MOST
    path = ""

    def get_page_size(self, request: Request) -> int:
        """How many rows were asked for."""
        asked = request.query_params.get("limit")
        return LIMIT if asked is None else whole_number(asked, name="limit", least=1, most=MOST)

    def get_ordering(self, request: Request, queryset: Any, view: APIView) -> tuple[str, ...]:
        """The view's own order; a client chooses none."""
        return tuple(view.order)  # type: ignore[attr-defined]  # only ListView uses these pages

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Where to go on. Raises `QueryRefusedError` for a cursor that no page of this list gave."""
        self.path = request.path
        encoded = request.query_params.get("cursor")
        if encoded is None:
            return None
        try:
            offset, reverse, position = signing.loads(encoded, salt=self._salt)
        except signing.BadSignature:
            raise QueryRefusedError(
                "This cursor was not given by a page of this list. Begin without one.",
                field="cursor",
                code="query.range",
            ) from None
        return Cursor(offset=offset, reverse=reverse, position=position)

    def encode_cursor(self, cursor: Cursor) -> str:
        """The address of a page; its cursor is signed, so that nobody writes a question of their own into it."""
        return str(replace_query_param(str(self.base_url), "cursor", signing.dumps(list(cursor), salt=self._salt)))

    @property
    def _salt(self) -> str:
        return f"clinic.rest.paging:{self.path}"

    def get_next_link(self) -> str | None:
        """The next page, as an address on this same host."""
        return _local(super().get_next_link())

    def get_previous_link(self) -> str | None:
        """The page before."""
        return _local(super().get_previous_link())

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What a page looks like."""
        link = {"type": ["string", "null"], "format": "uri-reference"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


def _local(address: str | None) -> str | None:
    if not address:
        return None
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
