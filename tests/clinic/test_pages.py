"""Every page of the room: who sees it, who does not, and what it does."""

from __future__ import annotations

from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from clinic.models import Invitation, Membership, Organization, Patient, Practitioner, RoleGrant, User
from clinic.records import StaffInvitation
from clinic.services import invite_staff, propose_role
from clinic.vocabulary import Role
from tests import cast

pytestmark = pytest.mark.django_db
IDENTITY = {
    "given_name": "Mara", "family_name": "Ilves", "birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1984",
}  # fmt: skip


def member_of(user: User) -> Membership:
    return Membership.objects.get(user=user)


@pytest.fixture
def grant(harbour, lead, practitioner) -> RoleGrant:
    return propose_role(member_of(practitioner), Role.AUDITOR, agent=cast.agent_for(lead, harbour), at=cast.NOW)


@pytest.fixture
def invitation(harbour, lead) -> Invitation:
    wish = StaffInvitation("new@example.org", frozenset({Role.PRACTITIONER}))
    return invite_staff(harbour, wish, agent=cast.agent_for(lead, harbour), at=cast.NOW)[0]


@pytest.fixture
def ours(mara, grant, invitation, practitioner, harbour) -> list[str]:
    """An address for every page that shows one thing of Harbour's."""
    member = member_of(practitioner).pk
    return [
        reverse("patient_show", args=[mara.pk]),
        reverse("location_close", args=[harbour.locations.get().pk]),
        reverse("staff_show", args=[member]),
        reverse("staff_remove", args=[member]),
        reverse("role_propose", args=[member]),
        reverse("role_withdraw", args=[member, "practitioner"]),
        reverse("second_factor_reset", args=[member]),
        reverse("practitioner_change", args=[member]),
        reverse("role_confirm", args=[grant.pk]),
        reverse("invitation_withdraw", args=[invitation.pk]),
    ]


LISTS = (
    "patients",
    "patient_add",
    "clinic_settings",
    "clinic_change",
    "location_add",
    "mail_test",
    "staff",
    "staff_invite",
)


class TestStrangers:
    def test_get_404_for_everything_of_ours(self, ours, stranger, signed_in):
        browser = signed_in(stranger)
        for url in ours:
            assert browser.post(url, {"role": "auditor", "reason": "x"}).status_code in (404, 405), url
            assert browser.get(url).status_code in (404, 405), url
        assert member_of(User.objects.get(email="dr.nia.penrose@hc.example")).removed_at is None

    def test_see_nothing_of_ours_in_lists(self, mara, practitioner, stranger, signed_in):
        browser = signed_in(stranger)
        for name in LISTS:
            html = browser.get(reverse(name)).content.decode()
            for ours in ("Ilves", "Penrose", "Harbour Clinic", practitioner.email):
                assert ours not in html, name

    def test_find_nobody_of_ours(self, mara, stranger, signed_in):
        answer = signed_in(stranger).post("/patients/", {"family_name": "Ilves"})
        assert "Mara" not in answer.content.decode()

    def test_without_signing_in_every_page_leads_to_the_sign_in(self, ours, client):
        for url in [*ours, *(reverse(name) for name in LISTS)]:
            answer = client.get(url)
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/"), url


class TestAuditors:
    def test_read(self, mara, auditor, signed_in):
        browser = signed_in(auditor)
        for url in ("/patients/", f"/patients/{mara.pk}/", "/clinic/", "/clinic/staff/"):
            assert browser.get(url).status_code == 200, url

    def test_search(self, mara, auditor, signed_in):
        assert "Mara" in signed_in(auditor).post("/patients/", {"family_name": "ilves"}).content.decode()

    def test_write_nothing(self, ours, auditor, signed_in):
        browser = signed_in(auditor)
        for url in [*ours, *(reverse(name) for name in LISTS if name != "patients")]:
            assert browser.post(url, IDENTITY).status_code == 403, url
        assert Patient.objects.count() == 1

    def test_change_their_own_password_all_the_same(self, auditor, signed_in):
        assert signed_in(auditor).post("/accounts/logout/").status_code == 302


