"""The URL map: which pages are public, and that every refusal has its answer."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from audit.errors import Refusal
from clinic.rest import BearerAuthentication
from config import http
from config.public import PUBLIC_URL_NAMES

ROOMS = ("audit", "clinic", "products", "consent")
SAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", "str": "word", "slug": "word", "path": "word"}


def all_patterns(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from all_patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


def address_of(route: str) -> str:
    """A concrete address for a route: every parameter filled with a word of its kind."""
    pieces, rest = [], route
    while "<" in rest:
        before, rest = rest.split("<", 1)
        parameter, rest = rest.split(">", 1)
        kind = parameter.split(":")[0] if ":" in parameter else "str"
        pieces += [before, SAMPLES.get(kind, "word")]
    return "/" + "".join([*pieces, rest])


# Programs come to these with a token; Django's own sign-in does not stand before them.
API = [(route, pattern) for route, pattern in all_patterns() if route.startswith("api/")]
PATTERNS = [
    (route, pattern) for route, pattern in all_patterns() if "(?P" not in route and not route.startswith("api/")
]


class TestPublicPages:
    def test_every_name_on_the_list_is_a_page(self) -> None:
        names = {pattern.name for _, pattern in all_patterns()}
        assert PUBLIC_URL_NAMES - names == set()

    def test_the_pages_that_django_lets_through_are_exactly_those_on_the_list(self) -> None:
        open_pages = {
            pattern.name
            for route, pattern in all_patterns()
            if not getattr(pattern.callback, "login_required", True) and not route.startswith("api/")
        }
        assert open_pages == PUBLIC_URL_NAMES

    @pytest.mark.django_db
    @pytest.mark.parametrize(("route", "pattern"), PATTERNS, ids=[route or "today" for route, _ in PATTERNS])
    def test_every_other_page_sends_a_stranger_to_the_sign_in(
        self, client: Client, route: str, pattern: URLPattern
    ) -> None:
        answer = client.get(address_of(route))
        if pattern.name in PUBLIC_URL_NAMES:
            assert not answer.get("Location", "").startswith("/accounts/login/?next=/p/")
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith("/accounts/login/")


# What takes an empty form: a search for nothing lists everybody.
TAKES_NOTHING = {"patients"}
FORMS = [
    (route, pattern)
    for route, pattern in PATTERNS
    if "<" not in route and not route.startswith("accounts/") and pattern.name not in TAKES_NOTHING
]


@pytest.mark.django_db
@pytest.mark.parametrize(("route", "pattern"), FORMS, ids=[route or "today" for route, _ in FORMS])
def test_an_empty_form_is_never_answered_as_if_all_were_well(
    signed_in: Any, lead: Any, route: str, pattern: URLPattern
) -> None:
    assert signed_in(lead).post(f"/{route}").status_code >= 300, pattern.name


class TestTheApi:
    @pytest.mark.django_db
    @pytest.mark.parametrize(("route", "pattern"), API, ids=[route for route, _ in API])
    @pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
    def test_every_address_asks_for_a_token(self, client: Client, route: str, pattern: URLPattern, method: str) -> None:
        address = address_of(route) if "^" not in route else "/api/v1/word/"
        answer = getattr(client, method)(address, headers={"Idempotency-Key": "a"})
        assert answer.status_code == 401, answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert not answer.cookies

    def test_none_believes_a_cookie(self) -> None:
        for route, pattern in API:
            if pattern.name != "api_schema":
                assert pattern.callback.cls.authentication_classes == (BearerAuthentication,), route


class TestRefusals:
    @pytest.mark.parametrize("room", ROOMS)
    def test_every_refusal_of_a_room_has_a_status_in_the_table(self, room: str) -> None:
        errors = importlib.import_module(f"{room}.errors")
        classes = [
            kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
        ]
        assert classes
        for kind in classes:
            if issubclass(kind, Refusal):
                assert 400 <= http.status_of(kind("words")) < 600

    @pytest.mark.parametrize("room", ROOMS)
    def test_every_refusal_stands_in_the_errors_reference(self, room: str) -> None:
        errors = importlib.import_module(f"{room}.errors")
        text = Path("docs/reference/errors.md").read_text(encoding="utf-8")
        missing = [
            name
            for name, kind in inspect.getmembers(errors, inspect.isclass)
            if kind.__module__ == errors.__name__ and issubclass(kind, Refusal) and f"`{name}`" not in text
        ]
        assert missing == []
