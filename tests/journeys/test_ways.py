"""The other ways a consent goes, each in a real browser: on the clinic's tablet, declined, taken back, with questions, after a
change, in Arabic, and with a link that must not open."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from consent.vocabulary import MarkOutcome
from tests.journeys import acts, people
from tests.journeys.patient_walk import BIRTH_DATE, Walk
from tests.journeys.running import Candour, copy_of

TREATS = "a.tern@harbour.example"
# Which answer is right, counted from the first; of a health question it is the second, “no”.
RIGHT_PLACES = {"proven": 2, "long_term": 0, "source": 1, "refuse": 2, "change_mind": 1}

CHANGE_THE_PRODUCT = """
from django.utils import timezone
from audit.records import Agent
from clinic.models import Organization
from consent import services
from products.models import Product
from products.services import ClaimDraft, correct_claim
clinic = Organization.objects.get(name="Harbour Clinic")
agent = Agent(kind="user", id="1", organization_id=clinic.pk, name="M. Petrel")
product = Product.objects.get(organization=clinic, marketed_name__contains="Rosaline")
correct_claim(product, ClaimDraft("species", "Rosa canina", "STATED"), correction_reason="the label says so", agent=agent, at=timezone.now())
answer = [str(mark.kind) for mark in services.compare_now("{consent}", at=timezone.now())]
"""
SPEAK_ARABIC = """
from django.utils import timezone
from audit.records import Agent
from clinic.models import Organization
from consent import services
from consent.records import TextEdit
clinic = Organization.objects.get(name="Harbour Clinic")
at = timezone.now()
one, two = (Agent(kind="user", id=name, organization_id=clinic.pk, name=name) for name in ("Ada Lead", "Ben Lead"))
services.review_language(clinic, "ar", reviewed_by="A. Rees", qualification="certified translator", agent=one, at=at)
draft = services.start_draft(clinic, agent=one, at=at, language="ar")
edit = TextEdit(revision=draft.revision, name=draft.name, content=draft.content, what_changed="First.", starts_on=None, ends_on=None, reviewed_by="A. Rees")
draft = services.save_draft(draft.pk, edit, agent=one, at=at)
services.publish_draft(draft.pk, revision=draft.revision, agent=two, at=at)
answer = [each.tag for each in services.offered_languages(clinic, on=at)]
"""
PLACE_OF_THE_CIRCLE = "label => getComputedStyle(label, '::before').right"
EXPIRE = """
from datetime import timedelta
from django.utils import timezone
from consent.models import PatientLink
answer = PatientLink.objects.filter(consent_id="{consent}").update(expires_at=timezone.now() - timedelta(minutes=1))
"""


@pytest.fixture(scope="module")
def clinic(embedded_template: Candour, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Candour]:
    """One served copy of the demo clinic for all ways: each makes consents of its own."""
    candour = copy_of(embedded_template, tmp_path_factory.mktemp("ways"))
    candour.serve()
    yield candour
    candour.stop()


@pytest.fixture
def tablet(browser: Browser) -> Iterator[Page]:
    """The clinic's own tablet, upright."""
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True, locale="en-GB")
    yield context.new_page()
    context.close()


def issued(clinic: Candour) -> tuple[str, str]:
    """A new consent: its page, and the patient's link."""
    (one,) = acts.issue(clinic)
    return f"{clinic.url}/consents/{one['consent']}/", f"{clinic.url}/p/{one['token']}/"


def main_of(page: Page) -> str:
    return page.get_by_role("main").inner_text()


def test_on_the_clinic_s_tablet(clinic: Candour, tablet: Page) -> None:
    consent, _ = issued(clinic)
    people.sign_in(tablet, clinic, TREATS)
    tablet.goto(f"{consent}handover/")
    people.press(tablet.get_by_role("button", name="Sign me out and hand over"))
    link = tablet.url
    walk = Walk(tablet)
    walk.to_the_decision(link)
    walk.signs()
    people.press(tablet.get_by_role("button", name="Close this on this device"))
    tablet.goto(link + "receipt/")
    expect(tablet.get_by_role("heading", level=1)).to_contain_text("confirm that it is you")
    tablet.goto(consent)
    expect(tablet).to_have_url(re.compile("/accounts/login/"))
    people.sign_in(tablet, clinic, TREATS)
    tablet.goto(consent)
    expect(tablet.get_by_role("main")).to_contain_text(re.compile("handed over", re.IGNORECASE))


