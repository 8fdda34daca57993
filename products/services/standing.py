"""Put on file what the law says of a product here, and lift a STOP by such a record and two named people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products.errors import StandingRefusedError
from products.models import Product, RegulatoryRecord, StandingRelease
from products.rules import is_lifting_kind
from products.services.evidence import file_evidence
from products.services.judging import append
from products.text import clean_line, clean_note
from products.uploads import DOCUMENTS, Upload
from products.vocabulary import StatusEvidence


@dataclass(frozen=True)
class RegulatoryDraft:
    """What a person found about one place and one route, and how sure the clinic is of it."""

    jurisdiction: str
    route: str
    status: str
    evidence_level: str
    authority: str = ""
    reference: str = ""
    register_url: str = ""
    checked_on: date | None = None
    review_due_on: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    upload: Upload | None = None


@transaction.atomic
def add_regulatory_record(
    product: Product, draft: RegulatoryDraft, *, today: date, agent: Agent, at: datetime
) -> RegulatoryRecord:
    """File a regulatory record; it supersedes the one in force for the same place and route, and voids its release.

    Raises `StandingRefusedError` where the evidence level is not borne out, `UploadRefusedError`.
    """
    product = Product.objects.select_for_update().select_related("organization").get(pk=product.pk)
    _check_draft(draft, today)
    written: list[RecordedModel] = []
    evidence = None
    if draft.upload:
        evidence, is_new = file_evidence(
            product.organization, draft.upload, allowed=DOCUMENTS, field="evidence", agent=agent, at=at
        )
        written += [evidence] if is_new else []
    records = RegulatoryRecord.objects.filter(product=product)
    record = RegulatoryRecord.objects.create(
        product=product,
        jurisdiction=draft.jurisdiction,
        route=draft.route,
        status=draft.status,
        authority=clean_line(draft.authority, field="authority", most=120),
        reference=clean_line(draft.reference, field="reference", most=120),
        evidence_level=draft.evidence_level,
        evidence=evidence,
        register_url=draft.register_url,
        checked_on=draft.checked_on,
        review_due_on=draft.review_due_on,
        valid_from=draft.valid_from,
        valid_until=draft.valid_until,
        supersedes=records.in_force().for_use(draft.jurisdiction, draft.route).first(),
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    append("products.regulatory_record_added", agent=agent, occurred_at=at, records=[record, *written])
    return record


def can_lift(record: RegulatoryRecord) -> bool:
    """Whether a record is of the kind that can lift a STOP: a trial, an authorisation or an exemption, and proven."""
    return is_lifting_kind(record.status, record.evidence_level)


@transaction.atomic
def propose_release(record: RegulatoryRecord, *, reason: str, agent: Agent, at: datetime) -> StandingRelease:
    """Propose, as the first named person, that this record lifts the STOP for its use. Nothing changes yet."""
    record = RegulatoryRecord.objects.select_for_update(of=("self",)).select_related("product").get(pk=record.pk)
    if RegulatoryRecord.objects.filter(supersedes=record).exists():
        raise StandingRefusedError(
            "A later record took this one's place. Propose on the later one.", code="standing.superseded"
        )
    if not can_lift(record):
        raise StandingRefusedError(
            "Only a trial approval, a marketing authorisation or a named exemption, seen as a document or checked in "
            "the public register, can lift a STOP. Patient consent cannot.",
            code="standing.cannot_lift",
        )
    if StandingRelease.objects.filter(record=record).exists():
        raise StandingRefusedError("This was proposed already; a second person confirms it.", code="standing.proposed")
    why = clean_note(reason, field="reason", most=500)
    if not why:
        raise StandingRefusedError("Say why this record covers this use.", field="reason", code="standing.reason")
    release = StandingRelease.objects.create(
        product=record.product,
        record=record,
        reason=why,
        proposed_by=agent.id,
        proposed_by_name=agent.name or agent.id,
        proposed_at=at,
    )
    append("products.stop_release_proposed", agent=agent, occurred_at=at, records=[release])
    return release


@transaction.atomic
def confirm_release(release: StandingRelease, *, agent: Agent, at: datetime) -> StandingRelease:
    """Confirm as the second named person: from now on the STOP is lifted for that use, and every document says so."""
    release = StandingRelease.objects.select_for_update().get(pk=release.pk)
    if release.confirmed_by:
        raise StandingRefusedError(f"{release.confirmed_by_name} confirmed this already.", code="standing.confirmed")
    if release.proposed_by == agent.id:
        raise StandingRefusedError(
            "You proposed this yourself. Another clinic lead must confirm it.", code="standing.second_person"
        )
    if RegulatoryRecord.objects.filter(supersedes_id=release.record_id).exists():
        raise StandingRefusedError(
            "A later record took the place of the one this rests on. Propose on the later one.",
            code="standing.superseded",
        )
    release.confirmed_by = agent.id
    release.confirmed_by_name = agent.name or agent.id
    release.confirmed_at = at
    release.save(update_fields=["confirmed_by", "confirmed_by_name", "confirmed_at"])
    append("products.stop_release_confirmed", agent=agent, occurred_at=at, records=[release])
    return release


def _check_draft(draft: RegulatoryDraft, today: date) -> None:
    level = draft.evidence_level
    if level == StatusEvidence.REGISTER_CHECKED and not draft.checked_on:
        raise StandingRefusedError(
            "You checked the public register: enter on which day.", field="checked_on", code="standing.checked_on"
        )
    if level == StatusEvidence.REGISTER_CHECKED and not (draft.reference or draft.register_url):
        raise StandingRefusedError(
            "Enter the reference in the register, or its web address, so that others can find it.",
            field="reference",
            code="standing.reference",
        )
    if level == StatusEvidence.DOCUMENT_SEEN and not draft.upload and not draft.reference:
        raise StandingRefusedError(
            "You saw a document: upload it, or enter its reference.", field="evidence", code="standing.document"
        )
    if draft.checked_on and draft.checked_on > today:
        raise StandingRefusedError("The day of the check lies in the future.", field="checked_on", code="date.range")
    if draft.review_due_on and draft.review_due_on < today:
        raise StandingRefusedError(
            "The next review lies in the past. Enter a day to come.", field="review_due_on", code="date.range"
        )
    if draft.valid_from and draft.valid_until and draft.valid_until < draft.valid_from:
        raise StandingRefusedError(
            "The record ends before it begins. Check both days.", field="valid_until", code="date.range"
        )
