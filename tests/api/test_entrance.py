"""Who comes in: a token's holder, to one clinic, with its person's roles; everybody else reads why not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from clinic.models import ApiToken, Membership
from clinic.services import remove_member, revoke_token
from tests import cast
from tests.api.program import Program, refused, token_of

pytestmark = pytest.mark.django_db


class TestTheToken:
    def test_says_whose_it_is(self, nia):
        answer = nia.get("token/").json()
        assert answer["person"] == "Dr Nia Penrose"
        assert answer["organization"] == "Harbour Clinic"
        assert answer["roles"] == ["practitioner"]
        assert not answer["is_read_only"]

    @pytest.mark.parametrize("header", [
        "", "Bearer", "Bearer ", "Bearer candour_0000", "Bearer a b", "Basic bmlhOnBhc3M=", "Token candour_0000",
        "Bearer candour_\xe4", "candour_0000",
    ])  # fmt: skip
    def test_anything_else_opens_nothing(self, practitioner, header):
        program = Program("")
        program.headers = {"Authorization": header} if header else {}
        refused(program.get("token/"), 401, "auth.required")

    def test_one_in_the_address_is_not_read(self, practitioner):
        refused(Program("").get(f"token/?access_token={token_of(practitioner)}"), 401, "auth.required")

    def test_a_browsers_session_opens_nothing(self, lead, signed_in):
        answer = signed_in(lead).get("/api/v1/token/")
        refused(answer, 401, "auth.required")
        assert not answer.cookies

    def test_ends_with_the_membership(self, nia, lead, harbour, practitioner):
        assert nia.get("token/").status_code == 200
        remove_member(Membership.objects.get(user=practitioner), agent=cast.agent_for(lead, harbour), at=timezone.now())
        refused(nia.get("token/"), 401, "auth.required")

    def test_ends_when_revoked(self, nia, practitioner, harbour):
        revoke_token(ApiToken.objects.get(), agent=cast.agent_for(practitioner, harbour), at=timezone.now())
        refused(nia.get("token/"), 401, "auth.required")

    def test_ends_on_its_day(self, nia):
        with time_machine.travel(timezone.now() + timedelta(days=31)):
            refused(nia.get("token/"), 401, "auth.required")

    def test_asks_so_often_and_no_more(self, nia, monkeypatch):
        monkeypatch.setattr("clinic.rest.views.TokenThrottle.rate", "3/min", raising=False)
        for _ in range(3):
            assert nia.get("token/").status_code == 200
        answer = nia.get("token/")
        refused(answer, 429, "rate")
        assert 1 <= int(answer["Retry-After"]) <= 61


class TestAnswers:
    def test_carry_no_cookie_and_are_kept_by_no_cache(self, nia):
        answer = nia.get("token/")
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Type"] == "application/json"

    def test_are_json_whatever_is_liked(self, nia):
        assert nia.get("token/", Accept="text/html").json()["person"]
        refused(nia.get("token/?format=html"), 400, "query.unknown", "format")

    @pytest.mark.parametrize("address", ["nothing/", "token", "products/1234/", "../admin/", "token/x"])
    def test_an_address_that_is_not_there(self, nia, address):
        refused(nia.get(f"/api/v1/{address}"), 404, "not_found")

    def test_an_act_where_there_is_none(self, nia):
        refused(nia.post("token/"), 405, "method")
        refused(nia.post("token/", headers={"X-HTTP-Method-Override": "GET"}), 405, "method")

    def test_a_question_that_is_not_answered(self, nia):
        refused(nia.get("token/?ordering=password"), 400, "query.unknown", "ordering")

    def test_a_mistake_of_ours_says_nothing_of_its_cause(self, nia, monkeypatch):
        def fails(*args: object, **kwargs: object) -> None:
            raise RuntimeError("secret cause")

        monkeypatch.setattr("clinic.api.TokenSelf.found", fails)
        answer = nia.get("token/")
        refused(answer, 500, "server.error")
        assert b"secret" not in answer.content


class TestTheSchema:
    def test_needs_somebody_known(self):
        refused(Program("").get("schema/"), 401, "auth.required")

    def test_opens_to_a_token_and_to_a_person(self, nia, lead, signed_in):
        assert nia.get("schema/").json()["openapi"].startswith("3.1")
        assert signed_in(lead).get(reverse("api_schema")).status_code == 200
