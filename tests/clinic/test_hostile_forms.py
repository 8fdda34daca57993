"""The listed bad names and contacts through the real form: told at the field, what was typed stays, nothing is written."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client

import clinic.forms
import consent.forms
from audit.models import LogEntry
from clinic.fields import NameField, TextField
from clinic.models import Patient
from tests.clinic.test_names_and_texts import INPUTS, NAMES, WRITTEN
from tests.clinic.test_pages import IDENTITY

pytestmark = pytest.mark.django_db
ROWS = {row["id"]: row for row in INPUTS["Names and free text (many scripts)"]}
OTHERS = {"same-name-dob", "dob-1890", "phone", "email-xn", "email-ip"}
WORDS = {"null-word": ["null", "None", "NULL", "undefined", "true"], "apostrophe": ["O'Brien", "O’Brien"]}
TYPED = [
    *((row["id"], WRITTEN.get(row["id"], row["input"]), row["code"]) for row in NAMES),
    *((name, word, "OK") for name, words in WORDS.items() for word in words),
]


@pytest.fixture
def desk(signed_in: Any, practitioner: Any) -> Client:
    return signed_in(practitioner)


def rows() -> tuple[int, int]:
    return Patient.objects.count(), LogEntry.objects.count()


def test_every_listed_input_has_its_test() -> None:
    assert {name for name, _, _ in TYPED} | OTHERS == set(ROWS)


class TestNames:
    @pytest.mark.parametrize("field", ["given_name", "family_name"])
    @pytest.mark.parametrize(
        ("name", "typed", "code"), TYPED, ids=[f"{name}-{typed[:9]!a}" for name, typed, _ in TYPED]
    )
    def test_each_is_kept_as_typed_or_told_at_its_field(
        self, name: str, typed: str, code: str, field: str, desk: Client
    ) -> None:
        before = rows()
        # A form as a browser sends it cannot hold half of a pair: what it sends instead is the replacement character.
        sent = typed if name != "surrogate" else "Mara\ufffd"
        answer = desk.post("/patients/add/", {**IDENTITY, field: sent})
        if code.startswith("OK"):
            if answer.status_code == 422:  # unusual: asked once, and taken when a person says that it is right
                assert list(answer.context["form"].errors.as_data()) == ["is_confirmed"]
                answer = desk.post("/patients/add/", {**IDENTITY, field: sent, "is_confirmed": "on"})
            assert answer.status_code == 302, answer.context["form"].errors
            assert getattr(Patient.objects.get().identity, field) == typed
            return
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert rows() == before
        if name not in ("nul", "newline"):
            assert answer.context["form"][field].value() == sent
        assert 'value="1984"' in answer.content.decode()


class TestContacts:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [("+44 7700 900123", "+447700900123"), ("07700900123", "+447700900123"), ("٠٧٧", None)],
    )
    def test_a_phone(self, typed: str, kept: str | None, desk: Client) -> None:
        answer = desk.post("/patients/add/", {**IDENTITY, "phone": typed})
        if kept is None:
            assert list(answer.context["form"].errors) == ["phone"]
            assert not Patient.objects.exists()
        else:
            assert Patient.objects.get().identity.phone == kept

    def test_an_address_of_a_number_is_refused(self, desk: Client) -> None:
        answer = desk.post("/patients/add/", {**IDENTITY, "email": ROWS["email-ip"]["input"]})
        assert list(answer.context["form"].errors) == ["email"]
        assert not Patient.objects.exists()

    def test_an_address_in_another_script_is_asked_about_and_shown_as_it_is_sent(self, desk: Client) -> None:
        sent = {**IDENTITY, "email": ROWS["email-xn"]["input"]}
        assert desk.post("/patients/add/", sent).status_code == 422
        answer = desk.post("/patients/add/", {**sent, "is_confirmed": "on"})
        assert sent["email"] in desk.get(answer["Location"]).content.decode()


class TestWhatIsUnusualIsAskedFirst:
    @pytest.mark.parametrize("changes", [{"birth_date_2": "1890"}, {"family_name": "Smith & Bob"}], ids=str)
    def test_and_taken_when_a_person_says_so(self, changes: dict[str, str], desk: Client) -> None:
        first = desk.post("/patients/add/", {**IDENTITY, **changes})
        assert first.status_code == 422
        assert 'type="checkbox"' in first.content.decode()
        assert not Patient.objects.exists()
        assert desk.post("/patients/add/", {**IDENTITY, **changes, "is_confirmed": "on"}).status_code == 302


# A typed signature is kept as typed and read by its service: see TestListedInputs of the sign page.
AS_TYPED = {"typed_name"}
# Text boxes that are read by a rule of their own, which takes far less than a text: an address, a number, a code, a digest, a password, a passkey.
READ_OTHERWISE = {
    "short_code", "emergency_phone", "contact_phone", "contact_email", "privacy_notice_url", "password", "password_again",
    "start_code", "email", "phone", "register_url", "to", "url", "code", "language", "scan", "key", "read", "shown", "document_sha256",
    "oldpassword", "password1", "password2", "credential",
}  # fmt: skip


def boxes() -> Iterator[tuple[str, str, forms.Field]]:
    """Every field of every form of patients and staff, as its class declares it."""
    for package in (clinic.forms, consent.forms):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, form in vars(importlib.import_module(found.name)).items():
                if isinstance(form, type) and issubclass(form, forms.BaseForm) and form.__module__ == found.name:
                    yield from ((name, field, box) for field, box in getattr(form, "base_fields", {}).items())


class TestEveryTextBox:
    """So that the inputs above need not be tried in every box: one rule reads them all."""

    def test_is_read_by_the_rules_of_names_and_texts_or_by_one_that_takes_less(self) -> None:
        plain = {
            (form, name)
            for form, name, box in boxes()
            if isinstance(box, forms.CharField)
            and not isinstance(box, forms.UUIDField)
            and not isinstance(box, NameField | TextField)
            and name not in READ_OTHERWISE | AS_TYPED
        }
        assert plain == set()

    def test_there_are_many_and_each_has_a_limit(self) -> None:
        texts = [(form, name, box) for form, name, box in boxes() if isinstance(box, NameField | TextField)]
        assert len(texts) > 25
        for form, name, box in texts:
            assert 0 < box.most <= 10_000, (form, name)
            for bad in ("Ma\x00ra", "\u202eMara", "An\u200bna", "x" * (box.most + 1)):
                with pytest.raises(ValidationError):
                    box.clean(bad)
