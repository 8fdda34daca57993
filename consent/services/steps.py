"""The steps besides reading: a patient's answers, a clinician's decision on them, the clinic's screening policy."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Organization
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules, steps
from consent.errors import ReviewRefusedError, StepRefusedError
from consent.models import AnswersReview, Consent, Document, ScreeningRule, StepAnswers
from consent.records import canonical, utc_text
from consent.services.duties import close_tasks
from consent.services.exits import end
from consent.services.read import link_agent, open_consent
from consent.vocabulary import EndKind, ReviewDecision, ScreeningPolicy, TaskEnd

LONGEST_ANSWER = 1000
LONGEST_REASON = 1000


@transaction.atomic
def answer_step(
    consent_id: uuid.UUID,
    step: str,
    given: Mapping[str, str],
    *,
    shown_sha256: str,
    at: datetime,
    agent: Agent | None = None,
) -> StepAnswers:
    """Keep a patient's answers to one step as the next attempt; earlier attempts stay on record.

    `agent` is who typed them in from a paper; without one, the patient did.

    The same answers sent twice in a row change nothing. Raises StepRefusedError, and what `open_consent` raises.
    """
    consent, document = open_consent(consent_id, shown_sha256)
    asked = step_of(document.content, step)
    answers = {key: _clean(asked, key, words) for key, words in given.items() if words.strip()}
    rules.check_answers(asked, answers)
    last: StepAnswers | None = StepAnswers.objects.filter(document=document, step=step).order_by("attempt").last()
    if last is not None and last.answers == answers:
        return last
    written = StepAnswers(
        consent=consent,
        document=document,
        step=step,
        attempt=last.attempt + 1 if last else 1,
        is_passed=not steps.wrong_keys(asked, answers),
        outcome=steps.outcome(asked, answers),
        answered_at=at,
    )
    written.sealed_answers = seal_for_patient(
        consent.patient, canonical(answers), binding=f"consent.step_answers:{written.pk}"
    )
    written.save()
    audit.append(
        "consent.step_answered",
        agent=agent or link_agent(consent),
        occurred_at=at,
        records=[written],
        body={"step": step, "attempt": written.attempt, "document_sha256": document.sha256},
    )
    return written


@transaction.atomic
def review_answers(
    answers_id: uuid.UUID, decision: ReviewDecision, reason: str, *, agent: Agent, at: datetime
) -> AnswersReview:
    """A clinician's reasoned decision on health answers: the patient may go on, or will not be treated.

    “Do not treat” stops the consent. Raises ReviewRefusedError.
    """
    found = StepAnswers.objects.select_related("document").get(pk=answers_id)
    consent = Consent.objects.locked(found.consent_id)
    if decision == ReviewDecision.READ:
        raise ReviewRefusedError("Choose what follows from these answers.", code="review.decision", field="decision")
    rules.check_can_review(
        status=consent.status,
        outcome=found.outcome,
        is_newest=found.document_id == consent.document_id
        and not StepAnswers.objects.filter(
            document=found.document, step=found.step, attempt__gt=found.attempt
        ).exists(),
        is_reviewed=AnswersReview.objects.filter(answers=found).exists(),
        reason=reason,
    )
    review = write_review(found, consent, decision, clean_text(reason, most=LONGEST_REASON, field="reason"), agent, at)
    stopped: list[RecordedModel] = []
    if decision == ReviewDecision.DO_NOT_TREAT:
        ending = end(consent, EndKind.VOIDED, f"Do not treat. {review.reason}"[:LONGEST_REASON], agent=agent, at=at)
        stopped += [consent, ending, *close_tasks(consent, agent=agent, at=at, ended=TaskEnd.MOOT)]
    audit.append("consent.answers_reviewed", agent=agent, occurred_at=at, records=[review, *stopped])
    return review


@transaction.atomic
def set_screening_policy(
    organization: Organization, group: str, policy: ScreeningPolicy, *, reason: str, agent: Agent, at: datetime
) -> ScreeningRule:
    """Decide what a yes to one health question means at this clinic, from the next Document on. Raises ReviewRefusedError."""
    if group not in {known.key for known in steps.GROUPS}:
        raise ReviewRefusedError("There is no such health question.", code="screening.unknown", field="group")
    if not reason.strip():
        raise ReviewRefusedError("Say why the clinic decides so.", code="screening.reason", field="reason")
    rule = ScreeningRule.objects.create(
        organization=organization,
        group=group,
        policy=policy,
        reason=clean_text(reason, most=500, field="reason"),
        set_by=agent.id,
        set_by_name=agent.name or agent.id,
        set_at=at,
    )
    audit.append("consent.screening_policy_set", agent=agent, occurred_at=at, records=[rule])
    return rule


def screening_policies(organization: Organization) -> dict[str, str]:
    """The clinic's own policies by group; groups that it has not decided on are left out."""
    in_force = ScreeningRule.objects.at(organization).in_force()
    return {group: str(rule.policy) for group, rule in in_force.items()}


