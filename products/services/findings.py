"""What people do about findings: answer one with a reason, say that a batch's were read, set a number of the checks."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from audit.records import Agent
from clinic.models import Organization
from products import assessment
from products.errors import FindingRefusedError
from products.models import Batch, FindingAnswer, FindingsReading, Product, ThresholdSetting
from products.rules.findings import EXPIRED, THRESHOLDS
from products.services.judging import append, judge_waiting, let_wait
from products.text import clean_note

LONGEST_REASON = 500


@transaction.atomic
def answer_finding(
    subject: Product | Batch,
    digest: str,
    *,
    reason: str,
    may_answer_contradictions: bool,
    today: date,
    agent: Agent,
    at: datetime,
) -> FindingAnswer:
    """Answer one finding, as a named person, with a reason. It stays visible, and opens again when a fact changes.

    What cannot be (contradictions and errors) a clinic lead answers: `may_answer_contradictions`. `today` is the
    clinic's local day. Raises `FindingRefusedError`.
    """
    subject = _locked(subject)
    found = {one.finding.digest: one.finding for one in _findings(subject, today)}
    finding = found.get(digest)
    if finding is None:
        raise FindingRefusedError(
            "This is not found any more: a fact has changed since you opened the page. Look at what is found now.",
            code="finding.stale",
        )
    if finding.code == EXPIRED:
        raise FindingRefusedError("An expired batch stays expired. Set it aside.", code="finding.expired")
    if finding.severity in assessment.CANNOT_BE and not may_answer_contradictions:
        raise FindingRefusedError("A clinic lead answers what cannot be true.", code="finding.lead")
    if agent.kind != "user" or not agent.name:
        raise FindingRefusedError("A named person answers a finding.", code="finding.person")
    why = clean_note(reason, field="reason", most=LONGEST_REASON)
    if not why:
        raise FindingRefusedError("Say in a few words why.", field="reason", code="finding.reason")
    answer = FindingAnswer.objects.create(
        product=subject if isinstance(subject, Product) else None,
        batch=subject if isinstance(subject, Batch) else None,
        code=finding.code,
        digest=digest,
        found=finding.found,
        reason=why,
        answered_by=agent.id,
        answered_by_name=agent.name,
        answered_at=at,
    )
    append("products.finding_answered", agent=agent, occurred_at=at, records=[answer])
    return answer


@transaction.atomic
def read_findings(batch: Batch, digest: str, *, today: date, agent: Agent, at: datetime) -> FindingsReading:
    """Say, as a named person, that all findings of a batch were read. `digest` names the list that was on the page.

    Raises `FindingRefusedError`, where the list has changed since.
    """
    batch = _locked_batch(batch)
    findings = assessment.findings_of_batch(batch, on=today)
    if assessment.reading_digest(findings) != digest:
        raise FindingRefusedError(
            "The findings have changed since you opened the page. Read them as they are now.", code="finding.stale"
        )
    if agent.kind != "user" or not agent.name:
        raise FindingRefusedError("A named person reads the findings.", code="finding.person")
    reading = FindingsReading.objects.create(
        batch=batch,
        digest=digest,
        codes=[one.finding.code for one in findings],
        read_by=agent.id,
        read_by_name=agent.name,
        read_at=at,
    )
    append("products.findings_read", agent=agent, occurred_at=at, records=[reading])
    return reading


@transaction.atomic
def set_threshold(
    organization: Organization, name: str, value: Decimal, *, reason: str, agent: Agent, at: datetime
) -> ThresholdSetting:
    """Set one number of the checks for this clinic; what it changes is judged anew. Raises `FindingRefusedError`."""
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    row = THRESHOLDS.get(name)
    if row is None:
        raise FindingRefusedError("There is no such number.", field="value", code="threshold.unknown")
    if not value.is_finite() or not row.least <= value <= row.most:
        raise FindingRefusedError(
            f"Enter a number from {row.least.normalize():f} to {row.most.normalize():f}{f' {row.unit}' if row.unit else ''}.",
            field="value",
            code="number.range",
        )
    limits = assessment.thresholds_of(organization)
    _check_pair(name, value, limits.impure_per_ug, limits.pure_per_ug)
    if value == getattr(limits, name):
        raise FindingRefusedError(
            "This is the number in force. Nothing was changed.", field="value", code="threshold.same"
        )
    why = clean_note(reason, field="reason", most=LONGEST_REASON)
    if not why:
        raise FindingRefusedError("Say in a few words why.", field="reason", code="threshold.reason")
    setting = ThresholdSetting.objects.create(
        organization=organization,
        name=name,
        value=value,
        reason=why,
        supersedes=ThresholdSetting.objects.at(organization).in_force().filter(name=name).first(),
        set_by=agent.id,
        set_by_name=agent.name or agent.id,
        set_at=at,
    )
    let_wait(organization)
    judge_waiting()
    append("products.threshold_set", agent=agent, occurred_at=at, records=[setting])
    return setting


def _check_pair(name: str, value: Decimal, impure: Decimal, pure: Decimal) -> None:
    impure, pure = (value if name == "impure_per_ug" else impure), (value if name == "pure_per_ug" else pure)
    if impure > pure:
        raise FindingRefusedError(
            "What is impure must lie below what needs no remark. Change the other number first.",
            field="value",
            code="number.order",
        )


def _findings(subject: Product | Batch, today: date) -> list[assessment.Judged]:
    if isinstance(subject, Product):
        return assessment.findings_of_product(subject)
    return assessment.findings_of_batch(subject, on=today)


def _locked(subject: Product | Batch) -> Product | Batch:
    parties = ("organization", "manufacturer", "importer")
    if isinstance(subject, Product):
        return Product.objects.select_for_update(of=("self",)).select_related(*parties).get(pk=subject.pk)
    return _locked_batch(subject)


def _locked_batch(batch: Batch) -> Batch:
    owners = [f"product__{name}" for name in ("organization", "manufacturer", "importer")]
    found: Batch = Batch.objects.select_for_update(of=("self",)).select_related(*owners).get(pk=batch.pk)
    return found
