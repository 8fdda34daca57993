"""A log to write to: Harbour Clinic's agent, a fixed time, a key, and a table whose rows are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker, Settings

from audit import services
from audit.models import LogEntry
from audit.records import Agent
from tests.audit.notebook import Page, laid_open, swept

HARBOUR = UUID("0c5d0d4e-5f6d-4c7e-9b1a-2f1f4d0c0a01")
INLAND = UUID("0c5d0d4e-5f6d-4c7e-9b1a-2f1f4d0c0a02")


@pytest.fixture
def at() -> datetime:
    return datetime(2026, 11, 23, 10, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def agent() -> Agent:
    return Agent("user", "5a1f", HARBOUR, "Dr Tamsin Okoro")


@pytest.fixture
def other_agent() -> Agent:
    return Agent("user", "77b0", INLAND, "Dr Inland")


@pytest.fixture(autouse=True)
def log_key(settings: Settings, tmp_path: Path) -> Path:
    """The installation's log key, made from fixed bytes; returns its file."""
    settings.KEY_DIR = tmp_path
    settings.BASE_HOST = "harbour.example"
    file = tmp_path / "log_ed25519.pem"
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@pytest.fixture
def pages(db: None) -> Iterator[type[Page]]:
    """The table of `Page`, there for one test."""
    with laid_open():
        yield Page


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database whose commits are real: swept afterwards, as append-only tables refuse an ordinary flush."""
    with django_db_blocker.unblock():
        yield
        swept(connection)


class Writer:
    """Writes entries in transactions of their own."""

    def __init__(self, agent: Agent, at: datetime) -> None:
        self.agent = agent
        self.at = at

    def __call__(self, kind: str = "page.written", *records: Page, count: int = 1, **body: str) -> LogEntry:
        for _ in range(count):
            with transaction.atomic():
                entry = services.append(kind, agent=self.agent, occurred_at=self.at, records=records, body=body or None)
        return entry


@pytest.fixture
def write(agent: Agent, at: datetime) -> Writer:
    return Writer(agent, at)
