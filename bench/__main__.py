"""`make bench`: every measurement in one run, as ratios against a named peer; prints a table and changes nothing."""

from __future__ import annotations

import os
import sys

import django

ROOM = ("act", "render", "sign", "workers", "journey", "consents", "register")


def main() -> int:
    """Run each measurement; a part that cannot run here is named with its reason."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from importlib import import_module

    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}\n")
    print(f"{'what':<58} {'ours':>9} {'peer':>9} {'':3} {'ratio':>6} {'aim':>6}")
    failed = 0
    for name in ROOM:
        try:
            rows = import_module(f"bench.{name}").run()
        except (RuntimeError, OSError, AssertionError) as problem:
            failed += 1
            print(f"{name}: could not be measured here: {problem}")
            continue
        for row in rows:
            print(row)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
