"""Text messages through the one gateway that whoever runs the installation names. Nothing else in Candour depends on it."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from django.conf import settings

from clinic import outgoing
from clinic.services.mail import MailAnswer, has_mail_server

NO_GATEWAY = MailAnswer("no_server", "No gateway for text messages is set (SMS_URL).")


def has_sms_gateway() -> bool:
    """Whether SMS_URL names a gateway."""
    return bool(settings.SMS_URL)


def code_ways() -> list[str]:
    """The ways in which a one-time code can leave this installation, in words."""
    ways = {"e-mail": has_mail_server(), "text message": has_sms_gateway()}
    return [way for way, is_there in ways.items() if is_there]


def send_sms(to: str, text: str) -> MailAnswer:
    """Post one text message to the gateway now and say what came of it. Never raises for what the gateway does.

    `to` is E.164. Neither the number nor the text enters the answer's words.
    """
    if not has_sms_gateway():
        return NO_GATEWAY
    fields = {name: value.replace("{to}", to).replace("{text}", text) for name, value in settings.SMS_FIELDS.items()}
    is_json = settings.SMS_FORMAT == "json"
    body = json.dumps(fields) if is_json else urlencode(fields)
    headers = {"Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded"}
    if settings.SMS_AUTHORIZATION:
        headers["Authorization"] = settings.SMS_AUTHORIZATION
    answer = outgoing.post(settings.SMS_URL, body.encode(), headers, private_hosts=settings.WEBHOOK_PRIVATE_HOSTS)
    if answer.is_accepted:
        return MailAnswer("accepted", "The gateway took the message.")
    return MailAnswer("refused" if answer.status else "unreachable", f"The gateway did not take it. {answer.words}")
