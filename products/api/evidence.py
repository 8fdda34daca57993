"""Evidence: the files that claims rest on, filed once and handed out only while they are what was filed."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.response import Response

from clinic.rest import FileSerializer, ListView, ReadView, UploadView, download
from products.api.found import evidence_of
from products.models import Evidence
from products.serializers.things import EvidenceSerializer
from products.services import Upload, keep_evidence, open_evidence
from products.uploads import JPEG, PDF, PNG, TEXT, XLSX


class EvidenceFiles(ListView, UploadView):
    """Every file on record, the newest first."""

    order = ("-filed_at", "id")
    shows = EvidenceSerializer
    takes = FileSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this clinic."""
        return Evidence.objects.at(self.organization)

    def act(self, draft: Any, **place: Any) -> Response:
        """File a PDF, PNG, JPEG, text, CSV or XLSX. The same bytes twice are one evidence."""
        file = draft["file"]
        evidence = keep_evidence(self.organization, Upload(file.read(), file.name or ""), agent=self.agent, at=self.now)
        return self.done(evidence, location=reverse("api_evidence", args=[evidence.pk]))


class OneEvidence(ReadView):
    """What is known of a file."""

    shows = EvidenceSerializer

    def found(self, **place: Any) -> Evidence:
        """Of this clinic."""
        return evidence_of(self.organization, place["evidence_id"])


class EvidenceFile(ReadView):
    """The bytes of a file, while they still have the hash on record."""

    gives = (PDF, PNG, JPEG, TEXT, XLSX)

    def read(self, **place: Any) -> HttpResponse:
        """As an attachment."""
        found = evidence_of(self.organization, place["evidence_id"])
        return download(
            open_evidence(found, agent=self.agent, at=self.now), media_type=found.media_type, name=found.original_name
        )
