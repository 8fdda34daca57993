"""The patient's pages, as a browser meets them."""

from __future__ import annotations

import html
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import timezone

from audit.models import LogEntry
from audit.services import entries_for, log_of, publish_checkpoint
from clinic.models import User
from clinic.tenancy import client_address
from consent import services
from consent.models import Acknowledgement, Consent, Opening, PatientLink, Question, Signature
from consent.views import visit as visits
from consent.views.blocks import shown
from consent.vocabulary import ConsentStatus, SealKind
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed

CANARIES = ("Mara", "Ilves", "1984", "mara@example.org", "Rosaline", "exosome", "Penrose", "RSE2601", "HC-")
BELOW = (
    "", "part/product/", "part/risks/ask/", "decide/", "sign/", "decline/", "receipt/", "withdraw/", "copy.pdf",
    "file/signed-record.pdf", "leave/",
)  # fmt: skip
INPUTS = json.loads((Path(__file__).parent.parent / "vectors" / "reliability_inputs.json").read_text())


@pytest.fixture
def handed(desk: Desk) -> Handed:
    return desks.issue_lately(desk)


@pytest.fixture
def read(handed: Handed) -> Handed:
    return desks.read_lately(handed)


@pytest.fixture
def signed(read: Handed) -> Handed:
    services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now() - timedelta(minutes=5))
    return read


def confirmed(phone: Client, handed: Handed) -> Client:
    """A phone on which Mara has typed her birth date."""
    assert phone.post(handed.path(), MARA_WAS_BORN).status_code == 302
    return phone


def text_of(answer: HttpResponse) -> str:
    return answer.content.decode()


def sign_data(handed: Handed, **changes: str) -> dict[str, str]:
    """What the sign page sends."""
    return {
        "document_sha256": handed.sha256, "strokes": desks.strokes_text(), "typed_name": "", "meaning_confirmed": "on",
        **changes,
    }  # fmt: skip


def counts() -> tuple[int, ...]:
    """How many rows there are of what a patient can make."""
    return tuple(model.objects.count() for model in (LogEntry, Opening, Acknowledgement, Question, Signature))


class TestBeforeTheBirthDate:
    def test_only_the_clinics_name_is_shown(self, phone: Client, handed: Handed) -> None:
        page = phone.get(handed.path())
        assert page.status_code == 200
        assert "Harbour Clinic" in text_of(page)
        for canary in CANARIES:
            assert canary not in text_of(page).replace("27 3 1984", "")

    @pytest.mark.parametrize("rest", BELOW)
    def test_no_page_shows_anything_of_the_patient(self, phone: Client, read: Handed, rest: str) -> None:
        page = phone.get(read.path(rest), follow=True)
        for canary in CANARIES:
            assert canary not in text_of(page).replace("27 3 1984", "")
        assert not page.get("Content-Type", "").startswith("application/pdf")

    @pytest.mark.parametrize("rest", BELOW[1:8])
    def test_nothing_can_be_sent(self, phone: Client, read: Handed, rest: str) -> None:
        before = counts()
        answer = phone.post(read.path(rest), sign_data(read))
        assert answer.status_code == 401
        assert counts() == before
        assert Consent.objects.get().status == ConsentStatus.DRAFT

    def test_looking_changes_nothing(self, phone: Client, handed: Handed) -> None:
        before, sessions = counts(), Session.objects.count()
        for _ in range(3):
            assert phone.head(handed.path()).status_code == 200
            assert phone.get(handed.path()).status_code == 200
            assert phone.head(handed.path("sign/")).status_code == 302
        assert (counts(), Session.objects.count()) == (before, sessions)
        assert PatientLink.objects.get().failed_guesses == 0

    def test_pressing_the_button_without_a_date_uses_no_guess(self, phone: Client, handed: Handed) -> None:
        page = phone.post(handed.path(), {})
        assert page.status_code == 422
        assert "Error: " in text_of(page)
        assert PatientLink.objects.get().failed_guesses == 0

    @pytest.mark.parametrize("given", [("31", "2", "1984"), ("14/3", "", "1984"), ("14", "3", "84"), ("x", "y", "z")])
    def test_an_impossible_date_says_so_and_keeps_what_was_typed(
        self, phone: Client, handed: Handed, given: tuple[str, str, str]
    ) -> None:
        page = phone.post(handed.path(), {f"birth_date_{place}": typed for place, typed in enumerate(given)})
        assert page.status_code == 422
        assert f'value="{given[0]}"' in text_of(page)
        assert PatientLink.objects.get().failed_guesses == 0

    def test_a_wrong_date_is_refused_without_saying_what_is_right(self, phone: Client, handed: Handed) -> None:
        page = phone.post(handed.path(), {**MARA_WAS_BORN, "birth_date_1": "4"})
        assert page.status_code == 401
        assert "does not match" in text_of(page)
        assert 'href="#id_birth_date_0"' in text_of(page)
        assert phone.get(handed.path("decide/")).status_code == 302

    def test_the_sixth_guess_meets_a_pause_even_if_it_is_right(self, phone: Client, handed: Handed) -> None:
        for _ in range(5):
            assert phone.post(handed.path(), {**MARA_WAS_BORN, "birth_date_2": "1985"}).status_code == 401
        page = phone.post(handed.path(), MARA_WAS_BORN)
        assert page.status_code == 429
        assert page["Retry-After"] == "900"
        assert "Your link stays good" in text_of(page)


