"""State in one act what the papers of a batch say about where it came from: donors, cell bank, production lot.

Each thing named becomes a place in the lot graph, or is found there by its code and maker; the links between them are
kept as statements of this batch's papers. What is not stated leaves no place behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products.errors import LotRefusedError
from products.models import Batch, Evidence, LotEdge, LotNode
from products.services.evidence import file_if_any
from products.services.judging import append
from products.services.lots import (
    LinkDraft,
    LotDraft,
    LotFacts,
    checked_facts,
    filled_lot_of,
    find_lot,
    locked,
    rewritten_node,
    written_edge,
    written_node,
)
from products.text import clean_line
from products.uploads import Upload
from products.vocabulary import Basis, LotKind, LotLink

_ADDED = ("tissue", "species", "country", "consent_reference", "screening", "tse_statement", "passage", "donation_code")
_MADE = (LotKind.PRODUCTION_LOT, LotKind.BULK_LOT)


@dataclass(frozen=True)
class DonorDraft:
    """One donor as the papers name it: a code, or none where it is not stated, and what they say of it."""

    code: str = ""
    facts: LotFacts = field(default_factory=LotFacts)


@dataclass(frozen=True)
class LineageDraft:
    """What the papers of one batch say, from the donors down; what they leave out stays empty.

    `passage` is that of the cells at production. Several donors are pooled where a pool has a code or there is
    more than one of them.
    """

    donors: tuple[DonorDraft, ...] = ()
    pool: str = ""
    master_bank: str = ""
    working_bank: str = ""
    production_lot: str = ""
    bulk_lot: str = ""
    passage: int | None = None
    upload: Upload | None = None


@dataclass
class _Act:
    batch: Batch
    evidence: Evidence | None
    agent: Agent
    at: datetime
    written: list[RecordedModel]


@transaction.atomic
def state_lineage(batch: Batch, draft: LineageDraft, *, agent: Agent, at: datetime) -> list[LotEdge]:
    """Record the way from the donors to this batch. Raises `LotRefusedError`, also where a code is on record differently."""
    batch = Batch.objects.select_related("product__organization", "product__manufacturer").get(pk=batch.pk)
    organization = locked(batch.product.organization)
    if LotEdge.objects.in_force().filter(stated_for=batch).exists():
        raise LotRefusedError(
            "What this lot's papers say about its origin is on record already. Add or take back single links instead.",
            code="lots.stated",
        )
    evidence, filed = file_if_any(organization, draft.upload, agent=agent, at=at)
    act = _Act(batch, evidence, agent, at, filed)
    edges = _stated(act, draft)
    append(
        "products.lineage_stated",
        agent=agent,
        occurred_at=at,
        records=[*edges, *act.written],
        body={"lot_number": batch.lot_number},
    )
    return edges


def _stated(act: _Act, draft: LineageDraft) -> list[LotEdge]:
    filled, written = filled_lot_of(act.batch, agent=act.agent, at=act.at)
    act.written += written
    steps = _steps(draft)
    if not draft.donors and not steps:
        raise LotRefusedError("Enter at least one thing that the papers say.", field="donor_code", code="lots.blank")
    donors = [_place(act, LotKind.DONOR, donor.code, donor.facts) for donor in draft.donors]
    # One bank is used at several passages: the passage belongs to what was made of it.
    at_passage = next((kind for kind, _ in reversed(steps) if kind in _MADE), None)
    chain = [
        _place(act, kind, code, LotFacts(passage=draft.passage if kind == at_passage else None)) for kind, code in steps
    ]
    if draft.passage is not None and at_passage is None:
        facts = checked_facts(LotFacts(passage=draft.passage))
        act.written += [
            rewritten_node(filled, facts, filled.evidence, "The papers say it", agent=act.agent, at=act.at),
            filled,
        ]
    chain.append(filled)
    edges = [_link(act, donor, chain[0], pooled=len(donors) > 1 or chain[0].kind == LotKind.POOL) for donor in donors]
    edges += [_link(act, above, below) for above, below in pairwise(chain)]
    return edges


def _steps(draft: LineageDraft) -> list[tuple[LotKind, str]]:
    named = (
        (LotKind.POOL, draft.pool),
        (LotKind.MASTER_BANK, draft.master_bank),
        (LotKind.WORKING_BANK, draft.working_bank),
        (LotKind.PRODUCTION_LOT, draft.production_lot),
        (LotKind.BULK_LOT, draft.bulk_lot),
    )
    return [(kind, code.strip()) for kind, code in named if code.strip()]


def _place(act: _Act, kind: LotKind, code: str, facts: LotFacts) -> LotNode:
    organization, maker = act.batch.product.organization, act.batch.product.manufacturer
    code = clean_line(code, field="code", most=60)
    if not code:
        facts = replace(facts, basis=Basis.NOT_STATED)
    known = find_lot(organization, kind, code, maker) if code else None
    if known is None:
        node, version = written_node(
            organization, LotDraft(kind, code, maker, facts), act.evidence, agent=act.agent, at=act.at
        )
        act.written += [node, version]
        return node
    merged = _merged(known, checked_facts(facts))
    if merged is not None:
        why = f"The papers of lot {act.batch.lot_number} add to it"
        version = rewritten_node(known, merged, known.evidence or act.evidence, why, agent=act.agent, at=act.at)
        act.written += [known, version]
    return known


def _merged(known: LotNode, said: LotFacts) -> LotFacts | None:
    """The facts on record with what is new in these papers, or None where nothing is new."""
    changes = {}
    for name in _ADDED:
        on_record, new = getattr(known, name), getattr(said, name)
        if new in (None, "", {}) or new == on_record:
            continue
        if on_record not in (None, "", {}):
            raise LotRefusedError(
                f"{known.get_kind_display()} {known.code} is on record with “{_words(on_record)}”, these papers say "
                f"“{_words(new)}”. Correct what is on record first, or ask the supplier which is right.",
                field=name,
                code="lots.facts_differ",
            )
        changes[name] = new
    if not changes:
        return None
    kept = LotFacts(**{name: getattr(known, name) for name in (*_ADDED, "note", "basis")})
    return replace(kept, **changes)


def _words(value: object) -> str:
    return ", ".join(f"{key} {one}" for key, one in value.items()) if isinstance(value, dict) else str(value)


def _link(act: _Act, above: LotNode, below: LotNode, *, pooled: bool = False) -> LotEdge:
    link = LotLink.POOLED_FROM if pooled else LotLink.DERIVED_FROM
    draft = LinkDraft(link, stated_for=act.batch)
    return written_edge(above, below, draft, act.evidence, agent=act.agent, at=act.at)
