"""“I need help” and “call me” from every page of the patient, and the whole text on one page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from audit.models import LogEntry
from clinic.models import User
from consent import services
from consent.errors import TaskRefusedError
from consent.models import Acknowledgement, HelpRequest, Signature, StaffTask
from consent.views import visit as visits
from consent.vocabulary import LinkWay, TimeOfDay, Wish
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed

CANARIES = ("Mara", "Ilves", "1984", "mara@example.org", "+44", "Rosaline", "exosome", "RSE2601", "HC-")
WHILE_OPEN = (
    "part/product/", "part/risks/ask/", "step/reasons/", "step/health/", "language/", "text/", "decide/", "sign/",
    "decline/",
)  # fmt: skip
AFTER = ("receipt/", "not-me/", "part/product/", "text/", "withdraw/")
pytestmark = pytest.mark.django_db


@pytest.fixture
def handed(desk: Desk) -> Handed:
    return desks.issue_lately(desk)


@pytest.fixture
def read(handed: Handed) -> Handed:
    return desks.read_lately(handed)


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


class TestNotMe:
    def test_the_record_stays_and_the_clinic_and_its_auditors_see_it(
        self, phone: Client, desk: Desk, read: Handed, signed_in: SignedIn, auditor: User
    ) -> None:
        assert visiting(phone, read).get(read.path("not-me/"))["Location"] == read.path("decide/")
        services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now())
        assert read.path("not-me/") in text_of(phone.get(read.path("receipt/")))
        assert phone.post(read.path("not-me/"), {}).status_code == 302
        assert "has your word since" in text_of(phone.get(read.path("not-me/")))
        [task] = StaffTask.objects.open()
        assert (task.kind, task.subject) == ("review", "dispute")
        for user in (User.objects.get(pk=desk.practitioner.user_id), auditor):
            browser = signed_in(user)
            assert "did not sign" in text_of(browser.get(f"/consents/{read.consent.pk}/"))
            assert read.consent.reference in text_of(browser.get("/tasks/?show=all"))
        assert Signature.objects.get().consent_id == read.consent.pk
        assert LogEntry.objects.filter(leaf__contains='"consent.help_asked"').count() == 1

    def test_who_treats_does_not_close_it_and_a_lead_does(
        self, desk: Desk, read: Handed, signed_in: SignedIn, lead: User
    ) -> None:
        services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now())
        asked = {"phone": "", "time_of_day": TimeOfDay.ANY, "is_confirmed": True, "at": timezone.now()}
        services.ask_for_help(read.link.pk, Wish.DISPUTE, **asked)
        task, nia = StaffTask.objects.get(), signed_in(User.objects.get(pk=desk.practitioner.user_id))
        assert task.owner is None
        assert "Close the task" not in text_of(nia.get(f"/tasks/{task.pk}/"))
        answer = nia.post(f"/tasks/{task.pk}/", {"note": "It was her."})
        assert answer.status_code == 422
        assert "Somebody else of the clinic" in text_of(answer)
        with pytest.raises(TaskRefusedError) as refusal:
            services.close_task(task.pk, "It was her.", agent=desk.agent, at=timezone.now())
        assert refusal.value.code == "task.own_dispute"
        assert StaffTask.objects.get().is_open
        ada = signed_in(lead)
        assert "Close the task" in text_of(ada.get(f"/tasks/{task.pk}/"))
        assert ada.post(f"/tasks/{task.pk}/", {"note": "Met her; it was she."}).status_code == 302
        assert StaffTask.objects.get().closed_by == str(lead.pk)

    def test_it_needs_a_visit(self, phone: Client, read: Handed) -> None:
        services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now())
        assert phone.post(read.path("not-me/"), {}).status_code == 401
        assert not HelpRequest.objects.exists()


class TestTheClinicsDevice:
    """Who gets it next finds nothing of who had it before."""

    @pytest.fixture
    def kiosk(self, phone: Client, desk: Desk, read: Handed) -> tuple[Client, Handed]:
        at = timezone.now()
        made = services.create_link(
            read.consent.pk, way=LinkWay.HANDOVER, handed_over_by="Dr Nia Penrose", agent=desk.agent, at=at
        )
        handed = Handed(read.consent, *made)
        assert "for 10 minutes" in text_of(phone.get(handed.path()))
        return visiting(phone, handed), handed

    def test_its_pages_clear_themselves_and_the_visit_ends_sooner(self, kiosk: tuple[Client, Handed]) -> None:
        browser, handed = kiosk
        page = browser.get(handed.path("decide/"))
        assert page["Refresh"] == f"600; url={handed.path()}"
        assert "closes by itself 10 minutes" in text_of(page)
        session = browser.session
        mark = session[visits.SESSION_KEY]
        for minutes, status in ((9, 200), (11, 302)):
            session[visits.SESSION_KEY] = {**mark, "seen_at": timezone.now().timestamp() - 60 * minutes}
            session.save()
            assert browser.get(handed.path("decide/")).status_code == status

    def test_closing_it_leaves_nothing_behind(self, kiosk: tuple[Client, Handed]) -> None:
        browser, handed = kiosk
        browser.post(handed.path("leave/"))
        for rest in ("", *WHILE_OPEN):
            page = browser.get(handed.path(rest), follow=True)
            assert page["Cache-Control"] == "no-store"
            assert not any(canary in text_of(page).replace("27 3 1984", "") for canary in CANARIES)

    def test_a_patients_own_device_is_left_alone(self, phone: Client, read: Handed) -> None:
        assert "Refresh" not in visiting(phone, read).get(read.path("decide/"))


class TestAnotherClinic:
    def test_its_link_shows_its_name_alone_and_a_visit_here_opens_nothing_there(
        self, phone: Client, desk: Desk, read: Handed, inland, signed_in: SignedIn
    ) -> None:
        theirs = desks.issue(desks.open_desk(inland), at=timezone.now())
        page = visiting(phone, read).get(theirs.path("decide/"), follow=True)
        assert "Inland Clinic" in text_of(page)
        assert "Harbour Clinic" not in text_of(page)
        assert phone.post(theirs.path("help/"), {}).status_code == 302
        assert HelpRequest.objects.get().is_confirmed is False
        staff = signed_in(User.objects.get(pk=desk.practitioner.user_id))
        for rest in ("", "text/", "history/", "handover/"):
            assert staff.get(f"/consents/{theirs.consent.pk}/{rest}").status_code == 404
        assert staff.post(f"/consents/{theirs.consent.pk}/link/", {"way": "letter"}).status_code == 404


class TestAskedAgain:
    def test_a_wish_counts_anew_once_somebody_has_seen_to_the_last_one(self, desk: Desk, handed: Handed) -> None:
        def ask() -> HelpRequest:
            return services.ask_for_help(
                handed.link.pk, Wish.CALL, phone="", time_of_day=TimeOfDay.ANY, is_confirmed=True, at=timezone.now()
            )

        for _ in range(5):
            ask()
        assert HelpRequest.objects.count() == 3
        services.close_task(StaffTask.objects.open().get().pk, "called", agent=desk.agent, at=timezone.now())
        assert services.waiting_help(handed.consent) == []
        asked = ask()
        assert services.waiting_help(handed.consent) == [asked]


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
