"""The one-time code: asked for after the birth date where the clinic wants it, sent once, good once, and recorded."""

from __future__ import annotations

import json
import re
import smtplib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from audit.models import LogEntry
from clinic.models import ContactNotice, Organization, User
from clinic.services import MailAnswer, correct_patient
from consent import rules, services
from consent.errors import IdentityLockedError, IdentityRefusedError, TransitionError
from consent.models import OneTimeCode, Opening, PatientLink, Signature
from consent.rendering.identity import assurance_rows, step_words
from consent.vocabulary import Assurance, CodeChannel, LinkWay
from tests import cast
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed, at_once

HERS = date(1984, 3, 14)
SECRETS = ("Mara", "Ilves", "Rosaline", "exosome", "RSE2601", "consent", "treatment", "skin")


@pytest.fixture
def desk(harbour: Organization, settings) -> Desk:
    """A clinic with a mail server that asks for a code where it can."""
    settings.EMAIL_HOST = "mail.example.org"
    harbour.code_policy = "reachable"
    cast.record(harbour, harbour)
    return desks.open_desk(harbour)


@pytest.fixture
def handed(desk: Desk) -> Handed:
    return desks.issue(desk, at=timezone.now() - timedelta(hours=1))


def text_of(answer) -> str:
    return answer.content.decode()


def sent_code() -> str:
    """The digits of the newest mail."""
    return re.search(r"\b\d{6}\b", mail.outbox[-1].body).group()


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 10**6:06d}"


def asked(phone: Client, handed: Handed) -> str:
    """The birth date is given; the code that came."""
    answer = phone.post(handed.path(), MARA_WAS_BORN)
    assert answer["Location"] == handed.path("code/")
    return sent_code()


