"""The patient's "sign" request against the running product on PostgreSQL: milliseconds at one and at eight signers.

There is no peer: the rows are absolute, and are to be read with the machine's core count.
"""

from __future__ import annotations

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench.rows import Row
from tests.journeys.acts import PatientBrowser, ready_to_sign
from tests.journeys.running import Candour, copy_of, make_template, new_name

SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql://root@127.0.0.1:5432/postgres")
EACH = 40


def run() -> list[Row]:
    """Four rows: p50 and p95 at 1 and 8 concurrent signers."""
    name = new_name()
    address = urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    try:
        with tempfile.TemporaryDirectory() as folder:
            template = make_template(Path(folder) / "template", DATABASE_URL=address)
            candour = copy_of(template, Path(folder) / "running", DATABASE_URL=address)
            try:
                candour.start_web()
                return [row for signers in (1, 8) for row in _rows(candour, signers)]
            finally:
                candour.stop()
    finally:
        with psycopg.connect(SERVER, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]


def _rows(candour: Candour, signers: int) -> list[Row]:
    ready = [patient for _, patient in ready_to_sign(candour, EACH)]
    forms = [(patient, {**patient.hidden_fields("sign/"), **patient.signature()}) for patient in ready]
    with ThreadPoolExecutor(signers) as pool:
        taken = list(pool.map(lambda form: _milliseconds(*form), forms))
    what = f"sign request, {signers} signer{'s' if signers > 1 else ''} at once"
    return [
        Row(f"{what}, p50", median(taken), None, None, None, "ms"),
        Row(f"{what}, p95", quantiles(taken, n=20)[-1], None, None, None, "ms"),
    ]


def _milliseconds(patient: PatientBrowser, values: dict[str, str]) -> float:
    started = time.perf_counter()
    answer = patient.send_once("sign/", values)
    taken = (time.perf_counter() - started) * 1000
    assert answer in (302, 303), f"the signature was answered with {answer}"
    return taken
