"""Attacks on what runs: a bystander with a link, a dishonest colleague, a program from outside. Each fails, and nothing changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audit.models import LogEntry
from clinic.models import Membership, Patient, Practitioner, User
from clinic.records import PatientIdentity
from clinic.services import remove_member, tell_owners
from consent import services
from consent.errors import IdentityLockedError, IdentityRefusedError
from consent.models import Consent, PatientLink, Question
from consent.vocabulary import LinkWay, TimeOfDay, Wish
from products.services import register_product
from tests import cast
from tests.config.test_url_map import PATTERNS, address_of
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed, at_once

CANARIES = ("Mara", "Ilves", "14 March 1984", "mara@example.org", "Rosaline", "exosome", "Penrose", "RSE2601", "HC-")
PAGES = (
    "",
    "part/product/",
    "decide/",
    "sign/",
    "decline/",
    "receipt/",
    "withdraw/",
    "copy.pdf",
    "file/signed-record.pdf",
)
MARKUP = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<b>x</b>", "javascript:alert(1)")
TEMPLATES = ("{{ 7*7 }} {% debug %} {{ settings.SECRET_KEY }}", "%(password)s {0.__class__} ${7*7} #{7*7}")
NUMBER_OF_MISSES = 300


@pytest.fixture
def handed(desk: Desk) -> Handed:
    return desks.issue_lately(desk)


@pytest.fixture
def signed(handed: Handed) -> Handed:
    desks.read_lately(handed)
    services.sign_consent(handed.consent.pk, desks.signing(handed), at=timezone.now() - timedelta(minutes=5))
    return handed


def words(answer: Any) -> str:
    return "" if answer.streaming else answer.content.decode()


def rows() -> dict[str, int]:
    """How many rows every table has, but for sessions, which any visit may make."""
    models = [one for one in apps.get_models() if one is not Session and not one._meta.label.startswith("django")]
    counts = [f"SELECT '{one._meta.label}', COUNT(*) FROM {one._meta.db_table}" for one in models]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(counts))
        return dict(cursor.fetchall())


@pytest.mark.django_db
class TestAWornOutLink:
    @pytest.mark.parametrize("rest", PAGES)
    def test_shows_nothing_after_the_signature_without_the_birth_date(self, signed: Handed, rest: str) -> None:
        page = Client().get(signed.path(rest), follow=True)
        shown = words(page).replace("27 3 1984", "")
        assert [canary for canary in CANARIES if canary in shown] == []
        assert not page.get("Content-Type", "").startswith("application/pdf")

    def test_takes_nothing_back_without_it(self, signed: Handed) -> None:
        before = rows()
        assert Client().post(signed.path("withdraw/"), {"reason": "x"}).status_code == 401
        assert rows() == before


@pytest.mark.django_db
class TestGuessing:
    def test_a_guessed_link_finds_nothing_and_costs_one_question(self, handed: Handed) -> None:
        browser, bodies = Client(), set()
        for number in range(NUMBER_OF_MISSES):
            token = f"{number:043d}"
            with CaptureQueriesContext(connection) as asked:
                answer = browser.get(f"/p/{token}/")
            assert answer.status_code == 404
            assert len(asked) <= 1
            bodies.add(answer.content.replace(token.encode(), b""))
        assert len(bodies) == 1
        assert not Session.objects.exists()

    def test_the_answer_is_the_same_for_a_person_who_is_known_and_one_who_is_not(self, lead: User) -> None:
        def said(path: str, **values: str) -> str:
            browser = Client()
            page = browser.post(path, values, follow=True)
            return re.sub(r'value="[^"]*"', "", words(page)).replace(lead.email, "").replace("nobody@example.org", "")

        for path, more in (("/accounts/login/", {"password": "wrong-password"}), ("/accounts/password/reset/", {})):
            name = "login" if "login" in path else "email"
            assert said(path, **{name: lead.email}, **more) == said(path, **{name: "nobody@example.org"}, **more)


@pytest.mark.django_db
class TestWhatAStrangerLearns:
    def test_a_thing_of_another_clinic_is_answered_like_one_that_never_was(
        self, handed: Handed, desk: Desk, stranger: User, signed_in
    ) -> None:
        """Byte for byte, but for the address itself and the form's own secrets."""
        browser, never = signed_in(stranger), "00000000-0000-4000-8000-000000000000"

        def said(path: str, thing: Any) -> tuple[int, bytes]:
            answer = browser.get(path.format(thing))
            secrets = rb'(csrfmiddlewaretoken" value="|nonce=")[^"]*'
            return answer.status_code, re.sub(secrets, b"", answer.content).replace(str(thing).encode(), b"")

        for path, thing in (
            ("/consents/{}/", handed.consent.pk),
            ("/consents/{}/history/", handed.consent.pk),
            ("/patients/{}/", desk.patient.pk),
            ("/products/{}/", desk.product.pk),
            ("/api/v1/consents/{}/", handed.consent.pk),
        ):
            assert said(path, thing) == said(path, never), path
        assert said("/consents/{}/", handed.consent.pk)[0] == 404


