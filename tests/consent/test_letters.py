"""A printed letter with a short code; and that no member of staff ever holds a link that was sent to the patient."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from audit.models import LogDetail, LogEntry
from clinic.models import User
from consent import services
from consent.errors import LinkInvalidError
from consent.models import PatientLink
from consent.services.letters import letter_digest
from consent.vocabulary import LinkWay
from tests.api.program import Program, token_of
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed
from tests.consent.test_attacks import crawl

pytestmark = pytest.mark.django_db
CODE = re.compile(r"\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b")
TREATMENT = ("Rosaline", "exosome", "RSE2601", "consent", "treatment", "skin", "14 March 1984")


@pytest.fixture
def handed(desk: Desk) -> Handed:
    return desks.issue(desk, at=timezone.now() - timedelta(hours=1))


@pytest.fixture
def staff(desk: Desk, signed_in: SignedIn) -> Client:
    return signed_in(User.objects.get(pk=desk.practitioner.user_id))


def text_of(answer) -> str:
    return answer.content.decode()


def printed(staff: Client, handed: Handed) -> str:
    page = staff.post(f"/consents/{handed.consent.pk}/link/", {"way": "letter"})
    assert page.status_code == 200
    return text_of(page)


@pytest.mark.parametrize(
    "typed", ["7f3k2q9mx4tr8wyp", "7F3K–2Q9M–X4TR–8WYP", "7F3K\u00a02Q9M\u00a0X4TR\u00a08WYP.", "７F3K-2Q9M-X4TR-8WYP"]
)
def test_a_code_counts_however_a_telephone_writes_it(typed: str) -> None:
    assert letter_digest(typed) == letter_digest("7F3K-2Q9M-X4TR-8WYP")


class TestALetter:
    def test_it_holds_a_code_and_a_square_and_nothing_about_health(self, staff: Client, handed: Handed) -> None:
        page = printed(staff, handed)
        letter = page[page.index('class="card letter"') : page.index('<div class="acts">')]
        assert CODE.search(letter)
        assert "Mara Ilves" in letter
        assert '<span class="qr"' in letter
        assert "/p/</p>" in letter
        assert not any(word.lower() in letter.lower() for word in TREATMENT)
        link = PatientLink.objects.get(way="letter")
        assert link.revoked_at is None
        assert PatientLink.objects.get(pk=handed.link.pk).revoked_at is not None

    @pytest.mark.parametrize(
        "write", [str, str.lower, lambda code: code.replace("-", " "), lambda code: f" {code.replace('-', '')} "]
    )
    def test_the_code_leads_to_the_birth_date(self, phone: Client, desk: Desk, handed: Handed, write) -> None:
        made = desks.link_for(desk, handed.consent, at=timezone.now(), way=LinkWay.LETTER)
        answer = phone.post("/p/", {"code": write(services.letter_code(made.link))})
        assert answer["Location"] == made.path()
        assert phone.post(made.path(), MARA_WAS_BORN).status_code == 302
        told = services.identity_told(made.link.consent.openings.last(), "ab")
        assert told["identity"][0]["way"] == "letter"

    def test_signs_that_are_misread_count_as_what_they_are(self, handed: Handed, desk: Desk) -> None:
        made = desks.link_for(desk, handed.consent, at=timezone.now(), way=LinkWay.LETTER)
        code = services.letter_code(made.link).replace("0", "O").replace("1", "l")
        assert services.link_of_letter(code, at=timezone.now()).pk == made.link.pk

    @pytest.mark.parametrize(
        "typed", ["x", "7F3K-2Q9M-X4TR-8WYP", "7F3K-2Q9M-X4TR-8WY", "٧F3K-2Q9M-X4TR-8WYP", "\U0001f600"]
    )
    def test_another_code_opens_nothing_and_is_kept_in_the_box(self, phone: Client, handed: Handed, typed: str) -> None:
        page = phone.post("/p/", {"code": typed})
        assert page.status_code == 404
        assert "does not open anything" in text_of(page)
        assert "Harbour" not in text_of(page)

    def test_no_code_is_asked_for_again(self, phone: Client) -> None:
        assert phone.get("/p/").status_code == 200
        assert phone.post("/p/", {"code": ""}).status_code == 422
        assert phone.post("/p/", {"code": "7F3K", "status": "active"}).status_code == 422

    def test_neither_code_nor_link_is_kept_and_a_newer_link_ends_both(
        self, phone: Client, desk: Desk, handed: Handed
    ) -> None:
        made = desks.link_for(desk, handed.consent, at=timezone.now(), way=LinkWay.LETTER)
        code = services.letter_code(made.link)
        kept = str(list(PatientLink.objects.values())) + str(list(LogDetail.objects.values()))
        assert code not in kept
        assert code.replace("-", "") not in kept
        desks.link_for(desk, handed.consent, at=timezone.now())
        assert phone.post("/p/", {"code": code}).status_code == 410
        assert phone.get(made.path()).status_code == 410

    def test_the_code_of_another_kind_of_link_is_no_letter(self, handed: Handed) -> None:
        with pytest.raises(LinkInvalidError):
            services.link_of_letter(services.letter_code(handed.link), at=timezone.now())
        with pytest.raises(LinkInvalidError):
            services.link_of_letter("", at=timezone.now())


class TestStaffHoldNoLinkThatWasSent:
    def test_no_page_log_or_program_shows_a_link_that_went_by_mail(
        self, handed: Handed, staff: Client, lead: User, settings
    ) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        staff.post(f"/consents/{handed.consent.pk}/link/", {"way": "email"})
        sent = PatientLink.objects.get(way="email")
        token = services.token_of(sent)
        pages = crawl(staff, ("/", f"/consents/{handed.consent.pk}/", "/consents/", "/log/", "/tasks/", "/patients/"))
        assert len(pages) > 15
        assert [path for path, page in pages.items() if token in page or services.letter_code(sent) in page] == []
        assert not any("/p/" in page.replace("/p/</", "") for page in pages.values())
        reader = Program(token_of(lead))
        for path in ("", "history/", "document/"):
            assert token not in text_of(reader.get(f"consents/{handed.consent.pk}/{path}"))
        assert not LogEntry.objects.filter(leaf__contains=token).exists()
        assert token not in str(list(LogDetail.objects.values()))
        services.send_due_notices(at=timezone.now())
        assert token in mail.outbox[0].body

    def test_the_page_after_sending_shows_no_link(self, handed: Handed, staff: Client, settings) -> None:
        settings.EMAIL_HOST = "mail.example.org"
        page = staff.post(f"/consents/{handed.consent.pk}/link/", {"way": "email"}, follow=True)
        assert "on its way" in text_of(page)
        assert services.token_of(PatientLink.objects.get(way="email")) not in text_of(page)
