"""Say something about a product or a batch, and how we know; correct it later without losing what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent, utc_text
from audit.services import append
from products.errors import ClaimRefusedError
from products.fields import SCIENCE_FIELDS, TEST_FIELDS, check_claim
from products.models import Batch, Claim, Evidence, Product
from products.services.evidence import file_evidence
from products.text import clean_note
from products.uploads import DOCUMENTS, TABLES, Upload
from products.vocabulary import Basis

LONGEST_REASON = 500


@dataclass(frozen=True)
class ClaimDraft:
    """What a person means to put on record about one field."""

    field: str
    value: Any
    basis: str
    unit: str = ""
    reason: str = ""


def write_claim(
    subject: Product | Batch,
    draft: ClaimDraft,
    *,
    agent: Agent,
    at: datetime,
    evidence: Evidence | None = None,
    previous: Claim | None = None,
    correction_reason: str = "",
) -> Claim:
    """Insert a claim and bring the subject's snapshot up to date in memory; the act around it saves and logs both."""
    check_claim(draft.field, draft.value, draft.basis, draft.reason)
    claim = Claim.objects.create(
        product=subject if isinstance(subject, Product) else None,
        batch=subject if isinstance(subject, Batch) else None,
        field=draft.field,
        value=draft.value,
        unit=draft.unit,
        basis=draft.basis,
        reason=draft.reason,
        correction_reason=correction_reason,
        evidence=evidence,
        supersedes=previous,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    subject.snapshot = {**subject.snapshot, draft.field: snapshot_of(claim)}
    return claim


def snapshot_of(claim: Claim) -> dict[str, Any]:
    """A claim as the snapshot holds it for reading."""
    evidence = claim.evidence
    return {
        "claim": str(claim.pk),
        "value": claim.value,
        "unit": claim.unit,
        "basis": str(claim.basis),
        "reason": claim.reason,
        "evidence": str(evidence.pk) if evidence else None,
        "evidence_sha256": evidence.sha256 if evidence else None,
        "evidence_name": evidence.original_name if evidence else "",
        "recorded_at": utc_text(claim.recorded_at),
        "recorded_by": claim.recorded_by_name,
    }


def rebuilt_snapshot(subject: Product | Batch) -> dict[str, Any]:
    """The snapshot as the claims in force make it; it always equals the stored one."""
    in_force = subject.claims.in_force().select_related("evidence")
    return {claim.field: snapshot_of(claim) for claim in in_force}


def in_force(subject: Product | Batch) -> dict[str, Claim]:
    """The claims in force by field."""
    return {claim.field: claim for claim in subject.claims.in_force().select_related("evidence")}


@transaction.atomic
def record_claim(subject: Product | Batch, draft: ClaimDraft, *, agent: Agent, at: datetime) -> Claim:
    """Put a first claim on record for a field that has none. Raises `ClaimRefusedError` where there is one."""
    subject = _locked(subject)
    if draft.field in subject.snapshot:
        raise ClaimRefusedError(
            "There is a value on record already. Correct it, and say why.", field=draft.field, code="claim.exists"
        )
    claim = write_claim(subject, draft, agent=agent, at=at)
    subject.save(update_fields=["snapshot"])
    append("products.claim_recorded", agent=agent, occurred_at=at, records=[subject, claim])
    return claim


@transaction.atomic
def correct_claim(
    subject: Product | Batch,
    draft: ClaimDraft,
    *,
    correction_reason: str,
    agent: Agent,
    at: datetime,
    expected: str = "",
    upload: Upload | None = None,
) -> Claim:
    """Replace the claim in force on a field. The earlier value stays readable with the reason of the change.

    `expected` is the id of the claim that the person saw; where another one is in force by now,
    nothing is written. Raises `ClaimRefusedError`, `UploadRefusedError`.
    """
    subject = _locked(subject)
    _check_correctable(subject, draft.field)
    previous = subject.claims.in_force().select_related("evidence").get(field=draft.field)
    if expected and str(previous.pk) != expected:
        raise ClaimRefusedError(
            "Somebody changed this value while you were writing. Look at the new value, then decide.",
            code="claim.stale",
        )
    why = clean_note(correction_reason, field="correction_reason", most=LONGEST_REASON)
    if not why:
        raise ClaimRefusedError(
            "Say in a few words why the value changes.", field="correction_reason", code="claim.correction_reason"
        )
    written: list[RecordedModel] = []
    evidence = previous.evidence if draft.value == previous.value else None
    if upload:
        organization = subject.organization if isinstance(subject, Product) else subject.product.organization
        evidence, is_new = file_evidence(
            organization, upload, allowed=DOCUMENTS | TABLES, field="evidence", agent=agent, at=at
        )
        written += [evidence] if is_new else []
    claim = write_claim(subject, draft, agent=agent, at=at, evidence=evidence, previous=previous, correction_reason=why)
    changed = _carry_identity(subject, draft)
    subject.save(update_fields=["snapshot", *changed])
    append("products.claim_corrected", agent=agent, occurred_at=at, records=[subject, claim, *written])
    return claim


def correctable_fields(subject: Product | Batch) -> frozenset[str]:
    """Fields that a person may correct by hand; certificate and size change by filing a newer document."""
    return frozenset({*SCIENCE_FIELDS, "marketed_name"} if isinstance(subject, Product) else TEST_FIELDS)


def _locked(subject: Product | Batch) -> Product | Batch:
    if isinstance(subject, Product):
        return Product.objects.select_for_update().get(pk=subject.pk)
    return Batch.objects.select_for_update().get(pk=subject.pk)


def _check_correctable(subject: Product | Batch, field: str) -> None:
    if field not in correctable_fields(subject):
        raise ClaimRefusedError(
            "This value is not corrected by hand: register the thing anew, or file a newer document.",
            code="claim.not_correctable",
        )


def _carry_identity(subject: Product | Batch, draft: ClaimDraft) -> Sequence[str]:
    if isinstance(subject, Product) and draft.field == "marketed_name":
        if draft.basis != Basis.STATED:
            raise ClaimRefusedError(
                "A product needs the name it is sold under.", field="marketed_name", code="claim.blank"
            )
        subject.marketed_name = draft.value
        return ["marketed_name"]
    return []