class Gateway:
    """A gateway for text messages on this machine."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], str]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.taken.append((dict(self.headers), body))
                self.send_response(outer.status)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Quietly."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/send"


@pytest.fixture
def gateway(settings) -> Iterator[Gateway]:
    made = Gateway()
    settings.SMS_URL, settings.WEBHOOK_PRIVATE_HOSTS = made.url, frozenset({"127.0.0.1"})
    settings.SMS_AUTHORIZATION = "Bearer key"
    yield made
    made.server.shutdown()
    made.server.server_close()


class TestRules:
    AT = cast.NOW

    @pytest.mark.parametrize(
        ("policy", "handed_over", "channels", "asks"),
        [
            ("never", False, ["email"], False),
            ("reachable", False, ["email"], True),
            ("reachable", False, ["sms"], True),
            ("reachable", False, [], False),
            ("reachable", True, ["email"], False),
        ],
    )
    def test_a_code_is_asked_where_the_clinic_wants_it_and_it_can_arrive(
        self, policy: str, handed_over: bool, channels: list[str], asks: bool
    ) -> None:
        assert rules.asks_code(policy, is_handed_over=handed_over, channels=channels) is asks

    def test_a_hand_over_lasts_some_hours_and_the_link_is_then_like_any_other(self) -> None:
        later = self.AT + rules.HANDOVER_LASTS
        assert rules.is_handed_over(LinkWay.HANDOVER, self.AT, later - timedelta(seconds=1))
        assert not rules.is_handed_over(LinkWay.HANDOVER, self.AT, later)
        assert not rules.is_handed_over(LinkWay.QR, self.AT, self.AT)

    @pytest.mark.parametrize(
        ("is_right", "is_used", "minutes", "code"),
        [(True, True, 1, "otp.used"), (True, False, 10, "otp.expired"), (False, False, 1, "otp.wrong")],
    )
    def test_a_code_that_does_not_count(self, is_right: bool, is_used: bool, minutes: int, code: str) -> None:
        at = self.AT + timedelta(minutes=minutes)
        with pytest.raises(IdentityRefusedError) as refused:
            rules.check_code(is_right=is_right, is_used=is_used, expires_at=self.AT + timedelta(minutes=10), at=at)
        assert (refused.value.code, refused.value.field) == (code, "code")

    def test_each_level_and_fact_has_its_words(self) -> None:
        for level in Assurance:
            for control in ("link-only", "clinic-device", "code-by-email", "code-by-sms"):
                record = {"identity": [], "assurance": {"level": level.value, "sole_control": control}}
                shown = dict(assurance_rows(record))
                assert shown["Level"] == level.label
                assert shown["Under their sole control"] != control
        assert assurance_rows({"identity": []}) == []


@pytest.mark.django_db
class TestTheWayIn:
    def test_nothing_is_shown_between_the_date_and_the_code(self, phone: Client, handed: Handed) -> None:
        code = asked(phone, handed)
        page = text_of(phone.get(handed.path("code/")))
        assert "m•••@example.org" in page
        assert not any(secret in page for secret in (*SECRETS[:5], "mara@example.org", code))
        for rest in ("part/product/", "decide/", "receipt/", "withdraw/", "copy.pdf", "text/"):
            assert phone.get(handed.path(rest))["Location"] == handed.path()
        assert not Opening.objects.exists()

    def test_the_right_code_begins_the_visit_and_works_once(self, phone: Client, handed: Handed) -> None:
        code = asked(phone, handed)
        typed = f" {code[:3]}-{code[3:]} "
        assert phone.post(handed.path("code/"), {"code": typed})["Location"] == handed.path("part/experimental/")
        opening = Opening.objects.get()
        assert (opening.assurance, opening.code) == ("birth-date-and-code", OneTimeCode.objects.get())
        other = Client()
        other.post(handed.path(), MARA_WAS_BORN)
        # Within the pause no second message goes out, and the code of the first one was used.
        OneTimeCode.objects.exclude(used_at__isnull=False).delete()
        again = other.post(handed.path("code/"), {"code": code})
        assert again.status_code == 401
        assert "used already" in text_of(again)

    def test_figures_of_another_script_are_figures(self, phone: Client, handed: Handed) -> None:
        code = asked(phone, handed).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
        assert phone.post(handed.path("code/"), {"code": code})["Location"] == handed.path("part/experimental/")

    def test_it_is_asked_again_at_every_visit_and_before_taking_back(self, phone: Client, handed: Handed) -> None:
        at = timezone.now()
        link = PatientLink.objects.get(pk=handed.link.pk)
        services.check_birth_date(link.pk, HERS, at=at)
        services.send_code(link.pk, None, at=at)
        opening = services.confirm_code(link.pk, sent_code(), at=at)
        for key in desks.keys_of(handed.consent):
            services.acknowledge(handed.consent.pk, key, shown_sha256=handed.sha256, at=at)
        desks.answer_all(handed, at=at)
        signing = desks.signing(handed, opening_id=opening.pk)
        services.sign_consent(handed.consent.pk, signing, at=at)
        assert phone.get(handed.path("withdraw/"))["Location"] == handed.path()
        phone.post(handed.path(), MARA_WAS_BORN)
        assert phone.get(handed.path("withdraw/"))["Location"] == handed.path()
        assert phone.post(handed.path("withdraw/"), {"reason": ""}).status_code == 401
        assert phone.post(handed.path("code/"), {"code": wrong(sent_code())}).status_code == 401

    @pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12 34 5x"])
    def test_what_cannot_be_a_code_uses_no_try(self, phone: Client, handed: Handed, typed: str) -> None:
        asked(phone, handed)
        page = phone.post(handed.path("code/"), {"code": typed})
        assert page.status_code == 422
        assert "Type the six digits" in text_of(page)
        assert PatientLink.objects.get(pk=handed.link.pk).failed_codes == 0

    def test_the_page_is_only_for_the_browser_that_gave_the_birth_date(self, phone: Client, handed: Handed) -> None:
        code = asked(phone, handed)
        assert Client().get(handed.path("code/"))["Location"] == handed.path()
        assert Client().post(handed.path("code/"), {"code": code})["Location"] == handed.path()
        assert Client().post(handed.path("code/again/"), {"channel": "email"})["Location"] == handed.path()
        assert len(mail.outbox) == 1

    def test_looking_at_the_page_sends_nothing(self, phone: Client, handed: Handed) -> None:
        asked(phone, handed)
        for _ in range(3):
            phone.get(handed.path("code/"))
            phone.get(handed.path("code/again/"))
        assert len(mail.outbox) == 1

    def test_a_clinic_that_asks_for_none_works_as_ever(self, phone: Client, desk: Desk, handed: Handed) -> None:
        desk.clinic.code_policy = "never"
        cast.record(desk.clinic, desk.clinic)
        assert phone.post(handed.path(), MARA_WAS_BORN)["Location"] == handed.path("part/experimental/")
        assert Opening.objects.get().assurance == "birth-date"
        assert mail.outbox == []

    def test_nothing_to_send_with_means_no_code(self, phone: Client, handed: Handed, settings) -> None:
        settings.EMAIL_HOST = ""
        assert phone.post(handed.path(), MARA_WAS_BORN)["Location"] == handed.path("part/experimental/")

    def test_no_service_opens_without_it(self, handed: Handed) -> None:
        with pytest.raises(IdentityRefusedError) as refused:
            services.confirm_identity(handed.link.pk, HERS, at=timezone.now())
        assert refused.value.code == "otp.needed"
        assert not Opening.objects.exists()


@pytest.mark.django_db
class TestLockOut:
    def test_after_five_wrong_codes_not_even_the_right_one_is_compared(self, phone: Client, handed: Handed) -> None:
        code = asked(phone, handed)
        for _ in range(5):
            assert phone.post(handed.path("code/"), {"code": wrong(code)}).status_code == 401
        page = phone.post(handed.path("code/"), {"code": code})
        assert page.status_code == 429
        assert "Wait 15 minutes" in text_of(page)
        assert "Your link stays good" in text_of(page)
        assert PatientLink.objects.get(pk=handed.link.pk).revoked_at is None
        # A right birth date in between gives no new tries.
        Client().post(handed.path(), MARA_WAS_BORN)
        assert phone.post(handed.path("code/"), {"code": code}).status_code == 429
        kinds = [entry.leaf_json["kind"] for entry in LogEntry.objects.order_by("-leaf_index")[:6]]
        assert kinds.count("consent.code_locked") == 1

    def test_the_link_survives_the_pause(self, handed: Handed) -> None:
        at = timezone.now()
        services.send_code(handed.link.pk, None, at=at)
        for _ in range(5):
            with pytest.raises(IdentityRefusedError):
                services.confirm_code(handed.link.pk, wrong(sent_code()), at=at)
        later = at + timedelta(minutes=16)
        with pytest.raises(IdentityRefusedError) as refused:
            services.confirm_code(handed.link.pk, sent_code(), at=later)
        assert refused.value.code == "otp.expired"
        services.send_code(handed.link.pk, None, at=later)
        assert services.confirm_code(handed.link.pk, sent_code(), at=later).link_id == handed.link.pk

    def test_an_old_code_and_one_that_was_replaced_do_not_count(self, handed: Handed) -> None:
        at = timezone.now()
        services.send_code(handed.link.pk, None, at=at)
        first = sent_code()
        services.send_code(handed.link.pk, None, at=at + timedelta(minutes=1))
        if first != sent_code():
            with pytest.raises(IdentityRefusedError) as refused:
                services.confirm_code(handed.link.pk, first, at=at + timedelta(minutes=2))
            assert refused.value.code == "otp.wrong"
        with pytest.raises(IdentityRefusedError) as refused:
            services.confirm_code(handed.link.pk, sent_code(), at=at + timedelta(minutes=12))
        assert refused.value.code == "otp.expired"

    def test_new_codes_have_a_cap(self, phone: Client, handed: Handed) -> None:
        at = timezone.now() - timedelta(minutes=5)
        for number in range(4):
            services.send_code(handed.link.pk, None, at=at + timedelta(seconds=30 * number))
        asked(phone, handed)
        assert len(mail.outbox) == 5
        OneTimeCode.objects.update(made_at=timezone.now() - timedelta(minutes=2))
        page = phone.post(handed.path("code/again/"), {"channel": "email"})
        assert page.status_code == 429
        assert "call the clinic" in text_of(page)
        assert len(mail.outbox) == 5

    def test_two_presses_are_one_message(self, phone: Client, handed: Handed) -> None:
        asked(phone, handed)
        phone.post(handed.path("code/again/"), {"channel": "email"})
        assert len(mail.outbox) == 1


class TestGuessingAtOnce:
    def test_of_twenty_guesses_no_more_than_five_are_compared(self, committed: None, settings) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        handed = desks.issue(desks.open_desk())
        services.send_code(handed.link.pk, CodeChannel.EMAIL, at=cast.NOW)
        right = int(sent_code())

        def guess(number: int) -> str:
            try:
                services.confirm_code(handed.link.pk, f"{(right + number) % 10**6:06d}", at=cast.NOW)
            except IdentityRefusedError:
                return "compared"
            except IdentityLockedError:
                return "locked"
            return "in"

        answers = at_once(guess, 20)
        assert (answers.count("compared"), answers.count("in")) == (5, 0)


@pytest.mark.django_db
class TestTheMessage:
    def test_a_mail_holds_no_health_and_no_link(self, phone: Client, handed: Handed) -> None:
        asked(phone, handed)
        [message] = mail.outbox
        whole = f"{message.subject}\n{message.body}"
        assert message.to == ["mara@example.org"]
        assert not any(secret.lower() in whole.lower() for secret in SECRETS)
        assert handed.token not in whole
        assert "http" not in whole

    def test_it_goes_out_in_the_patients_language(self, handed: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
        spoken = []
        real = services.access.speaking
        monkeypatch.setattr(services.access, "speaking", lambda tag: spoken.append(tag) or real(tag))
        services.send_code(handed.link.pk, None, at=timezone.now())
        assert spoken == [handed.consent.document.language]

    def test_only_a_keyed_digest_is_kept_and_no_log_holds_it(self, phone: Client, handed: Handed) -> None:
        code = asked(phone, handed)
        kept = json.dumps([str(row) for row in OneTimeCode.objects.values()])
        assert f"'{code}'" not in kept
        assert not LogEntry.objects.filter(leaf__contains=code).exists()
        assert f'"{code}"' not in json.dumps(dict(phone.session))

    def test_what_the_mail_server_refuses_is_told_to_the_patient_and_to_staff(
        self, phone: Client, desk: Desk, handed: Handed, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: object, **kwargs: object) -> None:
            raise smtplib.SMTPRecipientsRefused({"mara@example.org": (550, b"no such mailbox")})

        monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
        assert phone.post(handed.path(), MARA_WAS_BORN)["Location"] == handed.path("code/")
        page = text_of(phone.get(handed.path("code/")))
        assert "could not send the code" in page
        assert "01632 960 001" in page
        shown = text_of(
            signed_in(User.objects.get(pk=desk.practitioner.user_id)).get(f"/consents/{handed.consent.pk}/")
        )
        assert "code could not be sent" in shown
        assert "Hand over this device" in shown
        assert LogEntry.objects.filter(leaf__contains='"consent.code_not_sent"').count() == 1


@pytest.mark.django_db
class TestTextMessages:
    def test_a_link_by_mail_has_its_code_by_text_message(self, desk: Desk, handed: Handed, gateway: Gateway) -> None:
        mailed = desks.link_for(desk, handed.consent, at=timezone.now(), way=LinkWay.EMAIL)
        made = services.send_code(mailed.link.pk, None, at=timezone.now())
        assert (made.channel, made.delivery) == ("sms", "accepted")
        headers, body = gateway.taken[0]
        said = json.loads(body)
        assert said["to"] == "+447700900123"
        assert headers["Authorization"] == "Bearer key"
        assert not any(secret.lower() in said["text"].lower() for secret in SECRETS)
        code = re.search(r"\b\d{6}\b", said["text"]).group()
        opening = services.confirm_code(mailed.link.pk, code, at=timezone.now())
        told = services.identity_told(opening, "ab")
        assert told["assurance"]["sole_control"] == "code-by-sms"

    def test_another_gateway_takes_a_form(self, handed: Handed, gateway: Gateway, settings) -> None:
        settings.SMS_FORMAT, settings.SMS_FIELDS = "form", {"To": "{to}", "Body": "{text}", "From": "Harbour"}
        services.send_code(handed.link.pk, CodeChannel.SMS, at=timezone.now())
        assert parse_qs(gateway.taken[0][1])["To"] == ["+447700900123"]
        assert parse_qs(gateway.taken[0][1])["From"] == ["Harbour"]

    def test_a_gateway_that_refuses_is_told(self, phone: Client, handed: Handed, gateway: Gateway) -> None:
        asked(phone, handed)
        gateway.status = 503
        OneTimeCode.objects.update(made_at=timezone.now() - timedelta(minutes=1))
        phone.post(handed.path("code/again/"), {"channel": "sms"})
        assert OneTimeCode.objects.last().is_undelivered
        page = text_of(phone.get(handed.path("code/")))
        assert "could not send the code to •••• 123" in page
        assert "+447700900123" not in page

    def test_no_host_but_the_named_one_is_called(self, handed: Handed, gateway: Gateway, settings) -> None:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset()
        assert services.send_code(handed.link.pk, CodeChannel.SMS, at=timezone.now()).delivery == "unreachable"
        assert gateway.taken == []


@pytest.mark.django_db
class TestAChangedContact:
    """A code is no proof where somebody at the clinic has just put their own number on record."""

    def change(self, desk: Desk, at: datetime, **changes: str) -> None:
        revision = desk.patient.corrections.count()
        identity = replace(type(desk.patient).objects.get(pk=desk.patient.pk).identity, **changes)
        correct_patient(desk.patient.pk, identity, "told us", revision=revision, agent=desk.agent, at=at)

    def test_before_the_first_opening_it_is_corrected_at_once_and_the_old_link_dies(
        self, phone: Client, desk: Desk, handed: Handed, signed_in: SignedIn
    ) -> None:
        at = timezone.now()
        sent = desks.link_for(desk, handed.consent, at=at - timedelta(minutes=9), way=LinkWay.EMAIL)
        staff = signed_in(User.objects.get(pk=desk.practitioner.user_id))
        assert "Is that wrong?" in text_of(staff.get(f"/consents/{handed.consent.pk}/"))
        self.change(desk, at - timedelta(minutes=5), email="mara.ilves@example.org")
        assert "corrected after this link was sent" in text_of(staff.get(f"/consents/{handed.consent.pk}/"))
        again = desks.link_for(desk, handed.consent, at=at, way=LinkWay.EMAIL)
        assert phone.get(sent.path()).status_code == 410
        services.send_code(again.link.pk, None, at=at)
        assert mail.outbox[-1].to == ["mara.ilves@example.org"]
        opening = services.confirm_code(again.link.pk, sent_code(), at=at)
        [code] = [step for step in services.identity_told(opening, "ab")["identity"] if step["step"] == "code"]
        assert "(put there on " in step_words(code)

    def test_afterwards_no_code_goes_there_for_a_day(self, phone: Client, desk: Desk, handed: Handed) -> None:
        at = timezone.now()
        services.send_code(handed.link.pk, None, at=at - timedelta(minutes=30))
        services.confirm_code(handed.link.pk, sent_code(), at=at - timedelta(minutes=29))
        self.change(desk, at, email="staff@example.org")
        page = phone.post(handed.path(), MARA_WAS_BORN)
        assert page.status_code == 409
        assert "changed lately" in text_of(page)
        assert handed.path("help/") in text_of(page)
        assert all(message.to == ["mara@example.org"] for message in mail.outbox)
        assert Opening.objects.count() == 1
        services.send_code(handed.link.pk, None, at=at + timedelta(hours=24))
        assert mail.outbox[-1].to == ["staff@example.org"]

    def test_a_contact_that_is_gone_while_the_patient_waits(self, phone: Client, desk: Desk, handed: Handed) -> None:
        asked(phone, handed)
        self.change(desk, timezone.now(), email="")
        page = phone.post(handed.path("code/again/"), {"channel": "email"})
        assert page.status_code == 409
        assert "no way to send" in text_of(page)

    @pytest.mark.parametrize(
        ("changed", "opened", "hours", "refused"),
        [(0, -1, 23, True), (0, -1, 24, False), (0, 1, 2, False), (0, None, 1, False), (None, -1, 1, False)],
    )
    def test_the_rule(self, changed: int | None, opened: int | None, hours: int, refused: bool) -> None:
        def hour(number: int | None) -> datetime | None:
            return None if number is None else cast.NOW + timedelta(hours=number)

        with pytest.raises(TransitionError) if refused else nullcontext():
            rules.check_contact_is_settled(hour(changed), hour(opened), cast.NOW + timedelta(hours=hours))


@pytest.mark.django_db
class TestTheOldContactIsTold:
    def changed(self, desk: Desk, **changes: str) -> None:
        identity = replace(desk.patient.identity, **changes)
        correct_patient(
            desk.patient.pk,
            identity,
            "told us",
            revision=desk.patient.corrections.count(),
            agent=desk.agent,
            at=cast.NOW,
        )

    def test_by_mail_once_and_without_a_word_about_health(self, desk: Desk, signed_in: SignedIn, lead: User) -> None:
        self.changed(desk, email="mara.ilves@example.org")
        page = f"/patients/{desk.patient.pk}/"
        assert "The old address has not been told yet." in text_of(signed_in(lead).get(page))
        assert services.tell_old_contacts(at=cast.NOW) == 1
        assert services.tell_old_contacts(at=cast.NOW + timedelta(days=1)) == 0
        [message] = mail.outbox
        whole = f"{message.subject}\n{message.body}"
        assert message.to == ["mara@example.org"]
        assert "took this e-mail address off your record" in whole
        assert f"call {desk.clinic.contact_phone or desk.clinic.emergency_phone}" in whole
        assert not any(secret.lower() in whole.lower() for secret in SECRETS)
        assert "mara.ilves@example.org" not in whole
        assert "The old address was told." in text_of(signed_in(lead).get(page))
        [entry] = LogEntry.objects.filter(leaf__contains='"consent.old_contact_told"')
        assert "example.org" not in str(entry.detail.body)

    def test_by_text_message(self, desk: Desk, gateway: Gateway) -> None:
        self.changed(desk, phone="+447700900999")
        self.changed(desk, phone="+447700900888")
        assert services.tell_old_contacts(at=cast.NOW) == 1 + bool(desk.patient.identity.phone)
        assert "+447700900999" in parse_qs(gateway.taken[-1][1]).get("to", [gateway.taken[-1][1]])[0]
        assert "took this phone number off your record" in gateway.taken[-1][1].replace("+", " ")

    def test_a_name_a_first_contact_and_a_language_tell_nobody(self, desk: Desk) -> None:
        self.changed(desk, family_name="Reed", language="cy")
        assert not ContactNotice.objects.exists()

    def test_what_is_not_taken_is_tried_again_and_then_given_up(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, signed_in: SignedIn, lead: User
    ) -> None:
        self.changed(desk, email="")
        monkeypatch.setattr("consent.services.contacts.clinic.send_mail", lambda *_: MailAnswer("refused", "no"))
        for day in range(6):
            assert ContactNotice.objects.get().ended_at is None
            assert services.tell_old_contacts(at=cast.NOW + timedelta(days=day)) == 0
        assert ContactNotice.objects.get().answer == "refused"
        assert "The old address could not be told." in text_of(signed_in(lead).get(f"/patients/{desk.patient.pk}/"))
        assert LogEntry.objects.filter(leaf__contains='"consent.old_contact_not_told"').count() == 1

    def test_those_that_are_never_taken_hold_up_no_later_one(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        tried = []
        monkeypatch.setattr(services.contacts, "MOST_AT_ONCE", 2)
        monkeypatch.setattr(
            "consent.services.contacts.clinic.send_mail", lambda to, *_: tried.append(to) or MailAnswer("refused", "no")
        )
        for number in range(3):
            self.changed(desk, email=f"m{number}@example.org")
        for minutes in (0, 2):
            services.tell_old_contacts(at=cast.NOW + timedelta(minutes=minutes))
        assert tried[:3] == ["mara@example.org", "m0@example.org", "m1@example.org"]

    def test_without_a_server_it_waits_a_week_and_is_then_too_late(self, desk: Desk, settings) -> None:
        settings.EMAIL_HOST = ""
        self.changed(desk, email="")
        services.tell_old_contacts(at=cast.NOW + timedelta(days=6))
        assert ContactNotice.objects.get().ended_at is None
        settings.EMAIL_HOST = "mail.example.org"
        services.tell_old_contacts(at=cast.NOW + timedelta(days=8))
        assert (ContactNotice.objects.get().answer, mail.outbox) == ("late", [])


@pytest.mark.django_db
class TestAssurance:
    def test_a_hand_over_needs_no_code_and_names_who_handed_over(
        self, phone: Client, desk: Desk, handed: Handed
    ) -> None:
        at = timezone.now()
        link, token = services.create_link(
            handed.consent.pk, way=LinkWay.HANDOVER, handed_over_by="Dr Nia Penrose", agent=desk.agent, at=at
        )
        assert phone.post(f"/p/{token}/", MARA_WAS_BORN)["Location"] == f"/p/{token}/part/experimental/"
        told = services.identity_told(Opening.objects.get(link=link), "ab")
        assert told["identity"][0]["by"] == "Dr Nia Penrose"
        assert told["assurance"]["level"] == "handed-over"
        assert told["assurance"]["sole_control"] == "clinic-device"

    def test_the_signature_carries_the_level_of_the_visit_in_which_it_was_made(
        self, desk: Desk, handed: Handed
    ) -> None:
        at = timezone.now()
        services.send_code(handed.link.pk, None, at=at)
        opening = services.confirm_code(handed.link.pk, sent_code(), at=at)
        desk.clinic.code_policy = "never"
        cast.record(desk.clinic, desk.clinic)
        desks.read_all(handed, at=at)  # a later visit, without a code
        services.sign_consent(handed.consent.pk, desks.signing(handed, opening_id=opening.pk), at=at)
        signature = Signature.objects.get()
        assert signature.assurance == "birth-date-and-code"
        assert [step["step"] for step in signature.signing_record["identity"]] == ["link", "birth_date", "code"]
