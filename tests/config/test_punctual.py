"""A web server that is not kept waiting: a slow client is let go, and a cut form is not a form."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from config.punctual import WholeBodies
from tests.api.program import token_of
from tests.config.echo import SECONDS
from tests.journeys.running import ROOT, free_port, wait_for

FORM = "application/x-www-form-urlencoded"
HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """One worker with one thread, so that whoever keeps it waiting keeps everybody waiting."""
    port, log = free_port(), tmp_path_factory.mktemp("punctual") / "log"
    with log.open("wb") as lines:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "tests.config.echo:application", "--bind", f"127.0.0.1:{port}",
             "--worker-class", "tests.config.echo.Hasty", "--workers", "1", "--threads", "1", "--no-control-socket"],
            cwd=ROOT, stdout=lines, stderr=lines,
        )  # fmt: skip
    try:
        wait_for(lambda: answers(port), seconds=60, what="the server answers: " + log.read_text())
        yield port
    finally:
        server.terminate()
        server.wait(timeout=20)


def answers(port: int) -> bool:
    try:
        return bool(urlopen(f"http://127.0.0.1:{port}/", timeout=5).read() == b"00000")
    except OSError:
        return False


def said(port: int, *pieces: bytes, pause: float = 0.0, ends: bool = False) -> bytes:
    """What the server answers to these pieces."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as line:
        for piece in pieces:
            line.sendall(piece)
            time.sleep(pause)
        if ends:
            line.shutdown(socket.SHUT_WR)
        found = b""
        while piece := line.recv(4096):
            found += piece
            if b"200 OK" in found and found.endswith(b"\r\n\r\n00006"):
                break
        return found


class TestABodyThatNeverEnds:
    def test_is_answered_408_and_the_thread_is_free_again(self, port: int) -> None:
        began = time.monotonic()
        found = said(port, HEAD.format(path="/x", length=5000).encode() + b"reason=I do n")
        assert found.startswith(b"HTTP/1.1 408 ")
        assert b"Nothing was done" in found
        assert SECONDS * 0.9 < time.monotonic() - began < SECONDS + 8
        assert answers(port)

    def test_is_a_problem_for_a_program(self, port: int) -> None:
        head, _, body = said(port, HEAD.format(path="/api/v1/products/", length=500).encode() + b"{").partition(
            b"\r\n\r\n"
        )
        assert b"application/problem+json" in head
        assert (json.loads(body)["status"], json.loads(body)["code"]) == (408, "request.timeout")

    def test_one_byte_now_and_then_does_not_help(self, port: int) -> None:
        began = time.monotonic()
        with pytest.raises(OSError):
            said(port, HEAD.format(path="/x", length=5000).encode(), *[b"a"] * 60, pause=0.2)
        assert time.monotonic() - began < 10
        assert answers(port)

    def test_nor_in_the_head(self, port: int) -> None:
        began = time.monotonic()
        with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as line:
            line.sendall(b"GET / HTTP/1.1\r\nHost: local")
            assert line.recv(100) == b""
        assert time.monotonic() - began < SECONDS + 8
        assert answers(port)


class TestACutBody:
    def test_reaches_nobody(self, port: int) -> None:
        found = said(port, HEAD.format(path="/x", length=50).encode() + b"reason=I do not want th", ends=True)
        assert found.startswith(b"HTTP/1.1 408 ")

    def test_a_whole_one_is_taken_in_any_number_of_pieces(self, port: int) -> None:
        found = said(port, HEAD.format(path="/x", length=6).encode(), b"abc", b"def", pause=0.1)
        assert found.endswith(b"00006")


def test_it_is_what_the_product_runs_with() -> None:
    command = (Path(ROOT) / "config" / "management" / "commands" / "serve.py").read_text()
    assert "--worker-class config.punctual.PunctualWorker" in command
    from config.wsgi import application as product

    assert isinstance(product, WholeBodies)


@pytest.mark.django_db
class TestTheProduct:
    """Django itself would act on the part of a form that came before the line broke."""

    @pytest.fixture(autouse=True)
    def _keeps_the_connection_of_the_test(self) -> Iterator[None]:
        """As Django's own test client does: a request would close the connection that the test's transaction is on."""
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)

    @pytest.mark.parametrize(
        ("path", "kind"), [("/accounts/login/", "text/plain"), ("/api/v1/scans/", "application/problem+json")]
    )
    def test_does_nothing_with_a_cut_body(self, path: str, kind: str, practitioner) -> None:
        from config.wsgi import application as product

        environ, said = {}, []
        setup_testing_defaults(environ)
        content = b'{"scan": "0109'
        environ |= {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "CONTENT_LENGTH": "400", "CONTENT_TYPE": FORM if kind == "text/plain" else "application/json",
            "wsgi.input": io.BytesIO(content), "HTTP_HOST": "localhost",
            "HTTP_COOKIE": f"csrftoken={'a' * 32}",
            "HTTP_AUTHORIZATION": f"Bearer {token_of(practitioner)}",
        }  # fmt: skip
        answer = b"".join(product(environ, lambda status, headers, *_: said.append((status, dict(headers)))))
        [(status, headers)] = said
        assert status == "408 Request Timeout"
        assert headers["Content-Type"].startswith(kind)
        assert b"Nothing was done" in answer
