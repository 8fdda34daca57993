"""Reminders by mail: when, to whom and how often; what stops them; and what becomes of a message that comes back."""

from __future__ import annotations

import smtplib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from audit.models import LogEntry
from clinic.models import Patient, User
from clinic.records import PatientIdentity
from consent import rules, services
from consent.errors import ReminderRefusedError
from consent.models import Notice, PatientLink, ReminderDue, ReminderStop, StaffTask
from consent.records import ReminderFacts
from consent.vocabulary import LinkWay, NoReminder, StandingCode, TaskKind
from tests.cast import NOW, make_patient
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, fresh, hold, user_of

MAY = ReminderFacts(
    is_open=True,
    by_mail=True,
    link_works=True,
    is_reached=True,
    asked_for_none=False,
    sent=1,
    most=2,
    has_question=False,
    is_paused=False,
)
BRIAN = PatientIdentity("Brian", "Moor", date(1970, 1, 2), email="brian@example.org")
BOUNCE = """\
From: MAILER-DAEMON@mx.example
To: candour@clinic.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; somebody@example.org
Action: {action}
Status: 5.1.1

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: information

--b--
"""


class TestTheRule:
    def test_while_nothing_is_decided_a_reminder_may_go(self) -> None:
        assert rules.why_no_reminder(MAY) is None

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"is_open": False}, NoReminder.DECIDED),
            ({"by_mail": False}, NoReminder.NOT_BY_MAIL),
            ({"link_works": False}, NoReminder.LINK_OVER),
            ({"asked_for_none": True}, NoReminder.ASKED_FOR_NONE),
            ({"is_reached": False}, NoReminder.NOT_REACHED),
            ({"sent": 2}, NoReminder.ENOUGH),
            ({"most": 0}, NoReminder.ENOUGH),
            ({"has_question": True}, NoReminder.QUESTION),
            ({"is_paused": True}, NoReminder.PAUSE),
        ],
    )
    def test_each_of_these_alone_stops_it(self, change: dict[str, object], reason: NoReminder) -> None:
        assert rules.why_no_reminder(replace(MAY, **change)) == reason

    @pytest.mark.parametrize(
        ("change", "field"),
        [({"first_after_days": 0}, "first_after_days"), ({"every_days": 31}, "every_days"), ({"most": 6}, "most")],
    )
    def test_a_policy_that_presses_is_refused(self, change: dict[str, int], field: str) -> None:
        with pytest.raises(ReminderRefusedError) as refused:
            rules.check_reminders(**{"first_after_days": 3, "every_days": 7, "most": 2, **change})
        assert refused.value.field == field


@pytest.fixture
def mailed(desk: Desk, handed: Handed, settings) -> Handed:
    """A link that went out by mail on Monday."""
    settings.EMAIL_HOST = "mail.example.org"
    found = desks.link_for(desk, handed.consent, way=LinkWay.EMAIL)
    assert services.send_due_notices(at=NOW) == 1
    mail.outbox.clear()
    return found


def sweep(days: float) -> int:
    """Both sweeps, so many days after Monday; how many mails went out."""
    at = NOW + timedelta(days=days)
    services.remind_due(at=at)
    return services.send_due_notices(at=at)