class TestLinks:
    def test_every_link_that_opens_nothing_gets_the_same_page(self, phone: Client, handed: Handed) -> None:
        pages = set()
        for token in (
            "x",
            handed.token[:-1],
            handed.token + "=",
            handed.token + "%20",
            handed.token + " ",
            "y" * 10_240,
        ):
            answer = phone.get(f"/p/{token}/")
            assert answer.status_code == 404
            pages.add(text_of(answer))
        assert len(pages) == 1

    def test_an_expired_link_says_so_in_words(self, phone: Client, desk: Desk) -> None:
        old = desks.issue(desk, at=timezone.now() - timedelta(days=settings.PATIENT_LINK_DAYS, seconds=1))
        for rest in BELOW:
            page = phone.get(old.path(rest))
            assert page.status_code == 410
            assert "too old" in text_of(page)
            assert not any(canary in text_of(page) for canary in CANARIES)

    def test_a_superseded_link_says_so_and_shows_nothing(self, phone: Client, desk: Desk, handed: Handed) -> None:
        services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=timezone.now())
        page = phone.get(handed.path())
        assert page.status_code == 410
        assert "newer text" in text_of(page)
        assert not any(canary in text_of(page) for canary in CANARIES)

    @pytest.mark.parametrize("rest", BELOW)
    def test_no_page_is_kept_or_leaks_its_address(self, phone: Client, signed: Handed, rest: str) -> None:
        for browser in (Client(), confirmed(phone, signed)):
            answer = browser.get(signed.path(rest))
            assert answer["Cache-Control"] == "no-store"
            # With no-referrer browsers send "Origin: null" and no form could be sent; this sends no path either.
            assert answer["Referrer-Policy"] == "strict-origin"
            assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]

    def test_a_form_of_another_site_is_refused(self, handed: Handed) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(handed.path(), MARA_WAS_BORN).status_code == 403
        token = strict.get(handed.path()).cookies["csrftoken"].value
        given = {**MARA_WAS_BORN, "csrfmiddlewaretoken": token}
        assert strict.post(handed.path(), given, headers={"Origin": "https://evil.example"}).status_code == 403
        assert strict.post(handed.path(), given, headers={"Origin": "null"}).status_code == 403
        assert strict.post(handed.path(), given, headers={"Origin": "http://testserver"}).status_code == 302


class TestStaffAreNotPatients:
    @pytest.mark.parametrize("rest", BELOW)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_signed_in_person_is_refused_on_every_page(
        self, signed_in: SignedIn, lead: User, read: Handed, rest: str, method: str
    ) -> None:
        before = counts()
        answer = getattr(signed_in(lead), method)(read.path(rest), {**MARA_WAS_BORN, **sign_data(read)})
        assert answer.status_code == 403
        assert "Hand over this device" in text_of(answer)
        assert not any(canary in text_of(answer) for canary in CANARIES)
        assert counts() == before

    def test_the_same_device_is_fine_once_staff_have_signed_out(
        self, signed_in: SignedIn, lead: User, read: Handed
    ) -> None:
        browser = signed_in(lead)
        browser.logout()
        assert confirmed(browser, read).get(read.path("decide/")).status_code == 200


