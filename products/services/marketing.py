"""Keep what a supplier promises, word for word, with what stands behind it; correct it, or say that it is no longer said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products.errors import ClaimRefusedError
from products.models import Evidence, MarketingClaim, Product
from products.services.evidence import file_evidence
from products.services.judging import append
from products.text import clean_line, clean_note
from products.uploads import DOCUMENTS, TABLES, Upload
from products.vocabulary import ClaimPlace, ClaimSupport


@dataclass(frozen=True)
class MarketingDraft:
    """A promise as it was read or heard: its words, where, on which day, and the best evidence given for it."""

    text: str
    place: str
    place_detail: str = ""
    seen_on: date | None = None
    support: str = ClaimSupport.NONE
    support_detail: str = ""
    upload: Upload | None = None


@transaction.atomic
def record_marketing_claim(
    product: Product,
    draft: MarketingDraft,
    *,
    today: date,
    agent: Agent,
    at: datetime,
    supersedes: MarketingClaim | None = None,
    correction_reason: str = "",
) -> MarketingClaim:
    """Put a promise on the register, or a corrected reading in an earlier one's place, which stays readable.

    Raises `ClaimRefusedError`, `UploadRefusedError`.
    """
    product = Product.objects.select_for_update().select_related("organization").get(pk=product.pk)
    why = _why(supersedes, correction_reason)
    _check(draft, today)
    written: list[RecordedModel] = []
    evidence: Evidence | None = supersedes.evidence if supersedes else None
    if draft.upload:
        evidence, is_new = file_evidence(
            product.organization, draft.upload, allowed=DOCUMENTS | TABLES, field="evidence", agent=agent, at=at
        )
        written += [evidence] if is_new else []
    claim = MarketingClaim.objects.create(
        product=product,
        text=clean_line(draft.text, field="text", most=500),
        place=draft.place,
        place_detail=clean_line(draft.place_detail, field="place_detail", most=200),
        seen_on=draft.seen_on,
        support=draft.support,
        support_detail=clean_line(draft.support_detail, field="support_detail", most=200),
        evidence=evidence,
        supersedes=supersedes,
        correction_reason=why,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    kind = "products.marketing_claim_corrected" if supersedes else "products.marketing_claim_recorded"
    append(kind, agent=agent, occurred_at=at, records=[claim, *written])
    return claim


@transaction.atomic
def withdraw_marketing_claim(claim: MarketingClaim, *, reason: str, agent: Agent, at: datetime) -> MarketingClaim:
    """Record that the supplier no longer says it. Raises `ClaimRefusedError`."""
    Product.objects.select_for_update().get(pk=claim.product_id)
    why = _why(claim, reason)
    newer = MarketingClaim.objects.create(
        product_id=claim.product_id,
        text=claim.text,
        place=claim.place,
        place_detail=claim.place_detail,
        seen_on=claim.seen_on,
        support=claim.support,
        support_detail=claim.support_detail,
        evidence=claim.evidence,
        is_withdrawn=True,
        supersedes=claim,
        correction_reason=why,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    append("products.marketing_claim_withdrawn", agent=agent, occurred_at=at, records=[newer])
    return newer


def _check(draft: MarketingDraft, today: date) -> None:
    if not draft.text.strip():
        raise ClaimRefusedError("Enter the promise, word for word.", field="text", code="claim.blank")
    if draft.place not in ClaimPlace.values:
        raise ClaimRefusedError("Choose where it was said.", field="place", code="claim.unknown_code")
    if draft.support not in ClaimSupport.values:
        raise ClaimRefusedError("Choose what stands behind it.", field="support", code="claim.unknown_code")
    if draft.seen_on and draft.seen_on > today:
        raise ClaimRefusedError("The day lies in the future.", field="seen_on", code="date.range")


def _why(earlier: MarketingClaim | None, reason: str) -> str:
    if earlier is None:
        return ""
    if MarketingClaim.objects.filter(supersedes=earlier).exists():
        raise ClaimRefusedError(
            "Somebody changed this promise while you were writing. Look at the new one, then decide.",
            code="claim.stale",
        )
    why = clean_note(reason, field="correction_reason", most=500)
    if not why:
        raise ClaimRefusedError("Say in a few words why.", field="correction_reason", code="claim.correction_reason")
    return why
