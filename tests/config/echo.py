"""A web application that says how much it was given, behind the product's own guard and worker, with less patience."""

from __future__ import annotations

from typing import Any

from config.punctual import PunctualWorker, WholeBodies

SECONDS = 1.0


class Hasty(PunctualWorker):
    """The product's worker, with less patience."""

    head_seconds = SECONDS


def echo(environ: Any, start_response: Any) -> list[bytes]:
    """Reads as Django does: in one piece."""
    content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [f"{len(content):05}".encode()]


application = WholeBodies(echo, seconds=SECONDS)
