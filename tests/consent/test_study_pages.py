"""The pages of research: studies, texts of two types, and what a consent is for. All without a script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from clinic.models import Organization, User
from consent import services
from consent.models import Consent, Study, TemplateDraft
from consent.vocabulary import TextType
from tests.cast import MARA, NOW, make_patient
from tests.conftest import SignedIn
from tests.consent.desk import Desk
from tests.consent.research import ROSE, issue_research, research_text, study_of
from tests.consent.staffroom import LATER
from tests.consent.test_languages import review
from tests.consent.writers import publish, save, writer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk_time")]
TYPED: dict[str, Any] = {
    **{name: value for name, value in vars(ROSE).items() if name != "approved_on"},
    "approved_on_0": "5",
    "approved_on_1": "10",
    "approved_on_2": "2026",
}
ISSUED: dict[str, str] = {
    "route": "TOPICAL_INTACT",
    "jurisdiction": "GB",
    "total": "Nothing",
    "refund_terms": "Nothing is paid.",
    "acknowledged": "yes",
}


def offer_in_welsh(desk: Desk) -> None:
    """The text for research in English and Welsh; that for treatment in English alone."""
    research_text(desk.clinic)
    review(desk.clinic, "cy")
    start = {"agent": writer(desk.clinic), "language": "cy", "text_type": TextType.RESEARCH}
    draft = services.start_draft(desk.clinic, at=NOW, **start)
    publish(save(draft, reviewed_by="A. Rees, certified translator"), at=NOW)


@pytest.fixture
def ada(lead: User, signed_in: SignedIn) -> Client:
    return signed_in(lead)


class TestStudies:
    def test_a_lead_adds_one_changes_it_and_closes_it(self, ada: Client) -> None:
        added = ada.post("/studies/add/", {"title": ROSE.title}, follow=True).content.decode()
        study = Study.objects.get()
        assert "No consent can be issued yet" in added
        assert "The date of the approval" in added
        changed = ada.post(f"/studies/{study.pk}/change/", {**TYPED, "what_changed": "The approval came."}, follow=True)
        assert "No consent can be issued yet" not in changed.content.decode()
        assert Study.objects.get().current.said == ROSE
        closed = ada.post(f"/studies/{study.pk}/close/", {"reason": "The committee has stopped it."}, follow=True)
        assert "The committee has stopped it." in closed.content.decode()
        assert Study.objects.get().is_closed

    def test_what_cannot_be_is_said_at_its_field_and_stays_as_typed(self, ada: Client) -> None:
        answer = ada.post("/studies/add/", {**TYPED, "contact_study": "Dr Nia Penrose"})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "a name alone is nobody to call" in page
        assert 'value="Dr Nia Penrose"' in page
        assert not Study.objects.exists()

    @pytest.mark.parametrize("who", ["practitioner", "auditor"])
    def test_others_read_and_change_nothing(
        self, harbour: Organization, who: str, signed_in: SignedIn, request: pytest.FixtureRequest
    ) -> None:
        study, browser = study_of(harbour), signed_in(request.getfixturevalue(who))
        for path in ("/studies/", f"/studies/{study.pk}/"):
            assert ROSE.title in browser.get(path).content.decode()
        for path in ("/studies/add/", f"/studies/{study.pk}/change/", f"/studies/{study.pk}/close/"):
            assert browser.post(path, {**TYPED, "reason": "Because I say so."}).status_code == 403
        assert Study.objects.get().current.number == 1

    def test_a_stranger_finds_nothing(self, desk: Desk, stranger: User, signed_in: SignedIn) -> None:
        study, browser = study_of(desk.clinic), signed_in(stranger)
        assert ROSE.title not in browser.get("/studies/").content.decode()
        for rest in ("", "change/", "close/"):
            assert browser.get(f"/studies/{study.pk}/{rest}").status_code == 404


class TestTexts:
    def test_a_text_for_research_is_begun_on_the_page_of_texts(self, desk: Desk, ada: Client) -> None:
        assert "no consent to research can be issued" in ada.get("/texts/").content.decode()
        page = ada.post("/texts/draft/", {"type": "research"}, follow=True).content.decode()
        assert TemplateDraft.objects.get().type == TextType.RESEARCH
        assert "A beginning, not a text to use" in page
        assert '<option value="injury"' in page

    def test_a_treatment_text_is_offered_none_of_its_kinds(self, desk: Desk, ada: Client) -> None:
        page = ada.post("/texts/draft/", follow=True).content.decode()
        assert TemplateDraft.objects.get().type == TextType.TREATMENT
        assert '<option value="injury"' not in page

    def test_there_is_no_third_type(self, desk: Desk, ada: Client) -> None:
        assert ada.post("/texts/draft/", {"type": "sales"}).status_code == 404

    def test_a_draft_of_research_is_compared_with_the_research_text(self, desk: Desk, ada: Client) -> None:
        research_text(desk.clinic)
        draft = services.start_draft(desk.clinic, agent=writer(desk.clinic), at=LATER, text_type=TextType.RESEARCH)
        page = ada.get(f"/texts/draft/{draft.pk}/difference/").content.decode()
        assert "Who sees your data" in page
        assert "0 lines differ" in page
        assert "Translate it" in ada.get("/texts/").content.decode()


class TestIssuing:
    def path(self, desk: Desk) -> str:
        return f"/consents/issue/?patient={desk.patient.pk}&product={desk.product.pk}"

    def sent(self, desk: Desk, **more: str) -> dict[str, str]:
        return {**ISSUED, "batch": "on-the-day", "practitioner": str(desk.practitioner.pk), **more}

    def test_asks_what_it_is_for_only_where_there_is_an_open_study(self, desk: Desk, nia: Client) -> None:
        assert "What it is for" not in nia.get(self.path(desk)).content.decode()
        study = study_of(desk.clinic)
        assert f"Research study: {ROSE.title}" in nia.get(self.path(desk)).content.decode()
        services.close_study(study.pk, "The committee has stopped it.", agent=desk.agent, at=NOW)
        assert "What it is for" not in nia.get(self.path(desk)).content.decode()

    def test_shows_the_research_text_and_issues_it(self, desk: Desk, nia: Client) -> None:
        research_text(desk.clinic)
        study = str(study_of(desk.clinic).pk)
        page = nia.post(self.path(desk), self.sent(desk, study=study, act="preview")).content.decode()
        assert "This is not ordinary care" in page
        assert f'name="study" value="{study}"' in page
        nia.post(self.path(desk), self.sent(desk, study=study, act="issue"))
        consent = Consent.objects.get()
        assert str(consent.study_id) == study
        shown = nia.get(reverse("consent", args=[consent.pk])).content.decode()
        assert ROSE.title in shown
        assert ">Research</span>" in nia.get("/consents/").content.decode()

    def test_a_language_of_the_research_text_alone_is_offered_and_refused_for_a_treatment_before_the_preview(
        self, desk: Desk, nia: Client
    ) -> None:
        offer_in_welsh(desk)
        study = str(study_of(desk.clinic).pk)
        assert 'value="cy"' in nia.get(self.path(desk)).content.decode()
        sent = self.sent(desk, study=study, language="cy", act="preview")
        assert "What the patient will read" in nia.post(self.path(desk), sent).content.decode()
        refused = nia.post(self.path(desk), {**sent, "study": "treatment"}).content.decode()
        assert "What the patient will read" not in refused
        assert "Welsh is not offered" in refused

    def test_the_patients_own_language_is_chosen_beforehand_where_what_it_is_for_has_it(
        self, desk: Desk, nia: Client
    ) -> None:
        offer_in_welsh(desk)
        study = study_of(desk.clinic)
        reader = make_patient(desk.clinic, replace(MARA, given_name="Eira", language="cy"))
        path = f"/consents/issue/?patient={reader.pk}&product={desk.product.pk}"
        begins = [nia.get(path + more).context["form"]["language"].initial for more in ("", f"&study={study.pk}")]
        assert begins == ["en-GB", "cy"]

    def test_asking_again_for_a_study_begins_with_that_study(self, desk: Desk, nia: Client) -> None:
        handed = issue_research(desk)
        services.invalidate_consent(handed.consent.pk, reason="wrong patient", agent=desk.agent, at=LATER)
        study = handed.consent.study_id
        path = f"{self.path(desk)}&corrects={handed.consent.pk}&study={study}"
        assert escape(path) in nia.get(reverse("consent", args=[handed.consent.pk])).content.decode()
        assert f'<option value="{study}" selected' in nia.get(path).content.decode()

    def test_what_is_missing_is_said_at_the_field(self, desk: Desk, nia: Client) -> None:
        research_text(desk.clinic)
        study = str(study_of(desk.clinic, compensation="").pk)
        page = nia.post(self.path(desk), self.sent(desk, study=study, act="issue")).content.decode()
        assert "what is paid to somebody who is harmed. Enter it under Clinic, Research studies" in page
        assert not Consent.objects.exists()

    def test_a_patient_who_chooses_a_language_meanwhile_reads_no_words_for_staff(
        self, desk: Desk, phone: Client
    ) -> None:
        offer_in_welsh(desk)
        study = study_of(desk.clinic)
        handed = issue_research(desk, study)
        phone.post(handed.path(), {"birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1984"})
        unpaid = replace(ROSE, compensation="")
        services.change_study(study.pk, unpaid, what_changed="Nobody knows yet.", agent=desk.agent, at=LATER)
        answer = phone.post(handed.path("language/"), {"language": "cy"})
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "go on in the one that you have" in page
        assert "Enter it under" not in page

    def test_the_patient_reads_all_of_it_on_one_page(self, desk: Desk, phone: Client) -> None:
        handed = issue_research(desk)
        services.confirm_identity(handed.link.pk, desk.patient.identity.birth_date, at=LATER)
        phone.post(handed.path(), {"birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1984"})
        page = phone.get(handed.path("text/")).content.decode()
        for words in (
            "This is a research study",
            "Who sees your data",
            ROSE.compensation[1:],
            "Taking part is your choice",
        ):
            assert words in page
