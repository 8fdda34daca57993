"""A signature on a network on which staff work: it counts, it is marked, and it can be listed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.verification import verify
from clinic.models import Organization, StaffNetwork, User
from clinic.services import forget_staff_networks, is_staff_network, network_index, note_staff_network
from consent import services
from consent.models import Consent, Opening, Signature
from tests.cast import NOW
from tests.clinic.test_pages import IDENTITY
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import paper, staffroom
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed

pytestmark = pytest.mark.django_db
PATIENTS = "203.0.113.7"


def seen(clinic: Organization, address: str, at=NOW) -> None:
    note_staff_network(clinic, network_index(clinic, address), at=at)


class TestTheNetwork:
    @pytest.mark.parametrize(
        ("staff", "patient", "is_same"),
        [
            ("203.0.113.7", "203.0.113.7", True),
            ("203.0.113.7", "203.0.113.8", False),
            ("::ffff:203.0.113.7", "203.0.113.7", True),
            ("2001:db8:1:2::7", "2001:db8:1:2:abcd::9", True),
            ("2001:db8:1:2::7", "2001:db8:1:3::7", False),
            ("203.0.113.7", "", False),
            ("203.0.113.7", "unknown", False),
        ],
    )
    def test_is_an_address_or_the_first_half_of_a_long_one(self, harbour, staff: str, patient: str, is_same) -> None:
        seen(harbour, staff)
        assert is_staff_network(harbour, patient, at=NOW) is is_same

    def test_is_forgotten_after_a_month_kept_as_a_digest_and_of_no_other_clinic(self, harbour, inland) -> None:
        seen(harbour, PATIENTS)
        assert PATIENTS not in StaffNetwork.objects.get().network_index
        assert not is_staff_network(inland, PATIENTS, at=NOW)
        assert not is_staff_network(harbour, PATIENTS, at=NOW + timedelta(days=31))
        assert forget_staff_networks(at=NOW + timedelta(days=31)) == 1

    def test_is_noted_by_working_once_an_hour_and_not_by_a_patient(
        self, harbour, lead: User, signed_in: SignedIn, there: Handed, phone: Client
    ) -> None:
        phone.post(there.path(), MARA_WAS_BORN, REMOTE_ADDR=PATIENTS)
        assert not StaffNetwork.objects.exists()
        browser = signed_in(lead)
        browser.get("/", REMOTE_ADDR="198.51.100.1")
        assert not StaffNetwork.objects.exists()  # to look at a page writes nothing
        browser.post("/patients/add/", {**IDENTITY, "family_name": "Named"}, REMOTE_ADDR="198.51.100.1")
        first = StaffNetwork.objects.get(network_index=network_index(harbour, "198.51.100.1")).seen_at
        browser.post("/patients/add/", {**IDENTITY, "family_name": "Other"}, REMOTE_ADDR="198.51.100.1")
        assert StaffNetwork.objects.get(network_index=network_index(harbour, "198.51.100.1")).seen_at == first
        browser.post("/patients/add/", {**IDENTITY, "family_name": "Third"}, REMOTE_ADDR="198.51.100.2")
        assert is_staff_network(harbour, "198.51.100.2", at=timezone.now())

    def test_signing_out_leaves_nothing_in_the_browser(self, harbour, lead: User, signed_in: SignedIn) -> None:
        browser = signed_in(lead)
        browser.post("/accounts/logout/", REMOTE_ADDR="198.51.100.1")
        assert is_staff_network(harbour, "198.51.100.1", at=timezone.now())
        assert "network" not in browser.session


class TestTheMark:
    def sign(self, there: Handed, phone: Client, address: str) -> Signature:
        said = {"document_sha256": there.sha256, "typed_name": "", "meaning_confirmed": "on"}
        phone.post(there.path(), MARA_WAS_BORN, REMOTE_ADDR=address)
        answer = phone.post(there.path("sign/"), {**said, "strokes": desks.strokes_text()}, REMOTE_ADDR=address)
        assert answer.status_code == 302
        return Signature.objects.get()

    def test_a_signature_where_staff_work_counts_and_is_marked_and_listed(
        self, desk: Desk, there: Handed, phone: Client, auditor: User, signed_in: SignedIn
    ) -> None:
        seen(desk.clinic, PATIENTS, at=timezone.now())
        reader = signed_in(auditor)
        made = self.sign(there, phone, PATIENTS)
        assert made.on_staff_network is True
        assert made.signing_record["device"]["staff_network"] is True
        assert "On the clinic’s own network" in reader.get(f"/consents/{there.consent.pk}/").content.decode()
        assert there.consent.reference in reader.get("/consents/?network=staff").content.decode()
        assert [one.message for one in verify(None)] == []

    def test_one_from_elsewhere_is_not(
        self, desk: Desk, there: Handed, phone: Client, auditor: User, signed_in: SignedIn
    ) -> None:
        reader = signed_in(auditor)
        reader.get("/", REMOTE_ADDR="198.51.100.1")
        assert self.sign(there, phone, PATIENTS).on_staff_network is False
        assert "On the clinic’s own network" not in reader.get(f"/consents/{there.consent.pk}/").content.decode()
        assert there.consent.reference not in reader.get("/consents/?network=staff").content.decode()

    def test_the_list_leaves_out_a_device_that_was_handed_over(
        self, desk: Desk, there: Handed, auditor: User, signed_in: SignedIn
    ) -> None:
        seen(desk.clinic, PATIENTS, at=timezone.now())
        opening = Opening.objects.create(
            consent=there.consent,
            document=Consent.objects.get(pk=there.consent.pk).document,
            link=there.link,
            opened_at=timezone.now(),
            assurance="handed-over",
        )
        signing = desks.signing(there, opening_id=opening.pk)
        assert services.sign_consent(there.consent.pk, signing, at=timezone.now()).on_staff_network is True
        assert there.consent.reference not in signed_in(auditor).get("/consents/?network=staff").content.decode()

    @pytest.mark.pdf
    @pytest.mark.usefixtures("sealing_key")
    @pytest.mark.parametrize("is_theirs", [True, False])
    def test_the_certificate_says_so(self, desk: Desk, read: Handed, is_theirs: bool) -> None:
        if is_theirs:
            seen(desk.clinic, PATIENTS)
        services.sign_consent(read.consent.pk, desks.signing(read), at=NOW + timedelta(minutes=10))
        text = paper.squeezed(paper.text(services.read_sealed_file(staffroom.seal(desk, read))))
        assert (paper.squeezed("staff of the clinic used the same network in the 30 days before") in text) is is_theirs
