"""Sealing with one worker and with two: consents a second on PostgreSQL and Redis, where signatures wait already."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.rows import Row
from tests.journeys.acts import ready_to_sign
from tests.journeys.running import Candour, copy_of, make_template, new_name, wait_for

SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql://root@127.0.0.1:5432/postgres")
BROKER = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
SIGNED = 40
SECONDS = 300
FILES = """
from consent.models import SealedFile
answer = SealedFile.objects.count()
"""


def run() -> list[Row]:
    """One row: seconds for each sealed consent with two workers against one; 1.6 times as many are wanted."""
    one, two = (1 / _sealed_a_second(workers) for workers in (1, 2))
    return [Row("sealing one consent: two workers against one", two, one, two / one, 1 / 1.6, "s")]


def _sealed_a_second(workers: int) -> float:
    name = new_name()
    address = urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    try:
        with tempfile.TemporaryDirectory() as folder:
            template = make_template(Path(folder) / "template", DATABASE_URL=address)
            candour = copy_of(template, Path(folder) / "running", DATABASE_URL=address, REDIS_URL=BROKER)
            try:
                return _measured(candour, address, workers)
            finally:
                candour.stop()
    finally:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def _measured(candour: Candour, address: str, workers: int) -> float:
    candour.start_web()
    before = int(candour.shell(FILES))
    for _, patient in ready_to_sign(candour, SIGNED):
        assert patient.sign().status == 200
    candour.stop("web")
    candour.start_worker(workers=workers)
    with psycopg.connect(address, autocommit=True) as connection:

        def sealed() -> int:
            row = connection.execute("SELECT count(*) FROM consent_sealedfile").fetchone()
            assert row is not None
            return int(row[0]) - before

        # Starting up is not sealing: the clock runs from the first file to the last.
        first = int(wait_for(sealed, seconds=SECONDS, what="a first sealed file"))
        started = time.perf_counter()
        wait_for(lambda: sealed() >= SIGNED, seconds=SECONDS, what=f"{SIGNED} sealed files")
        return (SIGNED - first) / (time.perf_counter() - started)
