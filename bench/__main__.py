"""`make bench`: every measurement in one run, as ratios against a named peer; prints a table and changes nothing."""

from __future__ import annotations

import os
import sys

import django

ROOM = ("act", "render", "sign")


def main() -> int:
    """Run each measurement; a part that cannot run here is named with its reason."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from importlib import import_module

    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    print(f"{'what':72} {'ours':>10} {'peer':>10} {'ratio':>7} {'aim':>6}")
    failed = 0
    for name in ROOM:
        try:
            rows = import_module(f"bench.{name}").run()
        except (RuntimeError, OSError, AssertionError) as problem:
            failed += 1
            print(f"{name}: could not be measured here: {problem}")
            continue
        for row in rows:
            peer = f"{row.peer:.2f}" if row.peer is not None else "-"
            ratio = f"{row.ratio:.2f}" if row.ratio is not None else "-"
            aim = f"{row.aim:.2f}" if row.aim is not None else "-"
            print(f"{row.name[:72]:72} {row.ours:8.2f} {row.unit[:2]} {peer:>10} {ratio:>7} {aim:>6}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
