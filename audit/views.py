"""The log as its clinic's staff and auditors read it. These pages change nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from audit import services
from audit.errors import LogKeyError, Refusal
from audit.models import Log, LogDetail, LogEntry
from audit.records import agent_words
from audit.vocabulary import model_words

PER_PAGE = 50
MOST_NAMED = 100
MOST_IN_LINE = 4
LONGEST_SHOWN = 50_000


class _Place(Protocol):
    """What these pages need to know of the clinic of a request."""

    pk: UUID


@dataclass(frozen=True)
class NamedRecord:
    """A row that an entry names, with the page about it where there is one."""

    words: str
    pk: str
    url: str
    sha256: str


@dataclass(frozen=True)
class EntryLine:
    """An entry as a line of the list. `agent` is empty where the detail was erased; of many records only some are named."""

    entry: LogEntry
    what: str
    agent: str
    records: Sequence[NamedRecord]
    record_count: int
    is_erased: bool
    is_covered: bool

    @property
    def first_records(self) -> Sequence[NamedRecord]:
        """Those that a line of the list has room for."""
        return self.records[:MOST_IN_LINE]

    @property
    def more(self) -> int:
        """How many records the line does not name."""
        return self.record_count - MOST_IN_LINE


@require_safe
def log(request: HttpRequest) -> HttpResponse:
    """All entries of the clinic's log, newest first, and the newest checkpoint."""
    own = services.log_of(_organization_id(request))
    checkpoint = services.newest_checkpoint(own)
    covered = checkpoint.tree_size if checkpoint else 0
    entries = LogEntry.objects.filter(log=own).select_related("detail").order_by("-leaf_index")
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "log": own,
        "page": page,
        "lines": [_line(entry, covered) for entry in page],
        "checkpoint": checkpoint,
        "waiting": max(own.size - covered, 0),
        "verifier_key": _verifier_key(own),
    }
    return render(request, "audit/log.html", context)


@require_safe
def log_entry_details(request: HttpRequest, leaf_index: int) -> HttpResponse:
    """What an entry commits to, byte for byte, to take away: an import names very many rows."""
    detail = _detail(_entry(request, leaf_index))
    if detail is None:
        raise Http404("the details of this entry were erased")
    response = HttpResponse(detail.canonical_body, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="entry-{leaf_index}.json"'
    return response


@require_safe
def log_entry(request: HttpRequest, leaf_index: int) -> HttpResponse:
    """One entry: what it says, its leaf and hash, and the proof that it is in the log."""
    entry = _entry(request, leaf_index)
    checkpoint = services.covering_checkpoint(entry)
    proof: list[str] = []
    problem = ""
    if checkpoint:
        try:
            proof = [hashed.hex() for hashed in services.inclusion_proof(entry, checkpoint)]
        except Refusal as refusal:
            problem = refusal.message
    detail = _detail(entry)
    said = {key: value for key, value in detail.body.items() if key not in ("agent", "records")} if detail else {}
    context = {
        "log": entry.log,
        "line": _line(entry, checkpoint.tree_size if checkpoint else 0),
        "leaf_hash": bytes(entry.leaf_hash).hex(),
        "salt": bytes(detail.salt).hex() if detail else "",
        "detail": detail,
        "is_long": detail is not None and len(detail.canonical_body) > LONGEST_SHOWN,
        "said": json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True) if said else "",
        "checkpoint": checkpoint,
        "proof": proof,
        "problem": problem,
        "verifier_key": _verifier_key(entry.log),
    }
    return render(request, "audit/log_entry.html", context)


@require_safe
def log_entry_proof(request: HttpRequest, leaf_index: int) -> HttpResponse:
    """The entry's proof as a file, to keep outside and to check without Candour. 404 until a checkpoint covers it."""
    entry = _entry(request, leaf_index)
    checkpoint = services.covering_checkpoint(entry)
    if checkpoint is None:
        raise Http404("no checkpoint covers this entry yet")
    text = services.tlog_proof(entry, checkpoint)
    name = f"entry-{entry.leaf_index}.tlog-proof"
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_safe
def log_checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint, as it was signed. 404 until there is one."""
    checkpoint = services.newest_checkpoint(services.log_of(_organization_id(request)))
    if checkpoint is None:
        raise Http404("no checkpoint has been published yet")
    return HttpResponse(checkpoint.note, content_type="text/plain; charset=utf-8")


def _organization_id(request: HttpRequest) -> UUID:
    organization = cast("_Place | None", getattr(request, "organization", None))
    if organization is None:
        raise Http404("no clinic was chosen")
    return organization.pk


def _entry(request: HttpRequest, leaf_index: int) -> LogEntry:
    entries = LogEntry.objects.filter(log__organization_id=_organization_id(request)).select_related("log", "detail")
    return cast("LogEntry", get_object_or_404(entries, leaf_index=leaf_index))


def _line(entry: LogEntry, covered: int) -> EntryLine:
    detail = _detail(entry)
    body: dict[str, Any] = detail.body if detail else {}
    agent = body.get("agent", {})
    named = body.get("records", ())
    return EntryLine(
        entry=entry,
        what=entry.words,
        agent=agent_words(agent),
        records=[_named(record) for record in named[:MOST_NAMED]],
        record_count=len(named),
        is_erased=detail is None,
        is_covered=entry.leaf_index < covered,
    )


def _detail(entry: LogEntry) -> LogDetail | None:
    try:
        return entry.detail
    except LogDetail.DoesNotExist:
        return None


def _named(record: dict[str, str]) -> NamedRecord:
    return NamedRecord(model_words(record["model"]), record["pk"], _url(record), record["sha256"])


def _url(record: dict[str, str]) -> str:
    """The page of a row is named like its model ("batch" or "batch_show"); empty where there is none."""
    model = record["model"].rpartition(".")[2]
    for name in (model, f"{model}_show"):
        try:
            return reverse(name, args=[record["pk"]])
        except NoReverseMatch:
            continue
    return ""


def _verifier_key(own: Log) -> str:
    try:
        return str(services.verifier_key(own))
    except LogKeyError:
        return ""
