"""What happens seldom, each in a real browser: a letter, a one-time code, less time to think, a doubt, a correction, a disposal."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import acts, people
from tests.journeys.patient_walk import BIRTH_DATE, Walk
from tests.journeys.running import Candour, copy_of, wait_for

TREATS, SECOND_LEAD = "a.tern@harbour.example", "b.skua@harbour.example"
TODAY = """
from django.utils import timezone
from clinic.models import Organization
day = Organization.objects.get(name="Harbour Clinic").local_date(timezone.now())
answer = [day.day, day.month, day.year]
"""


@dataclass
class Mailbox:
    """A mail server of this machine that takes everything and keeps it."""

    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.listener.getsockname()[1]}"

    def newest(self) -> str:
        wait_for(lambda: self.taken, seconds=20, what="a mail")
        return self.taken[-1]

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection, connection.makefile("rwb") as line:

            def say(words: bytes) -> None:
                line.write(words + b"\r\n")
                line.flush()

            say(b"220 ready")
            for request in line:
                if request[:4].upper() != b"DATA":
                    say(b"250 ok")
                    continue
                say(b"354 go on")
                body = b"".join(iter(line.readline, b".\r\n"))
                self.taken.append(bytes(message_from_bytes(body).get_payload(decode=True)).decode())
                say(b"250 taken")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.listener.close()


@pytest.fixture(scope="module")
def clinic(embedded_template: Candour, tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Candour]:
    """One served copy of the demo clinic, with a mail server, for all of these: each makes consents of its own."""
    candour = copy_of(embedded_template, tmp_path_factory.mktemp("seldom"), EMAIL_URL=mailbox.url)
    candour.serve()
    yield candour
    candour.stop()


def ready(clinic: Candour, phone: Page) -> tuple[str, str]:
    """A patient who has read and answered everything, and has the decision before them: the consent's page, and the link."""
    ((one, _),) = acts.ready_to_sign(clinic)
    link = f"{clinic.url}/p/{one['token']}/"
    Walk(phone).confirm(link)
    expect(phone).to_have_url(re.compile("/(decide|sign)/$"))
    return f"{clinic.url}/consents/{one['consent']}/", link


def says_day(page: Page, day: list[int]) -> None:
    for label, value in zip(("Day", "Month", "Year"), day, strict=True):
        page.get_by_label(label, exact=True).fill(str(value))


def test_a_printed_letter_opens_by_its_code_and_ends_the_older_link(clinic: Candour, desk: Page, phone: Page) -> None:
    (one,) = acts.issue(clinic)
    people.sign_in(desk, clinic, TREATS)
    desk.goto(f"{clinic.url}/consents/{one['consent']}/")
    people.press(desk.get_by_role("button", name="Print a letter"))
    letter = desk.locator(".letter").inner_text()
    assert "Rosaline" not in letter
    code = re.search(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}", letter)
    assert code, letter
    assert f"localhost:{clinic.port}/p/" in letter

    phone.goto(f"{clinic.url}/p/")
    phone.get_by_label("The code on your letter").fill("0000-0000-0000-0000")
    people.press(phone.get_by_role("button", name="Continue"))
    expect(phone.get_by_role("alert")).to_be_visible()
    phone.get_by_label("The code on your letter").fill(code[0].lower().replace("-", " "))
    people.press(phone.get_by_role("button", name="Continue"))
    Walk(phone).confirm(phone.url)
    expect(phone.get_by_role("heading", level=1)).to_have_text("This treatment is experimental")
    answer = phone.goto(f"{clinic.url}/p/{one['token']}/")
    assert answer is not None
    assert answer.status == 410


