"""The patient answers: what matters to them, their health, what they understood, their own words, their choices."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from clinic.errors import TextRefusedError
from consent import services
from consent.errors import StepRefusedError
from consent.forms.steps import StepForm
from consent.models import StepAnswers
from consent.views.visit import Visit, visited
from consent.vocabulary import Step


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, visit: Visit, step: str) -> HttpResponseBase:
    """One step: what was answered before stands in the form, and what was not right is explained beside it."""
    asked = next((one for one in visit.steps if one["key"] == step), None)
    if asked is None:
        raise Http404
    if not visit.is_open:
        return redirect(visit.next_path())
    given = visit.answers.get(step)
    if request.method != "POST":
        return _page(
            request, visit, asked, StepForm(initial=_initial(visit, given), step=asked, wrong=_wrong(asked, given))
        )
    form = StepForm(request.POST, step=asked, wrong=_wrong(asked, given))
    if not form.is_valid():
        return _page(request, visit, asked, form, status=422)
    try:
        kept = services.answer_step(
            visit.consent.pk, step, form.answers, shown_sha256=form.cleaned_data["document_sha256"], at=visit.at
        )
    except (StepRefusedError, TextRefusedError) as refusal:
        form.refuse(refusal)
        return _page(request, visit, asked, form, status=422)
    return redirect(_onwards(visit, asked, kept))


def _page(
    request: HttpRequest, visit: Visit, asked: dict[str, Any], form: StepForm, *, status: int = 200
) -> HttpResponseBase:
    given = visit.answers.get(asked["key"])
    context = {
        "form": form,
        "step": asked,
        "number": 1 + [one["key"] for one in visit.steps].index(asked["key"]),
        "is_again": asked["key"] == Step.CHECK and given is not None and not given.is_passed,
        "is_answered": given is not None and given.is_passed,
        "back_path": visit.path("patient_decide"),
    }
    return visit.page(request, "patient/step.html", context, status=status)


def _initial(visit: Visit, given: StepAnswers | None) -> dict[str, str]:
    """What was answered before, so that nothing is lost; a wrong answer is not chosen again for the patient."""
    answers = given.answers if given else {}
    wrong = _wrong(services.step_of(visit.content, given.step), given) if given else frozenset()
    return {
        **{key: value for key, value in answers.items() if key not in wrong},
        "document_sha256": visit.document.sha256,
    }


def _wrong(asked: Any, given: StepAnswers | None) -> frozenset[str]:
    return frozenset(services.wrong_keys(asked, given.answers)) if given else frozenset()


def _onwards(visit: Visit, asked: dict[str, Any], kept: StepAnswers) -> str:
    """The same page where something is explained and asked again, else the next thing that waits."""
    if not kept.is_passed:
        return visit.path("patient_step", asked["key"])
    return visit.next_path(just_answered=asked["key"])
