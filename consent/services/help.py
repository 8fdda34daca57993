"""“Call me”, “send me a new link”, “I did not sign this”: kept for the clinic, with a task for somebody to see to it."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.records import clean_phone
from clinic.services import seal_for_patient
from consent.models import Consent, HelpRequest, PatientLink, StaffTask
from consent.services.duties import open_task
from consent.services.read import link_agent
from consent.vocabulary import TaskKind, TimeOfDay, Wish

# Whoever holds a link may ask; more than this within an hour is one person pressing a button.
MOST_AN_HOUR = 3
# The task for each wish, and what it is about where somebody else may open a task of this kind too.
KINDS = {
    Wish.CALL: (TaskKind.CALL, ""),
    Wish.NEW_LINK: (TaskKind.NEW_LINK, ""),
    Wish.DISPUTE: (TaskKind.REVIEW, Wish.DISPUTE.value),
}


@transaction.atomic
def ask_for_help(
    link_id: uuid.UUID, wish: Wish, *, phone: str, time_of_day: TimeOfDay, is_confirmed: bool, at: datetime
) -> HelpRequest:
    """Keep what a patient asks for, and open a task. Asked too often, it answers with what was asked last.

    `phone` may be empty: then the number on record counts. Raises ContactRefusedError for one that cannot be called.
    """
    link = PatientLink.objects.select_related("consent__organization").get(pk=link_id)
    consent = Consent.objects.locked(link.consent_id)
    number = clean_phone(phone, jurisdiction=link.consent.organization.jurisdiction) if phone.strip() else ""
    lately: list[HelpRequest] = list(
        HelpRequest.objects.filter(consent=consent, wish=wish, asked_at__gt=at - timedelta(hours=1))
    )
    kind, subject = KINDS[wish]
    waits = StaffTask.objects.open().filter(consent=consent, kind=kind, subject=subject).exists()
    # Asked again after somebody has seen to it, it counts anew: nothing that a patient asks for is lost.
    if waits and len(lately) >= MOST_AN_HOUR:
        return lately[-1]
    asked = HelpRequest(
        consent=consent, link=link, wish=wish, time_of_day=time_of_day, is_confirmed=is_confirmed, asked_at=at
    )
    asked.sealed_phone = seal_for_patient(
        consent.patient, number.encode(), binding=f"consent.helprequest.phone:{asked.pk}"
    )
    asked.save()
    task = open_task(consent, kind, subject=subject, at=at)
    unconfirmed = Agent(kind="patient", id="unconfirmed", organization_id=consent.organization_id)
    audit.append(
        "consent.help_asked",
        agent=link_agent(consent) if is_confirmed else unconfirmed,
        occurred_at=at,
        records=[asked, task],
        body={"wish": wish.value},
    )
    return asked


def waiting_help(consent: Consent) -> list[HelpRequest]:
    """What a patient asked for and nobody has seen to: asked since the task about it was opened, oldest first."""
    tasks = StaffTask.objects.open().filter(consent=consent, kind__in=[kind for kind, _ in KINDS.values()])
    opened = {(task.kind, task.subject): task.opened_at for task in tasks}
    asked = HelpRequest.objects.filter(consent=consent).select_related("consent__patient")
    return [row for row in asked if (since := opened.get(KINDS[Wish(row.wish)])) and row.asked_at >= since]