class TestAVisit:
    def test_a_confirmed_patient_lands_on_the_first_unread_part(self, phone: Client, handed: Handed) -> None:
        services.acknowledge(handed.consent.pk, "experimental", shown_sha256=handed.sha256, at=timezone.now())
        services.answer_step(handed.consent.pk, "reasons", {}, shown_sha256=handed.sha256, at=timezone.now())
        assert phone.post(handed.path(), MARA_WAS_BORN)["Location"] == handed.path("part/product/")

    def test_who_has_read_everything_lands_on_the_decision(self, phone: Client, read: Handed) -> None:
        assert phone.post(read.path(), MARA_WAS_BORN)["Location"] == read.path("decide/")

    def test_opening_the_link_asks_again(self, phone: Client, read: Handed) -> None:
        confirmed(phone, read)
        assert "date of birth" in text_of(phone.get(read.path()))

    def test_it_holds_for_one_link_only(self, phone: Client, desk: Desk, read: Handed) -> None:
        other = desks.issue(desk, at=timezone.now())
        assert confirmed(phone, read).get(other.path("decide/")).status_code == 302

    def test_it_ends_after_an_idle_half_hour(self, phone: Client, read: Handed) -> None:
        session = confirmed(phone, read).session
        mark = session[visits.SESSION_KEY]
        for idle, status in ((29 * 60, 200), (31 * 60, 302)):
            session[visits.SESSION_KEY] = {**mark, "seen_at": timezone.now().timestamp() - idle}
            session.save()
            assert phone.get(read.path("decide/")).status_code == status

    def test_every_page_prolongs_it(self, phone: Client, read: Handed) -> None:
        session = confirmed(phone, read).session
        session[visits.SESSION_KEY] = {
            **session[visits.SESSION_KEY], "seen_at": timezone.now().timestamp() - 29 * 60,
        }  # fmt: skip
        session.save()
        phone.get(read.path("decide/"))
        assert timezone.now().timestamp() - phone.session[visits.SESSION_KEY]["seen_at"] < 60

    def test_closing_it_leaves_nothing_on_the_device(self, phone: Client, read: Handed) -> None:
        page = confirmed(phone, read).post(read.path("leave/"), follow=True)
        assert "Closed on this device" in text_of(page)
        assert page["Clear-Site-Data"] == '"cache"'
        assert visits.SESSION_KEY not in phone.session
        assert phone.get(read.path("decide/")).status_code == 302

    def test_the_session_holds_nothing_of_the_patient(self, phone: Client, read: Handed) -> None:
        held = json.dumps(dict(confirmed(phone, read).session))
        assert set(json.loads(held)) == {visits.SESSION_KEY}
        assert read.token not in held
        assert not any(canary in held for canary in CANARIES)