def test_a_clinic_that_wants_a_code_shows_nothing_before_it(
    clinic: Candour, mailbox: Mailbox, desk: Page, phone: Page
) -> None:
    people.sign_in(desk, clinic, TREATS)
    desk.goto(f"{clinic.url}/clinic/change/")
    desk.get_by_label("Ask patients for a one-time code as well").select_option("reachable")
    people.press(desk.get_by_role("button", name="Save"))
    (one,) = clinic.shell(acts.ISSUE.format(count=1).replace('email=""', 'email="test@example.org"'))
    phone.goto(f"{clinic.url}/p/{one['token']}/")
    says_day(phone, [int(value) for _, value in BIRTH_DATE])
    people.press(phone.get_by_role("button", name="Continue"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("Type the code that we sent you")
    sent = mailbox.newest()
    assert not re.search("Rosaline|exosome|treatment", sent, re.IGNORECASE)
    digits = re.search(r"\b\d{6}\b", sent)
    assert digits, sent

    box = phone.get_by_role("main").get_by_role("textbox")
    for typed in (f"{(int(digits[0]) + 1) % 10**6:06d}", digits[0]):
        expect(phone.get_by_role("main")).not_to_contain_text("experimental")
        box.fill(typed)
        people.press(phone.get_by_role("button", name="Continue"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("This treatment is experimental")


def test_a_patient_who_agrees_is_treated_before_the_time_to_think_is_over(
    clinic: Candour, desk: Page, phone: Page
) -> None:
    consent, link = ready(clinic, phone)
    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    people.press(desk.get_by_role("link", name="Ask to treat before the time to think is over"))
    people.confirm_password(desk, clinic)
    says_day(desk, clinic.shell(TODAY))
    desk.get_by_label("Why the patient should have less time").fill("You travel tomorrow.")
    people.press(desk.get_by_role("button", name="Ask the patient"))

    phone.goto(f"{link}decide/")
    people.press(phone.get_by_role("link", name="Read why, and answer"))
    expect(phone.get_by_role("main")).to_contain_text("You travel tomorrow.")
    people.press(phone.get_by_role("button", name="Yes, I agree to less time"))
    phone.goto(f"{link}decide/")
    Walk(phone).signs()
    people.declare(desk, clinic, consent)
    record = consent.rstrip("/").rsplit("/", 1)[-1]
    wait_for(lambda: acts.state_of(clinic, record)["files"], seconds=60, what="the signed record is sealed")
    desk.goto(f"{consent}clearance/")
    expect(desk.get_by_role("complementary")).to_contain_text("and the patient agreed")
    batch = desk.get_by_label("Batch in your hand")
    batch.select_option(batch.locator("option", has_text="RSE2601").get_attribute("value"))
    for tick in desk.get_by_role("main").get_by_role("checkbox").all():
        tick.check()
    people.press(desk.get_by_role("button", name="Check"))
    expect(desk.get_by_role("status")).to_contain_text("may be treated today with batch RSE2601")


def test_a_doubt_stops_the_signature_until_a_clinician_has_resolved_it(
    clinic: Candour, desk: Page, phone: Page
) -> None:
    consent, link = ready(clinic, phone)
    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    people.press(desk.get_by_role("link", name=re.compile("^Pause")))
    desk.get_by_label("What did you see or hear?").fill("Could not say back what it is for.")
    people.press(desk.get_by_role("button", name="Pause this consent"))
    phone.goto(f"{link}sign/")
    expect(phone).to_have_url(re.compile("/decide/$"))
    expect(phone.get_by_role("main")).to_contain_text("The clinic talks with you first")
    expect(phone.get_by_role("link", name=re.compile("go on to sign"))).to_have_count(0)

    desk.goto(consent)
    people.press(desk.get_by_role("link", name="Resolve", exact=True))
    people.confirm_password(desk, clinic)
    desk.get_by_label("The patient can make this decision now").check()
    desk.get_by_label("How you found out").fill("Rested, she explained it in her own words.")
    people.press(desk.get_by_role("button", name="Resolve in my name"))
    phone.goto(f"{link}decide/")
    Walk(phone).signs()


def test_a_record_with_a_mistake_is_marked_and_replaced_by_one_that_names_it(
    clinic: Candour, desk: Page, phone: Page
) -> None:
    ((one, patient),) = acts.ready_to_sign(clinic)
    assert patient.sign().status == 200
    consent = f"{clinic.url}/consents/{one['consent']}/"
    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    people.press(desk.get_by_role("link", name="Correct: this record holds a mistake"))
    desk.get_by_role("main").get_by_role("textbox").fill("The wrong cost.")
    people.press(desk.get_by_role("button", name=re.compile("as entered in error$")))
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Entered in error")
    people.press(desk.get_by_role("link", name="Issue a corrected consent"))
    anew = people.describe_and_issue(desk, lot="RSE2601")
    assert anew != consent
    expect(desk.get_by_role("main")).to_contain_text(one["reference"])
    reference = re.search(r"HC-[0-9A-Z]{4}-[0-9A-Z]{4}", desk.locator(".crumbs").inner_text())
    assert reference
    desk.goto(consent)
    expect(desk.get_by_role("main").get_by_role("link", name=reference[0]).first).to_be_visible()
    answer = phone.goto(f"{clinic.url}/p/{one['token']}/")
    assert answer is not None
    assert answer.status == 410


def test_two_people_dispose_of_a_record_and_nothing_of_it_can_be_read_again(clinic: Candour, desk: Page) -> None:
    people.sign_in(desk, clinic, TREATS)
    people.register_patient(desk, clinic, "Oda", "Forgotten")
    patient = desk.url
    people.press(desk.get_by_role("link", name="The patient asks something about it"))
    desk.get_by_label("What is asked for").select_option("erasure")
    says_day(desk, clinic.shell(TODAY))
    for label in ("In their words", "From whom, and how you know"):
        desk.get_by_label(label).fill("Herself, passport seen: remove me.")
    people.press(desk.get_by_role("button", name="Put it on the register"))
    desk.goto(f"{patient}record/")
    people.press(desk.get_by_role("link", name="Propose to dispose of it"))
    desk.get_by_label("Why", exact=True).fill("Asked for, and never treated.")
    people.press(desk.get_by_role("button", name="Propose"))
    proposal = desk.url
    expect(desk.get_by_role("main")).to_contain_text("another clinic lead must confirm it")
    answer = desk.goto(f"{proposal}confirm/")
    assert answer is not None
    assert answer.status == 403

    people.sign_in(desk, clinic, SECOND_LEAD)
    desk.goto(f"{clinic.url}/patients/disposals/")
    people.press(desk.get_by_role("main").get_by_role("link", name=re.compile(r"^Patient \d+$")))
    people.press(desk.get_by_role("link", name="Confirm"))
    people.confirm_password(desk, clinic)
    desk.get_by_label(re.compile("I looked at what is listed here")).check()
    people.press(desk.get_by_role("button", name="Dispose of the record"))
    expect(desk.get_by_role("heading", level=1)).to_have_text("Certificate of disposal")
    certificate = desk.request.get(f"{proposal}certificate.txt").text()
    assert "Proposed by:     Dr Asha Tern" in certificate
    assert "Confirmed by:    Bo Skua" in certificate
    for page in (proposal, patient, f"{patient}record/", f"{clinic.url}/patients/"):
        desk.goto(page)
        expect(desk.get_by_role("main")).not_to_contain_text("Forgotten")
