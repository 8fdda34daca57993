"""Research studies: what is on record of each, a new version of it, its end."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.response import Response

from clinic.rest import ActView, ApiView, ListView, ReadView
from clinic.vocabulary import Role
from consent import services
from consent.models import Study
from consent.serializers.studies import (
    StudyClosureSerializer,
    StudyDraftSerializer,
    StudySerializer,
    StudyVersionDraftSerializer,
    study_edit,
)


class OneOfStudies(ApiView):
    """Whatever belongs to one study."""

    writers: ClassVar[frozenset[Role]] = frozenset({Role.CLINIC_LEAD})
    shows = StudySerializer

    def study(self, place: dict[str, Any]) -> Study:
        """Of this clinic."""
        found: Study = get_object_or_404(Study.objects.at(self.organization), pk=place["study_id"])
        return found


class Studies(OneOfStudies, ListView, ActView):
    """The clinic's research studies, the newest first."""

    order = ("-created_at", "id")
    lists = StudySerializer
    takes = StudyDraftSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Closed ones too."""
        rows: QuerySet[Any] = Study.objects.at(self.organization)
        return rows

    def act(self, draft: Any, **place: Any) -> Response:
        """Put a study on record, as far as it is known."""
        made = services.add_study(self.organization, study_edit(draft), agent=self.agent, at=self.now)
        return self.done(made, location=reverse("api_study", args=[made.pk]))


class OneStudy(OneOfStudies, ReadView):
    """A research study, and what must be on record before a consent to it can be issued."""

    def found(self, **place: Any) -> Study:
        """Of this clinic."""
        return self.study(place)


class StudyVersions(OneOfStudies, ActView):
    """A new version."""

    takes = StudyVersionDraftSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Put a new version on record; consents that said otherwise are marked for a decision."""
        changed = services.change_study(
            self.study(place).pk,
            study_edit(draft),
            what_changed=draft["what_changed"],
            agent=self.agent,
            at=self.now,
        )
        return self.done(changed)


class StudyClosure(OneOfStudies, ActView):
    """The end of a study."""

    takes = StudyClosureSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Close it for good: nobody joins or signs for it any more."""
        return self.done(services.close_study(self.study(place).pk, draft["reason"], agent=self.agent, at=self.now))