class TestPatients:
    def test_are_registered_by_a_practitioner(self, harbour, practitioner, signed_in):
        answer = signed_in(practitioner).post(
            "/patients/add/", {**IDENTITY, "email": "M@example.org", "phone": "07700 900123"}
        )
        patient = Patient.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, f"/patients/{patient.pk}/")
        assert (patient.identity.email, patient.identity.phone) == ("m@example.org", "+447700900123")

    def test_are_shown_with_their_history(self, mara, practitioner, signed_in):
        html = signed_in(practitioner).get(f"/patients/{mara.pk}/").content.decode()
        assert "Mara Ilves" in html
        assert "Patient registered, operator" in html

    def test_a_double_click_asks_instead_of_registering_twice(self, practitioner, signed_in):
        browser = signed_in(practitioner)
        browser.post("/patients/add/", IDENTITY)
        answer = browser.post("/patients/add/", IDENTITY)
        assert answer.status_code == 422
        assert 'type="checkbox"' in answer.content.decode()
        assert Patient.objects.count() == 1
        browser.post("/patients/add/", {**IDENTITY, "is_confirmed": "on"})
        assert Patient.objects.count() == 2

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"birth_date_2": "2012"}, "adults only"),
            ({"birth_date_2": "2084"}, "in the future"),
            ({"birth_date_1": "2", "birth_date_0": "30"}, "There is no 30 February 1984"),
            ({"given_name": "Mara 😀"}, "grinning face"),
            ({"family_name": "\u200b"}, "nothing to read"),
            ({"family_name": "x" * 300}, "300 characters"),
            ({"phone": "nobody"}, "A phone number has"),
            ({"email": "a@[127.0.0.1]"}, "not a number in brackets"),
        ],
    )
    def test_a_mistake_stands_at_its_field_and_nothing_is_lost(self, practitioner, signed_in, changes, words):
        answer = signed_in(practitioner).post("/patients/add/", {**IDENTITY, **changes})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert words in html
        assert 'value="1984"' in html or "birth_date_2" in changes
        assert not Patient.objects.exists()

    def test_html_in_a_name_is_only_text(self, practitioner, signed_in):
        browser = signed_in(practitioner)
        browser.post("/patients/add/", {**IDENTITY, "given_name": "<b>Ann</b>"})
        html = browser.get("/patients/").content.decode()
        assert "&lt;b&gt;Ann&lt;/b&gt;" in html
        assert "<b>Ann" not in html

    def test_are_found_by_birth_date(self, mara, practitioner, signed_in):
        boxes = {"birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1984"}
        assert "Mara" in signed_in(practitioner).post("/patients/", boxes).content.decode()

    def test_a_name_never_stands_in_an_address(self, mara, practitioner, signed_in):
        assert "Find" in signed_in(practitioner).get("/patients/?family_name=Ilves").content.decode()
        assert 'method="post" action="/patients/"' in signed_in(practitioner).get("/patients/").content.decode()


class TestSettings:
    def test_a_lead_changes_what_patients_are_told(self, harbour, lead, signed_in):
        values = {
            "name": "Harbour Clinic", "address": "2 Quay Street", "jurisdiction": "GB-NIR", "time_zone": "Europe/London",
            "emergency_phone": "999", "privacy_notice_url": "https://example.org/p",
        }  # fmt: skip
        assert signed_in(lead).post("/clinic/change/", values).status_code == 302
        harbour = Organization.objects.get(pk=harbour.pk)
        assert (harbour.address, harbour.jurisdiction, harbour.short_code) == ("2 Quay Street", "GB-NIR", "HC")

    def test_a_practitioner_does_not(self, practitioner, signed_in):
        answer = signed_in(practitioner).post("/clinic/change/", {})
        assert answer.status_code == 403
        assert "for the role clinic lead" in answer.content.decode()

    def test_locations_are_added_and_closed_but_for_the_last(self, harbour, lead, signed_in):
        browser = signed_in(lead)
        browser.post("/clinic/locations/add/", {"location_name": "Annexe", "location_address": "3 Quay Street"})
        first, second = harbour.locations.order_by("name")
        browser.post(f"/clinic/locations/{first.pk}/close/")
        answer = browser.post(f"/clinic/locations/{second.pk}/close/", follow=True)
        assert "only location" in answer.content.decode()
        assert harbour.locations.filter(closed_at=None).count() == 1

    def test_the_mail_page_says_when_no_server_is_set(self, lead, signed_in):
        html = signed_in(lead).get("/clinic/mail/").content.decode()
        assert "No mail server is set" in html
        assert "EMAIL_URL" in html


