"""The lot graph arranged for a page: boxes and lines for the picture, rows for the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from products.lineage import Trace
from products.models import Batch, LotEdge, LotNode
from products.places import place_words
from products.vocabulary import Basis, LotKind, LotLink, ScreeningResult, ScreeningTest

MOST_VIALS = 6
_STAGES = {kind: place for place, kind in enumerate(LotKind)}
_LINK_WORDS = {
    LotLink.DERIVED_FROM: "derived from",
    LotLink.POOLED_FROM: "pooled from",
    LotLink.SPLIT_FROM: "split from",
    LotLink.PACKED_IN: "packed with",
    LotLink.USED_IN: "made with",
}


@dataclass(frozen=True)
class LinkRow:
    """One link as a row: what came out of what, on whose papers, and how we know."""

    edge: LotEdge
    above: LotNode
    below: LotNode
    words: str
    papers: str
    is_other: bool


def picture_of(trace: Trace, *, papers_of: Batch | None) -> dict[str, Any]:
    """The boxes and lines of a trace; what only another batch's papers say is dashed where a batch is looked at."""
    nodes = [trace.start, *trace.above, *trace.below]
    places = [_place(node, is_start=node == trace.start) for node in nodes]
    links = [
        {
            "above": str(edge.upstream_id),
            "below": str(edge.downstream_id),
            "words": _LINK_WORDS[LotLink(edge.link)],
            "is_dashed": _is_other(edge, papers_of),
        }
        for edge in trace.edges
    ]
    for node in nodes:
        if node.batch:
            vials, packed = _vials(node, node.batch)
            places += vials
            links += packed
    return {"places": places, "links": links, "has_dashed": any(link["is_dashed"] for link in links)}


def lonely_picture(batch: Batch) -> dict[str, Any]:
    """A batch about whose origin nothing is on record: itself, and its vials."""
    node = LotNode(kind=LotKind.FILLED_LOT, code=batch.lot_number, batch=batch, basis=Basis.STATED)
    vials, packed = _vials(node, batch)
    return {"places": [_place(node, is_start=True), *vials], "links": packed, "has_dashed": False}


def link_rows(trace: Trace, *, papers_of: Batch | None) -> list[LinkRow]:
    """Every link of a trace, from the donor down."""
    nodes = {node.pk: node for node in (trace.start, *trace.above, *trace.below)}
    rows = [
        LinkRow(
            edge=edge,
            above=nodes[edge.upstream_id],
            below=nodes[edge.downstream_id],
            words=_LINK_WORDS[LotLink(edge.link)],
            papers=f"Papers of lot {edge.stated_for.lot_number}" if edge.stated_for else "Any lot",
            is_other=_is_other(edge, papers_of),
        )
        for edge in trace.edges
    ]
    return sorted(rows, key=lambda row: (_STAGES[LotKind(row.above.kind)], _STAGES[LotKind(row.below.kind)]))


def facts_of(values: dict[str, Any]) -> list[tuple[str, str]]:
    """What one version says of a place, in words; what is not stated says so where it is asked of that kind."""
    screening = values.get("screening") or {}
    tested = ", ".join(
        f"{ScreeningTest(test).label} {ScreeningResult(result).label.lower()}" for test, result in screening.items()
    )
    gives = values["kind"] in (LotKind.DONOR, LotKind.DONATION, LotKind.POOL)
    country = values.get("country") or ""
    said = [
        ("Tissue", values.get("tissue"), gives),
        ("Species", values.get("species"), gives),
        ("Country of the donor", place_words(country) if country else "", gives),
        ("Donor's consent", values.get("consent_reference"), values["kind"] == LotKind.DONOR),
        ("Donor tested for", tested, values["kind"] == LotKind.DONOR),
        ("TSE/BSE statement", values.get("tse_statement"), False),
        ("ISBT 128 or European code", values.get("donation_code"), values["kind"] == LotKind.DONATION),
        ("Passage", "" if values.get("passage") is None else str(values["passage"]), False),
        ("Note", values.get("note"), False),
    ]
    return [(label, str(value or "Not stated")) for label, value, is_asked in said if value or is_asked]


def _is_other(edge: LotEdge, papers_of: Batch | None) -> bool:
    return papers_of is not None and edge.stated_for_id not in (None, papers_of.pk)


def _place(node: LotNode, *, is_start: bool) -> dict[str, Any]:
    url = reverse("batch_trace", args=[node.batch_id]) if node.batch_id else reverse("lot", args=[node.pk])
    return {
        "key": str(node.pk),
        "stage": _STAGES[LotKind(node.kind)],
        "kind": str(node.get_kind_display()),
        "code": node.code or "not stated",
        "mark": str(node.basis),
        "url": "" if is_start else url,
        "is_start": is_start,
    }


def _vials(node: LotNode, batch: Batch) -> tuple[Sequence[dict[str, Any]], Sequence[dict[str, Any]]]:
    units = list(batch.units.all()[: MOST_VIALS + 1])
    shown = [(str(unit.pk), unit.serial_number) for unit in units]
    if len(units) > MOST_VIALS:
        shown = [("vials", f"{batch.units.count()} vials")]
    vial = {"stage": _STAGES[LotKind.UNIT], "kind": "Vial", "mark": str(Basis.STATED), "url": "", "is_start": False}
    places = [{**vial, "key": f"{node.pk}-{key}", "code": code} for key, code in shown]
    links = [
        {"above": str(node.pk), "below": f"{node.pk}-{key}", "words": "filled from", "is_dashed": False}
        for key, _ in shown
    ]
    return places, links
