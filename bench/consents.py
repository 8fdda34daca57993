"""A hundred thousand consents on PostgreSQL: board, lists and search at p95, and the board while a change of the product is
worked off under ten thousand of them.

There is no peer for a page; the aim is 100 ms. The board during the work is compared with the board at rest.
`python -m bench.consents` measures in the database it is pointed to, which is made and dropped by `run`.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
from importlib import import_module
from itertools import cycle, islice
from statistics import quantiles
from time import perf_counter
from typing import Any

import django

from bench.rows import Row

SERVER = os.environ.get("BENCH_DATABASE_URL", "postgresql://root@127.0.0.1:5432")
COUNT = int(os.environ.get("BENCH_CONSENTS", "100000"))
ROUNDS = 100
AIM_MS = 100.0
# How much slower the board may be while the change is worked off: half of two cores is taken.
AIM_SLOWER = 2.0


def run() -> list[Row]:
    """One row for each page, one for the speed of the work, one for the board during it."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "CANDOUR_DATA_DIR": folder,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"{SERVER}/consents_{os.getpid()}",
        }
        result = subprocess.run(
            [sys.executable, "-m", "bench.consents", str(COUNT)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=3000,
        )
    if result.returncode:
        raise RuntimeError(f"bench.consents failed:\n{result.stderr}")
    return [Row(*row) for row in json.loads(result.stdout.splitlines()[-1])]


def measure(count: int) -> list[tuple[Any, ...]]:
    """The rows, as tuples."""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from config import keys

    keys.create_missing(settings.KEY_DIR)
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        desk = import_module("bench.consented").fill(count, at=timezone.now())
        with connection.cursor() as cursor:
            # As the server does by itself, before anybody looks.
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("CHECKPOINT")
        gc.collect()
        gc.freeze()  # as the web process does
        pages = _pages(desk)
        # At rest: the harder row after an act would flatter the comparison.
        at_rest = next(row[1] for row in pages if "while nothing happens" in row[0])
        return [*pages, *_change(desk, at_rest)]
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _client(desk: Any) -> Any:
    from django.test import Client

    client = Client(HTTP_HOST="localhost")
    client.force_login(desk.practitioner.user)
    return client


def _pages(desk: Any) -> list[tuple[Any, ...]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from consent.models import Consent
    from consent.vocabulary import ConsentStatus
    from tests.consent.desk import link_for

    client = _client(desk)
    addresses = {
        "board after an act": ["/"],
        "board while nothing happens": ["/"],
        "list of consents": ["/consents/", "/consents/?page=3"],
        "consents by reference": [f"/consents/?q=HC-{number:08}" for number in range(0, 40_000, 1000)],
        "consents by patient's name": [f"/consents/?q=Family{number}" for number in range(40)],
        "patients by name": [f"/patients/?family_name=Family{number}" for number in range(40)],
        "tasks": ["/tasks/"],
    }
    drafts = Consent.objects.filter(status=ConsentStatus.DRAFT, signature=None).iterator()
    rows = []
    for what, paths in addresses.items():
        # Somebody at the clinic acts: a new link for a patient who reads, or has still to read.
        act = (lambda: link_for(desk, next(drafts), at=timezone.now())) if what == "board after an act" else bool
        taken: list[float] = []
        asked: list[int] = []
        for path in islice(cycle(paths), ROUNDS + 2):
            act()
            with CaptureQueriesContext(connection) as questions:
                answer = client.get(path)
            assert answer.status_code == 200, f"{path} was answered with {answer.status_code}"
            asked.append(len(questions))
            act()
            start = perf_counter()
            client.get(path)
            taken.append((perf_counter() - start) * 1000)
        # The first two fill what a process keeps.
        p95, most = quantiles(taken[2:], n=20)[-1], max(asked[2:])
        rows.append((f"{COUNT:,} consents: {what}, p95 ({most} questions)", p95, AIM_MS, p95 / AIM_MS, 1.0, "ms"))
    return rows


def _change(desk: Any, at_rest: float) -> list[tuple[Any, ...]]:
    """Correct the product, let a worker of its own compare, and look at the board meanwhile."""
    from datetime import timedelta

    from django.utils import timezone

    from consent.models import FactCheck, ReviewMark
    from products.services import ClaimDraft, correct_claim

    now = timezone.now()
    FactCheck.objects.update(checked_at=now - timedelta(hours=1))
    correct_claim(
        desk.product,
        ClaimDraft("species", "Rosa canina", "STATED"),
        correction_reason="the label says so",
        agent=desk.agent,
        at=now,
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", WORK],
        env=os.environ | {"DATABASE_URL": _own_address()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said: list[tuple[str, str]] = []
    waiting = threading.Thread(target=lambda: said.append(worker.communicate()))
    waiting.start()
    client, taken, progress = _client(desk), [], 0
    while waiting.is_alive():
        start = perf_counter()
        client.get("/")
        taken.append((perf_counter() - start) * 1000)
        progress += "compared" in client.get("/consents/changed/").content.decode()
    assert worker.returncode == 0, said[0][1]
    assert progress, "the page of changes never told how far the work is"
    marked = ReviewMark.objects.count()
    seconds = float(said[0][0])
    p95 = quantiles(taken, n=20)[-1]
    return [
        (f"a change worked off, consents a second ({marked:,} marked)", marked / seconds, None, None, None, "/s"),
        ("board while it is worked off, p95, against at rest", p95, at_rest, p95 / at_rest, AIM_SLOWER, "ms"),
    ]


WORK = """
import django
django.setup()
from time import perf_counter
from django.utils import timezone
from consent.services import compare_due_consents
start = perf_counter()
while compare_due_consents(at=timezone.now()):
    pass
print(perf_counter() - start)
"""


def _own_address() -> str:
    from django.db import connection

    return f"{SERVER}/{connection.settings_dict['NAME']}"


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]))) + "\n")
