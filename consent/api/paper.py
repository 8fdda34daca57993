"""The paper route: read, print, hand over. Scanning back and attesting are done in person, on the pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.response import Response

from clinic.rest import ActView, NothingSerializer, ReadView, download
from consent import services
from consent.api.consents import OneOfConsent
from consent.models import PaperPack
from consent.serializers.paper import PackSerializer, PaperSerializer


class ConsentPaper(OneOfConsent, ReadView):
    """What the patient wished, the packs, and the scans."""

    shows = PaperSerializer

    def found(self, **place: Any) -> Any:
        """Of this consent."""
        return self.consent(place)


class ConsentPaperPacks(OneOfConsent, ActView):
    """Packs."""

    takes = NothingSerializer
    shows = PackSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Make a pack of the text in force, to print and sign by hand."""
        made = services.make_pack(
            self.consent(place).pk, made_by_name=self.printed_name(), agent=self.agent, at=self.now
        )
        return self.done(made, location=reverse("api_paper_pack_file", args=[made.pk]))


class OnePack(OneOfConsent):
    """Whatever belongs to one pack."""

    def pack(self, place: dict[str, Any]) -> PaperPack:
        """Of this clinic."""
        rows = PaperPack.objects.filter(consent__organization=self.organization)
        found: PaperPack = get_object_or_404(
            rows.select_related("consent__patient", "document", "handover"), pk=place["pack_id"]
        )
        return found


class PackFile(OnePack, ReadView):
    """The pack as it is printed: the same bytes every time."""

    gives = ("application/pdf",)

    def read(self, **place: Any) -> HttpResponse:
        """As an attachment."""
        pack = self.pack(place)
        name = f"{pack.consent.reference}-paper.pdf"
        return download(services.read_pack(pack), media_type="application/pdf", name=name)


class PackHandover(OnePack, ActView):
    """Hand-over."""

    takes = NothingSerializer
    shows = PackSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Record that the token's person gave the pack to the patient; the time to think counts from then."""
        services.hand_over_pack(self.pack(place).pk, by_name=self.printed_name(), agent=self.agent, at=self.now)
        return self.done(self.pack(place))