class TestGuessingBirthDatesAtOnce:
    def test_of_twenty_guesses_no_more_than_five_are_compared(self, committed: None) -> None:
        handed = desks.issue(desks.open_desk())

        def guess(day: int) -> str:
            try:
                services.confirm_identity(handed.link.pk, date(1984, 3, day), at=cast.NOW)
            except IdentityRefusedError:
                return "compared"
            except IdentityLockedError:
                return "locked"
            return "in"

        assert "in" not in at_once(guess, 13)  # the right day is the fourteenth
        # Every date that was compared stands in the log; one that met the pause was not looked at.
        assert LogEntry.objects.filter(leaf__contains='"kind":"consent.identity_').count() == 5
        assert guess(14) == "locked"
        assert PatientLink.objects.get().revoked_at is None


@pytest.mark.django_db
class TestAColleague:
    def test_cannot_answer_or_sign_for_the_patient(self, handed: Handed, desk: Desk, signed_in) -> None:
        browser, before = signed_in(User.objects.get(pk=desk.practitioner.user_id)), rows()
        for rest in PAGES:
            answer = browser.post(handed.path(rest), {**MARA_WAS_BORN, "answer": "yes"})
            assert answer.status_code in (403, 405), rest
        assert rows() == before

    def test_with_a_stolen_session_cannot_declare(self, signed: Handed, desk: Desk) -> None:
        thief = Client()
        thief.force_login(User.objects.get(pk=desk.practitioner.user_id))
        answer = thief.post(f"/consents/{signed.consent.pk}/declare/", {"is_true": "on", "confirmed": "on"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        assert Consent.objects.get().status == "draft"

    def test_guessing_in_an_open_session_stops_after_five_and_its_owner_is_told(
        self, signed: Handed, desk: Desk, settings
    ) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        thief, owner = Client(), User.objects.get(pk=desk.practitioner.user_id)
        thief.force_login(owner)
        tries = [thief.post("/accounts/reauthenticate/", {"password": f"wrong-{n}"}).status_code for n in range(5)]
        assert tries == [422] * 5
        assert thief.post("/accounts/reauthenticate/", {"password": cast.PASSWORD}).status_code == 429
        answer = thief.post(f"/consents/{signed.consent.pk}/declare/", {"is_true": "on", "confirmed": "on"})
        assert answer["Location"].startswith("/accounts/reauthenticate/")
        tell_owners(at=timezone.now())
        assert [(message.to, message.subject) for message in mail.outbox] == [
            ([owner.email], "Wrong passwords in your session")
        ]

    def test_who_was_removed_is_out_at_once(self, harbour, lead: User, practitioner: User, signed_in, mara) -> None:
        browser = signed_in(practitioner)
        assert browser.get(f"/patients/{mara.pk}/").status_code == 200
        member = Membership.objects.get(user=practitioner)
        remove_member(member, agent=cast.agent_for(lead, harbour), at=cast.NOW)
        for path in ("/", "/patients/", f"/patients/{mara.pk}/", "/log/"):
            answer = browser.get(path)
            assert answer.status_code in (302, 403, 404), path
            assert "Ilves" not in words(answer)


@pytest.mark.django_db
class TestSessions:
    def test_a_planted_cookie_is_not_the_one_that_is_signed_in(self, lead: User) -> None:
        browser = Client()
        browser.get("/accounts/login/")
        browser.cookies["sessionid"] = "a" * 32
        browser.post("/accounts/login/", {"login": lead.email, "password": cast.PASSWORD})
        kept = browser.cookies["sessionid"].value
        assert kept != "a" * 32
        thief = Client()
        thief.cookies["sessionid"] = "a" * 32
        assert thief.get("/patients/").status_code == 302

    def test_signing_out_ends_it_on_the_server(self, lead: User) -> None:
        browser = Client()
        browser.post("/accounts/login/", {"login": lead.email, "password": cast.PASSWORD})
        cookie = browser.cookies["sessionid"].value
        browser.post("/accounts/logout/")
        thief = Client()
        thief.cookies["sessionid"] = cookie
        assert thief.get("/patients/").status_code == 302


@pytest.mark.django_db
class TestForgery:
    ACTS = [pattern for pattern in PATTERNS if not pattern[0].startswith(("livez", "readyz", "static"))]

    @pytest.mark.parametrize(("route", "pattern"), ACTS, ids=[route or "today" for route, _ in ACTS])
    def test_no_form_of_another_site_is_taken(self, route: str, pattern: Any, lead: User) -> None:
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(lead)
        before = rows()
        answer = browser.post(address_of(route), {"x": "y"}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert rows() == before

    @pytest.mark.parametrize(("route", "pattern"), PATTERNS, ids=[route or "today" for route, _ in PATTERNS])
    def test_no_page_can_be_framed_or_kept(self, route: str, pattern: Any, lead: User) -> None:
        browser = Client()
        browser.force_login(lead)
        answer = browser.get(address_of(route))
        if answer.status_code != 302 and not route.startswith(("livez", "readyz")):
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
            assert "no-store" in answer["Cache-Control"]

    @pytest.mark.parametrize(
        "headers", [{"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}]
    )
    def test_no_link_is_made_for_another_host(
        self, headers: dict[str, str], handed: Handed, desk: Desk, settings
    ) -> None:
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "localhost"]
        browser = Client()
        browser.force_login(User.objects.get(pk=desk.practitioner.user_id))
        page = browser.post(f"/consents/{handed.consent.pk}/link/", {"way": "qr"}, headers=headers, follow=True)
        assert "evil.example" not in words(page)
        assert page.status_code == 400 or settings.BASE_URL in words(page)


@pytest.mark.django_db
class TestTokensOfAnotherKind:
    def test_none_opens_what_another_opens(self, handed: Handed) -> None:
        for token in (handed.token, f"candour_{handed.token}"):
            answer = Client().get("/api/v1/", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401
        assert Client().get(f"/join/{handed.token}/").status_code == 404
        assert 'type="password"' not in words(
            Client().get(f"/accounts/password/reset/key/1-{handed.token}/", follow=True)
        )
        for foreign in ("1-set-password", "candour_" + "a" * 39, str(handed.consent.pk)):
            assert Client().get(f"/p/{foreign}/").status_code == 404


def crawl(browser: Client, start: tuple[str, ...], most: int = 90) -> dict[str, str]:
    """Every page of ours that can be reached by links, one of each kind of address several times at most."""
    waiting, seen, kinds = list(start), {}, {}
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", path)
        if path in seen or kinds.get(kind, 0) >= 4 or path.startswith(("/static", "/accounts/logout", "/api")):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = browser.get(path)
        if not answer.get("Content-Type", "").startswith("text/html"):
            continue
        seen[path] = words(answer)
        waiting += [found.split("#")[0] for found in re.findall(r'href="(/[^"]*)"', seen[path])]
    return seen


@pytest.mark.django_db
class TestTextIsOnlyText:
    @pytest.fixture
    def hostile(self, harbour) -> Callable[[str], Client]:
        """A clinic in which this text stands wherever a person can type, seen by a lead who is a practitioner too."""

        def make(text: str) -> Client:
            user = cast.make_practitioner(harbour, "Dr Nia Penrose")
            member = Membership.objects.get(user=user)
            member.is_clinic_lead = True
            cast.record(harbour, member)
            agent = cast.agent_for(user, harbour)
            harbour.address = text
            cast.record(harbour, harbour)
            patient = cast.make_patient(harbour, PatientIdentity(text, text, date(1984, 3, 14)))
            desk = desks.open_desk(harbour, practitioner=Practitioner.objects.get(user=user), patient=patient)
            register_product(harbour, replace(desks.ROSALINE, marketed_name=text, gtin=""), agent=agent, at=cast.NOW)
            handed = desks.issue(desk)
            services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=cast.NOW)
            services.ask_question(handed.consent.pk, "risks", text, shown_sha256=handed.sha256, at=cast.NOW)
            declined = desks.issue(desk)
            services.decline_consent(declined.consent.pk, text, at=cast.NOW)
            browser = Client()
            browser.force_login(user)
            return browser

        return make

    @pytest.mark.parametrize("text", MARKUP)
    def test_markup_is_shown_and_never_run(self, text: str, hostile: Callable[[str], Client]) -> None:
        pages = crawl(hostile(text), ("/", "/patients/", "/products/", "/consents/", "/clinic/", "/log/", "/texts/"))
        assert len(pages) > 25
        assert [path for path, page in pages.items() if "<script>alert" in page or "<img src=x" in page] == []
        assert [path for path, page in pages.items() if "<b>x</b>" in page or 'href="javascript' in page] == []

    @pytest.mark.parametrize("text", TEMPLATES)
    def test_a_template_is_shown_and_never_filled_in(self, text: str, hostile: Callable[[str], Client]) -> None:
        browser = hostile(text)
        assert Question.objects.get().text == text
        pages = crawl(browser, ("/patients/", "/products/", "/consents/"), most=25)
        assert any(text in page for page in pages.values())
        assert Patient.objects.at(Consent.objects.first().organization).first().identity.given_name == text
        assert f'"{text}"' in Consent.objects.first().document.canonical.decode()


@pytest.mark.django_db
class TestWhatLeavesTheHouse:
    def test_a_message_says_nothing_of_health(self, desk: Desk, handed: Handed, settings) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        desks.link_for(desk, handed.consent, way=LinkWay.EMAIL)
        assert services.send_due_notices(at=cast.NOW) == 1
        [message] = mail.outbox
        whole = f"{message.subject}\n{message.body}"
        for canary in (*CANARIES[1:3], "Rosaline", "exosome", "RSE2601", "consent", "treatment", "skin"):
            assert canary.lower() not in whole.lower(), canary
        assert settings.BASE_URL in message.body

    def test_no_message_of_any_kind_names_a_patient_a_product_or_a_treatment(
        self, desk: Desk, signed: Handed, lead: User, settings
    ) -> None:
        """Link, one-time code, tasks, invitation, new password: whatever is sent."""
        settings.EMAIL_HOST, at = "mail.example.org", timezone.now()
        other = desks.issue(desk, at=at - timedelta(hours=1))
        mailed = desks.link_for(desk, other.consent, at=at, way=LinkWay.EMAIL)
        services.send_code(mailed.link.pk, None, at=at)
        services.confirm_identity(mailed.link.pk, date(1984, 3, 14), at=at)
        services.ask_question(other.consent.pk, "risks", "Does Rosaline hurt?", shown_sha256=other.sha256, at=at)
        services.ask_for_help(mailed.link.pk, Wish.CALL, phone="", time_of_day=TimeOfDay.ANY, is_confirmed=True, at=at)
        services.withdraw_consent(signed.consent.pk, "my skin", received_by="", agent=None, at=at)
        services.send_due_notices(at=at + timedelta(minutes=1))
        browser = Client()
        browser.force_login(lead)
        browser.post("/clinic/staff/invite/", {"email": "new@example.org", "roles": ["practitioner"]})
        Client().post("/accounts/password/reset/", {"email": lead.email})
        subjects = {message.subject for message in mail.outbox}
        assert {"Candour: a task for you", "Harbour Clinic: your code", "Invitation from Harbour Clinic"} <= subjects
        assert len(subjects) >= 5
        for message in mail.outbox:
            whole = f"{message.subject}\n{message.body}".lower()
            for word in ("mara", "ilves", "rosaline", "exosome", "rse2601", "treatment", "skin", "hurt", "1984"):
                assert word not in whole, (word, message.subject, message.body)

    def test_nobody_sets_who_or_when_from_a_form(self, practitioner: User, harbour, inland, signed_in) -> None:
        smuggled = {
            "id": "1", "created_at": "2001-01-01", "registered_at": "2001-01-01", "organization": str(inland.pk),
            "organization_id": str(inland.pk), "status": "active", "number": "999", "role": "auditor",
        }  # fmt: skip
        identity = {"given_name": "Mara", "family_name": "Ilves"}
        signed_in(practitioner).post(reverse("patient_add"), {**identity, **MARA_WAS_BORN, **smuggled})
        [patient] = Patient.objects.all()
        assert (patient.organization_id, patient.number) == (harbour.pk, 1)
        assert LogEntry.objects.latest("leaf_index").recorded_at.year > 2020
