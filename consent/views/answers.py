"""What a patient answered, for staff: on the consent's page, before the declaration, and where a decision is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from consent import services
from consent.forms.steps import ReviewForm
from consent.models import Consent, StepAnswers
from consent.views.finding import found_consent
from consent.vocabulary import NEEDS_DECISION, ReviewDecision, ScreeningPolicy, Step


@require_role(Role.PRACTITIONER)
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: ClinicRequest, consent_id: UUID, answers_id: UUID) -> HttpResponse:
    """A practitioner reads the answers on health and decides, with a reason."""
    found = found_consent(request, consent_id)
    answers = get_object_or_404(found.step_answers.select_related("consent__patient", "document"), pk=answers_id)
    form = ReviewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        decision = ReviewDecision(form.cleaned_data["decision"])
        try:
            services.review_answers(
                answers.pk, decision, form.cleaned_data["reason"], agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            closed = decision == ReviewDecision.DO_NOT_TREAT
            messages.success(request, "The consent is closed." if closed else "Decided. The patient can go on.")
            return redirect("consent", found.pk)
    context = {"consent": found, "told": told_of(found, answers, answers.document.content), "form": form}
    return render(request, "consent/review.html", context, status=422 if form.errors else 200)


def what_was_told(consent: Consent) -> list[dict[str, Any]]:
    """The answers that count, in the order of the steps, as staff read them."""
    if consent.document is None:
        return []
    content = consent.document.content
    latest = {row.step: row for row in consent.step_answers.all() if row.document_id == consent.document_id}
    return [told_of(consent, latest[step], content) for step in Step.values if step in latest]


def told_of(consent: Consent, answers: StepAnswers, content: Mapping[str, Any]) -> dict[str, Any]:
    """One step's answers with what they raise, and what was decided on them; `content` is the Document's."""
    told = services.told(content, [answers])[0]
    review = getattr(answers, "review", None)
    return {
        **told,
        "pk": answers.pk,
        "attempts": answers.attempt,
        "answered_at": answers.answered_at,
        "policy_words": ScreeningPolicy(answers.outcome).label if answers.outcome else "",
        "answers": [
            {**item, "raises_words": ScreeningPolicy(item["raises"]).label if item["raises"] else ""}
            for item in told["answers"]
        ],
        "needs_decision": answers.outcome in NEEDS_DECISION and review is None,
        "review": review,
        "first_wrong": _first_wrong(consent, answers, content),
    }


def _first_wrong(consent: Consent, answers: StepAnswers, content: Mapping[str, Any]) -> list[str]:
    """What the patient had to be told again: the questions answered wrongly at any attempt."""
    if answers.step != Step.CHECK:
        return []
    asked = services.step_of(content, Step.CHECK)
    rows = [
        row for row in consent.step_answers.all() if row.document_id == answers.document_id and row.step == Step.CHECK
    ]
    wrong = {key for row in rows for key in services.wrong_keys(asked, row.answers)}
    return [prompt["text"] for prompt in asked["prompts"] if prompt["key"] in wrong]
