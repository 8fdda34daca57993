"""Let a batch out of quarantine, or stop its use."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from audit.records import Agent
from audit.services import append
from clinic.models import Membership, Organization
from products.disclosure import contradictions, standings
from products.errors import BatchRefusedError, ExpiredError, ReleaseRefusedError
from products.fields import day_words
from products.models import Batch
from products.text import clean_note
from products.vocabulary import BatchStatus, RuleSeverity

MAY_BE_RELEASED = frozenset({BatchStatus.QUARANTINE, BatchStatus.ON_HOLD})
MAY_BE_HELD = frozenset({BatchStatus.QUARANTINE, BatchStatus.RELEASED})


@transaction.atomic
def release_batch(batch: Batch, *, today: date, agent: Agent, at: datetime) -> Batch:
    """Release a batch for use, by a named clinic lead; where the clinic has another lead, not by whoever received it.

    Needs a certificate on file, no two records that disagree, a use that the rules do not stop, and time left.
    Raises `ReleaseRefusedError`, `ExpiredError`.
    """
    batch = Batch.objects.select_for_update(of=("self",)).select_related("product__organization").get(pk=batch.pk)
    _check_release(batch, today)
    _check_person(batch, agent)
    batch.status = BatchStatus.RELEASED
    batch.status_reason = ""
    batch.released_by = agent.id
    batch.released_by_name = agent.name or agent.id
    batch.released_at = at
    batch.save(update_fields=["status", "status_reason", "released_by", "released_by_name", "released_at"])
    append("products.batch_released", agent=agent, occurred_at=at, records=[batch])
    return batch


@transaction.atomic
def hold_batch(batch: Batch, *, reason: str, agent: Agent, at: datetime) -> Batch:
    """Stop the use of a batch until a named person decides. Raises `BatchRefusedError` without a reason."""
    batch = Batch.objects.select_for_update().get(pk=batch.pk)
    why = clean_note(reason, field="reason", most=500)
    if not why:
        raise BatchRefusedError("Say in a few words why the batch is held.", field="reason", code="batch.reason")
    if batch.status not in MAY_BE_HELD:
        raise BatchRefusedError(
            f"This batch is “{BatchStatus(batch.status).label}”; only one in quarantine or released can be held.",
            code="batch.transition",
        )
    batch.status = BatchStatus.ON_HOLD
    batch.status_reason = why
    batch.save(update_fields=["status", "status_reason"])
    append("products.batch_held", agent=agent, occurred_at=at, records=[batch])
    return batch


def reasons_against_release(batch: Batch, *, today: date) -> list[str]:
    """Every reason why this batch cannot be released now; empty where nothing stands against it."""
    reasons = []
    if batch.status not in MAY_BE_RELEASED:
        reasons.append(f"It is “{BatchStatus(batch.status).label}”.")
    if batch.is_expired_on(today):
        reasons.append(f"It expired on {day_words(batch.expiration_date)}.")
    certificate = batch.snapshot.get("certificate_of_analysis") or {}
    if not certificate.get("evidence_sha256"):
        reasons.append("No certificate of analysis is on file. Upload it first.")
    reasons += contradictions(batch)
    organization = batch.product.organization
    uses = standings(batch.product, jurisdiction=organization.jurisdiction, on=today)
    if uses and all(use.severity == RuleSeverity.STOP for use in uses):
        rules = ", ".join(sorted({rule.id for use in uses for rule in use.stopping_rules}))
        reasons.append(f"The rules here stop every use that the product is meant for ({rules}).")
    return reasons


def _check_release(batch: Batch, today: date) -> None:
    if batch.is_expired_on(today):
        raise ExpiredError(f"This batch expired on {day_words(batch.expiration_date)} and cannot be released.")
    if reasons := reasons_against_release(batch, today=today):
        raise ReleaseRefusedError("This batch cannot be released. " + " ".join(reasons))


def _check_person(batch: Batch, agent: Agent) -> None:
    if agent.kind != "user" or batch.received_by != agent.id:
        return
    organization: Organization = batch.product.organization
    if Membership.objects.at(organization).leads().exclude(user_id=agent.id).exists():
        raise ReleaseRefusedError(
            "You received this batch yourself. Another clinic lead releases it, so that two people have looked.",
            code="batch.second_person",
        )
