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
from tests.memory import remembered


@pytest.fixture
def desk(harbour: Organization) -> Desk:
    """Harbour's desk: wording, product, batch, practitioner, Mara."""
    return remembered("desk", lambda: desks.open_desk(harbour), harbour)


@pytest.fixture
def handed(desk: Desk) -> Handed:
    """A consent just issued, and its link."""
    return remembered("handed", lambda: desks.issue(desk), *desk.rows)


@pytest.fixture
def read(handed: Handed) -> Handed:
    """The same with every part marked as read."""
    remembered("read", lambda: desks.read_all(handed), handed.consent, handed.link)
    return handed


@pytest.fixture
def signed(desk: Desk) -> Handed:
    """A consent that Mara has signed by hand."""
    return remembered("signed", lambda: desks.signed(desk), *desk.rows)


@pytest.fixture
def there(desk: Desk) -> Handed:
    """A consent of an hour ago, as the pages see it, read to the end."""
    return desks.read_lately(desks.issue_lately(desk))


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