@pytest.mark.django_db
class TestTheSweep:
    def test_it_reminds_after_three_days_again_after_seven_and_then_no_more(self, mailed: Handed) -> None:
        assert [sweep(2.9), sweep(3), sweep(3.1), sweep(9.9), sweep(10.1), sweep(18), sweep(25)] == [
            0,
            1,
            0,
            0,
            1,
            0,
            0,
        ]
        assert not ReminderDue.objects.exists()
        history = services.history_of(fresh(mailed.consent))
        assert [line.kind for line in history.lines].count("consent.reminded") == 2
        assert history.changed == ()

    def test_it_names_the_link_and_the_way_out_and_no_treatment(self, desk: Desk, mailed: Handed) -> None:
        sweep(3)
        sent = mail.outbox[0]
        assert sent.to == [desk.patient.identity.email]
        assert f"/p/{mailed.token}/" in sent.body
        assert f"/p/{mailed.token}/reminders/" in sent.body
        for word in ("exosome", "Rosaline", "consent", "treatment", "Mara", "skin"):
            assert word.lower() not in (sent.subject + sent.body).lower().replace("candour", "")

    @pytest.mark.parametrize("act", ["sign", "decline", "void", "withdraw", "qr"])
    def test_any_decision_stops_it(self, desk: Desk, mailed: Handed, act: str) -> None:
        if act in ("sign", "withdraw"):
            desks.read_all(mailed)
            services.sign_consent(mailed.consent.pk, desks.signing(mailed), at=LATER)
        if act == "withdraw":
            services.withdraw_consent(mailed.consent.pk, "", received_by="", agent=None, at=LATER)
        if act == "decline":
            services.decline_consent(mailed.consent.pk, "", at=LATER)
        if act == "void":
            services.void_consent(mailed.consent.pk, reason="issued twice", agent=desk.agent, at=LATER)
        if act == "qr":
            desks.link_for(desk, mailed.consent, at=LATER)
        services.remind_due(at=NOW + timedelta(days=3))
        assert not Notice.objects.filter(is_reminder=True).exists()
        assert not ReminderDue.objects.exists()

    @pytest.mark.parametrize("act", ["decline", "stop", "ask"])
    def test_one_that_waits_for_the_mail_server_is_dropped_when_the_patient_acts(
        self, mailed: Handed, act: str
    ) -> None:
        at = NOW + timedelta(days=3)
        assert services.remind_due(at=at) == 1
        if act == "decline":
            services.decline_consent(mailed.consent.pk, "", at=at)
        if act == "stop":
            services.stop_reminders(mailed.link.pk, at=at)
        if act == "ask":
            services.ask_question(mailed.consent.pk, "risks", "Why?", shown_sha256=mailed.sha256, at=at)
        services.send_due_notices(at=at)
        assert "mara@example.org" not in [to for one in mail.outbox for to in one.to]
        waiting = Notice.objects.get(is_reminder=True)
        assert (waiting.sent_at, waiting.is_lost) == (None, False)
        services.send_due_notices(at=at + timedelta(hours=2))
        assert "mara@example.org" not in [to for one in mail.outbox for to in one.to]

    def test_a_reminder_that_failed_once_is_tried_again(self, mailed: Handed, monkeypatch) -> None:
        at, send = NOW + timedelta(days=3), EmailMessage.send

        def fail(*_args: object) -> None:
            raise OSError("no route")

        services.remind_due(at=at)
        monkeypatch.setattr(EmailMessage, "send", fail)
        assert services.send_due_notices(at=at) == 0
        monkeypatch.setattr(EmailMessage, "send", send)
        assert services.send_due_notices(at=at + timedelta(hours=2)) == 1

    def test_an_erased_patient_gets_none_and_holds_up_nobody_else_s_mail(self, desk: Desk, mailed: Handed) -> None:
        other = desks.issue(replace(desk, patient=make_patient(desk.clinic, BRIAN)))
        at = NOW + timedelta(days=3)
        services.remind_due(at=at)
        desks.link_for(desk, mailed.consent, way=LinkWay.EMAIL, at=at)
        Patient.objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
        desks.link_for(desk, other.consent, way=LinkWay.EMAIL, at=at)
        assert services.send_due_notices(at=at) == 1
        assert [one.to for one in mail.outbox] == [["brian@example.org"]]
        services.remind_due(at=at + timedelta(days=30))
        assert not ReminderDue.objects.filter(consent=mailed.consent).exists()

    def test_a_question_holds_it_back_until_it_is_answered(self, desk: Desk, mailed: Handed) -> None:
        question = services.ask_question(mailed.consent.pk, "risks", "Why?", shown_sha256=mailed.sha256, at=LATER)
        services.remind_due(at=NOW + timedelta(days=3))
        assert services.reminder_state(fresh(mailed.consent), at=LATER).reason == NoReminder.QUESTION
        services.answer_question(question.pk, "So.", answered_by="Nia", agent=desk.agent, at=LATER)
        services.remind_due(at=NOW + timedelta(days=3.5))
        assert not Notice.objects.filter(is_reminder=True).exists()
        services.remind_due(at=NOW + timedelta(days=4))
        assert Notice.objects.filter(is_reminder=True).count() == 1

    def test_a_change_that_waits_for_a_decision_holds_it_back(self, desk: Desk, mailed: Handed) -> None:
        hold(desk)
        services.compare_now(mailed.consent.pk, at=LATER)
        services.remind_due(at=NOW + timedelta(days=3))
        assert not Notice.objects.filter(is_reminder=True).exists()
        assert services.reminder_state(fresh(mailed.consent), at=LATER).reason == NoReminder.PAUSE

    def test_it_goes_out_in_the_language_that_the_patient_reads(self, mailed: Handed, monkeypatch) -> None:
        spoken = []
        monkeypatch.setattr(
            "consent.services.reminders.speaking", lambda tag: spoken.append(tag) or services_speaking(tag)
        )
        sweep(3)
        assert spoken == [mailed.link.document.language]

    def test_the_clinic_s_own_days_count(self, desk: Desk, handed: Handed, settings) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        services.set_reminder_policy(desk.clinic, first_after_days=1, every_days=1, most=1, agent=desk.agent, at=NOW)
        desks.link_for(desk, handed.consent, way=LinkWay.EMAIL)
        services.send_due_notices(at=NOW)
        assert [sweep(1), sweep(2), sweep(3)] == [1, 0, 0]


