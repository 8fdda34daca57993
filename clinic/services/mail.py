"""Sending a message, and the mail server's answer in words. Nothing else in Candour depends on mail."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from audit import services as audit
from audit.records import Agent


@dataclass(frozen=True)
class MailAnswer:
    """What became of a message: a stable `code`, and the words for a person."""

    code: str
    words: str

    @property
    def is_accepted(self) -> bool:
        """Whether the server took the message; that it arrives is another matter."""
        return self.code == "accepted"


NO_SERVER = MailAnswer(
    "no_server",
    "No mail server is set. Everything works without one: links are shown to be copied. To set one, start Candour with "
    "EMAIL_URL=smtp://user:password@mail.example.org:587 (smtps:// for port 465).",
)


def has_mail_server() -> bool:
    """Whether EMAIL_URL names a server."""
    return bool(settings.EMAIL_HOST)


def send_mail(to: str, subject: str, text: str) -> MailAnswer:
    """Send one plain message now and say what the server answered. Never raises for what the server does."""
    if not has_mail_server():
        return NO_SERVER
    connection = get_connection()
    message = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [to], connection=connection)
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as problem:
        return _answer(problem)
    finally:
        _hang_up(connection)
    return MailAnswer("accepted", f"The mail server accepted the message to {to}. Look into that mailbox.")


def send_test_message(to: str, *, agent: Agent, at: datetime) -> MailAnswer:
    """Send a test message, and log which answer came."""
    answer = send_mail(to, "Candour: test message", "This is a test message from Candour. The mail server works.")
    with transaction.atomic():
        audit.append("clinic.mail_tested", agent=agent, occurred_at=at, body={"answer": answer.code})
    return answer


def _answer(problem: Exception) -> MailAnswer:
    server = f"{settings.EMAIL_HOST}, port {settings.EMAIL_PORT}"
    said = f" It said: {_said(problem)}" if _said(problem) else ""
    match problem:
        case smtplib.SMTPAuthenticationError():
            return MailAnswer("authentication_refused", f"{server} refused the user name or password.{said}")
        case smtplib.SMTPSenderRefused():
            return MailAnswer("sender_refused", f"{server} refused our address {settings.DEFAULT_FROM_EMAIL}.{said}")
        case smtplib.SMTPRecipientsRefused():
            return MailAnswer("recipient_refused", f"{server} refused the recipient.{said}")
        case smtplib.SMTPNotSupportedError():
            return MailAnswer("tls", f"{server} does not offer what EMAIL_URL asks for: {problem}.")
        case ssl.SSLCertVerificationError():
            return MailAnswer("tls", f"The certificate of {server} is not trusted: {problem.verify_message}.")
        case ssl.SSLError():
            return MailAnswer(
                "tls", f"{server} does not speak TLS in this way. Use smtps:// for port 465 and smtp:// for port 587."
            )
        case socket.gaierror():
            return MailAnswer("name_not_found", f"No computer is called {settings.EMAIL_HOST}. Check EMAIL_URL.")
        case ConnectionRefusedError():
            return MailAnswer("connection_refused", f"{server} refused the connection: nothing listens there.")
        case TimeoutError():
            return MailAnswer("no_answer", f"{server} did not answer within {settings.EMAIL_TIMEOUT} seconds.")
        case smtplib.SMTPServerDisconnected():
            return MailAnswer("closed", f"{server} closed the connection. Perhaps it wants smtps://.")
        case smtplib.SMTPException():
            return MailAnswer("refused", f"{server} did not take the message.{said}")
    return MailAnswer("unreachable", f"{server} cannot be reached: {getattr(problem, 'strerror', None) or problem}.")


def _hang_up(connection: BaseEmailBackend) -> None:
    """Django leaves a connection open whose TLS failed."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        connection.close()


def _said(problem: Exception) -> str:
    error = getattr(problem, "smtp_error", b"")
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        error = next(iter(problem.recipients.values()), (0, b""))[1]
    text = error.decode("utf-8", "replace") if isinstance(error, bytes) else str(error)
    return " ".join(text.split())[:200]
