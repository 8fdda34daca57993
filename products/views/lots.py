"""The lot graph: the trace of a batch or of any place, what is said of a place, links made and taken back."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.batch import ReasonForm
from products.forms.inputs import upload_of
from products.forms.lots import LineageForm, LinkForm, LotCorrectionForm, LotForm, node_choices
from products.lineage import batches_below, trace_of
from products.models import Batch, LotEdge, LotNode
from products.services import add_lot, correct_lot, link_lots, state_lineage, withdraw_link
from products.views import shown_lots
from products.views.acts import Act, act_page, batch_crumbs
from products.views.found import READERS, WRITERS, batch_of, may_write, moment_and_day


@require_safe
@require_role(*READERS)
def batch_trace(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Where a batch came from and what became of it: a picture and the same as a table."""
    batch = batch_of(request, batch_id)
    node = LotNode.objects.filter(batch=batch).select_related("evidence").first()
    trace = trace_of(node) if node else None
    return render(
        request,
        "products/trace.html",
        {
            "batch": batch,
            "node": node,
            "title": f"Origin of lot {batch.lot_number}",
            "picture": shown_lots.picture_of(trace, papers_of=batch) if trace else shown_lots.lonely_picture(batch),
            "rows": shown_lots.link_rows(trace, papers_of=batch) if trace else [],
            "is_cut": trace.is_cut if trace else False,
            "is_stated": LotEdge.objects.in_force().filter(stated_for=batch).exists(),
            "withdrawn": _withdrawn(node),
            "may_write": may_write(request),
        },
    )


@require_safe
@require_role(*READERS)
def lot_page(request: ClinicRequest, node_id: UUID) -> HttpResponse:
    """One place in the graph: what is said of it, what was said before, its trace, and the batches that came out of it."""
    node = _node_of(request, node_id)
    trace = trace_of(node)
    versions = list(node.versions.order_by("-number"))
    return render(
        request,
        "products/lot.html",
        {
            "node": node,
            "title": f"{node.get_kind_display()} {node.code or '(code not stated)'}",
            "versions": [(one, shown_lots.facts_of(one.values)) for one in versions],
            "facts": shown_lots.facts_of(node.record_values()),
            "picture": shown_lots.picture_of(trace, papers_of=None),
            "rows": shown_lots.link_rows(trace, papers_of=None),
            "is_cut": trace.is_cut,
            "batches": batches_below({node.pk}),
            "withdrawn": _withdrawn(node),
            "may_write": may_write(request),
        },
    )