def test_a_question_waits_for_its_answer_and_a_failed_check_is_seen(clinic: Candour, phone: Page, desk: Page) -> None:
    consent, link = issued(clinic)
    walk = Walk(phone)
    walk.confirm(link)
    phone.goto(link + "part/risks/ask/")
    phone.get_by_role("textbox").fill("Is it made from people?")
    people.press(phone.get_by_role("button", name="Send the question"))
    phone.goto(link + "part/experimental/")
    walk.reads()
    walk.answers("What matters to you")
    while "/part/" in phone.url:
        walk.reads()
    walk.answers("About your health")
    for _ in range(2):
        for wrong in ("Yes, it is proven", "It is known to be safe", "From a person", "You pay a fee", "You cannot"):
            phone.get_by_label(wrong, exact=True).check()
        people.press(phone.get_by_role("button", name="Save and go on"))
        expect(phone.get_by_text("Not quite.").first).to_be_visible()
    for title in ("Did we explain it well?", "In your own words", "Your choices"):
        walk.answers(title)
    expect(phone.get_by_role("link", name=re.compile("go on to sign"))).to_have_count(0)

    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    expect(desk.get_by_role("main")).to_contain_text("Is it made from people?")
    desk.get_by_role("main").get_by_role("textbox").first.fill("No. It is made from rose cells.")
    people.press(desk.get_by_role("button", name=re.compile("answer", re.IGNORECASE)).first)
    desk.goto(f"{consent}declare/")

    phone.reload()
    expect(phone.get_by_role("main")).to_contain_text("No. It is made from rose cells.")
    walk.signs()
    people.declare(desk, clinic, consent)
    desk.goto(consent)
    expect(desk.get_by_role("main")).to_contain_text("Explained again")


def test_a_no_closes_the_record_and_becomes_a_task(clinic: Candour, phone: Page, desk: Page) -> None:
    consent, link = issued(clinic)
    Walk(phone).confirm(link)
    phone.goto(link + "decline/")
    phone.get_by_role("textbox").fill("It costs too much.")
    people.press(phone.get_by_role("button", name="Yes, I say no"))
    expect(phone.get_by_role("heading", level=1)).to_have_text("You said no")
    people.sign_in(desk, clinic, TREATS)
    desk.goto(consent)
    expect(desk.get_by_role("main")).to_contain_text("It costs too much.")
    desk.goto(f"{clinic.url}/tasks/")
    expect(desk.get_by_role("main")).to_contain_text(re.compile("said no|decline", re.IGNORECASE))


def test_taken_back_by_the_patient_no_treatment_is_possible(clinic: Candour, phone: Page, desk: Page) -> None:
    consent, link = issued(clinic)
    walk = Walk(phone)
    walk.to_the_decision(link)
    walk.signs()
    people.sign_in(desk, clinic, TREATS)
    people.declare(desk, clinic, consent)
    people.press(phone.get_by_role("link", name="Take it back"))
    people.press(phone.get_by_role("button", name=re.compile("take it back", re.IGNORECASE)).first)
    expect(phone.get_by_role("main")).to_contain_text(re.compile("taken (it )?back", re.IGNORECASE))
    desk.goto(consent)
    expect(desk.get_by_role("main")).to_contain_text("Withdrawn")
    expect(desk.get_by_role("link", name=re.compile("before treatment"))).to_have_count(0)


