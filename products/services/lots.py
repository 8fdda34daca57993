"""The lot graph: put a place on record, correct it, link two, take a link back.

Every act holds the clinic's row, so that two people at once cannot close a circle between them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from products import gs1, rules
from products.errors import LotRefusedError
from products.models import Batch, Evidence, LotEdge, LotEdgeWithdrawal, LotNode, LotNodeVersion, Party
from products.places import countries
from products.services.evidence import file_if_any
from products.services.judging import append
from products.text import clean_line, clean_note
from products.uploads import Upload
from products.vocabulary import Basis, LotKind, LotLink, ScreeningResult, ScreeningTest

LONGEST_CODE = 60
LONGEST_LINE = 120
LONGEST_NOTE = 500
MOST_PASSAGES = 999
_ASSERTED = (Basis.STATED, Basis.MEASURED_BATCH, Basis.MEASURED_REF, Basis.NOT_STATED)


@dataclass(frozen=True)
class LotFacts:
    """What is said about a place in the graph; empty is not stated. A donor has a code and never a name."""

    tissue: str = ""
    species: str = ""
    country: str = ""
    consent_reference: str = ""
    screening: dict[str, str] | None = None
    tse_statement: str = ""
    passage: int | None = None
    donation_code: str = ""
    note: str = ""
    basis: str = Basis.STATED


@dataclass(frozen=True)
class LotDraft:
    """A place as a person names it; `party` is the maker who gave it its code."""

    kind: str
    code: str = ""
    party: Party | None = None
    facts: LotFacts = LotFacts()
    upload: Upload | None = None


@dataclass(frozen=True)
class LinkDraft:
    """One link as a person states it. `stated_for` is the batch on whose papers it stands, None for any."""

    link: str
    stated_for: Batch | None = None
    basis: str = Basis.STATED
    note: str = ""
    upload: Upload | None = None


@transaction.atomic
def add_lot(organization: Organization, draft: LotDraft, *, agent: Agent, at: datetime) -> LotNode:
    """Put a place in the lot graph on record. Raises `LotRefusedError`, `UploadRefusedError`."""
    organization = locked(organization)
    evidence, written = file_if_any(organization, draft.upload, agent=agent, at=at)
    node, version = written_node(organization, draft, evidence, agent=agent, at=at)
    append("products.lot_added", agent=agent, occurred_at=at, records=[node, version, *written])
    return node


@transaction.atomic
def correct_lot(
    node: LotNode, facts: LotFacts, *, reason: str, agent: Agent, at: datetime, upload: Upload | None = None
) -> LotNode:
    """Correct what is said about a place; its kind and code stay. Earlier versions stay readable."""
    organization = locked(node.organization)
    node = LotNode.objects.select_for_update().get(pk=node.pk)
    why = clean_note(reason, field="reason", most=LONGEST_NOTE)
    if not why:
        raise LotRefusedError("Say in a few words why this changes.", field="reason", code="lots.reason")
    evidence, written = file_if_any(organization, upload, agent=agent, at=at)
    version = rewritten_node(node, checked_facts(facts), evidence or node.evidence, why, agent=agent, at=at)
    append("products.lot_corrected", agent=agent, occurred_at=at, records=[node, version, *written])
    return node


@transaction.atomic
def link_lots(
    upstream: LotNode, downstream: LotNode | Batch, draft: LinkDraft, *, agent: Agent, at: datetime
) -> LotEdge:
    """Say that one place came out of another. Raises `LotCircleError` with the way round, `LotRefusedError`."""
    organization = locked(upstream.organization)
    written: list[RecordedModel] = []
    if isinstance(downstream, Batch):
        downstream, written = filled_lot_of(downstream, agent=agent, at=at)
    evidence, filed = file_if_any(organization, draft.upload, agent=agent, at=at)
    edge = written_edge(upstream, downstream, draft, evidence, agent=agent, at=at)
    append("products.lots_linked", agent=agent, occurred_at=at, records=[edge, *written, *filed])
    return edge


@transaction.atomic
def withdraw_link(edge: LotEdge, *, reason: str, agent: Agent, at: datetime) -> LotEdgeWithdrawal:
    """Take a wrong link back; it stays readable, and no trace follows it any more. Raises `LotRefusedError`."""
    locked(edge.upstream.organization)
    why = clean_note(reason, field="reason", most=LONGEST_NOTE)
    if not why:
        raise LotRefusedError("Say in a few words why the link is wrong.", field="reason", code="lots.reason")
    if LotEdgeWithdrawal.objects.filter(edge=edge).exists():
        raise LotRefusedError("This link was taken back already.", code="lots.withdrawn")
    withdrawal = LotEdgeWithdrawal.objects.create(
        edge=edge, reason=why, recorded_by=agent.id, recorded_by_name=agent.name or agent.id, recorded_at=at
    )
    append("products.lot_link_withdrawn", agent=agent, occurred_at=at, records=[edge, withdrawal])
    return withdrawal


def locked(organization: Organization) -> Organization:
    """The clinic's row under its lock: one change of the graph at a time."""
    return Organization.objects.select_for_update().get(pk=organization.pk)


