"""Pages of a large product register, measured in server time through Django's own request cycle.

PostgreSQL with 10,000 products and 200,000 batches, and SQLite with 500 products: list, search and product page at
p95, each with the most questions it asked the database. There is no peer for a page; the aim is 100 ms.
`python -m bench.register` measures in the database it is pointed to, which is made and dropped by `run`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from itertools import cycle, islice
from statistics import quantiles
from time import perf_counter
from typing import Any

import django

from bench.rows import Row

SERVER = os.environ.get("BENCH_DATABASE_URL", "postgresql://root@127.0.0.1:5432")
SIZES = {"PostgreSQL": (10_000, 200_000), "SQLite": (500, 5_000)}
ROUNDS = 40
AIM_MS = 100.0
SCANS = 2000
AIM_SCAN_MS = 5.0
JUDGED = 60
AIM_FINDINGS_MS = 20.0
IMPORTED = {"postgresql": 10_000, "sqlite": 5_000}


def run() -> list[Row]:
    """Rows for both databases; each is measured in a process of its own, as it needs its own settings."""
    rows = []
    for database, (products, batches) in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"CANDOUR_DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
            environment.pop("DATABASE_URL", None)
            if database == "PostgreSQL":
                environment["DATABASE_URL"] = f"{SERVER}/register_{os.getpid()}"
            result = subprocess.run(
                [sys.executable, "-m", "bench.register", str(products), str(batches)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=1800,
            )
        if result.returncode:
            raise RuntimeError(f"bench.register failed:\n{result.stderr}")
        measured = json.loads(result.stdout.splitlines()[-1])
        rows += [
            Row(
                f"{database}, {products:,} products: {what}",
                ours,
                aim,
                ours / aim,
                None if "against" in what else 1.0,
                "ms",
            )
            for what, ours, aim in measured
        ]
    return rows


def measure(products: int, batches: int) -> list[tuple[str, float, float]]:
    """What was measured, its p95 in milliseconds, and the aim."""
    from django.conf import settings
    from django.db import connection

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
        _, lead = import_module("bench.registered").fill(products, batches)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as the server does by itself
        return [*_pages(lead), _scan(), _findings(), *_import(lead)]
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


def _pages(lead: Any) -> list[tuple[str, float, float]]:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from products.models import Batch, Product

    client = Client(HTTP_HOST="localhost")
    client.force_login(lead)
    some = list(Product.objects.order_by("gtin")[10:400:8])
    lots = list(Batch.objects.order_by("lot_number").values_list("lot_number", flat=True)[5:400:8])
    addresses = {
        "list of products": ["/products/", "/products/?show=waiting"],
        "list of batches": ["/batches/", "/batches/?state=ON_HOLD"],
        "search by name": ["/products/?q=rosa", "/products/?q=lumi+derma", "/products/?q=nothing"],
        "search by GTIN": [f"/products/?q={one.gtin}" for one in some],
        "search by lot": [f"/products/?q={lot}" for lot in lots],
        "search by serial": [f"/products/?q=S000{number:04}" for number in range(0, 400, 8)],
        "search by manufacturer": ["/products/?q=maker+007", "/products/?q=biotech"],
        "batches by lot": [f"/batches/?q={lot}" for lot in lots],
        "batches by product": ["/batches/?q=rosa", "/batches/?q=lumi+derma", "/batches/?q=nothing"],
        "product page": [f"/products/{one.pk}/" for one in some],
    }
    rows = []
    for what, paths in addresses.items():
        taken, asked = [], 0
        for path in islice(cycle(paths), ROUNDS + 2):
            with CaptureQueriesContext(connection) as questions:
                answer = client.get(path)
            assert answer.status_code == 200, f"{path} was answered with {answer.status_code}"
            asked = max(asked, len(questions))
            start = perf_counter()
            client.get(path)
            taken.append((perf_counter() - start) * 1000)
        rows.append((f"{what}, p95 ({asked} questions)", quantiles(taken[2:], n=20)[-1], AIM_MS))
    return rows


def _scan() -> tuple[str, float, float]:
    from datetime import date

    from products import gs1

    raw = "0109521104000051172801191126012010RSE2601\x1d21R1"
    taken = []
    for _ in range(SCANS):
        start = perf_counter()
        gs1.parse_element_string(raw, today=date(2026, 11, 23))
        taken.append((perf_counter() - start) * 1000)
    return ("a scan read, p95", quantiles(taken, n=20)[-1], AIM_SCAN_MS)


def _findings() -> tuple[str, float, float]:
    from products import assessment
    from products.models import Batch
    from tests.products.conftest import TODAY

    taken = []
    for batch in Batch.objects.select_related("product__organization").order_by("lot_number")[:JUDGED]:
        start = perf_counter()
        assessment.findings_of_batch(batch, on=TODAY)
        taken.append((perf_counter() - start) * 1000)
    return ("all findings of a batch, p95", quantiles(taken[5:], n=20)[-1], AIM_FINDINGS_MS)


def _import(lead: Any) -> list[tuple[str, float, float]]:
    """Milliseconds for each batch of a table that is checked and written, and for `csv` and `bulk_create` alone.

    The peer reads the same file and inserts rows of the same two tables: no checks, no child process, no log.
    """
    from django.db import connection
    from django.utils import timezone

    from clinic.models import Organization
    from products.models import Batch, Product
    from products.services import Upload, imports
    from products.vocabulary import ImportKind, ImportState
    from tests.cast import agent_for

    rows = IMPORTED[connection.vendor]
    clinic = Organization.objects.get()
    agent = agent_for(lead, clinic)
    gtins = list(Product.objects.values_list("gtin", flat=True).order_by("gtin")[:100])
    lines = [f"{gtins[number % 100]},N{number:06},2028-01-31,2026-01-20" for number in range(rows)]
    content = "\n".join(["gtin,lot,expiry,production_date", *lines]).encode()
    start = perf_counter()
    job, _ = imports.start_import(
        clinic, ImportKind.BATCHES, Upload(content, "batches.csv"), agent=agent, at=timezone.now()
    )
    for _ in range(2):
        job_id = imports.claim_import(at=timezone.now())
        assert job_id, f"{job.state}: {job.refusal} {job.problems[:3]}"
        imports.work_on(job_id, clock=timezone.now)
        job.refresh_from_db()
        if job.state == ImportState.READY:
            imports.confirm_import(job, agent=agent)
    assert job.state == ImportState.DONE, f"{job.state}: {job.refusal} {job.problems[:3]}"
    ours = (perf_counter() - start) * 1000
    assert Batch.objects.filter(lot_number__startswith="N").count() == rows
    peer = _bare_import(content)
    return [
        (f"{rows:,} batches imported, each ({rows / ours * 1000:,.0f} a second; aim 500)", ours / rows, 2.0),
        (f"{rows:,} batches imported, against csv and bulk_create", ours / rows, peer / rows),
    ]


def _bare_import(content: bytes) -> float:
    import csv
    import io

    from products.fields import BATCH_FIELDS
    from products.models import Batch, Claim, Product
    from tests.cast import NOW
    from tests.products.conftest import TODAY

    start = perf_counter()
    products = {product.gtin: product for product in Product.objects.only("gtin")}
    batches, claims = [], []
    for row in csv.DictReader(io.StringIO(content.decode())):
        batch = Batch(
            product=products[row["gtin"]],
            lot_number=row["lot"].replace("N", "P"),
            expiration_date=row["expiry"],
            received_on=TODAY,
            received_by="x",
        )
        batches.append(batch)
        claims += [Claim(batch=batch, field=name, basis="NOT_STATED", recorded_at=NOW) for name in BATCH_FIELDS]
    Batch.objects.bulk_create(batches, batch_size=1000)
    Claim.objects.bulk_create(claims, batch_size=1000)
    return (perf_counter() - start) * 1000


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
