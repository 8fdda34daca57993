"""Tables: take one in, look at what it would change, import it whole; take one away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from products.forms.imports import TableForm
from products.forms.inputs import add_refusal
from products.models import ImportJob
from products.services import imports
from products.uploads import XLSX
from products.views.found import READERS, WRITERS, may_write, moment_and_day
from products.vocabulary import ImportKind, ImportState

FORMS = {"csv": (imports.as_csv, "text/csv; charset=utf-8"), "xlsx": (imports.as_xlsx, XLSX)}
MOST_JOBS = 20
MOST_SHOWN = 200


@require_role(*READERS)
def tables(request: ClinicRequest) -> HttpResponse:
    """Import and export: the form, the files to take away, and the imports so far."""
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    if request.method == "POST" and may_write(request) and form.is_valid():
        now, _ = moment_and_day(request)
        kind = ImportKind(form.cleaned_data["kind"])
        try:
            job, is_new = imports.start_import(
                request.organization, kind, form.upload(), agent=agent_of(request), at=now
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            if not is_new:
                messages.info(request, "This very file is known already. Here is what became of it.")
            return redirect("import", job.pk)
    return render(
        request,
        "products/tables.html",
        {
            "form": form,
            "jobs": ImportJob.objects.at(request.organization).defer("content", "problems")[:MOST_JOBS],
            "kinds": [(kind, imports.columns_of(kind)) for kind in ImportKind],
            "most_rows": f"{imports.most_rows():,}",
            "may_write": may_write(request),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@require_safe
@require_role(*READERS)
def import_page(request: ClinicRequest, job_id: UUID) -> HttpResponse:
    """One import: how far it is, what it would change, or what is wrong with which row."""
    return _import_page(request, _job(request, job_id))


@require_POST
@require_role(*WRITERS)
def import_confirm(request: ClinicRequest, job_id: UUID) -> HttpResponse:
    """Import the table that was looked at."""
    job = _job(request, job_id)
    try:
        imports.confirm_import(job, agent=agent_of(request))
    except Refusal as refusal:
        return _import_page(request, _job(request, job_id), refusal=refusal)
    return redirect("import", job.pk)


@require_POST
@require_role(*WRITERS)
def import_drop(request: ClinicRequest, job_id: UUID) -> HttpResponse:
    """Give up a table."""
    now, _ = moment_and_day(request)
    job = _job(request, job_id)
    try:
        imports.drop_import(job, at=now)
    except Refusal as refusal:
        return _import_page(request, _job(request, job_id), refusal=refusal)
    messages.success(request, f"“{job.original_name}” is dropped. Nothing was imported.")
    return redirect("tables")


@require_safe
@require_role(*READERS)
def import_mistakes(request: ClinicRequest, job_id: UUID, form: str) -> HttpResponse:
    """The mistakes of an import as a table to take away."""
    return _file("mistakes", form, *imports.problems(_job(request, job_id)))


@require_safe
@require_role(*READERS)
def table_export(request: ClinicRequest, kind: str, form: str) -> HttpResponse:
    """Everything of one kind that this clinic has on record, in the shape in which it is imported."""
    return _file(kind, form, *imports.export(request.organization, _kind(kind)))


@require_safe
@require_role(*READERS)
def table_template(request: ClinicRequest, kind: str, form: str) -> HttpResponse:
    """An empty table with its first row."""
    return _file(f"empty-{kind}", form, *imports.template(_kind(kind)))


def _import_page(request: ClinicRequest, job: ImportJob, *, refusal: Refusal | None = None) -> HttpResponse:
    return render(
        request,
        "products/import.html",
        {
            "job": job,
            "refusal": refusal,
            "problems": job.problems[:MOST_SHOWN],
            "more_problems": job.problem_count - MOST_SHOWN,
            "share": 100 * job.rows_done // job.rows_total if job.rows_total else 0,
            "is_ready": job.state == ImportState.READY,
            "is_faulty": job.state == ImportState.FAULTY,
            "is_done": job.state == ImportState.DONE,
            "may_drop": job.state in (ImportState.READY, ImportState.WAITING),
            "is_known": job.state == ImportState.READY and not job.report.get("new"),
            "may_write": may_write(request),
        },
        status=409 if refusal else 200,
    )


def _job(request: ClinicRequest, job_id: UUID) -> ImportJob:
    found: ImportJob = get_object_or_404(ImportJob.objects.at(request.organization).defer("content"), pk=job_id)
    return found


def _kind(kind: str) -> ImportKind:
    if kind not in ImportKind.values:
        raise Http404("There is no such table.")
    return ImportKind(kind)


def _file(name: str, form: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> HttpResponse:
    if form not in FORMS:
        raise Http404("There is no such kind of file.")
    write, media_type = FORMS[form]
    response = HttpResponse(write(names, rows), content_type=media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.{form}") or ""
    return response
