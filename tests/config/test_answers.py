"""What a refusal becomes when no form shows it: a plain page with the status of the table."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from audit.errors import NotInTransactionError, Refusal
from clinic.errors import RoleRequiredError
from clinic.models import User
from config import http
from consent.errors import LinkExpiredError, NotSealedYetError, SealingKeyError
from products.errors import (
    EvidenceDamagedError,
    ExpiredError,
    ScanTooLongError,
    SizeFileTooLargeError,
    StopRefusedError,
)
from tests.conftest import SignedIn


def answer_to(exception: Exception, path: str = "/batches/") -> HttpResponse | None:
    def view(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    return http.RefusalMiddleware(view).process_exception(RequestFactory().get(path), exception)


class TestARefusal:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            (RoleRequiredError, 403),
            (ExpiredError, 409),
            (StopRefusedError, 409),
            (LinkExpiredError, 410),
            (ScanTooLongError, 413),
            (SizeFileTooLargeError, 413),
            (EvidenceDamagedError, 503),
            (SealingKeyError, 503),
        ],
    )
    def test_is_answered_with_its_status_and_its_words(self, kind: type[Refusal], status: int) -> None:
        page = answer_to(kind("Use the batch that the consent names."))
        assert page is not None
        assert page.status_code == status
        assert "Use the batch that the consent names." in page.content.decode()

    @pytest.mark.parametrize("words", ["This study is closed.", "This study is closed. Nothing was changed."])
    def test_says_once_that_nothing_was_changed(self, words: str) -> None:
        page = answer_to(ExpiredError(words))
        assert page is not None
        assert page.content.decode().count("Nothing was changed.") == 1

    def test_that_names_markup_shows_it_as_text(self) -> None:
        page = answer_to(ExpiredError("Lot <b>7</b> is past its date."))
        assert page is not None
        assert "&lt;b&gt;7&lt;/b&gt;" in page.content.decode()

    def test_that_will_pass_says_when_to_try_again(self) -> None:
        page = answer_to(NotSealedYetError("The sealed file is still being made."))
        assert page is not None
        assert page["Retry-After"] == "10"

    def test_to_a_patient_is_a_page_without_staff_navigation(self) -> None:
        page = answer_to(LinkExpiredError("This link no longer works."), "/p/word/")
        assert page is not None
        assert "/products/" not in page.content.decode()

    def test_that_is_our_own_mistake_is_left_to_django_and_its_trace(self) -> None:
        assert answer_to(NotInTransactionError("an entry outside a transaction")) is None

    def test_is_the_only_thing_answered_here(self) -> None:
        assert answer_to(ValueError("not a refusal")) is None


@pytest.mark.django_db
class TestAnAddressOfAnAct:
    def test_says_in_words_that_it_has_no_page(self, client: Client, lead: User) -> None:
        client.force_login(lead)
        page = client.get("/batches/00000000-0000-4000-8000-000000000000/release/")
        assert page.status_code == 405
        assert "There is no page here" in page.content.decode()
        assert page["Allow"] == "POST"


class TestANullCharacter:
    @pytest.mark.django_db
    @pytest.mark.parametrize("page", ["/products/", "/batches/", "/consents/", "/patients/", "/p/x/"])
    def test_in_an_address_is_told_and_reaches_no_database(self, lead: User, signed_in: SignedIn, page: str) -> None:
        answered = signed_in(lead).get(f"{page}?q=a%00b")
        assert answered.status_code == 400
        assert "We could not read that request" in answered.content.decode()