class TestReadingPages:
    def test_every_part_says_exactly_the_document(self, phone: Client, handed: Handed) -> None:
        confirmed(phone, handed)
        content = services.find_link(handed.token, at=timezone.now()).document.content
        for number, part in enumerate(content["sections"], start=1):
            page = text_of(phone.get(handed.path(f"part/{part['key']}/")))
            assert f"Part {number} of 9: {part['title']}" in page.replace("&#x27;", "'").replace("&amp;", "&")
            for words in sentences(part["blocks"]):
                assert words[1:] in unescaped(page), (part["key"], words)

    def test_marking_a_part_leads_to_the_next_unread_one(self, phone: Client, handed: Handed) -> None:
        confirmed(phone, handed)
        keys = desks.keys_of(handed.consent)
        for key, following in zip(keys, [*keys[1:], None], strict=True):
            answer = phone.post(handed.path(f"part/{key}/"), {"document_sha256": handed.sha256})
            expected = handed.path(f"part/{following}/") if following else handed.path("step/health/")
            if key == keys[0]:
                # What matters to the patient is asked before any risk is shown.
                expected = handed.path("step/reasons/")
            assert answer["Location"] == expected
            if key == keys[0]:
                services.answer_step(handed.consent.pk, "reasons", {}, shown_sha256=handed.sha256, at=timezone.now())
        assert Acknowledgement.objects.count() == 9

    def test_a_skipped_part_is_met_again_before_the_decision(self, phone: Client, handed: Handed) -> None:
        confirmed(phone, handed)
        for key in desks.keys_of(handed.consent)[1:]:
            answer = phone.post(handed.path(f"part/{key}/"), {"document_sha256": handed.sha256})
        assert answer["Location"] == handed.path("part/experimental/")

    def test_a_part_that_is_not_there(self, phone: Client, handed: Handed) -> None:
        assert confirmed(phone, handed).get(handed.path("part/promises/")).status_code == 404

    def test_a_page_of_another_text_is_told_so(self, phone: Client, handed: Handed) -> None:
        answer = confirmed(phone, handed).post(handed.path("part/risks/"), {"document_sha256": "ab" * 32})
        assert answer.status_code == 409
        assert "changed after your page was opened" in text_of(answer)

    def test_the_notice_of_the_experiment_comes_first(self, phone: Client, handed: Handed) -> None:
        page = confirmed(phone, handed).get(handed.path("part/experimental/"))
        assert text_of(page).index("not been proven") < text_of(page).index("I have read this part")

    def test_a_size_distribution_is_drawn_with_its_method_in_words(self) -> None:
        block = {
            "type": "distribution", "caption": "How big the particles are", "diameter_nm": [50.0, 100.0, 150.0],
            "density": [1.0, 4.0, 2.0], "d10_nm": 60, "d50_nm": 100, "d90_nm": 140, "method": "NTA", "lot_number": "RSE2601",
        }  # fmt: skip
        page = render_to_string("patient/blocks/all.html", {"section": {"blocks": shown([block])}, "level": 2})
        assert "How big the particles are (filmed and tracked one by one, NTA)" in page
        assert "<svg" in page
        assert "<table" in page

    def test_an_unsigned_copy_is_a_pdf_without_a_name_in_its_name(self, phone: Client, handed: Handed) -> None:
        answer = confirmed(phone, handed).get(handed.path("copy.pdf"))
        assert answer.content.startswith(b"%PDF-")
        assert answer["Content-Disposition"] == f'attachment; filename="{handed.consent.reference}-not-signed.pdf"'


class TestAskingPages:
    def test_a_question_is_shown_with_its_answer(self, phone: Client, desk: Desk, handed: Handed) -> None:
        confirmed(phone, handed)
        asked = {"text": "Does a <b>mole</b> matter?", "document_sha256": handed.sha256}
        answer = phone.post(handed.path("part/risks/ask/"), asked)
        assert answer["Location"] == handed.path("part/risks/#questions")
        page = text_of(phone.get(handed.path("part/risks/")))
        assert "Does a &lt;b&gt;mole&lt;/b&gt; matter?" in page
        assert "Waiting for an answer" in page
        services.answer_question(
            Question.objects.get().pk, "It may. Show it to us.", answered_by="Dr Nia Penrose", agent=desk.agent,
            at=timezone.now(),
        )  # fmt: skip
        page = text_of(phone.get(handed.path("part/risks/")))
        assert "It may. Show it to us." in page
        assert "Waiting for an answer" not in page

    def test_an_empty_question_is_asked_for(self, phone: Client, handed: Handed) -> None:
        page = confirmed(phone, handed).post(
            handed.path("part/risks/ask/"), {"text": "  ", "document_sha256": handed.sha256}
        )
        assert page.status_code == 422
        assert "Write your question first" in text_of(page)

    def test_what_was_typed_survives_a_refusal(self, phone: Client, handed: Handed) -> None:
        page = confirmed(phone, handed).post(
            handed.path("part/risks/ask/"), {"text": "Ma\u200bra asks", "document_sha256": handed.sha256}
        )
        assert page.status_code == 422
        assert "Ma\u200bra asks" in text_of(page)
        assert "<title>Error: " in text_of(page)

    def test_a_question_that_is_no_longer_needed_frees_the_way(self, phone: Client, read: Handed) -> None:
        question = services.ask_question(
            read.consent.pk, "cost", "Why so dear?", shown_sha256=read.sha256, at=timezone.now()
        )
        confirmed(phone, read)
        assert phone.get(read.path("sign/"))["Location"] == read.path("decide/")
        assert "Waiting for an answer" in text_of(phone.get(read.path("decide/")))
        phone.post(read.path(f"question/{question.pk}/drop/"))
        assert phone.get(read.path("sign/")).status_code == 200

    def test_another_patients_question_is_not_there(self, phone: Client, desk: Desk, read: Handed) -> None:
        other = desks.issue(desk, at=timezone.now())
        question = services.ask_question(other.consent.pk, "cost", "Why?", shown_sha256=other.sha256, at=timezone.now())
        assert confirmed(phone, read).post(read.path(f"question/{question.pk}/drop/")).status_code == 404
        assert Question.objects.get().is_open


