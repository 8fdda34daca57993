"""How long the clinic's patients have to think, and how long a consent is good for."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.response import Response

from clinic.rest import ActView, ReadView
from clinic.vocabulary import Role
from consent import services
from consent.serializers.terms import TermsDraftSerializer, TermsSerializer


class ConsentTerms(ReadView, ActView):
    """Time to think by route group, in days; for how many days a signed consent is good; whether a declaration needs a second factor."""

    writers: ClassVar[frozenset[Role]] = frozenset({Role.CLINIC_LEAD})
    shows = TermsSerializer
    takes = TermsDraftSerializer
    answers_with = 200

    def found(self, **place: Any) -> Any:
        """The clinic's own, or the defaults."""
        return services.terms_of(self.organization)

    def act(self, draft: Any, **place: Any) -> Response:
        """Decide: the time to think counts for texts written from now on, the rest at once. A shorter time needs a reason."""
        services.set_terms(self.organization, **draft, agent=self.agent, at=self.now)
        return self.done(services.terms_of(self.organization))
