"""Run a real worker or web process that stops once at a named point, so that a test can kill it there.

Usage: python -m tests.journeys.paused POINT MARKER celery|gunicorn ARGUMENTS...
At the first passage of POINT the process writes its id to MARKER and sleeps; later passages, also in
other processes, go straight on. Nothing of this is in the product.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

SLEEP = 20


def pause_once(function: Callable[..., Any], marker: Path, *, after: bool) -> Callable[..., Any]:
    """The function, which before (or after) its first run anywhere leaves a marker and sleeps."""

    def paused(*arguments: Any, **named: Any) -> Any:
        answer = function(*arguments, **named) if after else None
        try:
            descriptor = os.open(marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            pass
        else:
            os.write(descriptor, str(os.getpid()).encode())
            os.close(descriptor)
            time.sleep(SLEEP)
        return answer if after else function(*arguments, **named)

    return paused


def main() -> None:
    point, marker, program, *arguments = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from consent import rendering, sealing, services
    from consent.services import decide, seal

    places: dict[str, tuple[Any, str, bool]] = {
        "rendering": (rendering, "render_signed_record", False),
        "sealing": (sealing, "seal", False),
        "storing": (seal, "_store", False),
        "recording": (seal, "_record_sealed", False),
        "before-commit": (decide, "_document_of", True),
        "after-commit": (services, "sign_consent", True),
    }
    module, name, after = places[point]
    setattr(module, name, pause_once(getattr(module, name), Path(marker), after=after))
    if os.environ.get("CELERY_DEFAULTS"):
        from config.celery import app

        app.conf.update(task_acks_late=False, task_reject_on_worker_lost=False)
    sys.argv = [program, *arguments]
    if program == "celery":
        runpy.run_module("celery", run_name="__main__")
    else:
        from gunicorn.app.wsgiapp import run

        run()


if __name__ == "__main__":
    main()