def screening_groups() -> tuple[steps.Group, ...]:
    """Every health question that Candour knows, with its default policy."""
    return steps.GROUPS


def step_of(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """One step of a Document. Raises StepRefusedError where it has none of that name."""
    for step in content.get("steps", ()):
        if step["key"] == key:
            return step  # type: ignore[no-any-return]  # a Document is JSON
    raise StepRefusedError("There is no such step.", code="step.unknown")


def latest_answers(document: Document) -> dict[str, StepAnswers]:
    """The answers that count, by step."""
    return latest_of(StepAnswers.objects.filter(document=document).select_related("review", "consent__patient"))


def latest_of(attempts: Iterable[StepAnswers]) -> dict[str, StepAnswers]:
    """Of these attempts at the steps of one text those that count, by step."""
    return {row.step: row for row in sorted(attempts, key=lambda row: row.attempt)}


def waiting_steps(content: Mapping[str, Any], latest: Mapping[str, StepAnswers]) -> list[Mapping[str, Any]]:
    """The steps of a Document that are not answered yet, or not rightly yet, in their order."""
    return [step for step in content.get("steps", ()) if step["key"] not in latest or not latest[step["key"]].is_passed]


def undecided(latest: Mapping[str, StepAnswers], policies: frozenset[ScreeningPolicy]) -> StepAnswers | None:
    """The answers that meet one of these policies and that nobody has decided on; None where there are none."""
    return next((row for row in latest.values() if row.outcome in policies and not hasattr(row, "review")), None)


def wrong_keys(step: Mapping[str, Any], answers: Mapping[str, str]) -> list[str]:
    """The prompts of a step that were not answered rightly; the right answers never leave the server."""
    return steps.wrong_keys(step, answers)


def told(content: Mapping[str, Any], attempts: Sequence[StepAnswers]) -> list[dict[str, Any]]:
    """Every attempt as the SigningRecord holds it: questions and answers in the words that were shown."""
    return [
        {
            "step": row.step,
            "title": step_of(content, row.step)["title"],
            "attempt": row.attempt,
            "at": utc_text(row.answered_at),
            "is_passed": row.is_passed,
            "outcome": row.outcome,
            "answers": steps.worded(step_of(content, row.step), row.answers),
            "wrong": steps.wrong_keys(step_of(content, row.step), row.answers),
            "review": review_told(row),
        }
        for row in attempts
    ]


def review_told(row: StepAnswers) -> dict[str, Any] | None:
    """A clinician's decision as the records hold it; None where nobody has decided."""
    if not hasattr(row, "review"):
        return None
    return {
        "decision": str(row.review.decision),
        "reason": row.review.reason,
        "decided_by": row.review.decided_by_name,
        "decided_at": utc_text(row.review.decided_at),
    }


def write_review(
    answers: StepAnswers, consent: Consent, decision: ReviewDecision, reason: str, agent: Agent, at: datetime
) -> AnswersReview:
    """Insert a review; the act around it logs it."""
    review = AnswersReview(
        answers=answers, decision=decision, decided_by=agent.id, decided_by_name=agent.name or agent.id, decided_at=at
    )
    review.sealed_reason = seal_for_patient(
        consent.patient, reason.encode(), binding=f"consent.answers_review:{review.pk}"
    )
    review.save()
    return review


def _clean(asked: Mapping[str, Any], key: str, words: str) -> str:
    """Free words under our rules of text; the code of an option as it came."""
    is_text = any(prompt["key"] == key and prompt["kind"] == "text" for prompt in asked["prompts"])
    return clean_text(words, most=LONGEST_ANSWER, field=key) if is_text else words[:LONGEST_ANSWER]
