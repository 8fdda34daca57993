"""A request that comes too slowly is let go, and half a request is none.

Gunicorn's threads wait for a client as long as it likes: eight connections that send a byte now and then would be all
that a clinic's server does. And where a phone loses its network in the middle of a form, gunicorn hands over the part
that came, which could be kept as if a person had sent it.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from gunicorn.workers.gthread import ThreadWorker

from audit.errors import Refusal
from config.problems import API, PROBLEM, problem

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEAD_SECONDS = 20.0
BODY_SECONDS = 20.0
# Slower than any network on which a page could be used; the largest upload gets four minutes.
BYTES_PER_SECOND = 100_000
WORDS = "The request did not come whole, or too slowly. Nothing was done with it; please send it again."


class PartOfABodyError(OSError):
    """The body ended before its stated length."""


class PunctualWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A thread worker whose clients have `head_seconds` to say what they want."""

    head_seconds = HEAD_SECONDS

    def handle(self, conn: Any) -> Any:
        """Read and answer one request, as gunicorn does, but with a watch beside the reading of its head."""
        conn.watch = _watch(conn.sock, self.head_seconds)
        try:
            return super().handle(conn)
        finally:
            conn.watch.cancel()

    def handle_request(self, req: Any, conn: Any) -> Any:
        """The head has come: from here on the body has a watch of its own."""
        conn.watch.cancel()
        return super().handle_request(req, conn)


class WholeBodies:
    """WSGI middleware: answers 408 instead of the application where the body did not come whole and in time."""

    def __init__(
        self, application: WSGIApplication, *, seconds: float = BODY_SECONDS, bytes_per_second: int = BYTES_PER_SECOND
    ) -> None:
        self.application = application
        self.seconds, self.bytes_per_second = seconds, bytes_per_second

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The application's answer, or 408."""
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) == 0:
            return self.application(environ, start_response)
        body = environ["wsgi.input"] = _Body(environ["wsgi.input"], int(length))
        held: list[tuple[Any, ...]] = []

        def hold(*answer: Any) -> Callable[[bytes], object]:
            held.append(answer)
            return _no_writing

        answer: Iterable[bytes] = ()
        watch = _watch(environ.get("gunicorn.socket"), self.seconds + int(length) / self.bytes_per_second)
        try:
            answer = self.application(environ, hold)
        except PartOfABodyError:
            body.is_cut = True
        finally:
            watch.cancel()
        if body.is_cut:
            with contextlib.suppress(AttributeError):
                answer.close()  # type: ignore[attr-defined]  # PEP 3333: an iterable may have it
            return _too_slow(environ, start_response)
        start_response(*held[-1])
        return answer


class _Body:
    """The body of a request, which says so where it ends too early."""

    def __init__(self, stream: Any, length: int) -> None:
        self.stream, self.left, self.is_cut = stream, length, False

    def read(self, size: int | None = None) -> bytes:
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        # Gunicorn fills what is asked for, so a shorter piece is the last that will ever come.
        piece = self.stream.read(wanted) if wanted else b""
        return self._taken(piece, is_cut=len(piece) < wanted)

    def readline(self, size: int | None = None) -> bytes:
        wanted = self.left if size is None or size < 0 else min(size, self.left)
        piece = self.stream.readline(wanted) if wanted else b""
        return self._taken(piece, is_cut=wanted > 0 and not piece)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def _taken(self, piece: bytes, *, is_cut: bool) -> bytes:
        self.left -= len(piece)
        if is_cut:
            self.is_cut = True
            raise PartOfABodyError(f"{self.left} bytes of the body did not come")
        return piece


def _too_slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """408, as a problem for programs and in words for people."""
    kind, said = "text/plain; charset=utf-8", f"{WORDS}\n"
    if str(environ.get("PATH_INFO", "")).startswith(API):
        kind, said = PROBLEM, json.dumps(problem(Refusal(WORDS, code="request.timeout"), 408))
    content = said.encode()
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
    ]
    start_response("408 Request Timeout", headers)
    return [content]


def _watch(connection: socket.socket | None, seconds: float) -> threading.Timer:
    """Stop listening to this client after so many seconds, unless the watch is cancelled before."""
    watch = threading.Timer(seconds, _stop_listening, [connection])
    watch.daemon = True
    if connection is not None:
        watch.start()
    return watch


def _stop_listening(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


def _no_writing(content: bytes) -> object:
    raise NotImplementedError("the answer is what the application returns (PEP 3333)")