class TestDeciding:
    def test_what_is_unread_is_named_and_linked(self, phone: Client, handed: Handed) -> None:
        page = text_of(confirmed(phone, handed).get(handed.path("decide/")))
        assert "Still to read" in page
        assert f'href="{handed.path("part/risks/")}"' in page
        assert f'href="{handed.path("sign/")}"' not in page
        assert f'href="{handed.path("decline/")}"' in page

    def test_both_answers_stand_side_by_side_and_look_alike(self, phone: Client, read: Handed) -> None:
        page = text_of(confirmed(phone, read).get(read.path("decide/")))
        assert f'<a class="btn quiet wide" href="{read.path("sign/")}">' in page
        assert f'<a class="btn quiet wide" href="{read.path("decline/")}">' in page

    def test_a_no_is_taken_with_its_reason(self, phone: Client, handed: Handed) -> None:
        confirmed(phone, handed)
        page = phone.post(handed.path("decline/"), {"reason": "Too dear"}, follow=True)
        assert "You said no" in text_of(page)
        assert "Too dear" in text_of(page)
        assert Consent.objects.get().status == ConsentStatus.NOT_DONE
        assert phone.get(handed.path("sign/"))["Location"] in (handed.path("decide/"), handed.path("receipt/"))

    def test_looking_at_the_no_page_says_nothing(self, phone: Client, handed: Handed) -> None:
        confirmed(phone, handed).get(handed.path("decline/"))
        assert Consent.objects.get().status == ConsentStatus.DRAFT


