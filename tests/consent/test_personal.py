"""What matters to this patient: written down before signing, read by the patient, and part of what is signed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from clinic.models import Location
from consent import services
from consent.errors import TransitionError
from consent.models import Consent
from consent.records import Personal
from consent.vocabulary import Section
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import COST, Desk, Handed
from tests.consent.staffroom import LATER, fresh

pytestmark = pytest.mark.django_db

PIANO = Personal(goals=("To feel at ease on stage.",), risks=("A mark on her hands: she plays the piano.",))


def told(desk: Desk, handed: Handed, personal: Personal | None) -> Consent:
    services.reissue_document(
        handed.consent.pk, batch=desk.batch, cost=None, personal=personal, agent=desk.agent, at=LATER
    )
    return Consent.objects.select_related("document", "patient").get(pk=handed.consent.pk)


def words(consent: Consent) -> str:
    part = next((one for one in consent.document.content["sections"] if one["key"] == Section.PERSONAL), None)
    return str(part)


class TestWhatMattersToThisPatient:
    def test_is_issued_with_the_text_and_stands_before_the_product(self, desk: Desk) -> None:
        consent = desks.issue(desk, personal=PIANO).consent
        keys = [part["key"] for part in consent.document.content["sections"]]
        assert keys.index(Section.PERSONAL) == 1
        assert "she plays the piano" in words(consent)
        assert "To feel at ease on stage." in words(consent)

    def test_without_any_the_text_has_no_such_part(self, handed: Handed) -> None:
        assert Section.PERSONAL not in desks.keys_of(handed.consent)

    def test_adding_it_later_makes_a_new_text_with_another_digest_and_the_old_link_stops(
        self, desk: Desk, handed: Handed, phone: Client
    ) -> None:
        before = handed.sha256
        consent = told(desk, handed, PIANO)
        assert consent.document.sha256 != before
        assert consent.document.number == 2
        assert phone.get(handed.path()).status_code == 410

    def test_it_is_kept_when_only_the_batch_changes_and_goes_when_it_is_emptied(self, desk: Desk) -> None:
        handed = desks.issue(desk, personal=PIANO)
        assert "she plays the piano" in words(told(desk, handed, None))
        assert Section.PERSONAL not in desks.keys_of(told(desk, handed, Personal()))

    def test_the_patient_reads_and_marks_it_before_signing(self, desk: Desk) -> None:
        handed = desks.issue(desk, personal=PIANO)
        services.confirm_identity(handed.link.pk, handed.consent.patient.identity.birth_date, at=NOW)
        with pytest.raises(Exception, match="marked as read yet"):
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=NOW)

    def test_nothing_is_added_to_what_was_signed(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(TransitionError):
            told(desk, signed, PIANO)

    def test_what_is_typed_is_a_line_each(self, desk: Desk, nia: Client) -> None:
        data: dict[str, Any] = {
            "batch": "on-the-day",
            "route": "TOPICAL_INTACT",
            "practitioner": str(desk.practitioner.pk),
            "jurisdiction": "GB",
            "location": str(Location.objects.at(desk.clinic).get().pk),
            **vars(COST),
            "goals": "First hope\n\n  Second hope ",
            "risks": "",
            "reasons": "",
            "act": "preview",
        }
        page = nia.post(f"/consents/issue/?patient={desk.patient.pk}&product={desk.product.pk}", data).content.decode()
        assert "<li>First hope</li>" in page
        assert "<li>Second hope</li>" in page

    def test_the_page_that_writes_the_text_anew_shows_what_is_there(self, desk: Desk, nia: Client) -> None:
        handed = desks.issue(desk, personal=PIANO)
        page = nia.get(f"/consents/{handed.consent.pk}/reissue/").content.decode()
        assert "she plays the piano" in page


class TestWhyItIsSuggested:
    WHY = Personal(reasons=("Your skin did not bear the acid peel.",))

    def test_it_is_said_in_the_name_of_who_treats(self, desk: Desk) -> None:
        said = words(desks.issue(desk, personal=self.WHY).consent)
        assert "Dr Nia Penrose suggests this treatment for you, for these reasons:" in said
        assert "Your skin did not bear the acid peel." in said
        assert "You told" not in said

    def test_a_reason_that_promises_is_refused_at_its_field(self, desk: Desk, nia: Client) -> None:
        handed = desks.issue(desk)
        data = {"batch": "on-the-day", **vars(COST), "goals": "", "risks": "", "language": "en-GB"}
        page = nia.post(
            f"/consents/{handed.consent.pk}/reissue/", {**data, "reasons": "It is completely safe for you."}
        )
        assert "“completely safe” promises more than is known" in str(page.context["form"].errors["reasons"])
        assert fresh(handed.consent).document.number == 1

    def test_what_the_patient_hopes_for_is_theirs_to_say(self, desk: Desk) -> None:
        hopes = Personal(goals=("A glowing skin",))
        assert "A glowing skin" in words(desks.issue(desk, personal=hopes).consent)
