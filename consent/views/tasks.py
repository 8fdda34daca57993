"""Tasks of the staff: mine, everybody's, and those that are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import services
from consent.forms.acts import TaskNoteForm, TaskOwnerForm
from consent.models import StaffTask
from consent.rules import CLOSED_BY_ACT
from consent.views.finding import READERS, STAFF, may_act
from consent.vocabulary import TaskKind, Wish

ROWS = 50
SHOWN = (("mine", "Mine"), ("all", "Everybody’s"), ("closed", "Closed"))


@require_role(*READERS)
@require_safe
def tasks(request: ClinicRequest) -> HttpResponse:
    """What waits for somebody, longest first; with `?show=closed` what was done, newest first."""
    at_clinic = StaffTask.objects.at(request.organization)
    mine = StaffTask.objects.waiting_for(request.membership)
    asked = request.GET.get("show", "")
    show = asked if asked in dict(SHOWN) else "mine" if may_act(request) else "all"
    found = {"mine": mine, "all": at_clinic.open(), "closed": at_clinic.exclude(closed_at=None)}[show]
    kind = request.GET.get("kind", "")
    if kind in TaskKind.values:
        found = found.filter(kind=kind)
    found = found.order_by(F("closed_at").desc() if show == "closed" else "opened_at", "pk")
    rows = found.select_related("consent__patient", "consent__product", "consent__practitioner", "owner")
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    return render(
        request,
        "consent/tasks.html",
        {
            "now": timezone.now(),
            "page": page,
            "show": show,
            "kind": kind,
            "kinds": TaskKind.choices,
            "ways": [(code, label, code == show) for code, label in SHOWN],
            "may_act": may_act(request),
        },
    )


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def task(request: ClinicRequest, task_id: UUID) -> HttpResponse:
    """One task, with the act that answers it; POST closes it with a note."""
    found = _found(request, task_id)
    form = TaskNoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and may_act(request) and form.is_valid():
        try:
            services.close_task(found.pk, form.cleaned_data["note"], agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The task is closed.")
            return redirect("tasks")
    return _page(
        request, found, form, TaskOwnerForm(organization=request.organization, initial={"owner": found.owner_id})
    )


@require_role(*STAFF)
@require_POST
def assign(request: ClinicRequest, task_id: UUID) -> HttpResponse:
    """Take a task over, or give it to somebody else."""
    found = _found(request, task_id)
    form = TaskOwnerForm(request.POST, organization=request.organization)
    if form.is_valid():
        try:
            services.assign_task(found.pk, UUID(form.cleaned_data["owner"]), agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The task has a new owner.")
            return redirect("task", found.pk)
    return _page(request, found, TaskNoteForm(), form)


def counts(request: HttpRequest) -> dict[str, Callable[[], int]]:
    """`open_tasks`: how many wait for this person, asked only where a page shows it, and once."""
    membership = getattr(request, "membership", None)
    kept: list[int] = []

    def count() -> int:
        if membership is None:
            return 0
        if not kept:
            kept.append(StaffTask.objects.waiting_for(membership).count())
        return kept[0]

    return {"open_tasks": count}


def act_of(found: StaffTask) -> tuple[str, str]:
    """The address and the words of the act that answers a task."""
    if found.kind == TaskKind.CHANGED:
        return reverse("consent_changes", args=[found.consent_id]), "Decide"
    page = reverse("consent", args=[found.consent_id])
    if found.kind == TaskKind.QUESTION:
        return f"{page}#questions", "Answer"
    if found.kind == TaskKind.CALL or found.subject == Wish.DISPUTE:
        return f"{page}#help", "See what the patient asks"
    if found.kind in (TaskKind.NOT_REACHED, TaskKind.NEW_LINK):
        return f"{page}#link", "Give a new link"
    return page, "Open the consent"


def _found(request: ClinicRequest, task_id: UUID) -> StaffTask:
    rows = StaffTask.objects.at(request.organization).select_related("consent__patient", "consent__product", "owner")
    return get_object_or_404(rows, pk=task_id)


def _page(request: ClinicRequest, found: StaffTask, note: TaskNoteForm, owner: TaskOwnerForm) -> HttpResponse:
    address, words = act_of(found)
    context: dict[str, Any] = {
        "task": found,
        "act_url": address,
        "act": words,
        "form": note,
        "owner_form": owner,
        "by_act": found.kind in CLOSED_BY_ACT,
        "may_act": may_act(request) and found.is_open,
        "is_mine_to_leave": services.is_disputed_by_patient_of(found, request.user.pk),
    }
    return render(request, "consent/task.html", context, status=422 if note.errors or owner.errors else 200)
