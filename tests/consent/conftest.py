"""A consent in Mara's hands; see tests/consent/desk.py."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from clinic.models import Organization
from consent import sealing
from tests.audit.notebook import unguarded
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.desk import Desk, Handed
from tests.consent.test_sealing import write_certificate


@pytest.fixture
def desk(harbour: Organization) -> Desk:
    """Harbour's desk: wording, product, batch, practitioner, Mara."""
    return desks.open_desk(harbour)


@pytest.fixture
def handed(desk: Desk) -> Handed:
    """A consent just issued, and its link."""
    return desks.issue(desk)


@pytest.fixture
def read(handed: Handed) -> Handed:
    """The same with every part marked as read."""
    desks.read_all(handed)
    return handed


@pytest.fixture
def signed(desk: Desk) -> Handed:
    """A consent that Mara has signed by hand."""
    return desks.signed(desk)


@pytest.fixture
def phone() -> Client:
    """Mara's phone: a browser without any session, as strict about forms as a real one."""
    return Client(enforce_csrf_checks=False)


@pytest.fixture
def desk_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages see the desk's Monday, an hour after everything was issued."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: staffroom.LATER)


@pytest.fixture
def nia(desk: Desk, signed_in: SignedIn) -> Client:
    """The browser of the practitioner who treats Mara."""
    return signed_in(staffroom.user_of(desk))


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


@pytest.fixture
def sealing_key(settings, tmp_path: Path) -> Path:
    """The installation's keys, with a sealing certificate that is valid on the desk's Monday."""
    folder = tmp_path / "keys"
    shutil.copytree(settings.KEY_DIR, folder)
    key = load_pem_private_key((folder / sealing.KEY_FILE).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    write_certificate(folder, key)
    settings.KEY_DIR = folder
    return folder
