"""Everything that hangs on a patient: rows of any table, and what the log says about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models

from audit.errors import Refusal
from audit.models import LogEntry, LogRecord, RecordedModel
from clinic.models import Patient
from consent.models import Consent, Ending

# Acts that only hand something out or speak of the record's end: no entry about the treatment.
NO_ENTRY = frozenset({"consent.pack_exported", "consent.rows_named_again", "document.exported", "document.timestamped"})
# These speak of files by their digests, and of who took a copy or disposed of what: never in a patient's words.
KEPT_DETAILS = frozenset(
    {
        "document.sealed",
        "document.timestamped",
        "document.exported",
        "consent.pack_exported",
        "consent.disposal_proposed",
        "consent.disposal_declined",
    }
)

# From one consent to another, and not to what is about it.
BESIDE = {(Consent, Consent, "corrects"), (Consent, Ending, "successor")}

Row = tuple[type[models.Model], Any]


def rows_about(people: Iterable[Sequence[Patient]]) -> dict[Row, UUID]:
    """Every row that hangs on these people, with the id of the first record of whom it is about.

    The keys of the tables are followed, so that a table which is new one day is not forgotten.
    """
    owners: dict[Row, UUID] = {(Patient, one.pk): group[0].pk for group in people for one in group}
    frontier: dict[type[models.Model], list[Any]] = {Patient: [pk for _, pk in owners]}
    while frontier:
        model, pks = frontier.popitem()
        for child, column in _children(model):
            pairs = child._base_manager.filter(**{f"{column}__in": pks}).values_list("pk", f"{column}_id")
            new = {pk: owners[model, parent] for pk, parent in pairs if (child, pk) not in owners}
            if new:
                owners |= {(child, pk): person for pk, person in new.items()}
                frontier.setdefault(child, []).extend(new)
    return owners


def last_entries(owners: Mapping[Row, UUID]) -> dict[UUID, datetime]:
    """When the last act on any consent of each person was. Taking a copy is none, and neither are files that came later."""
    keys = {
        (model._meta.label_lower, str(pk)): person
        for (model, pk), person in owners.items()
        if model._meta.app_label == "consent" and issubclass(model, RecordedModel)
    }
    last: dict[UUID, datetime] = {}
    for label, pk, leaf in _named(pk for _, pk in keys).values_list("model", "record_pk", "entry__leaf"):
        person, told = keys.get((label, pk)), json.loads(leaf)
        if person is None or told["kind"] in NO_ENTRY or told["kind"].startswith("consent.disposal_"):
            continue
        moment = datetime.fromisoformat(told["occurred_at"])
        last[person] = max(moment, last.get(person, moment))
    return last


def entries_about(owners: Iterable[Row]) -> list[LogEntry]:
    """The entries whose readable half speaks of these rows, and which may be erased."""
    keys = {(model._meta.label_lower, str(pk)) for model, pk in owners if issubclass(model, RecordedModel)}
    named = _named(pk for _, pk in keys).values_list("entry", "model", "record_pk")
    found = LogEntry.objects.filter(pk__in={entry for entry, model, pk in named if (model, pk) in keys})
    return [
        entry
        for entry in found.select_related("detail").order_by("pk")
        if hasattr(entry, "detail") and entry.kind not in KEPT_DETAILS and not entry.kind.endswith(".erased")
    ]


def readable_rows(entries: Iterable[LogEntry]) -> list[RecordedModel]:
    """The rows that these entries name, as far as they are there and can still be read: they are named anew afterwards."""
    named = LogRecord.objects.filter(entry__in=[entry.pk for entry in entries])
    by_model: dict[str, set[str]] = {}
    for label, pk in named.values_list("model", "record_pk"):
        by_model.setdefault(label, set()).add(pk)
    rows: list[RecordedModel] = []
    for label, pks in sorted(by_model.items()):
        try:
            model = apps.get_model(label)
        except LookupError:
            continue
        rows += [row for row in model._base_manager.filter(pk__in=pks).order_by("pk") if _is_readable(row)]
    return rows


def _children(model: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """Tables whose rows point to rows of this one, as far as those are about the same patient.

    A patient that is merged into another is one of the people already; and a consent that replaced or corrects one may be
    of somebody else, where two were taken for one person.
    """
    return [
        (field.related_model, field.field.name)
        for field in model._meta.get_fields(include_hidden=True)
        if isinstance(field, models.ManyToOneRel)
        and field.related_model is not Patient
        and (model, field.related_model, field.field.name) not in BESIDE
    ]


def _named(pks: Iterable[str]) -> models.QuerySet[LogRecord]:
    return LogRecord.objects.filter(record_pk__in=set(pks))


def _is_readable(row: RecordedModel) -> bool:
    try:
        row.record_sha256()
    except Refusal:
        return False
    return True