class TestSigningPages:
    def test_meaning_name_and_date_stand_above_the_pad(self, phone: Client, read: Handed) -> None:
        page = text_of(confirmed(phone, read).get(read.path("sign/")))
        places = [page.index(words) for words in ("nobody knows its long-term risks", "Mara Ilves", "<time", "<canvas")]
        assert places == sorted(places)
        assert read.sha256 in page

    def test_a_drawing_leads_to_the_receipt(self, phone: Client, read: Handed) -> None:
        answer = confirmed(phone, read).post(read.path("sign/"), sign_data(read))
        assert answer["Location"] == read.path("receipt/")
        record = Signature.objects.get().signing_record
        assert record["device"]["address"] == "127.0.0.1"

    def test_a_typed_name_does_without_a_script(self, phone: Client, read: Handed) -> None:
        confirmed(phone, read)
        phone.post(read.path("sign/"), sign_data(read, strokes="", typed_name="Mara Ilves"))
        assert Signature.objects.get().signing_record["signature"]["typed"] == "Mara Ilves"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"strokes": ""}, "The box is empty"),
            ({"strokes": "[[[500, 100, 0]]]"}, "The box is empty"),
            ({"strokes": "[[[500, 100, 0], [501, 101, 9]]]"}, "only a dot"),
            ({"meaning_confirmed": ""}, "Tick the box"),
            ({"strokes": "", "typed_name": "Mara 😀"}, "cannot print"),
            ({"strokes": "", "typed_name": "Ma\u200bra"}, "U+200B"),
        ],
    )
    def test_a_refusal_stands_at_its_field_and_loses_nothing(
        self, phone: Client, read: Handed, changes: dict[str, str], words: str
    ) -> None:
        data = sign_data(read, **changes)
        page = confirmed(phone, read).post(read.path("sign/"), data)
        assert page.status_code == 422
        assert words in unescaped(text_of(page))
        assert "<title>Error: Sign" in text_of(page)
        for kept in (data["strokes"], data["typed_name"], data["document_sha256"]):
            assert kept in unescaped(text_of(page))
        assert not Signature.objects.exists()

    def test_a_double_click_and_a_second_tab_meet_one_receipt(self, phone: Client, read: Handed) -> None:
        confirmed(phone, read)
        second_tab = confirmed(Client(), read)
        answers = [
            browser.post(read.path("sign/"), sign_data(read, strokes=desks.strokes_text(seed)))
            for seed, browser in ((1, phone), (1, phone), (2, second_tab))
        ]
        assert {answer["Location"] for answer in answers} == {read.path("receipt/")}
        assert Signature.objects.count() == 1

    def test_the_back_button_leads_to_the_same_receipt(self, phone: Client, read: Handed) -> None:
        confirmed(phone, read).post(read.path("sign/"), sign_data(read))
        for rest in ("sign/", "decide/", "decline/", "part/risks/ask/"):
            assert phone.get(read.path(rest))["Location"] == read.path("receipt/")
        assert phone.post(read.path("decline/"), {"reason": ""})["Location"] == read.path("receipt/")
        assert Consent.objects.get().status == ConsentStatus.DRAFT

    def test_a_stale_page_leads_to_the_new_text(self, phone: Client, desk: Desk, read: Handed) -> None:
        confirmed(phone, read)
        stale = sign_data(read)
        services.reissue_document(read.consent.pk, batch=None, cost=None, agent=desk.agent, at=timezone.now())
        page = phone.post(read.path("sign/"), stale)
        assert page.status_code == 409
        assert "Ask the clinic for the link" in text_of(page)
        newer = desks.link_for(desk, read.consent, at=timezone.now())
        page = phone.post(read.path("sign/"), stale)
        assert page.status_code == 409
        assert f'href="{newer.path()}"' in text_of(page)
        assert "Nothing was signed" in text_of(page)
        assert not Signature.objects.exists()

    def test_who_was_not_confirmed_is_not_led_to_the_new_text(self, phone: Client, desk: Desk, read: Handed) -> None:
        services.reissue_document(read.consent.pk, batch=None, cost=None, agent=desk.agent, at=timezone.now())
        newer = desks.link_for(desk, read.consent, at=timezone.now())
        page = phone.post(read.path("sign/"), sign_data(read))
        assert page.status_code == 410
        assert newer.token not in text_of(page)

    @pytest.mark.parametrize(
        "name",
        ["signed_at", "created_at", "status", "sealed_at", "organization", "id", "role", "signing_record_sha256"],
    )
    @pytest.mark.parametrize("rest", ["sign/", "decline/", "part/risks/", "part/risks/ask/", "withdraw/", ""])
    def test_a_browser_sets_no_field_of_its_own(self, phone: Client, read: Handed, rest: str, name: str) -> None:
        confirmed(phone, read)
        if rest == "withdraw/":
            services.sign_consent(read.consent.pk, desks.signing(read), at=timezone.now())
        data = {
            "sign/": sign_data(read), "part/risks/": {"document_sha256": read.sha256}, "": MARA_WAS_BORN,
            "part/risks/ask/": {"document_sha256": read.sha256, "text": "Why?"},
        }.get(rest, {"reason": ""})  # fmt: skip
        before = counts()
        answer = phone.post(read.path(rest), {**data, name: "2020-01-01"})
        assert answer.status_code == 422
        assert name in text_of(answer)
        assert counts() == before

    def test_the_address_is_taken_from_the_right_of_the_chain(self, settings) -> None:
        request = RequestFactory().get("/", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9, 10.0.0.2"})
        assert client_address(request) == "127.0.0.1"
        settings.TRUSTED_PROXIES = 2
        assert client_address(request) == "203.0.113.9"
        settings.TRUSTED_PROXIES = 4
        assert client_address(request) == "127.0.0.1"


class TestReceipts:
    def test_it_says_what_was_signed_and_what_comes_next(self, phone: Client, signed: Handed) -> None:
        page = unescaped(text_of(confirmed(phone, signed).get(signed.path("receipt/"))))
        for words in (
            signed.consent.reference, "DEMO Rosaline Callus", "being sealed", signed.sha256[:16], "Take it back",
            "01632 960 999", "yellowcard", f"/p/{signed.token}/", 'role="img"',
        ):  # fmt: skip
            assert words in page

    def test_it_looks_again_by_itself_a_few_times(self, phone: Client, signed: Handed) -> None:
        confirmed(phone, signed)
        path = signed.path("receipt/")
        assert phone.get(path)["Refresh"] == f"5; url={path}?look=1"
        assert "Refresh" not in phone.get(path + "?look=12")
        for nonsense in ("x", "-1", "9" * 5000, "²"):
            assert phone.get(path, {"look": nonsense}).status_code == 200

    def test_the_file_is_offered_once_it_is_sealed(self, phone: Client, signed: Handed) -> None:
        confirmed(phone, signed)
        assert phone.get(signed.path("file/signed-record.pdf")).status_code == 503
        seal(signed)
        page = phone.get(signed.path("receipt/"))
        assert "Refresh" not in page
        assert signed.path("file/signed-record.pdf") in text_of(page)
        answer = phone.get(signed.path("file/signed-record.pdf"))
        assert answer.content.startswith(b"%PDF-")
        assert answer["Content-Disposition"] == f'attachment; filename="{signed.consent.reference}.pdf"'
        assert phone.get(signed.path("file/other.pdf")).status_code == 404

    def test_who_took_the_file_stands_in_the_log(self, phone: Client, signed: Handed) -> None:
        confirmed(phone, signed)
        seal(signed)
        phone.get(signed.path("file/signed-record.pdf"))
        last = entries_for("consent.sealedfile", signed.consent.sealed_files.get().pk)[-1]
        assert (last.kind, last.detail.body["agent"]["kind"]) == ("document.exported", "patient")

    def test_the_text_can_be_read_again_but_not_marked(self, phone: Client, signed: Handed) -> None:
        page = text_of(confirmed(phone, signed).get(signed.path("part/risks/")))
        assert "What could go wrong" in page
        assert "I have read this part" not in page

    def test_taking_back_asks_once_and_counts_once(self, phone: Client, signed: Handed) -> None:
        confirmed(phone, signed)
        assert phone.get(signed.path("withdraw/")).status_code == 200
        assert Consent.objects.get().status == ConsentStatus.DRAFT
        page = phone.post(signed.path("withdraw/"), {"reason": ""}, follow=True)
        assert "You have taken it back" in text_of(page)
        assert Consent.objects.get().status == ConsentStatus.INACTIVE
        assert phone.post(signed.path("withdraw/"), {"reason": "x"})["Location"] == signed.path("receipt/")
        assert Consent.objects.get().withdrawal.reason == ""

    def test_nothing_signed_has_no_receipt(self, phone: Client, read: Handed) -> None:
        confirmed(phone, read)
        assert phone.get(read.path("receipt/"))["Location"] == read.path("decide/")
        assert phone.get(read.path("withdraw/"))["Location"] == read.path("decide/")


SIGNATURE_INPUTS = {
    "sig-blank": ({"strokes": "[]"}, 422),
    "sig-dot": ({"strokes": "[[[500, 100, 0], [501, 100, 8]]]"}, 422),
    "sig-typed-diff": ({"strokes": "", "typed_name": "M. Ilves-Tamm"}, 302),
    "sig-gif": ({"strokes": "data:image/gif;base64,R0lGODlhAQABAAAAACw="}, 415),
    "sig-jpg": ({"strokes": "data:image/jpeg;base64,/9j/4AAQSkZJRg=="}, 415),
    "sig-b64": ({"strokes": "iVBORw0KGgo!!"}, 422),
    "sig-http": ({"strokes": "http://example.org/signature.png"}, 415),
    "stroke-1m": ({"strokes": "[[" + "[1,2,3]," * 1_000_000 + "[1,2,3]]]"}, 413),
    "doc-hash-wrong": ({"document_sha256": "ab" * 32}, 409),
    "doc-hash-none": ({"document_sha256": ""}, 400),
}
ANSWERED_ELSEWHERE = {
    "sig-replay", "tok-short", "tok-long", "tok-space", "tok-expired", "tok-superseded", "tok-head", "tok-log", "dob-wrong",
    "csrf", "back", "otp-wrong5", "otp-old", "otp-reuse",
}  # fmt: skip
NAMES = {
    "apostrophe": ("O'Brien and O’Brien", 302), "viet": ("Nguyễn Thị Ánh", 302), "german": ("Weiß / WEISS", 302),
    "tibetan": ("བསྟན་འཛིན", 302), "georgian": ("გიორგი", 302), "armenian": ("Արամ", 302), "amharic": ("አበበ", 302),
    "japanese": ("山田太郎", 302), "math": ("𝓐𝓷𝓷", 422), "zwsp": ("An\u200bna", 422), "zwj-ok": ("क्‍ष", 302),
    "shy": ("An\u00adna", 422), "bom": ("\ufeff", 422), "hangul-filler": ("\u3164", 422), "braille": ("\u2800", 422),
    "lri": ("\u2066Ann", 422), "ctrl": ("A\x01B", 422), "nul": ("A\x00B", 422), "newline": ("A\nB", 422),
    "tab": ("A\tB", 422), "noncharacter": ("A\uffff", 422), "pua": ("\ue000", 422), "long": ("n" * 300, 422),
    "longword": ("n" * 60, 302), "html": ("<b>Ann</b>", 302), "attr": ('" onmouseover=x', 302),
    "sql": ("Robert'); DROP TABLE", 302), "null-word": ("null", 302), "two-people": ("Ann Smith & Bob", 302),
}  # fmt: skip


class TestListedInputs:
    """Inputs of the reliability list, by their id, sent to the sign page."""

    def test_each_listed_input_is_answered_for(self) -> None:
        listed = {row["id"] for row in INPUTS["Signature capture, link and code"]}
        assert listed == set(SIGNATURE_INPUTS) | ANSWERED_ELSEWHERE

    @pytest.mark.parametrize("name", SIGNATURE_INPUTS)
    def test_a_signature(self, phone: Client, read: Handed, name: str) -> None:
        changes, status = SIGNATURE_INPUTS[name]
        answer = confirmed(phone, read).post(read.path("sign/"), sign_data(read, **changes))
        assert answer.status_code == status
        assert Signature.objects.exists() is (status == 302)

    def test_all_that_is_missing_is_said_at_once(self, phone: Client, read: Handed) -> None:
        data = sign_data(read, strokes="", meaning_confirmed="")
        page = confirmed(phone, read).post(read.path("sign/"), data)
        assert set(page.context["form"].errors) == {"typed_name", "meaning_confirmed"}

    def test_a_copied_drawing(self, phone: Client, desk: Desk, signed: Handed) -> None:
        other = desks.issue(desk, at=timezone.now())
        desks.read_all(other, at=timezone.now())
        page = confirmed(phone, other).post(other.path("sign/"), sign_data(other))
        assert page.status_code == 422
        assert "used on another form" in text_of(page)

    @pytest.mark.parametrize("name", NAMES)
    def test_a_typed_name(self, phone: Client, read: Handed, name: str) -> None:
        typed, status = NAMES[name]
        answer = confirmed(phone, read).post(read.path("sign/"), sign_data(read, strokes="", typed_name=typed))
        assert answer.status_code == status
        if status == 302:
            assert Signature.objects.get().signing_record["signature"]["typed"] == typed
        else:
            assert not Signature.objects.exists()


def seal(handed: Handed) -> None:
    """Publish a checkpoint and seal, as the worker does."""
    now = timezone.now()
    publish_checkpoint(log_of(handed.consent.organization_id), at=now)
    assert services.seal_document(handed.consent.pk, SealKind.SIGNED, at=now) is not None


def sentences(value: object) -> list[str]:
    """Every sentence that a part of the Document says."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, dict):
        shown = ("title", "text", "items", "label", "value", "rows", "head", "caption", "blocks", "evidence")
        return [words for key in shown if key in value for words in sentences(value[key])]
    return [words for item in value for words in sentences(item)] if isinstance(value, list) else []


def unescaped(page: str) -> str:
    """The page with its entities written out."""
    return html.unescape(page)
