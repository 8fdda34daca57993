"""Let a batch out of quarantine or off hold, where nothing stands against it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from audit.records import Agent
from clinic.models import Membership, Organization
from products import assessment, rules
from products.disclosure import contradictions, standings
from products.errors import ExpiredError, ReleaseRefusedError
from products.fields import day_words
from products.models import Batch
from products.services.judging import append
from products.services.life_cycle import locked_batch, write_move
from products.services.temperature import excursions_against
from products.vocabulary import BatchStatus, RuleSeverity


@transaction.atomic
def release_batch(
    batch: Batch, *, today: date, agent: Agent, at: datetime, findings_digest: str | None = None
) -> Batch:
    """Release a batch for use, by a named clinic lead; where the clinic has another lead, not by whoever received it.

    Needs a certificate on file, no two records that disagree, nothing found that cannot be and that nobody answered, a
    use that the rules do not stop, and time left. Whoever releases it says by that to have read all findings: the move
    names them, and `findings_digest` the list that was on the page. Raises `ReleaseRefusedError`, `ExpiredError`.
    """
    batch = locked_batch(batch)
    _check_release(batch, today)
    findings = assessment.findings_of_batch(batch, on=today)
    if findings_digest is not None and findings_digest != assessment.reading_digest(findings):
        raise ReleaseRefusedError(
            "What is found has changed since you opened the page. Read it as it is now, then decide.",
            code="batch.findings_changed",
        )
    _check_person(batch, agent)
    batch.released_by = agent.id
    batch.released_by_name = agent.name or agent.id
    batch.released_at = at
    read = [one.finding.code for one in findings]
    move = write_move(batch, BatchStatus.RELEASED, "", agent=agent, at=at, findings_read=read)
    append("products.batch_released", agent=agent, occurred_at=at, records=[batch, move])
    return batch


def reasons_against_release(batch: Batch, *, today: date) -> list[str]:
    """Every reason why this batch cannot be released now; empty where nothing stands against it."""
    reasons = []
    state = batch.state_on(today)
    if state == BatchStatus.EXPIRED:
        reasons.append(f"It expired on {day_words(batch.expiration_date)}.")
    elif BatchStatus.RELEASED not in rules.BATCH_TRANSITIONS[state]:
        reasons.append(f"It is “{state.label}”.")
    certificate = batch.snapshot.get("certificate_of_analysis") or {}
    if not certificate.get("evidence_sha256"):
        reasons.append("No certificate of analysis is on file. Upload it first.")
    reasons += contradictions(batch)
    reasons += [
        f"{one.finding.code} is open: {one.finding.found}. A clinic lead answers it first."
        for one in assessment.open_contradictions(batch, on=today)
        if one.finding.code not in assessment.IDENTITY
    ]
    reasons += excursions_against(batch)
    organization = batch.product.organization
    uses = standings(batch.product, jurisdiction=organization.jurisdiction, on=today)
    if uses and all(use.severity == RuleSeverity.STOP for use in uses):
        stopping = ", ".join(sorted({rule.id for use in uses for rule in use.stopping_rules}))
        reasons.append(f"The rules here stop every use that the product is meant for ({stopping}).")
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
