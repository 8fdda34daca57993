"""Reading the lot graph: the trace of one place up and down, and what the findings ask about a batch's origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from products import rules
from products.models import Batch, LotEdge, LotNode
from products.vocabulary import LotKind

MOST_PLACES = 2000


@dataclass(frozen=True)
class Origin:
    """What is on record about one donor, pool or donation: codes and facts, never a name."""

    code: str
    tissue: str
    species: str
    country: str
    consent_reference: str
    screening: Mapping[str, str] | None
    tse_statement: str


@dataclass(frozen=True)
class Lineage:
    """What the papers of one batch say about where it came from. Empty where nothing is on record."""

    origins: tuple[Origin, ...]
    cell_banks: tuple[str, ...]
    production_lots: tuple[str, ...]
    passage: int | None


@dataclass(frozen=True)
class Trace:
    """A place with everything above and below it. `is_cut` says that there is more than can be shown."""

    start: LotNode
    above: Sequence[LotNode]
    below: Sequence[LotNode]
    edges: Sequence[LotEdge]
    is_cut: bool


def lineage_of(batch: Batch) -> Lineage:
    """The origin of a batch by its own papers: links stated for another batch are not followed."""
    start = LotNode.objects.filter(batch=batch).first()
    if start is None:
        return Lineage((), (), (), None)
    edges, _ = _walk({start.pk}, upwards=True, stated_for=batch)
    nodes = LotNode.objects.in_bulk({edge.upstream_id for edge in edges})
    above = [nodes[place] for place in _order(start.pk, edges, upwards=True)]
    giving = (LotKind.DONOR, LotKind.DONATION, LotKind.POOL)
    passages = [node.passage for node in (start, *above) if node.passage is not None]
    return Lineage(
        origins=tuple(_origin(node) for node in above if node.kind in giving),
        cell_banks=tuple(n.code for n in above if n.kind in (LotKind.MASTER_BANK, LotKind.WORKING_BANK)),
        production_lots=tuple(n.code for n in above if n.kind == LotKind.PRODUCTION_LOT),
        passage=passages[0] if passages else None,
    )


def trace_of(start: LotNode) -> Trace:
    """Backward and forward trace of a place over every link in force, whichever papers state it."""
    above_edges, above_cut = _walk({start.pk}, upwards=True)
    below_edges, below_cut = _walk({start.pk}, upwards=False)
    edges = {edge.pk: edge for edge in (*above_edges, *below_edges)}
    places = {place for edge in edges.values() for place in (edge.upstream_id, edge.downstream_id)}
    nodes = LotNode.objects.select_related("batch__product", "party", "evidence").in_bulk(places | {start.pk})
    return Trace(
        start=nodes[start.pk],
        above=[nodes[place] for place in _order(start.pk, above_edges, upwards=True)],
        below=[nodes[place] for place in _order(start.pk, below_edges, upwards=False)],
        edges=list(edges.values()),
        is_cut=above_cut or below_cut,
    )


def batches_below(starts: set[UUID]) -> list[Batch]:
    """Every batch received here that came out of one of these places, themselves included: where a recall begins."""
    edges, _ = _walk(starts, upwards=False, most=None)
    places = starts | {edge.downstream_id for edge in edges}
    return list(Batch.objects.filter(lot_node__in=places).select_related("product").order_by("lot_number"))


def _walk(
    places: set[UUID], *, upwards: bool, stated_for: Batch | None = None, most: int | None = MOST_PLACES
) -> tuple[list[LotEdge], bool]:
    """The links above or below some places, asked for stage by stage; and whether the walk was cut short."""
    found: dict[UUID, LotEdge] = {}
    seen, waiting = set(places), set(places)
    while waiting:
        query = LotEdge.objects.above(waiting) if upwards else LotEdge.objects.below(waiting)
        if stated_for:
            query = query.stated_for_batch(stated_for)
        edges = list(query.select_related("stated_for", "evidence"))
        found |= {edge.pk: edge for edge in edges}
        waiting = {edge.upstream_id if upwards else edge.downstream_id for edge in edges} - seen
        seen |= waiting
        if most is not None and len(seen) > most and waiting:
            return list(found.values()), True
    return list(found.values()), False


def _order(start: UUID, edges: Iterable[LotEdge], *, upwards: bool) -> list[UUID]:
    links = [rules.Link(edge.upstream_id, edge.downstream_id) for edge in edges]
    return rules.ancestors(start, links) if upwards else rules.descendants(start, links)


def _origin(node: LotNode) -> Origin:
    return Origin(
        code=node.code,
        tissue=node.tissue,
        species=node.species,
        country=node.country,
        consent_reference=node.consent_reference,
        screening=node.screening,
        tse_statement=node.tse_statement,
    )