class TestStaffPages:
    def test_an_invitation_is_shown_once_and_lets_a_colleague_in(self, harbour, lead, signed_in, client):
        browser = signed_in(lead)
        browser.post("/clinic/staff/invite/", {"email": "new@example.org", "roles": ["practitioner"]})
        html = browser.get("/clinic/staff/").content.decode()
        link = html.split("<code>")[1].split("</code>")[0].replace("http://localhost:8000", "")
        assert "<code>" not in browser.get("/clinic/staff/").content.decode()
        assert "Join Harbour Clinic" in client.get(link).content.decode()
        weak = client.post(link, {"full_name": "Nina New", "password": "password", "password_again": "password"})
        assert weak.status_code == 422
        client.post(link, {"full_name": "Nina New", "password": cast.PASSWORD, "password_again": cast.PASSWORD})
        signed = client.post("/accounts/login/", {"login": "new@example.org", "password": cast.PASSWORD})
        assert signed.status_code == 302
        assert client.get("/patients/").status_code == 200
        assert Client().get(link).status_code == 404

    def test_a_second_lead_confirms_a_role(self, grant, lead, second_lead, practitioner, signed_in):
        url = reverse("role_confirm", args=[grant.pk])
        answer = signed_in(lead).post(url, {"decision": "confirm"}, follow=True)
        assert "another clinic lead must confirm" in answer.content.decode()
        signed_in(second_lead).post(url, {"decision": "confirm"})
        assert member_of(practitioner).has_role(Role.AUDITOR)

    def test_the_operator_confirms_a_role(self, grant, practitioner, capsys):
        call_command("confirm_role", practitioner.email.upper(), "auditor")
        assert "is auditor at Harbour Clinic" in capsys.readouterr().out
        assert member_of(practitioner).has_role(Role.AUDITOR)

    def test_a_practitioner_changes_their_own_profile_only(self, practitioner, lead, signed_in):
        browser = signed_in(practitioner)
        own = reverse("practitioner_change", args=[member_of(practitioner).pk])
        browser.post(own, {"printed_name": "Dr N. Penrose", "registration_number": "7654321"})
        assert Practitioner.objects.get(user=practitioner).printed_name == "Dr N. Penrose"
        other = reverse("practitioner_change", args=[member_of(lead).pk])
        assert browser.post(other, {"printed_name": "x"}).status_code == 403

    def test_every_page_of_a_lead_opens(self, ours, lead, signed_in):
        browser = signed_in(lead)
        for url in [*ours, *(reverse(name) for name in LISTS), reverse("switch_clinic")]:
            assert browser.get(url).status_code in (200, 405), url

    def test_an_unknown_member_is_404(self, lead, signed_in):
        assert signed_in(lead).get(reverse("staff_show", args=[uuid4()])).status_code == 404

    def test_removing_asks_first(self, practitioner, lead, signed_in):
        url = reverse("staff_remove", args=[member_of(practitioner).pk])
        browser = signed_in(lead)
        assert "What they recorded and signed stays" in browser.get(url).content.decode()
        browser.post(url)
        assert member_of(practitioner).removed_at is not None

    def test_a_lead_resets_a_second_factor(self, practitioner, lead, signed_in):
        Authenticator.objects.create(user=practitioner, type=Authenticator.Type.TOTP, data={"secret": "x"})
        url = reverse("second_factor_reset", args=[member_of(practitioner).pk])
        browser = signed_in(lead)
        assert browser.post(url, {"reason": ""}).status_code == 422
        assert browser.post(url, {"reason": "Lost her phone"}).status_code == 302
        assert not Authenticator.objects.exists()


