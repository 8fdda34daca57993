"""Consents under which something has changed: the list of them, and one person's decision on each."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import services
from consent.forms.changes import ChangesForm
from consent.models import ReviewMark
from consent.views.finding import READERS, STAFF, found_consent, may_act
from consent.vocabulary import ConsentStatus, MarkKind, MarkOutcome

ROWS = 50


@require_role(*READERS)
@require_safe
def changes(request: ClinicRequest) -> HttpResponse:
    """Every consent that waits for a decision because something changed, oldest first; and how far the comparing has come."""
    waiting = ReviewMark.objects.at(request.organization).open()
    kind = request.GET.get("kind", "")
    counts = dict(waiting.order_by().values_list("kind").annotate(Count("pk")))
    found = waiting.select_related("consent__patient", "consent__product").order_by("marked_at", "pk")
    if kind in MarkKind.values:
        found = found.filter(kind=kind)
    now = timezone.now()
    return render(
        request,
        "consent/changes.html",
        {
            "now": now,
            "page": Paginator(found, ROWS).get_page(request.GET.get("page")),
            "kind": kind,
            "kinds": [(one.value, one.label, counts[one.value]) for one in MarkKind if one.value in counts],
            "total": sum(counts.values()),
            "progress": services.comparing(request.organization, at=now),
            "may_act": may_act(request),
        },
    )


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """What the patient was told, what is so now, and the decision: once, by name, with a reason."""
    found = found_consent(request, consent_id)
    marks = [mark for mark in found.marks if mark.is_open]
    if request.method != "POST" and not marks:
        return redirect("consent", found.pk)
    form = ChangesForm(
        request.POST if request.method == "POST" else None,
        initial={"shown": " ".join(str(mark.pk) for mark in marks)},
        kinds={mark.kind for mark in marks},
    )
    if form.is_bound and form.is_valid():
        outcome = MarkOutcome(form.cleaned_data["outcome"])
        try:
            services.decide_on_changes(
                found.pk,
                form.shown_ids,
                outcome,
                form.cleaned_data["reason"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            follows = {
                MarkOutcome.ASK_AGAIN: "The patient is asked again.",
                MarkOutcome.STANDS: "The consent stands.",
                MarkOutcome.LAPSES: "The consent has ended.",
            }
            messages.success(request, f"Decided. {follows[outcome]}")
            return redirect("consent", found.pk)
    context = {
        "consent": found,
        "marks": marks,
        "form": form,
        "is_active": found.status == ConsentStatus.ACTIVE,
    }
    return render(request, "consent/changes_decide.html", context, status=422 if form.errors else 200)