@require_role(*WRITERS)
def batch_lineage(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Record all that the papers of a batch say about its origin."""
    now, _ = moment_and_day(request)
    batch = batch_of(request, batch_id)
    form = LineageForm(request.POST if request.method == "POST" else None, request.FILES or None)

    def do() -> str:
        state_lineage(batch, form.draft(), agent=agent_of(request), at=now)
        return "Its origin is on record, as its papers state it."

    act = Act(
        title="What the papers say about its origin",
        button="Record it",
        after=reverse("batch_trace", args=[batch.pk]),
        crumbs=batch_crumbs(batch),
        intro="What the papers leave out stays empty: it is kept as not stated. Further donors and links are added one by one.",
        fields_at={"code": "donor_code"},
    )
    return act_page(request, form, act, do)


@require_role(*WRITERS)
def batch_link(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Say what one batch came out of, on its own papers."""
    batch = batch_of(request, batch_id)
    node = LotNode.objects.filter(batch=batch).first()
    after = reverse("batch_trace", args=[batch.pk])
    return _link(request, node or batch, f"What lot {batch.lot_number} came out of", after, papers_of=batch)


@require_role(*WRITERS)
def lot_link(request: ClinicRequest, node_id: UUID) -> HttpResponse:
    """Say what a place came out of."""
    node = _node_of(request, node_id)
    return _link(request, node, f"What {node} came out of", reverse("lot", args=[node.pk]), papers_of=None)


@require_role(*WRITERS)
def link_withdraw(request: ClinicRequest, edge_id: UUID) -> HttpResponse:
    """Take a wrong link back."""
    now, _ = moment_and_day(request)
    edge: LotEdge = get_object_or_404(
        LotEdge.objects.in_force()
        .filter(downstream__organization=request.organization)
        .select_related("upstream", "downstream__batch"),
        pk=edge_id,
    )
    form = ReasonForm(request.POST if request.method == "POST" else None)
    below = edge.downstream
    after = reverse("batch_trace", args=[below.batch_id]) if below.batch_id else reverse("lot", args=[below.pk])

    def do() -> str:
        withdraw_link(edge, reason=form.cleaned_data["reason"], agent=agent_of(request), at=now)
        return "The link is taken back. It stays readable."

    act = Act(
        title="Take a link back",
        button="Take it back",
        after=after,
        crumbs=(("Products", reverse("products")), (str(below), after)),
        intro=f"{below} {edge.get_link_display().lower()} {edge.upstream}. A trace follows it no more.",
        is_danger=True,
    )
    return act_page(request, form, act, do)


@require_role(*WRITERS)
def lot_add(request: ClinicRequest) -> HttpResponse:
    """Put a donor code, donation, pool, cell bank or lot on record."""
    now, _ = moment_and_day(request)
    form = LotForm(
        request.POST if request.method == "POST" else None, request.FILES or None, organization=request.organization
    )

    def do() -> str:
        node = add_lot(request.organization, form.draft(), agent=agent_of(request), at=now)
        return (
            f"{node.get_kind_display()} {node.code or 'without a code'} is on record. Link it to what came out of it."
        )

    act = Act(
        title="Add a donor, bank or lot",
        button="Add it",
        after=reverse("lots"),
        crumbs=(("Products", reverse("products")), ("Donors, banks and lots", reverse("lots"))),
    )
    return act_page(request, form, act, do)


@require_safe
@require_role(*READERS)
def lot_list(request: ClinicRequest) -> HttpResponse:
    """Every donor code, bank and lot on record."""
    nodes = LotNode.objects.at(request.organization).select_related("party", "batch").order_by("kind", "code")
    return render(request, "products/lots.html", {"nodes": nodes[:500], "may_write": may_write(request)})


@require_role(*WRITERS)
def lot_correct(request: ClinicRequest, node_id: UUID) -> HttpResponse:
    """Correct what is said about a place."""
    now, _ = moment_and_day(request)
    node = _node_of(request, node_id)
    form = LotCorrectionForm(request.POST if request.method == "POST" else None, request.FILES or None, node=node)

    def do() -> str:
        said = form.cleaned_data
        upload = upload_of(said["evidence"])
        correct_lot(node, form.facts(), reason=said["reason"], upload=upload, agent=agent_of(request), at=now)
        return "It is corrected. What was said before stays readable."

    act = Act(
        title=f"Correct {node}",
        button="Correct it",
        after=reverse("lot", args=[node.pk]),
        crumbs=(("Donors, banks and lots", reverse("lots")), (str(node), reverse("lot", args=[node.pk]))),
    )
    return act_page(request, form, act, do)


def _link(
    request: ClinicRequest, below: LotNode | Batch, title: str, after: str, *, papers_of: Batch | None
) -> HttpResponse:
    now, _ = moment_and_day(request)
    own = below.pk if isinstance(below, LotNode) else None
    candidates = node_choices(request.organization, but=own)
    form = LinkForm(request.POST if request.method == "POST" else None, request.FILES or None, candidates=candidates)

    def do() -> str:
        link_lots(form.upstream_node(), below, form.draft(papers_of), agent=agent_of(request), at=now)
        return "The link is on record."

    act = Act(
        title=title,
        button="Link them",
        after=after,
        crumbs=(("Donors, banks and lots", reverse("lots")),),
        intro="What is not in the list is added first, under Donors, banks and lots.",
    )
    return act_page(request, form, act, do)


def _node_of(request: ClinicRequest, node_id: UUID) -> LotNode:
    found: LotNode = get_object_or_404(
        LotNode.objects.at(request.organization).select_related("party", "evidence", "batch"), pk=node_id
    )
    return found


def _withdrawn(node: LotNode | None) -> list[LotEdge]:
    if node is None:
        return []
    edges = node.edges_above.exclude(withdrawal=None).select_related("upstream", "downstream", "withdrawal")
    return list(edges)
