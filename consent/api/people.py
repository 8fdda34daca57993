"""Who takes part besides the patient: read, name, look at a proxy's authority, end it. No token declares for anybody."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from clinic.rest import ActView, ListView, NothingSerializer
from consent import services
from consent.api.consents import OneOfConsent
from consent.models import Participant
from consent.records import PersonDraft
from consent.serializers.people import AuthoritySerializer, PersonSerializer, PersonWishSerializer


class People(OneOfConsent, ListView, ActView):
    """Those who take part in a consent, or did, in the order in which they came."""

    order = ("added_at", "id")
    shows = PersonSerializer
    takes = PersonWishSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this consent."""
        found = Participant.objects.filter(consent=self.consent(place)).select_related("consent__patient")
        return found.prefetch_related("marks", "checks")

    def act(self, draft: Any, **place: Any) -> Response:
        """Name a supporter, interpreter, witness or proxy. They declare and sign for themselves."""
        made = services.add_person(
            self.consent(place).pk,
            PersonDraft(**{name: said or "" for name, said in draft.items()}),
            added_by_name=self.printed_name(),
            agent=self.agent,
            at=self.now,
        )
        return self.done(made)


class PersonAct(OneOfConsent, ActView):
    """An act on one person; the answer is the person after it."""

    shows = PersonSerializer
    answers_with = 200

    def person(self, place: dict[str, Any]) -> Participant:
        """Of this clinic."""
        rows = Participant.objects.filter(consent__organization=self.organization).select_related("consent__patient")
        found: Participant = get_object_or_404(rows, pk=place["person_id"])
        return found


class PersonAuthority(PersonAct):
    """Authority."""

    takes = AuthoritySerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Record what was found on a proxy's legal authority; until it is confirmed nothing can be signed."""
        services.check_authority(self.person(place).pk, **draft, agent=self.agent, at=self.now)
        return self.done(self.person(place))


class PersonDeparture(PersonAct):
    """Departure."""

    takes = NothingSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Say that somebody does not take part any more; what they declared stays on record."""
        services.person_leaves(self.person(place).pk, agent=self.agent, at=self.now)
        return self.done(self.person(place))