def services_speaking(tag: str):
    from consent.languages import speaking

    return speaking(tag)


@pytest.mark.django_db
class TestAMessageThatDoesNotArrive:
    def test_an_address_refused_for_good_is_given_up_at_once_and_becomes_a_task(
        self, desk: Desk, handed: Handed, settings, monkeypatch
    ) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        found = desks.link_for(desk, handed.consent, way=LinkWay.EMAIL)
        address = desk.patient.identity.email

        def refuse(_message: EmailMessage) -> None:
            raise smtplib.SMTPRecipientsRefused({address: (550, b"no such mailbox")})

        monkeypatch.setattr(EmailMessage, "send", refuse)
        services.send_due_notices(at=NOW)
        notice = Notice.objects.get(link=found.link)
        assert notice.failed_at == NOW
        task = StaffTask.objects.get()
        assert (task.kind, task.subject, task.owner) == (TaskKind.NOT_REACHED, str(found.link.pk), user_of(desk))
        assert services.standing_of(fresh(handed.consent), at=LATER).code == StandingCode.NOT_REACHED
        desks.link_for(desk, handed.consent, at=LATER)
        assert not StaffTask.objects.open().exists()
        assert services.history_of(fresh(handed.consent)).changed == ()

    def test_a_server_that_is_down_is_tried_again_and_no_task_yet(self, desk, handed, settings, monkeypatch) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        desks.link_for(desk, handed.consent, way=LinkWay.EMAIL)

        def refuse(_message: EmailMessage) -> None:
            raise ConnectionRefusedError

        monkeypatch.setattr(EmailMessage, "send", refuse)
        services.send_due_notices(at=NOW)
        assert not StaffTask.objects.exists()
        for hours in range(1, 12):
            services.send_due_notices(at=NOW + timedelta(hours=2 * hours))
        assert Notice.objects.get(link__isnull=False).attempts == 8
        assert StaffTask.objects.get().kind == TaskKind.NOT_REACHED

    def test_a_bounce_opens_the_task_once(self, mailed: Handed) -> None:
        notice = Notice.objects.get(link=mailed.link)
        content = BOUNCE.format(action="failed", message_id=f"<candour.{notice.message_token}@localhost>").encode()
        assert services.take_bounce(content, at=LATER).code == "taken"
        assert services.take_bounce(content, at=LATER).code == "taken"
        assert StaffTask.objects.get().kind == TaskKind.NOT_REACHED
        found = services.standing_of(fresh(mailed.consent), at=LATER)
        assert (found.code, "came back (5.1.1)" in found.why) == (StandingCode.NOT_REACHED, True)
        assert [sweep(3), Notice.objects.filter(is_reminder=True).count()][1] == 0

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (
                BOUNCE.format(action="delayed", message_id="<candour.00000000000000000000000000000000@x>").encode(),
                "delayed",
            ),
            (
                BOUNCE.format(action="failed", message_id="<candour.00000000000000000000000000000000@x>").encode(),
                "unknown",
            ),
            (BOUNCE.format(action="failed", message_id="<hand@made>").encode(), "unknown"),
            (b"Subject: I am on holiday\n\nBack on Monday.", "no-bounce"),
            (b"", "no-bounce"),
            (b"\x00\xff\xfe" * 1000, "no-bounce"),
            (b"Content-Type: message/delivery-status\n\nAction", "no-bounce"),
            (b"Content-Type: multipart/report; boundary=b\n\n--b\n" * 500, "no-bounce"),
            (b"x" * (5 * 1024 * 1024 + 1), "no-bounce"),
        ],
        ids=["delayed", "foreign", "no token", "holiday", "empty", "bytes", "half", "nested", "large"],
    )
    def test_any_other_mail_changes_nothing(self, mailed: Handed, content: bytes, code: str) -> None:
        assert services.take_bounce(content, at=LATER).code == code
        assert not StaffTask.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestThePages:
    def test_the_patient_ends_them_with_one_button(self, mailed: Handed, phone: Client) -> None:
        page = phone.get(mailed.path("reminders/")).content.decode()
        assert "Do not remind me again" in page
        assert "Mara" not in page
        assert phone.post(mailed.path("reminders/"), {"x": "1"}).status_code != 302
        assert phone.post(mailed.path("reminders/")).status_code == 302
        assert "will not remind you of this again. Your link" in phone.get(mailed.path("reminders/")).content.decode()
        assert sweep(3) == 0
        assert services.history_of(fresh(mailed.consent)).unlogged == ()

    @pytest.mark.parametrize("act", ["newer link", "newer text", "too old"])
    def test_the_button_of_an_older_mail_works_as_long_as_there_is_anything_to_stop(
        self, desk: Desk, mailed: Handed, phone: Client, act: str
    ) -> None:
        newest = mailed
        if act == "newer text":
            services.reissue_document(mailed.consent.pk, batch=None, cost=desks.COST, agent=desk.agent, at=NOW)
        if act == "too old":
            PatientLink.objects.filter(pk=mailed.link.pk).update(expires_at=NOW)
        else:
            newest = desks.link_for(desk, mailed.consent, way=LinkWay.EMAIL)
            services.send_due_notices(at=NOW)
        page = phone.get(mailed.path("reminders/")).content.decode()
        assert "Do not remind me again" in page
        assert "Read the information" not in page
        assert phone.get(mailed.path()).status_code == 410
        assert phone.post(mailed.path("reminders/")).status_code == 302
        assert "will not remind you" in phone.get(mailed.path("reminders/")).content.decode()
        assert "will not remind you" in phone.get(newest.path("reminders/")).content.decode()
        mail.outbox.clear()
        assert sweep(3) == 0

    @pytest.mark.parametrize("act", ["sign", "decline", "erase"])
    def test_where_nothing_is_left_to_stop_it_says_so_and_writes_nothing(
        self, desk: Desk, mailed: Handed, phone: Client, act: str
    ) -> None:
        if act == "sign":
            desks.read_all(mailed)
            services.sign_consent(mailed.consent.pk, desks.signing(mailed), at=LATER)
        if act == "decline":
            services.decline_consent(mailed.consent.pk, "", at=LATER)
        if act == "erase":
            Patient.objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
        assert "There is nothing to stop." in phone.get(mailed.path("reminders/")).content.decode()
        before = LogEntry.objects.count()
        assert phone.post(mailed.path("reminders/")).status_code == 302
        assert (ReminderStop.objects.count(), LogEntry.objects.count()) == (0, before)

    def test_staff_press_it_for_nobody(self, mailed: Handed, nia: Client) -> None:
        assert nia.post(mailed.path("reminders/")).status_code == 403
        assert not ReminderStop.objects.exists()

    def test_the_consent_s_page_says_what_became_of_each_and_when_the_next_comes(
        self, nia: Client, mailed: Handed
    ) -> None:
        page = nia.get(f"/consents/{mailed.consent.pk}/").content.decode()
        assert "the mail server took it" in page
        assert "Next reminder" in page
        assert "0 of 2 sent" in page
        assert "next reminder is looked at on 26 November 2026" in nia.get("/").content.decode()

    def test_a_lead_sets_the_days_and_others_read_them(
        self, desk: Desk, nia: Client, lead: User, signed_in: SignedIn
    ) -> None:
        ada = signed_in(lead)
        wish = {"first_after_days": "2", "every_days": "5", "most": "1"}
        assert ada.post("/consents/reminders/", {**wish, "most": "6"}).status_code == 422
        assert ada.post("/consents/reminders/", wish).status_code == 302
        assert "every 5 days" in nia.get("/consents/reminders/").content.decode()
        nia.post("/consents/reminders/", {**wish, "most": "5"})
        assert services.reminder_policy(desk.clinic).most == 1
