"""Tasks of the staff. Opened and closed within other acts, whose entry names them; taken over and closed by hand here."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from audit import services as audit
from audit.records import Agent
from clinic.models import Membership, User
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules
from consent.models import Consent, Notice, StaffTask
from consent.vocabulary import TaskEnd, TaskKind, Wish

LONGEST_NOTE = 1000
OUTLIVES = Q(kind__in=[TaskKind.CALL, TaskKind.CHOICE]) | Q(subject=Wish.DISPUTE)


def open_task(
    consent: Consent, kind: TaskKind, *, at: datetime, subject: uuid.UUID | str = "", owner: User | None = None
) -> StaffTask:
    """A task for the treating practitioner (or `owner`), or the one that is open already. Part of the act around it:

    that act names the row among its `records`. The caller holds the consent's lock. Where the practitioner does not
    work in the clinic any more, and where the patient disputes the signature, nobody owns it and the clinic leads are told.
    """
    found: StaffTask | None = StaffTask.objects.open().filter(consent=consent, kind=kind, subject=str(subject)).first()
    if found is not None:
        return found
    if owner is None and subject != Wish.DISPUTE and _pair(consent) in _working([consent]):
        owner = consent.practitioner.user
    task: StaffTask = StaffTask.objects.create(**_values(consent, kind, at, str(subject), owner.pk if owner else None))
    _tell_owner(task, owner)
    return task


def open_tasks(consents: Iterable[Consent], kind: TaskKind, *, at: datetime) -> list[StaffTask]:
    """The same for many consents in three statements; returns those that are new."""
    wanted = {consent.pk: consent for consent in consents}
    there = (
        StaffTask.objects.open().filter(consent__in=wanted, kind=kind, subject="").values_list("consent_id", flat=True)
    )
    known = set(there)
    new = [one for key, one in wanted.items() if key not in known]
    working = _working(new)
    tasks = [
        StaffTask(**_values(one, kind, at, "", one.practitioner.user_id if _pair(one) in working else None))
        for one in new
    ]
    return list(StaffTask.objects.bulk_create(tasks))


def close_tasks(
    consent: Consent,
    *kinds: TaskKind,
    agent: Agent,
    at: datetime,
    subject: uuid.UUID | str | None = None,
    ended: TaskEnd = TaskEnd.ACT,
) -> list[StaffTask]:
    """Close what an act answers (where no kind is named all, but for `OUTLIVES`); the act around it names the rows among its `records`."""
    found = StaffTask.objects.open().filter(consent=consent)
    # What a patient asked a person to do is not moot when the consent ends: to be called, to stop using photos,
    # or to look at “I did not sign this”.
    found = found.filter(kind__in=kinds) if kinds else found.exclude(OUTLIVES)
    if subject is not None:
        found = found.filter(subject=str(subject))
    tasks = list(found.select_for_update(of=("self",)))
    for task in tasks:
        task.consent = consent
        _end(task, ended, agent, at)
        task.save(update_fields=["closed_at", "closed_by", "closed_by_name", "ended"])
    return tasks


@transaction.atomic
def assign_task(task_id: uuid.UUID, user_id: uuid.UUID, *, agent: Agent, at: datetime) -> StaffTask:
    """Make a member of the clinic's staff responsible. Raises TaskRefusedError."""
    task = _locked(task_id)
    member = Membership.objects.at(task.organization).current().filter(user_id=user_id).select_related("user").first()
    rules.check_can_assign(is_open=task.is_open, roles=member.roles if member else frozenset())
    task.owner = member.user if member else None
    task.save(update_fields=["owner"])
    audit.append(
        "consent.task_assigned",
        agent=agent,
        occurred_at=at,
        records=[task],
        body={"to": task.owner.full_name if task.owner else ""},
    )
    return task


@transaction.atomic
def close_task(task_id: uuid.UUID, note: str, *, agent: Agent, at: datetime) -> StaffTask:
    """Close a task by hand, with what was done.

    Raises TaskRefusedError where an act must close it, without words, and where the patient says “I did not sign this”
    and the one who treats would close it.
    """
    task = _locked(task_id)
    rules.check_can_close(
        kind=task.kind, is_open=task.is_open, note=note, is_about_closer=is_disputed_by_patient_of(task, agent.id)
    )
    words = clean_text(note, most=LONGEST_NOTE, field="note")
    _end(task, TaskEnd.HAND, agent, at)
    task.sealed_note = seal_for_patient(
        task.consent.patient, words.encode(), binding=f"consent.stafftask.note:{task.pk}"
    )
    task.save(update_fields=["closed_at", "closed_by", "closed_by_name", "ended", "sealed_note"])
    audit.append("consent.task_closed", agent=agent, occurred_at=at, records=[task], body={"kind": task.kind})
    return task


def is_disputed_by_patient_of(task: StaffTask, user_id: object) -> bool:
    """Whether the task is a patient's “I did not sign this” on a consent that this person seeks."""
    return task.subject == Wish.DISPUTE and str(task.consent.practitioner.user_id) == str(user_id)


def _pair(consent: Consent) -> tuple[uuid.UUID, uuid.UUID]:
    return consent.organization_id, consent.practitioner.user_id


def _working(consents: Iterable[Consent]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Clinic and person of those treating practitioners who still work there."""
    pairs = {_pair(one) for one in consents}
    found = Membership.objects.acting().filter(
        organization__in={clinic for clinic, _ in pairs}, user__in={person for _, person in pairs}
    )
    return pairs & set(found.values_list("organization_id", "user_id"))


def _values(
    consent: Consent, kind: TaskKind, at: datetime, subject: str, owner_id: uuid.UUID | None
) -> dict[str, object]:
    return {
        "organization_id": consent.organization_id,
        "consent": consent,
        "kind": kind,
        "subject": subject,
        "owner_id": owner_id,
        "opened_at": at,
    }


def _tell_owner(task: StaffTask, owner: User | None) -> None:
    """A mail to the owner, or to the leads, where there is mail. It says that something waits, and nothing of whom or what."""
    if not settings.EMAIL_HOST:
        return
    Notice.objects.create(
        organization_id=task.organization_id,
        recipient=owner.email if owner else "",
        created_at=task.opened_at,
        subject="Candour: a task for you",
        text=f"Something waits for you in Candour. Sign in to see it: {settings.BASE_URL}/tasks/{task.pk}/\n",
    )


def _end(task: StaffTask, ended: TaskEnd, agent: Agent, at: datetime) -> None:
    task.closed_at, task.ended = at, ended
    task.closed_by, task.closed_by_name = agent.id, agent.name or agent.id


def _locked(task_id: uuid.UUID) -> StaffTask:
    """The task with its consent locked first, as an act that closes it does."""
    consent_id = StaffTask.objects.values_list("consent_id", flat=True).get(pk=task_id)
    consent = Consent.objects.select_related("practitioner").locked(consent_id)
    task: StaffTask = StaffTask.objects.select_for_update(of=("self",)).select_related("organization").get(pk=task_id)
    task.consent = consent
    return task