class TestSeveralClinics:
    @pytest.fixture
    def both(self, inland, practitioner) -> User:
        cast.record(inland, Membership(organization=inland, user=practitioner, joined_at=cast.NOW, is_auditor=True))
        return practitioner

    def test_asks_which_one(self, both, signed_in):
        answer = signed_in(both).get("/patients/")
        assert (answer.status_code, answer["Location"]) == (302, "/clinic/switch/")

    def test_works_in_the_chosen_one_with_its_roles(self, both, harbour, inland, mara, signed_in):
        browser = signed_in(both)
        browser.post("/clinic/switch/", {"organization": str(harbour.pk)})
        assert "Mara" in browser.get("/patients/").content.decode()
        browser.post("/clinic/switch/", {"organization": str(inland.pk)})
        assert "Mara" not in browser.get("/patients/").content.decode()
        assert browser.post("/patients/add/", IDENTITY).status_code == 403

    def test_cannot_choose_a_clinic_of_others(self, practitioner, inland, signed_in):
        browser = signed_in(practitioner)
        browser.post("/clinic/switch/", {"organization": str(inland.pk)})
        assert "Harbour" in browser.get("/clinic/").content.decode()

    def test_without_any_clinic_says_so(self, db, signed_in):
        user = User.objects.create_user("nobody@example.org", cast.PASSWORD, full_name="No Body")
        answer = signed_in(user).get("/patients/")
        assert answer.status_code == 403
        assert "do not belong to a clinic" in answer.content.decode()


class TestSigningIn:
    @pytest.fixture(autouse=True)
    def _fresh_limits(self):
        cache.clear()

    @pytest.mark.parametrize(
        "path",
        ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/accounts/inactive/"],
    )
    def test_public_pages_open(self, db, client, path):
        assert client.get(path).status_code == 200

    @pytest.mark.parametrize(
        "path",
        ["/accounts/logout/", "/accounts/password/change/", "/accounts/email/", "/accounts/2fa/",
         "/accounts/reauthenticate/"],
    )  # fmt: skip
    def test_own_pages_open_in_our_look(self, lead, client, path):
        client.post("/accounts/login/", {"login": lead.email, "password": cast.PASSWORD})
        answer = client.get(path, follow=True)
        assert answer.status_code == 200
        assert "wordmark" in answer.content.decode()

    @pytest.mark.parametrize("path", ["totp/activate/", "webauthn/add/", "webauthn/"])
    def test_second_factor_pages_have_no_inline_script(self, lead, client, path):
        client.post("/accounts/login/", {"login": lead.email, "password": cast.PASSWORD})
        html = client.get(f"/accounts/2fa/{path}", follow=True).content.decode()
        for tag in html.split("<script")[1:]:
            attributes = tag.split(">")[0]
            assert "src=" in attributes or "application/json" in attributes
        assert " style=" not in html
        assert "onclick" not in html

    def test_nobody_signs_up(self, db, client):
        client.post(
            "/accounts/signup/", {"email": "x@example.org", "password1": cast.PASSWORD, "password2": cast.PASSWORD}
        )
        assert not User.objects.exists()

    def test_a_refused_password_is_no_success(self, lead, signed_in):
        sent = {"oldpassword": "wrong", "password1": "short", "password2": "other"}
        assert signed_in(lead).post("/accounts/password/change/", sent).status_code == 422

    def test_the_address_is_not_changed_behind_the_page(self, lead, client):
        client.post("/accounts/login/", {"login": lead.email, "password": cast.PASSWORD})
        client.post("/accounts/email/", {"action_add": "", "email": "other@example.org"}, follow=True)
        assert "other@example.org" not in lead.emailaddress_set.values_list("email", flat=True)

    def test_after_five_wrong_passwords_even_the_right_one_waits(self, lead, client):
        for _ in range(5):
            client.post("/accounts/login/", {"login": lead.email, "password": "wrong-password"})
        answer = client.post("/accounts/login/", {"login": lead.email, "password": cast.PASSWORD})
        assert answer.status_code in (422, 429)
        assert client.get("/clinic/").status_code == 302
