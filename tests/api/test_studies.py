"""Research studies through the API, and consents to them: the same rules and words as on the pages."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.models import Organization
from consent.models import Study
from tests.api.test_consents import issued
from tests.consent.desk import Desk
from tests.consent.research import ROSE, research_text, study_of

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {**vars(ROSE), "approved_on": "2026-10-05"}


class TestAStudy:
    def test_is_put_on_record_as_far_as_it_is_known(self, ada) -> None:
        answer = ada.post("studies/", {"title": ROSE.title, "sponsor": ROSE.sponsor})
        assert answer.status_code == 201, answer.content
        shown = ada.get(f"studies/{answer.json()['id']}/").json()
        assert (shown["version"], shown["said"]["sponsor"], shown["closed_at"]) == (1, ROSE.sponsor, None)
        assert "the date of the approval" in shown["missing"]

    def test_a_new_version_and_the_end(self, ada) -> None:
        made = ada.post("studies/", BODY).json()
        assert made["missing"] == []
        changed = ada.post(
            f"studies/{made['id']}/versions/",
            {**BODY, "duration": "24 weeks", "what_changed": "The committee allowed more time."},
        )
        assert (changed.status_code, changed.json()["version"]) == (201, 2)
        assert changed.json()["said"]["duration"] == "24 weeks"
        closed = ada.post(f"studies/{made['id']}/closure/", {"reason": "The last participant has finished."})
        assert closed.json()["closed_reason"] == "The last participant has finished."
        again = ada.post(f"studies/{made['id']}/closure/", {"reason": "Once more, to be sure."})
        assert (again.status_code, again.json()["code"]) == (422, "study.closed")

    def test_what_cannot_be_is_refused_at_its_field(self, ada) -> None:
        answer = ada.post("studies/", {**BODY, "contact_rights": "somebody"})
        assert (answer.status_code, answer.json()["code"]) == (422, "study.contact")
        assert not Study.objects.exists()


class TestAConsentToIt:
    def test_says_what_it_is_for_in_lists_and_alone(self, nia, desk: Desk) -> None:
        research_text(desk.clinic)
        study = study_of(desk.clinic)
        made = issued(nia, desk, study=str(study.pk))
        assert made.status_code == 201, made.content
        assert (made.json()["purpose"], made.json()["study_id"]) == ("research", str(study.pk))
        other = issued(nia, desk).json()
        assert (other["purpose"], other["study_id"]) == ("treatment", None)
        listed = {row["id"]: row["purpose"] for row in nia.get("consents/").json()["results"]}
        assert listed == {made.json()["id"]: "research", other["id"]: "treatment"}

    def test_is_refused_with_what_is_missing_and_where(self, nia, desk: Desk) -> None:
        research_text(desk.clinic)
        answer = issued(nia, desk, study=str(study_of(desk.clinic, sponsor="").pk))
        assert (answer.status_code, answer.json()["code"]) == (409, "study.incomplete")
        assert "who runs it and pays for it" in str(answer.json())

    def test_knows_no_study_of_another_clinic(self, nia, desk: Desk, inland: Organization) -> None:
        research_text(desk.clinic)
        answer = issued(nia, desk, study=str(study_of(inland).pk))
        assert (answer.status_code, answer.json()["code"]) == (409, "study.unknown")