def filled_lot_of(batch: Batch, *, agent: Agent, at: datetime) -> tuple[LotNode, list[RecordedModel]]:
    """The node of a batch, made where there is none yet, with the rows written for it. Part of a larger act."""
    known = LotNode.objects.filter(batch=batch).first()
    if known:
        return known, []
    product = batch.product
    node = LotNode.objects.create(
        organization_id=product.organization_id,
        kind=LotKind.FILLED_LOT,
        code=batch.lot_number,
        party_id=product.manufacturer_id,
        batch=batch,
        basis=Basis.STATED,
    )
    return node, [node, version_of(node, "", agent=agent, at=at)]


def written_node(
    organization: Organization, draft: LotDraft, evidence: Evidence | None, *, agent: Agent, at: datetime
) -> tuple[LotNode, LotNodeVersion]:
    """Insert a checked place with its first version. Part of a larger act, under the clinic's lock."""
    code = clean_line(draft.code, field="code", most=LONGEST_CODE)
    if draft.kind not in LotKind.values or draft.kind == LotKind.UNIT:
        raise LotRefusedError("Choose what it is. A vial is added by receiving it.", field="kind", code="lots.kind")
    if draft.party and draft.party.organization_id != organization.pk:
        raise LotRefusedError("Choose a party from the list.", field="party", code="lots.party")
    if code and find_lot(organization, draft.kind, code, draft.party):
        raise LotRefusedError(
            f"A {LotKind(draft.kind).label.lower()} with code {code} is on record already. Open that one instead.",
            field="code",
            code="lots.duplicate",
        )
    facts = checked_facts(draft.facts)
    node = LotNode(organization=organization, kind=draft.kind, code=code, party=draft.party, evidence=evidence)
    _set(node, facts)
    node.save()
    return node, version_of(node, "", agent=agent, at=at)


def rewritten_node(
    node: LotNode, facts: LotFacts, evidence: Evidence | None, why: str, *, agent: Agent, at: datetime
) -> LotNodeVersion:
    """Give a place other facts and write the version that says so. Part of a larger act, under the clinic's lock."""
    _set(node, facts)
    node.evidence = evidence
    node.save()
    return version_of(node, why, agent=agent, at=at)


def written_edge(
    upstream: LotNode, downstream: LotNode, draft: LinkDraft, evidence: Evidence | None, *, agent: Agent, at: datetime
) -> LotEdge:
    """Insert a link after every check. Part of a larger act, under the clinic's lock."""
    if upstream.organization_id != downstream.organization_id:
        raise LotRefusedError("Choose a place from the list.", field="upstream", code="lots.unknown")
    if draft.link not in LotLink.values:
        raise LotRefusedError("Choose how the one came out of the other.", field="link", code="lots.link")
    _check_basis(draft.basis)
    rules.check_stages(upstream.kind, downstream.kind, draft.link)
    _check_no_circle(upstream, downstream)
    twin = LotEdge.objects.in_force().filter(
        upstream=upstream, downstream=downstream, link=draft.link, stated_for=draft.stated_for
    )
    if twin.exists():
        raise LotRefusedError("This link is on record already.", field="upstream", code="lots.linked")
    return LotEdge.objects.create(
        upstream=upstream,
        downstream=downstream,
        link=draft.link,
        stated_for=draft.stated_for,
        basis=draft.basis,
        evidence=evidence,
        note=clean_note(draft.note, field="note", most=LONGEST_NOTE),
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )


def find_lot(organization: Organization, kind: str, code: str, party: Party | None) -> LotNode | None:
    """The place with this code of this maker, as far as it is no batch that was received here."""
    return LotNode.objects.at(organization).filter(kind=kind, code=code, party=party, batch=None).first()


def checked_facts(facts: LotFacts) -> LotFacts:
    """The facts with texts cleaned and codes checked. Raises `LotRefusedError`."""
    if facts.country and facts.country not in dict(countries()):
        raise LotRefusedError("Choose a country from the list, or leave it out.", field="country", code="lots.country")
    if facts.passage is not None and not 0 <= facts.passage <= MOST_PASSAGES:
        raise LotRefusedError(
            f"A passage is a whole number from 0 to {MOST_PASSAGES}.", field="passage", code="lots.passage"
        )
    for test, result in (facts.screening or {}).items():
        if test not in ScreeningTest.values or result not in ScreeningResult.values:
            raise LotRefusedError("Choose each result from the list.", field="screening", code="lots.screening")
    _check_basis(facts.basis)
    return LotFacts(
        tissue=clean_line(facts.tissue, field="tissue", most=LONGEST_LINE),
        species=clean_line(facts.species, field="species", most=LONGEST_LINE),
        country=facts.country,
        consent_reference=clean_line(facts.consent_reference, field="consent_reference", most=LONGEST_LINE),
        screening=dict(facts.screening) if facts.screening else None,
        tse_statement=clean_line(facts.tse_statement, field="tse_statement", most=LONGEST_NOTE),
        passage=facts.passage,
        donation_code=gs1.parse_donation_code(facts.donation_code).text if facts.donation_code.strip() else "",
        note=clean_note(facts.note, field="note", most=LONGEST_NOTE),
        basis=facts.basis,
    )


def version_of(node: LotNode, reason: str, *, agent: Agent, at: datetime) -> LotNodeVersion:
    """Write down what a place says now."""
    return LotNodeVersion.objects.create(
        node=node,
        number=node.versions.count() + 1,
        values=node.record_values(),
        reason=reason,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )


def _set(node: LotNode, facts: LotFacts) -> None:
    for field in fields(facts):
        setattr(node, field.name, getattr(facts, field.name))


def _check_basis(basis: str) -> None:
    if basis not in _ASSERTED:
        raise LotRefusedError("Choose how we know.", field="basis", code="lots.basis")


def _check_no_circle(upstream: LotNode, downstream: LotNode) -> None:
    edges = edges_below(downstream.pk)
    places = {edge.downstream_id for edge in edges} | {edge.upstream_id for edge in edges}
    nodes = LotNode.objects.in_bulk(places | {upstream.pk, downstream.pk})
    rules.check_no_circle(
        rules.Link(upstream.pk, downstream.pk),
        [rules.Link(edge.upstream_id, edge.downstream_id) for edge in edges],
        names={pk: str(node) for pk, node in nodes.items()},
    )


def edges_below(start: UUID) -> list[LotEdge]:
    """Every link in force below a place, asked for stage by stage."""
    found: dict[UUID, LotEdge] = {}
    seen, waiting = {start}, {start}
    while waiting:
        edges = list(LotEdge.objects.below(waiting))
        found |= {edge.pk: edge for edge in edges}
        waiting = {edge.downstream_id for edge in edges} - seen
        seen |= waiting
    return list(found.values())
