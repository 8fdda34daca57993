"""The cast as fixtures; see tests/cast.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from clinic.models import Membership, Organization, Patient, Practitioner, User
from clinic.vocabulary import Role
from tests import cast
from tests.audit.notebook import unguarded

SignedIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _quick_and_separate(settings, tmp_path: Path) -> None:
    """Fast password hashing, and neither files nor counted sign-ins of one test are seen by the next."""
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
    return cast.make_clinic()


@pytest.fixture
def inland(db) -> Organization:
    """The stranger's clinic."""
    return cast.make_clinic("Inland Clinic", "IN", address="2 Mill Lane\nLeeds\nLS1 4AP")


@pytest.fixture
def lead(harbour: Organization) -> User:
    """Harbour's first clinic lead."""
    return cast.make_member(harbour, "Ada Lead", Role.CLINIC_LEAD)


@pytest.fixture
def second_lead(harbour: Organization) -> User:
    """Harbour's second clinic lead."""
    return cast.make_member(harbour, "Ben Lead", Role.CLINIC_LEAD)


@pytest.fixture
def practitioner(harbour: Organization) -> User:
    """Harbour's practitioner, with a printed profile."""
    return cast.make_practitioner(harbour)


@pytest.fixture
def profile(practitioner: User) -> Practitioner:
    """The printed profile of Harbour's practitioner."""
    return Practitioner.objects.get(user=practitioner)


@pytest.fixture
def auditor(harbour: Organization) -> User:
    """Reads Harbour's records and changes nothing."""
    return cast.make_member(harbour, "Cleo Auditor", Role.AUDITOR)


@pytest.fixture
def stranger(inland: Organization) -> User:
    """Inland's lead, who must never see anything of Harbour's."""
    user = cast.make_member(inland, "Sid Stranger", Role.CLINIC_LEAD, Role.PRACTITIONER)
    assert Membership.objects.filter(user=user).count() == 1
    return user


@pytest.fixture
def mara(harbour: Organization) -> Patient:
    """Harbour's patient Mara Ilves, born 14 March 1984."""
    return cast.make_patient(harbour)


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
