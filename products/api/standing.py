"""What the law says of a product here, what is on file about it, and the two people who lift a STOP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from clinic.records import clean_url
from clinic.rest import ActView, ListView, NothingSerializer, ReadView
from clinic.vocabulary import Role
from products import disclosure
from products.api.found import product_of
from products.errors import StandingRefusedError
from products.models import RegulatoryRecord, StandingRelease
from products.places import NATIONS, countries
from products.serializers.drafts import ReasonSerializer, RegulatoryDraftSerializer, upload_of
from products.serializers.things import RegulatoryRecordSerializer, StandingsSerializer, StopReleaseSerializer
from products.services import RegulatoryDraft, add_regulatory_record, confirm_release, propose_release

LEADS = frozenset({Role.CLINIC_LEAD})


@dataclass(frozen=True)
class Standings:
    """The standing of each use on one day."""

    product_id: UUID
    on: date
    uses: list[disclosure.Standing]


class ProductStanding(ReadView):
    """What the rules say of every use that a product is meant for, here and today, with every rule that matched."""

    shows = StandingsSerializer

    def found(self, **place: Any) -> Standings:
        """Judged today."""
        product = product_of(self.organization, place["product_id"])
        uses = disclosure.standings(product, jurisdiction=self.organization.jurisdiction, on=self.today)
        return Standings(product.pk, self.today, uses)


class RegulatoryRecords(ListView, ActView):
    """Everything on file about a product's standing, the newest first."""

    order = ("-recorded_at", "id")
    shows = RegulatoryRecordSerializer
    takes = RegulatoryDraftSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this product."""
        product = product_of(self.organization, place["product_id"])
        return product.regulatory_records.select_related("superseded_by")

    def act(self, draft: Any, **place: Any) -> Response:
        """File a regulatory record; it supersedes the one in force for the same place and route."""
        product = product_of(self.organization, place["product_id"])
        if draft["jurisdiction"] not in {*dict(countries()), *NATIONS, self.organization.jurisdiction}:
            raise StandingRefusedError(
                "Send the place as its ISO 3166 code, such as GB or GB-NIR.", field="jurisdiction", code="place"
            )
        upload = upload_of(self.organization, draft.pop("evidence"), field="evidence")
        if draft["register_url"]:
            draft["register_url"] = clean_url(draft["register_url"], field="register_url")
        wish = RegulatoryDraft(**draft, upload=upload)
        return self.done(add_regulatory_record(product, wish, today=self.today, agent=self.agent, at=self.now))


class StopReleases(ListView):
    """Every lifting of a STOP of a product that was proposed."""

    order = ("-proposed_at", "id")
    shows = StopReleaseSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this product."""
        return product_of(self.organization, place["product_id"]).standing_releases.all()


class StopReleaseProposal(ActView):
    """Propose."""

    writers = LEADS
    shows = StopReleaseSerializer
    takes = ReasonSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Propose, as the first of two clinic leads, that this record lifts the STOP for its use."""
        records = RegulatoryRecord.objects.filter(product__organization=self.organization)
        record: RegulatoryRecord = get_object_or_404(records, pk=place["record_id"])
        return self.done(propose_release(record, reason=draft["reason"], agent=self.agent, at=self.now))


class StopReleaseConfirmation(ActView):
    """Confirm."""

    writers = LEADS
    shows = StopReleaseSerializer
    takes = NothingSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Confirm it as the second clinic lead: from now on the STOP is lifted for that use."""
        releases = StandingRelease.objects.filter(product__organization=self.organization)
        release: StandingRelease = get_object_or_404(releases, pk=place["release_id"])
        return self.done(confirm_release(release, agent=self.agent, at=self.now))
