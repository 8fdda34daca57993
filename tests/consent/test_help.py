"""“I need help” and “call me” from every page of the patient, and the whole text on one page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from clinic.models import User
from consent import services
from consent.models import Acknowledgement, HelpRequest, StaffTask
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed

CANARIES = ("Mara", "Ilves", "1984", "mara@example.org", "+44", "Rosaline", "exosome", "RSE2601", "HC-")
WHILE_OPEN = (
    "part/product/", "part/risks/ask/", "step/reasons/", "step/health/", "language/", "text/", "decide/", "sign/",
    "decline/",
)  # fmt: skip
AFTER = ("receipt/", "part/product/", "text/", "withdraw/")
pytestmark = pytest.mark.django_db


@pytest.fixture
def handed(desk: Desk) -> Handed:
    return desks.issue(desk, at=timezone.now() - timedelta(hours=1))


@pytest.fixture
def read(handed: Handed) -> Handed:
    desks.read_all(handed, at=timezone.now() - timedelta(minutes=50))
    return handed


def text_of(answer) -> str:
    return answer.content.decode()


def visiting(phone: Client, handed: Handed) -> Client:
    assert phone.post(handed.path(), MARA_WAS_BORN).status_code == 302
    return phone


class TestOnEveryPage:
    def test_help_is_one_press_away(self, phone: Client, read: Handed) -> None:
        help_link = f'href="{read.path("help/")}"'
        assert help_link in text_of(phone.get(read.path()))
        assert help_link in text_of(phone.get(read.path("leave/")))
        visiting(phone, read)
        for rest in WHILE_OPEN:
            page = phone.get(read.path(rest))
            assert page.status_code == 200, rest
            assert help_link in text_of(page), rest
            assert 'href="https://example.org/privacy"' in text_of(page), rest
        services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now())
        for rest in AFTER:
            assert help_link in text_of(phone.get(read.path(rest))), rest

    def test_a_clinic_without_a_privacy_notice_names_none(self, phone: Client, desk: Desk, handed: Handed) -> None:
        desk.clinic.privacy_notice_url = ""
        desk.clinic.save()
        assert "Privacy notice" not in text_of(phone.get(handed.path()))

    def test_the_help_page_shows_the_phone_and_nothing_of_the_patient(self, phone: Client, handed: Handed) -> None:
        page = text_of(phone.get(handed.path("help/")))
        assert "01632 960 001" in page
        assert "01632 960 999" in page
        assert not any(canary in page for canary in CANARIES)


class TestCallMe:
    def test_somebody_who_is_not_confirmed_may_ask_and_staff_see_that(
        self, phone: Client, desk: Desk, handed: Handed, signed_in: SignedIn
    ) -> None:
        answer = phone.post(handed.path("help/"), {"time_of_day": "morning", "phone": "07700 900 555"})
        assert answer["Location"] == handed.path("help/")
        page = text_of(phone.get(handed.path("help/")))
        assert "has it on its list" in page
        assert "900555" not in page
        [asked], [task] = HelpRequest.objects.all(), StaffTask.objects.open()
        assert (asked.phone, asked.is_confirmed, task.kind) == ("+447700900555", False, "call")
        assert b"900555" not in bytes(asked.sealed_phone)
        shown = text_of(
            signed_in(User.objects.get(pk=desk.practitioner.user_id)).get(f"/consents/{handed.consent.pk}/")
        )
        assert "+447700900555" in shown
        assert "in the morning" in shown
        assert "birth date was not confirmed" in shown

    def test_a_confirmed_patient_needs_to_fill_in_nothing(self, phone: Client, read: Handed) -> None:
        visiting(phone, read).post(read.path("help/"), {})
        asked = HelpRequest.objects.get()
        assert (asked.phone, asked.time_of_day, asked.is_confirmed) == ("", "any", True)
        assert read.path("decide/") in text_of(phone.get(read.path("help/")))

    def test_a_number_that_cannot_be_called_is_told_at_the_box_and_kept_there(
        self, phone: Client, handed: Handed
    ) -> None:
        page = phone.post(handed.path("help/"), {"phone": "12", "time_of_day": "evening"})
        assert page.status_code == 422
        assert 'value="12"' in text_of(page)
        assert "country code" in text_of(page)
        assert not HelpRequest.objects.exists()

    def test_pressing_again_and_again_is_a_few_requests_and_one_task(self, phone: Client, handed: Handed) -> None:
        for _ in range(6):
            assert phone.post(handed.path("help/"), {}).status_code == 302
        assert (HelpRequest.objects.count(), StaffTask.objects.open().count()) == (3, 1)

    def test_closing_the_task_takes_it_off_the_page(self, phone: Client, desk: Desk, handed: Handed) -> None:
        phone.post(handed.path("help/"), {})
        at = timezone.now() + timedelta(minutes=1)
        services.close_task(StaffTask.objects.get().pk, "Called her.", agent=desk.agent, at=at)
        assert services.waiting_help(handed.consent) == []
        assert "has it on its list" not in text_of(phone.get(handed.path("help/")))

    def test_looking_asks_for_nothing(self, phone: Client, handed: Handed) -> None:
        phone.head(handed.path("help/"))
        phone.get(handed.path("help/"))
        assert not HelpRequest.objects.exists()

    def test_staff_do_not_ask_for_the_patient(self, handed: Handed, signed_in: SignedIn, lead: User) -> None:
        assert signed_in(lead).post(handed.path("help/"), {}).status_code == 403
        assert not HelpRequest.objects.exists()


class TestALinkThatNoLongerWorks:
    def test_each_leads_to_asking_for_a_new_one(self, phone: Client, desk: Desk) -> None:
        long_ago = timezone.now() - timedelta(days=settings.PATIENT_LINK_DAYS + 1)
        old = desks.issue(desk, at=long_ago)
        replaced = desks.issue(desk, at=timezone.now())
        desks.link_for(desk, replaced.consent, at=timezone.now())
        superseded = desks.issue(desk, at=timezone.now())
        services.reissue_document(superseded.consent.pk, batch=None, cost=None, agent=desk.agent, at=timezone.now())
        for handed in (old, replaced, superseded):
            page = phone.get(handed.path("decide/"))
            assert page.status_code == 410
            assert handed.path("help/") in text_of(page)
            assert "Harbour Clinic" in text_of(page)
            assert not any(canary in text_of(page) for canary in CANARIES)
            asks = phone.get(handed.path("help/"))
            assert "Please give me a new link" in text_of(asks)
            assert not any(canary in text_of(asks) for canary in CANARIES)
            assert phone.post(handed.path("help/"), {"phone": ""}).status_code == 302
            assert phone.post(handed.path(), MARA_WAS_BORN).status_code == 410
        assert {task.kind for task in StaffTask.objects.open()} == {"new-link"}
        desks.link_for(desk, old.consent, at=timezone.now())
        assert not StaffTask.objects.open().filter(consent=old.consent).exists()

    def test_what_opens_nothing_has_no_help_page_either(self, phone: Client) -> None:
        assert phone.get("/p/nothing/help/").status_code == 404
        assert phone.post("/p/nothing/help/", {}).status_code == 404


class TestTheWholeText:
    def test_it_holds_every_part_marks_nothing_and_says_that_it_is_not_signed(
        self, phone: Client, handed: Handed
    ) -> None:
        page = text_of(visiting(phone, handed).get(handed.path("text/")))
        for part in services.find_link(handed.token, at=timezone.now()).document.content["sections"]:
            assert part["title"].replace("'", "&#x27;") in page
        assert "Not signed." in page
        assert handed.path("copy.pdf") in page
        assert not Acknowledgement.objects.exists()

    def test_it_needs_a_visit(self, phone: Client, handed: Handed) -> None:
        assert phone.get(handed.path("text/"))["Location"] == handed.path()

    def test_it_stays_readable_after_the_signature(self, phone: Client, read: Handed) -> None:
        services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now())
        page = text_of(visiting(phone, read).get(read.path("text/")))
        assert "Not signed." not in page


class TestOnAnotherDevice:
    """Everything is kept with each step, so that another browser goes on where the first one stopped."""

    def test_answers_marks_and_questions_are_there(self, phone: Client, handed: Handed) -> None:
        visiting(phone, handed)
        first = desks.keys_of(handed.consent)[0]
        phone.post(handed.path(f"part/{first}/"), {"document_sha256": handed.sha256})
        reasons = {**desks.ANSWERS["reasons"], "document_sha256": handed.sha256}
        phone.post(handed.path("step/reasons/"), reasons)
        phone.post(handed.path("part/risks/ask/"), {"text": "Will it hurt?", "document_sha256": handed.sha256})
        other = Client()
        assert other.get(handed.path(f"part/{first}/"))["Location"] == handed.path()
        assert other.post(handed.path(), MARA_WAS_BORN)["Location"] == handed.path("part/product/")
        assert "You marked this part as read" in text_of(other.get(handed.path(f"part/{first}/")))
        assert "Fewer lines" in text_of(other.get(handed.path("step/reasons/")))
        assert "Will it hurt?" in text_of(other.get(handed.path("part/risks/")))
        assert not hasattr(handed.consent, "signature")