def test_after_a_change_the_patient_is_asked_again_and_told_what_is_new(
    clinic: Candour, phone: Page, desk: Page
) -> None:
    consent, link = issued(clinic)
    walk = Walk(phone)
    walk.to_the_decision(link)
    walk.signs()
    people.sign_in(desk, clinic, TREATS)
    people.declare(desk, clinic, consent)
    assert clinic.shell(CHANGE_THE_PRODUCT.format(consent=consent.rstrip("/").rsplit("/", 1)[-1])) == ["dossier"]

    desk.goto(f"{clinic.url}/consents/changed/")
    expect(desk.get_by_role("main")).to_contain_text("Rosa canina")
    desk.goto(f"{consent}changes/")
    desk.locator(f"input[value={MarkOutcome.ASK_AGAIN}]").check()
    desk.get_by_role("textbox").first.fill("The rose is another one.")
    people.press(desk.get_by_role("button", name="Decide"))
    desk.goto(consent)
    expect(desk.get_by_role("main")).to_contain_text("Ask the patient again")

    again, anew = issued_to_the_same(clinic, consent)
    Walk(phone).confirm(anew)
    expect(phone.get_by_role("heading", level=1)).to_have_text("What is new")
    expect(phone.get_by_role("main")).to_contain_text("canina")
    assert again != consent


def issued_to_the_same(clinic: Candour, consent: str) -> tuple[str, str]:
    """Another consent of the same patient to the same use, with its link."""
    wanted = consent.rstrip("/").rsplit("/", 1)[-1]
    code = acts.ISSUE.format(count=1).replace(
        "patient = register_patient(clinic, identity, agent=agent, at=at, is_confirmed=True)",
        f"from consent.models import Consent; patient = Consent.objects.get(pk='{wanted}').patient",
    )
    (one,) = clinic.shell(code)
    return f"{clinic.url}/consents/{one['consent']}/", f"{clinic.url}/p/{one['token']}/"


def test_a_link_that_must_not_open(clinic: Candour, phone: Page) -> None:
    consent, link = issued(clinic)
    _, other = issued(clinic)
    Walk(phone).confirm(other)
    phone.goto(link + "part/risks/")
    expect(phone.get_by_role("heading", level=1)).to_contain_text("confirm that it is you")
    for label, value in (("Day", "15"), *BIRTH_DATE[1:]):
        phone.get_by_label(label, exact=True).fill(value)
    people.press(phone.get_by_role("button", name="Continue"))
    expect(phone.get_by_role("main")).not_to_contain_text("Rosaline")
    clinic.shell(EXPIRE.format(consent=consent.rstrip("/").rsplit("/", 1)[-1]))
    answer = phone.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(phone.get_by_role("main")).to_contain_text(re.compile("call|ask", re.IGNORECASE))


def test_in_arabic_from_right_to_left(clinic: Candour, phone: Page) -> None:
    assert "ar" in clinic.shell(SPEAK_ARABIC)
    _, link = issued(clinic)
    walk = Walk(phone)
    walk.confirm(link)
    phone.goto(link + "language/")
    people.press(phone.get_by_role("button", name="العربية"))
    assert phone.locator("html").get_attribute("dir") == "rtl"
    assert phone.locator("html").get_attribute("lang") == "ar"
    while "/decide/" not in phone.url and "/sign/" not in phone.url:
        before = phone.url
        for box in phone.locator("main textarea").all():
            box.fill("لا أعرف")
        for group in phone.locator("main fieldset").all():
            # The circle stands before its words: at the right.
            assert group.locator("label").first.evaluate(PLACE_OF_THE_CIRCLE) == "2px"
            group.locator("input").nth(
                RIGHT_PLACES.get(group.locator("input").first.get_attribute("name") or "", 1)
            ).check()
        people.press(phone.locator("main form button").last)
        assert phone.url != before, main_of(phone)
    phone.goto(link + "sign/")
    walk.draws()
    phone.locator("main input[type=checkbox]").check()
    people.press(phone.locator("main form button[type=submit]").last)
    expect(phone).to_have_url(re.compile("/receipt/$"))
    assert phone.locator("html").get_attribute("dir") == "rtl"
