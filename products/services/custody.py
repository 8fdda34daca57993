"""Record who had a batch when; a wrong entry is superseded, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.records import Agent
from products.errors import CustodyRefusedError
from products.fields import day_words
from products.models import Batch, CustodyEvent, Party
from products.services.evidence import file_if_any
from products.services.judging import append
from products.text import clean_note
from products.uploads import Upload
from products.vocabulary import CustodyAct

LONGEST_NOTE = 500


@dataclass(frozen=True)
class CustodyDraft:
    """One handing over as a person tells it; `party` is None where it is this clinic."""

    party: Party | None
    act: str
    happened_on: date
    note: str = ""
    upload: Upload | None = None


@transaction.atomic
def record_custody(batch: Batch, draft: CustodyDraft, *, today: date, agent: Agent, at: datetime) -> CustodyEvent:
    """Add an event to the way of a batch. `today` is the clinic's local day. Raises `CustodyRefusedError`."""
    batch = _locked(batch)
    _check(batch, draft, today)
    return _write(batch, draft, None, "", agent=agent, at=at)


@transaction.atomic
def correct_custody(
    event: CustodyEvent, draft: CustodyDraft, *, reason: str, today: date, agent: Agent, at: datetime
) -> CustodyEvent:
    """Supersede an event by another one, or by the note that it was a mistake (`CustodyAct.VOID`).

    Raises `CustodyRefusedError`, also where somebody corrected it first.
    """
    batch = _locked(event.batch)
    if CustodyEvent.objects.filter(supersedes=event).exists():
        raise CustodyRefusedError(
            "Somebody corrected this entry while you were writing. Look at the new one, then decide.",
            code="custody.stale",
        )
    why = clean_note(reason, field="reason", most=LONGEST_NOTE)
    if not why:
        raise CustodyRefusedError("Say in a few words why this changes.", field="reason", code="custody.reason")
    _check(batch, draft, today, is_correction=True)
    return _write(batch, draft, event, why, agent=agent, at=at)


def _locked(batch: Batch) -> Batch:
    found: Batch = (
        Batch.objects.select_for_update(of=("self",)).select_related("product__organization").get(pk=batch.pk)
    )
    return found


def _check(batch: Batch, draft: CustodyDraft, today: date, *, is_correction: bool = False) -> None:
    allowed = set(CustodyAct.values) if is_correction else {CustodyAct.SHIPPED, CustodyAct.RECEIVED}
    if draft.act not in allowed:
        raise CustodyRefusedError("Choose whether it was shipped or received.", field="act", code="custody.act")
    if draft.party and draft.party.organization_id != batch.product.organization_id:
        raise CustodyRefusedError("Choose a party from the list.", field="party", code="custody.party")
    if draft.happened_on > today:
        raise CustodyRefusedError(
            f"{day_words(draft.happened_on)} lies in the future. Enter the day on which it happened.",
            field="happened_on",
            code="custody.future",
        )
    if batch.production_date and draft.happened_on < batch.production_date:
        raise CustodyRefusedError(
            f"That is before the batch was made, on {day_words(batch.production_date)}. Check the day.",
            field="happened_on",
            code="custody.before_production",
        )


def _write(
    batch: Batch, draft: CustodyDraft, supersedes: CustodyEvent | None, why: str, *, agent: Agent, at: datetime
) -> CustodyEvent:
    evidence, written = file_if_any(batch.product.organization, draft.upload, agent=agent, at=at)
    if evidence is None and supersedes:
        evidence = supersedes.evidence
    event = CustodyEvent.objects.create(
        batch=batch,
        party=draft.party,
        act=draft.act,
        happened_on=draft.happened_on,
        note=clean_note(draft.note, field="note", most=LONGEST_NOTE),
        evidence=evidence,
        supersedes=supersedes,
        correction_reason=why,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    kind = "products.custody_corrected" if supersedes else "products.custody_recorded"
    append(kind, agent=agent, occurred_at=at, records=[event, *written])
    return event
