"""Findings: answer one, the products that need attention, and the numbers that a clinic sets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.db.models import Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from products import assessment
from products.forms.batch import ReasonForm
from products.forms.findings import ThresholdForm
from products.models import Batch, FindingAnswer, Product, ThresholdSetting
from products.rules.findings import CHECKS, EXPIRED, THRESHOLDS
from products.services import answer_finding, read_findings, set_threshold
from products.views.acts import Act, Crumbs, act_page, batch_crumbs
from products.views.found import READERS, WRITERS, batch_of, may_write, moment_and_day, product_of
from products.vocabulary import BatchStatus, FindingSeverity

KINDS = {FindingSeverity.CONTRADICTION: "stop", FindingSeverity.ERROR: "stop", FindingSeverity.INFO: "quiet"}
MOST_PRODUCTS = 50
_IN_THE_HOUSE = (BatchStatus.QUARANTINE, BatchStatus.RELEASED, BatchStatus.ON_HOLD)


@dataclass(frozen=True)
class Shown:
    """A finding as a page shows it; `answer_url` is empty where this person may not answer it."""

    judged: assessment.Judged
    kind: str
    answer_url: str


@dataclass(frozen=True)
class Needing:
    """A product that needs a person: the gravest thing found, where, and what to do next."""

    product: Product
    batch: Batch | None
    code: str
    kind: str
    severity: str
    gravity: int
    found: str
    what_to_do: str


def shown_findings(request: ClinicRequest, judged: list[assessment.Judged], subject: Product | Batch) -> list[Shown]:
    """Findings with their tags, and the way to answer each."""
    is_lead = request.membership.has_role(Role.CLINIC_LEAD)
    name = "batch_answer" if isinstance(subject, Batch) else "product_answer"
    return [
        Shown(
            one,
            KINDS.get(FindingSeverity(one.finding.severity), "warn"),
            reverse(name, args=[subject.pk, one.finding.digest]) if _may_answer(request, one, is_lead) else "",
        )
        for one in judged
    ]


@require_role(*WRITERS)
def batch_answer(request: ClinicRequest, batch_id: UUID, digest: str) -> HttpResponse:
    """Answer a finding on a batch."""
    _, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    after = f"{reverse('batch', args=[batch.pk])}#findings"
    return _answer(request, batch, digest, assessment.findings_of_batch(batch, on=today), after, batch_crumbs(batch))


@require_role(*WRITERS)
def product_answer(request: ClinicRequest, product_id: UUID, digest: str) -> HttpResponse:
    """Answer a finding on a product."""
    product = product_of(request, product_id)
    url = reverse("product", args=[product.pk])
    crumbs = (("Products", reverse("products")), (product.marketed_name, url))
    return _answer(request, product, digest, assessment.findings_of_product(product), f"{url}#findings", crumbs)


@require_POST
@require_role(*WRITERS)
def batch_read(request: ClinicRequest, batch_id: UUID) -> HttpResponse:
    """Say by name that the findings of a batch were read, as they were on the page."""
    now, today = moment_and_day(request)
    batch = batch_of(request, batch_id)
    try:
        read_findings(batch, request.POST.get("findings", ""), today=today, agent=agent_of(request), at=now)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "It is on record that you read what was found.")
    return redirect(f"{reverse('batch', args=[batch.pk])}#findings")


@require_safe
@require_role(*READERS)
def attention(request: ClinicRequest) -> HttpResponse:
    """Products on which something was found that nobody answered: the gravest first, why, and what to do next."""
    mine = Product.objects.at(request.organization)
    worst = Max("batches__gravity", filter=Q(batches__status__in=_IN_THE_HOUSE))
    found = mine.annotate(worst=worst).filter(Q(worst__gt=0) | ~Q(findings=[]))
    products = list(found.order_by("-worst", "marketed_name", "pk")[:MOST_PRODUCTS])
    batches: dict[UUID, Batch] = {}
    for batch in Batch.objects.filter(product__in=products, status__in=_IN_THE_HOUSE, gravity__gt=0).order_by(
        "gravity"
    ):
        batches[batch.product_id] = batch
    answered = set(
        FindingAnswer.objects.filter(Q(product__in=products) | Q(batch__in=batches.values())).values_list(
            "digest", flat=True
        )
    )
    needing = [_needing(product, batches.get(product.pk), answered) for product in products]
    rows = sorted((one for one in needing if one), key=lambda one: -one.gravity)
    return render(request, "products/attention.html", {"rows": rows, "may_write": may_write(request)})


@require_safe
@require_role(*READERS)
def thresholds(request: ClinicRequest) -> HttpResponse:
    """The numbers of the checks: default, limits, what this clinic set, and who set it."""
    own = {one.name: one for one in ThresholdSetting.objects.at(request.organization).in_force()}
    rows = [(row, own.get(name)) for name, row in THRESHOLDS.items()]
    is_lead = request.membership.has_role(Role.CLINIC_LEAD)
    return render(request, "products/thresholds.html", {"rows": rows, "is_lead": is_lead})


@require_role(Role.CLINIC_LEAD)
def threshold_set(request: ClinicRequest, name: str) -> HttpResponse:
    """Set one number."""
    row = THRESHOLDS.get(name)
    if row is None:
        raise Http404
    now, _ = moment_and_day(request)
    current: Decimal = getattr(assessment.thresholds_of(request.organization), name)
    form = ThresholdForm(request.POST if request.method == "POST" else None, row=row, current=current)

    def do() -> str:
        set_threshold(
            request.organization,
            name,
            form.cleaned_data["value"],
            reason=form.cleaned_data["reason"],
            agent=agent_of(request),
            at=now,
        )
        return "Set. What it changes is judged anew."

    url = reverse("thresholds")
    act = Act(
        row.label, "Set the number", url, (("Products", reverse("products")), ("Numbers of the checks", url)), row.why
    )
    return act_page(request, form, act, do)


def _answer(
    request: ClinicRequest,
    subject: Product | Batch,
    digest: str,
    judged: list[assessment.Judged],
    after: str,
    crumbs: Crumbs,
) -> HttpResponse:
    finding = next((one.finding for one in judged if one.finding.digest == digest), None)
    if finding is None and request.method != "POST":
        raise Http404
    now, today = moment_and_day(request)
    form = ReasonForm(request.POST if request.method == "POST" else None)

    def do() -> str:
        answer_finding(
            subject,
            digest,
            reason=form.cleaned_data["reason"],
            may_answer_contradictions=request.membership.has_role(Role.CLINIC_LEAD),
            today=today,
            agent=agent_of(request),
            at=now,
        )
        return "Your answer is on record. The finding stays visible with it."

    said = f"{finding.code}: found {finding.found}; expected {finding.expected}. {finding.why}" if finding else ""
    act = Act("Answer a finding", "Put the answer on record", after, crumbs, said)
    return act_page(request, form, act, do)


def _may_answer(request: ClinicRequest, one: assessment.Judged, is_lead: bool) -> bool:  # noqa: FBT001
    needs_lead = one.finding.severity in assessment.CANNOT_BE
    return one.is_open and one.finding.code != EXPIRED and (is_lead if needs_lead else may_write(request))


def _needing(product: Product, batch: Batch | None, answered: set[str]) -> Needing | None:
    kept = [(one, batch) for one in (batch.findings if batch else [])] + [(one, None) for one in product.findings]
    unanswered = [pair for pair in kept if pair[0]["digest"] not in answered]
    if not unanswered:
        return None
    one, where = max(unanswered, key=lambda pair: assessment.gravity(pair[0]["severity"]))
    severity = FindingSeverity(one["severity"])
    return Needing(
        product=product,
        batch=where,
        code=one["code"],
        kind=KINDS.get(severity, "warn"),
        severity=str(severity.label),
        gravity=assessment.gravity(severity),
        found=one["found"],
        what_to_do=CHECKS[one["code"]].what_to_do,
    )
