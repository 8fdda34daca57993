"""A consent for another system of care: the eight elements of UK Core, for a yes, a no, and a yes that was taken back."""

from __future__ import annotations

from typing import Any

import pytest

from consent import services
from consent.models import Consent
from consent.records import PersonDraft
from consent.serializers import fhir
from consent.vocabulary import ConsentStatus
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, declare

pytestmark = pytest.mark.django_db
EIGHT = {"status", "scope", "category", "patient", "dateTime", "performer", "organization"}


def exported(handed: Handed) -> dict[str, Any]:
    consent = Consent.objects.with_standing().get(pk=handed.consent.pk)
    return fhir.resource(consent, base_url="https://clinic.example")


class TestTheResource:
    def test_of_a_consent_in_force_permits(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        told = exported(signed)
        assert set(told) >= EIGHT
        assert (told["status"], told["provision"]["type"]) == ("active", "permit")
        assert told["scope"]["coding"][0]["code"] == "treatment"
        assert told["organization"][0]["display"] == desk.clinic.name

    def test_of_an_open_one_is_proposed_and_has_no_time_yet(self, handed: Handed) -> None:
        told = exported(handed)
        assert (told["status"], "dateTime" in told, told["provision"]["type"]) == ("proposed", False, "deny")

    def test_of_a_refusal_is_rejected_at_its_time(self, handed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "no", at=LATER)
        told = exported(handed)
        assert (told["status"], told["dateTime"]) == ("rejected", LATER.isoformat())

    def test_of_one_that_was_taken_back_is_inactive_and_denies(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        services.withdraw_consent(signed.consent.pk, "", received_by="", agent=None, at=LATER)
        told = exported(signed)
        assert (told["status"], told["dateTime"], told["provision"]["type"]) == ("inactive", LATER.isoformat(), "deny")

    def test_of_one_that_somebody_else_decides_names_them_as_who_decides(self, handed: Handed) -> None:
        assert exported(handed)["performer"] == [{"reference": f"Patient/{handed.consent.patient_id}"}]
        draft = PersonDraft(role="proxy", name="Ann Reed", relation="daughter", authority="attorney")
        proxy = services.add_person(handed.consent.pk, draft, added_by_name="", agent=None, at=LATER)
        assert exported(handed)["performer"] == [{"reference": f"RelatedPerson/{proxy.pk}"}]
        services.person_leaves(proxy.pk, agent=None, at=LATER)
        assert exported(handed)["performer"] == [{"reference": f"Patient/{handed.consent.patient_id}"}]

    def test_names_no_patient(self, desk: Desk) -> None:
        told = str(exported(desks.signed(desk)))
        assert "Ilves" not in told
        assert "Mara" not in told


def test_every_state_has_its_word() -> None:
    assert set(fhir.STATUS) == set(ConsentStatus.values)
