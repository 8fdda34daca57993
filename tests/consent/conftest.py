"""A consent in Mara's hands; see tests/consent/desk.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from clinic.models import Organization
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.desk import Desk, Handed
from tests.consent.sealed import sealing_keys


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
def sealing_key(settings, tmp_path: Path) -> Path:
    """The installation's keys, with a sealing certificate that is valid on the desk's Monday."""
    settings.KEY_DIR = sealing_keys(tmp_path / "keys")
    return settings.KEY_DIR
