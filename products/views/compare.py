"""Batches side by side: what is known of each, where they differ, and their sizes over one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic.tenancy import ClinicRequest, require_role
from products.disclosure import measurement_in_force
from products.fields import day_words
from products.models import Batch, SizeMeasurement
from products.views import shown
from products.views.found import READERS, moment_and_day
from products.vocabulary import FindingSeverity, ProvenanceState

FEWEST, MOST = 2, shown.MOST_CURVES


@dataclass(frozen=True)
class Cell:
    """What is said of one batch in one row: the lot it belongs to, the words, and the mark of how we know (or none)."""

    lot: str
    value: str
    basis: str = ""


@dataclass(frozen=True)
class Line:
    """One row of the comparison."""

    label: str
    cells: Sequence[Cell]

    @property
    def differs(self) -> bool:
        """Whether the batches do not all say the same."""
        return len({(cell.value, cell.basis) for cell in self.cells}) > 1


@require_safe
@require_role(*READERS)
def batch_compare(request: ClinicRequest) -> HttpResponse:
    """Two to four batches of this clinic, named by `batch`, in the order in which they are named."""
    _, today = moment_and_day(request)
    wanted = list(dict.fromkeys(_keys(request.GET.getlist("batch"))))
    if not FEWEST <= len(wanted) <= MOST:
        return render(
            request, "products/compare.html", {"count": len(wanted), "fewest": FEWEST, "most": MOST}, status=422
        )
    found = Batch.objects.at(request.organization).filter(pk__in=wanted).select_related("product")
    by_key = {batch.pk: batch for batch in found.prefetch_related("measurements")}
    if len(by_key) < len(wanted):
        raise Http404("One of these batches is not this clinic's.")
    batches = [by_key[key] for key in wanted]
    return render(
        request,
        "products/compare.html",
        {
            "batches": batches,
            "groups": [
                ("The batch", _identity(batches, today)),
                ("What is known", _facts(batches)),
                ("Size, as measured", _sizes(batches)),
                ("What the checks found", _findings(batches)),
            ],
            "curves": shown.curves_of(batches),
            "methods": shown.methods_of(batches),
        },
    )


def _keys(given: Sequence[str]) -> list[UUID]:
    try:
        return [UUID(key) for key in given]
    except ValueError as problem:
        raise Http404("There is no such batch.") from problem


def _line(label: str, batches: Sequence[Batch], values: Sequence[str], bases: Sequence[str] = ()) -> Line:
    bases = bases or [""] * len(batches)
    named = zip(batches, values, bases, strict=True)
    return Line(label, [Cell(batch.lot_number, value, basis) for batch, value, basis in named])


def _identity(batches: Sequence[Batch], today: date) -> list[Line]:
    return [
        _line("Product", batches, [batch.product.marketed_name for batch in batches]),
        _line("State", batches, [shown.status_tag(batch, today).text for batch in batches]),
        _line("Use by", batches, [day_words(batch.expiration_date) for batch in batches]),
        _line("Made on", batches, [day_words(batch.production_date) or "Not stated" for batch in batches]),
        _line("Received", batches, [day_words(batch.received_on) for batch in batches]),
    ]


def _facts(batches: Sequence[Batch]) -> list[Line]:
    columns = [{fact.label: fact for fact in shown.batch_facts(batch, may_correct=False)} for batch in batches]
    labels = dict.fromkeys(label for facts in columns for label in facts)
    return [
        _line(
            label,
            batches,
            [facts[label].value if label in facts else "Not stated" for facts in columns],
            [facts[label].basis if label in facts else "NOT_STATED" for facts in columns],
        )
        for label in labels
    ]


def _findings(batches: Sequence[Batch]) -> list[Line]:
    """A row for each check that found something in one of them, the gravest first; a batch not judged yet says so."""
    found = [{one["code"]: one for one in batch.findings} for batch in batches]
    gravest = list(FindingSeverity)
    codes = {code: FindingSeverity(one["severity"]) for findings in found for code, one in findings.items()}
    lines = [
        _line("State of the papers", batches, [_state(batch) for batch in batches]),
    ]
    return lines + [
        _line(
            code, batches, [_found(batch, findings.get(code)) for batch, findings in zip(batches, found, strict=True)]
        )
        for code in sorted(codes, key=lambda code: (gravest.index(codes[code]), code))
    ]


def _state(batch: Batch) -> str:
    return str(ProvenanceState(batch.provenance_state).label) if batch.judged_under else "Not judged yet"


def _found(batch: Batch, finding: Mapping[str, str] | None) -> str:
    if finding is None:
        return "Nothing" if batch.judged_under else "Not judged yet"
    return f"{FindingSeverity(finding['severity']).label}: {finding['found']}"


def _sizes(batches: Sequence[Batch]) -> list[Line]:
    measured = [measurement_in_force(batch) for batch in batches]
    if not any(measured):
        return []
    columns = [dict(shown.size_figures(one)) if one else {} for one in measured]
    labels = dict.fromkeys(label for figures in columns for label in figures)
    lines = [
        _line(label, batches, [figures.get(label, "Not stated") if figures else "Not measured" for figures in columns])
        for label in labels
    ]
    return [*lines, _line("Warnings", batches, [_warnings(one) for one in measured])]


def _warnings(one: SizeMeasurement | None) -> str:
    said: list[Any] = list(one.warnings) if one else []
    return " ".join(map(str, said)) or ("None" if one else "Not measured")
