"""Tasks of the staff: list, give to somebody, close with a note."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from clinic.errors import QueryRefusedError
from clinic.rest import ActView, ListView, query
from consent import services
from consent.models import StaffTask
from consent.serializers.drafts import TaskNoteSerializer, TaskOwnerSerializer
from consent.serializers.things import TaskSerializer
from consent.vocabulary import TaskKind

STATES = ("open", "closed")


class Tasks(ListView):
    """What somebody has to see to, the longest open first."""

    asks = {
        "state": "open (where not said) or closed.",
        "kind": "One kind.",
        "owner": "“me”: those of the token’s person.",
    }
    order = ("opened_at", "id")
    shows = TaskSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Those that were asked for."""
        found: QuerySet[StaffTask] = StaffTask.objects.at(self.organization)
        state, kind, owner = query(self, "state") or "open", query(self, "kind"), query(self, "owner")
        if state not in STATES:
            raise QueryRefusedError("A task is open or closed.", field="state", code="query.range")
        if kind and kind not in TaskKind.values:
            raise QueryRefusedError(
                f"A task is one of: {', '.join(TaskKind.values)}.", field="kind", code="query.range"
            )
        if owner not in ("", "me"):
            raise QueryRefusedError("Only “me” can be asked for.", field="owner", code="query.range")
        found = found.filter(closed_at__isnull=state == "open")
        if kind:
            found = found.filter(kind=kind)
        return found.filter(owner=self.membership.user) if owner else found


class TaskAct(ActView):
    """An act on one task; the answer is the task after it."""

    shows = TaskSerializer
    answers_with = 200

    def task(self, place: dict[str, Any]) -> StaffTask:
        """Of this clinic."""
        found: StaffTask = get_object_or_404(StaffTask.objects.at(self.organization), pk=place["task_id"])
        return found


class TaskOwner(TaskAct):
    """Owner."""

    takes = TaskOwnerSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Make a member of the staff responsible; without an id, the token's person."""
        owner: UUID = draft["owner"] or self.membership.user_id
        return self.done(services.assign_task(self.task(place).pk, owner, agent=self.agent, at=self.now))


class TaskClosure(TaskAct):
    """Closure."""

    takes = TaskNoteSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Close a task by hand, saying what was done. A question is closed by its answer alone, a change by the decision."""
        return self.done(services.close_task(self.task(place).pk, draft["note"], agent=self.agent, at=self.now))
