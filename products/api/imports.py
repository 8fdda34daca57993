"""Tables of products and batches: sent, checked row by row, then imported whole or not at all."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.response import Response

from clinic.models import Organization
from clinic.rest import ActView, ListView, NothingSerializer, ReadView, UploadView
from products.models import ImportJob
from products.serializers.imports import ImportFileSerializer, ImportLineSerializer, ImportSerializer
from products.services import imports
from products.uploads import Upload
from products.vocabulary import ImportKind


def job_of(organization: Organization, job_id: UUID) -> ImportJob:
    """The import of this clinic."""
    found: ImportJob = get_object_or_404(ImportJob.objects.at(organization).defer("content"), pk=job_id)
    return found


class Imports(ListView, UploadView):
    """The clinic's imports, the newest first."""

    order = ("-started_at", "id")
    lists = ImportLineSerializer
    shows = ImportSerializer
    takes = ImportFileSerializer
    answers_with = 202

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this clinic."""
        return ImportJob.objects.at(self.organization).defer("content", "problems")

    def act(self, draft: Any, **place: Any) -> Response:
        """Take a table in for checking; nothing of the register changes. The same file leads to the import that there is."""
        file = draft["file"]
        upload = Upload(file.read(), file.name or "")
        job, _ = imports.start_import(
            self.organization, ImportKind(draft["kind"]), upload, agent=self.agent, at=self.now
        )
        return self.done(job, location=reverse("api_import", args=[job.pk]))


class OneImport(ReadView):
    """How far an import has come, and its first mistakes."""

    shows = ImportSerializer

    def found(self, **place: Any) -> ImportJob:
        """Of this clinic."""
        return job_of(self.organization, place["job_id"])


class ImportAct(ActView):
    """An act on one import."""

    shows = ImportSerializer
    takes = NothingSerializer
    answers_with = 200


class ImportConfirmation(ImportAct):
    """Confirm."""

    def act(self, draft: Any, **place: Any) -> Response:
        """Import the table that was checked without a mistake: whole, or not at all."""
        imports.confirm_import(job_of(self.organization, place["job_id"]), agent=self.agent)
        return self.done(job_of(self.organization, place["job_id"]))


class ImportDrop(ImportAct):
    """Drop."""

    def act(self, draft: Any, **place: Any) -> Response:
        """Give up a table. Nothing is imported."""
        imports.drop_import(job_of(self.organization, place["job_id"]), at=self.now)
        return self.done(job_of(self.organization, place["job_id"]))
