"""Messages that did not arrive: what the mail server says at once, and what comes back later as a bounce (RFC 3464)."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import Message

from django.conf import settings
from django.db import transaction

from audit import services as audit
from audit.records import Agent
from consent.models import Consent, Notice
from consent.services.duties import open_task
from consent.vocabulary import ConsentStatus, TaskKind

MOST_BYTES = 5 * 1024 * 1024
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
TOKEN = re.compile(r"<candour\.([0-9a-f]{32})@")


@dataclass(frozen=True)
class BounceOutcome:
    """What a mail from the pipe was: `code` is taken, delayed, unknown or no-bounce; `words` name no address."""

    code: str
    words: str


def message_id(notice: Notice) -> str:
    """The Message-ID of a message: nobody who was not sent the message can name it in a bounce."""
    return f"<candour.{notice.message_token}@{settings.BASE_HOST}>"


def take_bounce(content: bytes, *, at: datetime) -> BounceOutcome:
    """Read a mail that came back. Only a failure of a message of ours, named by its Message-ID, changes anything."""
    if len(content) > MOST_BYTES:
        return BounceOutcome("no-bounce", "The mail is larger than 5 MB, which no bounce is.")
    action, status = _delivery_status(email.message_from_bytes(content))
    if action is None:
        return BounceOutcome("no-bounce", "This mail is no delivery status notification (RFC 3464).")
    if action != "failed":
        return BounceOutcome("delayed", f"Delivery is reported as “{action[:20]}”, which is no failure.")
    tokens = TOKEN.findall(content.decode("latin-1"))
    notice = Notice.objects.filter(message_token__in=tokens[:20]).first() if tokens else None
    if notice is None:
        return BounceOutcome("unknown", "The mail that came back is none that Candour sent.")
    if notice.bounced_at is None:
        lose(notice, f"it came back{f' ({status})' if status else ''}", at=at, came_back=True)
    return BounceOutcome("taken", "The message is marked as not delivered, and its task is open.")


@transaction.atomic
def lose(notice: Notice, why: str, *, at: datetime, came_back: bool = False) -> None:
    """A message will not arrive: mark it, and where it was for a patient, give somebody the task to reach them."""
    fields = {"bounced_at": at, "last_error": why} if came_back else {"failed_at": at, "last_error": why}
    Notice.objects.filter(pk=notice.pk).update(**fields)
    if notice.consent_id is None or notice.link_id is None:
        return
    consent = Consent.objects.select_related("practitioner").locked_as_it_is(notice.consent_id)
    if consent.status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        return
    task = open_task(consent, TaskKind.NOT_REACHED, subject=notice.link_id, at=at)
    audit.append(
        "consent.not_reached",
        agent=Agent(kind="system", id="mail", organization_id=consent.organization_id, name="Candour"),
        occurred_at=at,
        records=[task],
        body={"reference": consent.reference, "why": why},
    )


def _delivery_status(mail: Message) -> tuple[str | None, str]:
    """Action and status of the first recipient; None where the mail says nothing of a delivery."""
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in [one for one in blocks if isinstance(one, Message)] if isinstance(blocks, list) else ():
            action = str(block.get("Action", "")).strip().lower()
            if action:
                status = STATUS.search(str(block.get("Status", "")))
                return action, status[0] if status else ""
    return None, ""
