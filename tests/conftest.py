"""The cast as fixtures; see tests/cast.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from clinic.models import Membership, Organization, Patient, Practitioner, User
from clinic.vocabulary import Role
from consent.services.kept import PerClinic
from tests import cast
from tests.audit.notebook import unguarded
from tests.memory import remembered

SignedIn = Callable[[User], Client]
# A clinic that is put back has the id that it had in the test before.
BOARD, KEPT = (import_module(f"consent.services.{name}") for name in ("board", "kept"))
KNOWN_OF_CLINICS = ((KEPT, "_kept"), (BOARD, "_boards"), (BOARD, "_weeks"))


@pytest.fixture(autouse=True)
def _quick_and_separate(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fast password hashing; files, counted sign-ins and what is known of a clinic are not those of another test."""
    for module, known in KNOWN_OF_CLINICS:
        monkeypatch.setattr(module, known, PerClinic())
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.FILE_DIR = tmp_path / "files"
    settings.FILE_DIR.mkdir()
    settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    }


@pytest.fixture
def harbour(db) -> Organization:
    """Our clinic."""
    return remembered("harbour", cast.make_clinic)


@pytest.fixture
def inland(db) -> Organization:
    """The stranger's clinic."""
    return remembered("inland", lambda: cast.make_clinic("Inland Clinic", "IN", address="2 Mill Lane\nLeeds\nLS1 4AP"))


@pytest.fixture
def lead(harbour: Organization) -> User:
    """Harbour's first clinic lead."""
    return remembered("lead", lambda: cast.make_member(harbour, "Ada Lead", Role.CLINIC_LEAD), harbour)


@pytest.fixture
def second_lead(harbour: Organization) -> User:
    """Harbour's second clinic lead."""
    return remembered("second lead", lambda: cast.make_member(harbour, "Ben Lead", Role.CLINIC_LEAD), harbour)


@pytest.fixture
def practitioner(harbour: Organization) -> User:
    """Harbour's practitioner, with a printed profile."""
    return remembered("practitioner", lambda: cast.make_practitioner(harbour), harbour)


@pytest.fixture
def profile(practitioner: User) -> Practitioner:
    """The printed profile of Harbour's practitioner."""
    return Practitioner.objects.get(user=practitioner)


@pytest.fixture
def auditor(harbour: Organization) -> User:
    """Reads Harbour's records and changes nothing."""
    return remembered("auditor", lambda: cast.make_member(harbour, "Cleo Auditor", Role.AUDITOR), harbour)


@pytest.fixture
def stranger(inland: Organization) -> User:
    """Inland's lead, who must never see anything of Harbour's."""
    roles = (Role.CLINIC_LEAD, Role.PRACTITIONER)
    user = remembered("stranger", lambda: cast.make_member(inland, "Sid Stranger", *roles), inland)
    assert Membership.objects.filter(user=user).count() == 1
    return user


@pytest.fixture
def mara(harbour: Organization) -> Patient:
    """Harbour's patient Mara Ilves, born 14 March 1984."""
    return remembered("mara", lambda: cast.make_patient(harbour), harbour)


@pytest.fixture
def signed_in() -> SignedIn:
    """A browser in which this person is signed in: `signed_in(lead).get("/patients/")`."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database whose commits are real, for many at once; swept afterwards, since its guarded tables refuse a flush."""
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    with django_db_blocker.unblock():
        yield
        with transaction.atomic(), unguarded(tables), connection.cursor() as cursor:
            for table in tables:
                if not table.startswith(("django_", "auth_")):
                    cursor.execute(f"DELETE FROM {table}")
