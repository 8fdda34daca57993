"""An act (one insert and one update through a service) with its log entry, against the same act without one.

Both run on PostgreSQL with durable commits, in turns, so that the machine's moods meet both alike.
`python -m bench.act` measures in its own database, drops it, and prints the two medians.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from statistics import median
from time import perf_counter

import django

from bench.rows import Row

SERVER = os.environ.get("BENCH_DATABASE_URL", "postgresql://root@127.0.0.1:5432")
ROUNDS, WARM_UP = 1500, 100
AIM = 1.3


def run() -> list[Row]:
    """One row; the measuring is done in a process of its own, as it needs its own database settings."""
    environment = os.environ | {"DATABASE_URL": f"{SERVER}/act_{os.getpid()}"}
    environment.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    result = subprocess.run(
        [sys.executable, "-m", "bench.act"], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    if result.returncode:
        raise RuntimeError(f"bench.act failed:\n{result.stderr}")
    ours, peer = (float(number) for number in result.stdout.split()[-2:])
    return [Row("an act with its log entry, against one without", ours, peer, ours / peer, AIM, "ms")]


def medians() -> tuple[float, float]:
    """Milliseconds of an act with its log entry, and without."""
    notebook = import_module("bench.notebook")  # its models need django.setup() first
    with notebook.laid_open() as subject:
        taken: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * (WARM_UP + ROUNDS)):
            is_logged = turn % 2 == 0
            start = perf_counter()
            notebook.act(subject, turn, is_logged=is_logged)
            taken[is_logged].append((perf_counter() - start) * 1000)
    return median(taken[True][WARM_UP:]), median(taken[False][WARM_UP:])


if __name__ == "__main__":
    django.setup()
    sys.stdout.write("{:.4f} {:.4f}\n".format(*medians()))
