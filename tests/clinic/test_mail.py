"""The mail server's answer in words. The servers here are real sockets on this machine."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest
from django.test.utils import override_settings

from clinic.services import send_mail

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def server():
    """A little mail server that answers each line from a script; gives its port."""
    listeners = []

    def start(script: dict[str, str], greeting: str = "220 ready") -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def talk() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection, connection.makefile("rwb") as line:
                line.write(greeting.encode() + b"\r\n")
                line.flush()
                for request in line:
                    word = request.split()[0].upper().decode("ascii", "replace") if request.split() else ""
                    line.write(script.get(word, "250 ok").encode() + b"\r\n")
                    line.flush()

        threading.Thread(target=talk, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.close()


def send(port: int, **changes):
    values = {
        "EMAIL_BACKEND": SMTP, "EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": port, "EMAIL_TIMEOUT": 3,
        "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": False, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
    }  # fmt: skip
    with override_settings(**{**values, **changes}):
        return send_mail("mara@example.org", "Hello", "Hello")


class TestAnswers:
    def test_no_server_is_said_and_is_no_failure(self):
        with override_settings(EMAIL_HOST=""):
            answer = send_mail("mara@example.org", "Hello", "Hello")
        assert answer.code == "no_server"
        assert "EMAIL_URL=smtp://" in answer.words

    def test_connection_refused(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        assert send(port).code == "connection_refused"

    def test_name_not_found(self):
        answer = send(25, EMAIL_HOST="mail.invalid")
        assert answer.code in ("name_not_found", "unreachable")

    def test_authentication_refused(self, server):
        port = server({"EHLO": "250-hello\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 bad credentials"})
        answer = send(port, EMAIL_HOST_USER="u", EMAIL_HOST_PASSWORD="hidden-password")
        assert answer.code == "authentication_refused"
        assert "bad credentials" in answer.words
        assert "hidden-password" not in answer.words

    def test_tls_not_offered(self, server):
        assert send(server({}), EMAIL_USE_TLS=True).code == "tls"

    # smtplib itself drops the socket of a failed TLS start.
    @pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
    def test_tls_on_a_plain_port(self, server):
        assert send(server({}), EMAIL_USE_SSL=True).code in ("tls", "closed")

    def test_recipient_refused(self, server):
        answer = send(server({"RCPT": "550 no such user"}))
        assert (answer.code, "no such user" in answer.words) == ("recipient_refused", True)

    def test_a_server_that_hangs_up(self, server):
        assert not send(server({}, greeting="421 too busy")).is_accepted

    def test_accepted(self, server):
        answer = send(server({"DATA": "354 go on", ".": "250 queued", "QUIT": "221 bye"}))
        assert answer.is_accepted, answer
