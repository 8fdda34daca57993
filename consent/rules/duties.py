"""Tasks of the staff, and decisions on what has changed."""

from __future__ import annotations

from clinic.vocabulary import Role
from consent.errors import ReviewRefusedError, TaskRefusedError, TransitionError
from consent.vocabulary import ConsentStatus, StatusReason, TaskKind


def check_can_decide(*, status: str, waiting: frozenset[str], shown: frozenset[str], reason: str) -> None:
    """A person decides on everything that waits, as the page showed it, with a reason, while the consent is not closed."""
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise ReviewRefusedError("This record is closed, so nothing can be decided on it.", code="consent.not_open")
    if not waiting:
        raise ReviewRefusedError("Nothing waits for a decision here; somebody may have decided.", code="mark.none")
    if waiting != shown:
        raise ReviewRefusedError(
            "Something else has changed since this page was opened. Read it, then decide.", code="mark.stale"
        )
    if not reason.strip():
        raise ReviewRefusedError("Say in a few words why.", code="review.reason", field="reason")


def check_reason(status: str, reason: str) -> None:
    """A stopped consent names a reason; one in force has none."""
    needs = status in (ConsentStatus.INACTIVE, ConsentStatus.NOT_DONE)
    if needs != bool(reason) or (reason and reason not in StatusReason.values):
        raise TransitionError("A stopped consent needs exactly one reason.", code="consent.reason")


# These end with the act that answers them, and by nothing less.
CLOSED_BY_ACT = frozenset({TaskKind.QUESTION, TaskKind.CHANGED, TaskKind.CAPACITY})


def check_can_assign(*, is_open: bool, roles: frozenset[Role]) -> None:
    """Only an open task has somebody responsible, and only somebody who may act here."""
    if not is_open:
        raise TaskRefusedError("This task is closed, so nobody needs to take it over.", code="task.closed")
    if not roles & {Role.PRACTITIONER, Role.CLINIC_LEAD}:
        raise TaskRefusedError(
            "This person is no practitioner or lead of this clinic. Choose somebody from the list.",
            code="task.owner",
            field="owner",
        )


def check_can_close(*, kind: str, is_open: bool, note: str, is_about_closer: bool = False) -> None:
    """By hand, with a note; a question is closed by its answer and a change by the decision on it.

    Nobody closes what a patient says against their own part in it.
    """
    if not is_open:
        raise TaskRefusedError("This task is closed already.", code="task.closed")
    if kind in CLOSED_BY_ACT:
        done = {TaskKind.QUESTION: "Answer the question", TaskKind.CAPACITY: "Resolve the pause"}.get(
            TaskKind(kind), "Decide on what has changed"
        )
        raise TaskRefusedError(f"{done} on the consent’s page: that closes the task.", code="task.by_act")
    if is_about_closer:
        raise TaskRefusedError(
            "The patient says that they did not sign this, and you are the one who treats them. Somebody else of the clinic "
            "looks into it and closes the task.",
            code="task.own_dispute",
        )
    if not note.strip():
        raise TaskRefusedError("Say in a few words what was done.", code="task.note", field="note")
