"""The paper route: printed, handed over, typed in, scanned back, attested; and every scan that is not the pack."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from audit.errors import Refusal
from audit.services import entries_for
from consent import ceremony, services
from consent.ceremony import PaperCode, ScannedPage
from consent.errors import PaperRefusedError, PersonRefusedError, TransitionError, UnderAgeError
from consent.models import (
    Consent,
    PaperHandover,
    PaperPack,
    PaperScan,
    PaperWish,
    ParticipantMark,
    Question,
    Signature,
    StaffTask,
)
from consent.records import PaperAttestation
from consent.vocabulary import Attested, ConsentStatus, PaperWay, TaskKind
from products.errors import UploadRefusedError
from products.services import Upload, read_scanned
from tests.cast import NOW, make_practitioner
from tests.consent import desk as desks
from tests.consent import paper, scans, staffroom
from tests.consent.desk import Desk, Handed
from tests.consent.test_people import PROXY, SUPPORTER, confirm

REFERENCE, TEXT = "HC-7F3K-2Q9M", "ab" * 32
HANDED_OVER = NOW + timedelta(hours=1)
SIGNED = NOW + timedelta(days=1)


def sheet(
    number: int, pages: int = 3, *, place: int | None = None, reference: str = REFERENCE, text: str = TEXT
) -> ScannedPage:
    return ScannedPage(1, place or number, (PaperCode(reference, text, number, pages).text,), is_blank=False)


def check(pages: list[ScannedPage]) -> None:
    ceremony.check_scan(pages, reference=REFERENCE, document_sha256=TEXT, page_count=3)


class TestTheCodes:
    """No database."""

    def test_what_is_printed_is_what_is_read(self) -> None:
        code = PaperCode(REFERENCE, TEXT, 2, 12)
        assert ceremony.read_paper_code(code.text) == code
        assert code.text == code.text.upper()

    @pytest.mark.parametrize(
        "text",
        ["", "https://example.org/", "CP1/HC/zz/1/2", f"CP2/{REFERENCE}/{'AB' * 32}/1/2", f"CP1/{REFERENCE}/{'AB' * 32}/0/2",
         f"CP1/{REFERENCE}/{'AB' * 32}/1/2\n", f"CP1/{REFERENCE}/{'AB' * 31}/1/2", f"cp1/{REFERENCE}/{'AB' * 32}/1/2",
         f"CP1/<script>/{'AB' * 32}/1/2", f"CP1/{REFERENCE}/{'AB' * 32}/1/99999"],
    )  # fmt: skip
    def test_any_other_code_is_none_of_ours(self, text: str) -> None:
        assert ceremony.read_paper_code(text) is None

    def test_a_whole_scan_in_any_order_with_empty_backs(self) -> None:
        check([sheet(3), ScannedPage(1, 2, (), is_blank=True), sheet(1), sheet(2)])

    def test_a_strange_code_beside_ours_does_not_matter(self) -> None:
        mine = sheet(1)
        check(
            [ScannedPage(1, 1, ("https://example.org", *mine.codes, *mine.codes), is_blank=False), sheet(2), sheet(3)]
        )

    @pytest.mark.parametrize(
        ("pages", "code", "words"),
        [
            ([sheet(1), sheet(2)], "paper.missing", "shows 2 of 3 pages. Missing: 3."),
            ([], "paper.missing", "Missing: 1, 2, 3"),
            ([sheet(1), sheet(2), sheet(2, place=3)], "paper.twice", "page 2 of the pack"),
            ([sheet(1), sheet(2), sheet(3, reference="HC-0000-0000")], "paper.other_consent", "HC-0000-0000"),
            ([sheet(1), sheet(2), sheet(3, text="cd" * 32)], "paper.other_text", "another version of the text"),
            ([sheet(1, 4)], "paper.other_pack", "a pack of 4 pages"),
            ([sheet(1), ScannedPage(1, 2, (), is_blank=False)], "paper.no_code", "Page 2 of file 1"),
            ([ScannedPage(1, 1, ("https://example.org",), is_blank=False)], "paper.no_code", "200 dots per inch"),
            ([ScannedPage(1, 1, sheet(1).codes + sheet(2).codes, is_blank=False)], "paper.two_codes", "by itself"),
        ],
    )
    def test_what_is_not_the_pack_is_refused_in_words(self, pages: list[ScannedPage], code: str, words: str) -> None:
        with pytest.raises(PaperRefusedError) as refused:
            check(pages)
        assert (refused.value.code, refused.value.field) == (code, "scan")
        assert words in refused.value.message

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"status": ConsentStatus.ACTIVE}, "consent.not_open"),
            ({"is_handed_over": False}, "paper.no_pack"),
            ({"is_paused": True}, "signature.paused"),
            ({"waiting_steps": ("Your choices",)}, "paper.answers"),
            ({"needs_talk": True}, "signature.needs_talk"),
            ({"open_questions": 1}, "signature.question_open"),
            ({"has_scan": False}, "paper.no_scan"),
            ({"signed_on": date(2026, 11, 25)}, "paper.future"),
            ({"signed_on": date(2026, 11, 20)}, "paper.too_early"),
            ({"study_closed_on": date(2026, 11, 23)}, "study.closed"),
            ({"is_true": False}, "paper.attestation"),
        ],
    )
    def test_what_keeps_an_attestation_back(self, changes: dict[str, Any], code: str) -> None:
        facts: dict[str, Any] = {
            "status": ConsentStatus.DRAFT, "is_handed_over": True, "has_scan": True, "waiting_steps": (), "needs_talk": False,
            "open_questions": 0, "handed_over_on": date(2026, 11, 23), "signed_on": date(2026, 11, 24),
            "today": date(2026, 11, 24), "is_true": True, "study_closed_on": date(2026, 11, 24),
        }  # fmt: skip
        ceremony.check_can_sign_on_paper(ceremony.PaperFacts(**facts))
        with pytest.raises(Refusal) as refused:
            ceremony.check_can_sign_on_paper(ceremony.PaperFacts(**{**facts, **changes}))
        assert refused.value.code == code


class TestTheReader:
    """The child process, with real files and no database."""

    def test_pictures_and_pdfs_empty_backs_and_no_more_than_a_page_says(self) -> None:
        one, two = scans.codes_of(REFERENCE, TEXT, 2)
        found = read_scanned(
            scans.pdf_of([scans.page_of(one), scans.page_of(ink=False), scans.page_of(two), scans.page_of()])
        )
        assert found.media_type == "application/pdf"
        assert [(page.codes, page.is_blank) for page in found.pages] == [
            ((one,), False),
            ((), True),
            ((two,), False),
            ((), False),
        ]
        turned = scans.page_of(one).rotate(90, expand=True)
        for kind in ("JPEG", "PNG"):
            assert read_scanned(scans.picture_of(turned, kind)).pages[0].codes == (one,)

    @pytest.mark.parametrize(
        ("make", "code"),
        [
            (scans.encrypted, "pdf.encrypted"),
            (lambda: Upload(b"", "a.pdf"), "upload.empty"),
            (lambda: Upload(b"GIF89a" + bytes(60), "a.pdf"), "upload.type"),
            (lambda: Upload(b"PK\x03\x04" + bytes(60), "a.pdf"), "upload.type"),
            (lambda: Upload(b"a,b\n1,2\n", "a.pdf"), "upload.type"),
            (lambda: Upload(b"<svg xmlns='x'/>", "a.png"), "upload.type"),
            (lambda: Upload(scans.pdf_of([scans.page_of("x")]).content[:-200], "a.pdf"), "pdf.damaged"),
            (lambda: Upload(scans.picture_of(scans.page_of("x")).content[:-500], "a.jpg"), "image.damaged"),
            (lambda: scans.pdf_of([scans.page_of().resize((20, 30))] * 61), "pdf.pages"),
        ],
    )
    def test_the_wrong_kind_is_refused_in_words(self, make: Callable[[], Upload], code: str) -> None:
        with pytest.raises(UploadRefusedError) as refused:
            read_scanned(make(), field="scan")
        assert (refused.value.code, refused.value.field) == (code, "scan")

    def test_a_bomb_is_an_empty_page_or_refused(self) -> None:
        small = scans.bomb(30_000)
        assert len(small.content) < 1_000_000
        (page,) = read_scanned(small, field="scan").pages
        with pytest.raises(PaperRefusedError) as refused:
            check([ScannedPage(1, 1, page.codes, page.is_blank)])
        assert refused.value.code == "paper.missing"
        with pytest.raises(UploadRefusedError) as refused:
            read_scanned(scans.picture_of(Image.new("1", (10_000, 10_000)), "PNG"), field="scan")
        assert refused.value.code == "image.too_many_pixels"

    def test_a_large_scan_is_no_program_because_of_three_bytes(self) -> None:
        plain = scans.pdf_of([scans.page_of("x")]).content
        place = plain.index(b"stream\n") + 40
        assert read_scanned(Upload(plain[:place] + b"\xf1\x02/JS\xfe" + plain[place + 6 :], "a.pdf")).pages


def whole_scan(handed: Handed, pages: int) -> Upload:
    return scans.pdf_of(
        [scans.page_of(code) for code in scans.codes_of(handed.consent.reference, handed.sha256, pages)]
    )


def in_hand(desk: Desk, handed: Handed) -> PaperPack:
    pack = services.make_pack(handed.consent.pk, made_by_name="Dr Nia Penrose", agent=desk.agent, at=NOW)
    services.hand_over_pack(pack.pk, by_name="Dr Nia Penrose", agent=desk.agent, at=HANDED_OVER)
    return pack


def type_in(desk: Desk, handed: Handed) -> None:
    for step, given in {**desks.ANSWERS, "health": desks.health(handed.consent)}.items():
        services.answer_on_paper(
            handed.consent.pk, step, given, shown_sha256=handed.sha256, agent=desk.agent, at=SIGNED
        )


def attest(desk: Desk, handed: Handed, **changes: Any) -> Signature:
    said = PaperAttestation(
        **{"how": Attested.SAW, "signed_on": SIGNED.date(), "known_by": "Passport seen", "is_true": True, **changes}
    )
    return services.sign_on_paper(handed.consent.pk, said, by_name="Dr Nia Penrose", agent=desk.agent, at=SIGNED)


def placed(consent: Consent) -> tuple[str, datetime, bool]:
    """Where the board has it, since when, and whether it waits for the clinic."""
    [place] = services.places_on_page([consent.pk], consent.organization, at=timezone.now())
    return place.code, place.since, place.is_waiting


@pytest.mark.django_db
@pytest.mark.pdf
class TestTheRoute:
    def test_from_the_printer_to_the_sealed_file(self, desk: Desk, handed: Handed, sealing_key) -> None:
        pack = in_hand(desk, handed)
        printed = services.read_pack(pack)
        text = paper.squeezed(paper.text(printed))
        for words in ("This treatment is experimental", "Your questions and answers", "Did we explain it well?", "Your choices",
                      "Day, in your own hand", "I saw this being signed", "Mara Ilves"):  # fmt: skip
            assert paper.squeezed(words) in text, words
        assert len(paper.pages(printed)) == pack.page_count
        with pytest.raises(PaperRefusedError) as refused:
            attest(desk, handed)
        assert refused.value.code == "paper.answers"
        type_in(desk, handed)
        scan = services.file_scan(handed.consent.pk, [scans.scanned(printed)], agent=desk.agent, at=SIGNED)
        assert scan.files[0]["pages"] == pack.page_count
        signature = attest(desk, handed)
        assert attest(desk, handed) == signature
        record = signature.signing_record
        assert (signature.method, record["signature"]["method"], record["acknowledged"]) == ("paper", "paper", [])
        assert record["paper"]["scan"]["files"][0]["sha256"] == scan.files[0]["sha256"]
        assert record["paper"]["attestation"]["by"] == "Dr Nia Penrose"
        consent = staffroom.fresh(handed.consent)
        assert consent.treat_from == date(2026, 11, 24)
        history = services.history_of(consent)
        assert history.changed == history.unlogged == ()
        assert [line.kind for line in history.lines if "paper" in line.kind] == [
            "consent.paper_printed", "consent.paper_handed_over", "consent.paper_scanned",
        ]  # fmt: skip
        sealed = services.read_sealed_file(staffroom.seal(desk, handed, at=SIGNED))
        seen = paper.squeezed(paper.text(sealed))
        for words in (
            "Signed by hand on paper",
            "I saw this person sign the paper. Passport seen",
            scan.files[0]["sha256"],
        ):
            assert paper.squeezed(words) in seen, words
        with pikepdf.open(io.BytesIO(sealed)) as document:
            kept = document.attachments["paper-scan-1.pdf"].get_file().read_bytes()
        assert kept == services.read_scan(PaperScan.objects.get(), 0)
        assert services.verify_pdf(sealed).verdict.outcome == "genuine"
        services.declare(
            handed.consent.pk,
            desk.practitioner,
            read=desks.shown_answers(handed),
            talk=desks.TALK,
            agent=desk.agent,
            at=SIGNED + timedelta(hours=1),
        )
        assert staffroom.fresh(handed.consent).status == ConsentStatus.ACTIVE

    def test_scans_of_something_else_are_refused_and_nothing_is_kept(self, desk: Desk, handed: Handed) -> None:
        pack, other = in_hand(desk, handed), desks.issue(desk)
        spare = services.make_pack(handed.consent.pk, made_by_name="x", agent=desk.agent, at=NOW)
        mine, count = handed.consent, pack.page_count

        def send(*uploads: Upload) -> str:
            with pytest.raises(Refusal) as refused:
                services.file_scan(mine.pk, list(uploads), agent=desk.agent, at=SIGNED)
            return refused.value.code

        assert send(whole_scan(other, count)) == "paper.other_consent"
        assert send(whole_scan(handed, count - 1)) == "paper.other_pack"
        assert send() == "paper.no_file"
        assert send(Upload(bytes(26 * 1024 * 1024), "a.pdf")) == "upload.too_large"
        assert send(scans.encrypted()) == "pdf.encrypted"
        codes = scans.codes_of(mine.reference, handed.sha256, count)
        assert send(scans.pdf_of([scans.page_of(code) for code in codes[1:]])) == "paper.missing"
        old = whole_scan(handed, count)
        services.reissue_document(mine.pk, batch=desk.batch, cost=None, agent=desk.agent, at=SIGNED)
        assert send(old) == "paper.no_pack"
        in_hand(desk, handed)
        assert send(old) == "paper.other_text"
        assert not PaperScan.objects.exists()
        with pytest.raises(PaperRefusedError) as refused:
            services.hand_over_pack(spare.pk, by_name="x", agent=desk.agent, at=SIGNED)
        assert refused.value.code == "paper.other_text"

    def test_wrong_answers_are_kept_and_asked_again_and_a_stop_stops(self, desk: Desk, handed: Handed) -> None:
        with pytest.raises(PaperRefusedError):
            type_in(desk, handed)
        pack = in_hand(desk, handed)
        wrong = {**desks.ANSWERS["check"], "proven": "a"}
        first = services.answer_on_paper(
            handed.consent.pk, "check", wrong, shown_sha256=handed.sha256, agent=desk.agent, at=SIGNED
        )
        assert not first.is_passed
        type_in(desk, handed)
        services.file_scan(
            handed.consent.pk,
            [
                scans.picture_of(scans.page_of(code), "PNG")
                for code in scans.codes_of(handed.consent.reference, handed.sha256, pack.page_count)
            ],
            agent=desk.agent,
            at=SIGNED,
        )
        with pytest.raises(UnderAgeError):
            services.sign_on_paper(
                handed.consent.pk, PaperAttestation(Attested.SAW, SIGNED.date(), "x", is_true=True),
                by_name="x", agent=desk.agent, at=SIGNED.replace(year=2001),
            )  # fmt: skip
        helper = services.add_person(handed.consent.pk, SUPPORTER, added_by_name="Nia", agent=desk.agent, at=SIGNED)
        proxy = services.add_person(
            handed.consent.pk, PROXY, added_by_name="Nia", agent=desk.agent, at=SIGNED + timedelta(seconds=1)
        )
        with pytest.raises(PersonRefusedError):
            attest(desk, handed)
        assert not ParticipantMark.objects.exists()
        confirm(desk, proxy)
        record = attest(desk, handed).signing_record
        assert [told["attempt"] for told in record["steps"] if told["step"] == "check"] == [1, 2]
        assert ParticipantMark.objects.get(participant=helper).method == "paper"
        assert record["signature"]["on_behalf_of"] == "Mara Ilves"
        assert record["people"][0]["mark"]["method"] == "paper"

    def test_rows_stay_as_they_are_and_files_under_the_patients_key(self, desk: Desk, handed: Handed, settings) -> None:
        in_hand(desk, handed)
        stored = [path.read_bytes() for path in settings.FILE_DIR.rglob("*.sealed")]
        assert len(stored) == 1
        assert not stored[0].startswith(b"%PDF")
        with pytest.raises(DatabaseError), transaction.atomic():
            PaperHandover.objects.all()._raw_delete("default")

    def test_after_a_signature_on_the_screen_there_is_no_pack(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(TransitionError):
            services.make_pack(signed.consent.pk, made_by_name="x", agent=desk.agent, at=SIGNED)


@pytest.mark.django_db
class TestThePhone:
    def test_the_patient_asks_for_paper_once(self, there: Handed, phone: Client) -> None:
        phone.post(there.path(), desks.MARA_WAS_BORN)
        assert b"I would rather sign on paper" in phone.get(there.path("sign/")).content
        assert phone.post(there.path("paper/"), {}).status_code == 422
        for _ in range(2):
            services.ask_for_paper(there.consent.pk, PaperWay.PAPER, at=timezone.now())
        assert phone.post(there.path("paper/"), {"way": "paper"}).status_code == 302
        assert b"The clinic knows" in phone.get(there.path("paper/")).content
        found = services.standing_of(staffroom.fresh(there.consent), at=timezone.now())
        assert (found.code, found.act, found.why) == ("paper", "Print", "the patient would rather sign on paper")
        assert placed(there.consent) == ("paper", found.since, True)
        assert PaperWish.objects.count() == StaffTask.objects.filter(kind=TaskKind.PAPER).count() == 1


@pytest.mark.django_db
@pytest.mark.pdf
class TestStaffPages:
    def test_step_by_step_to_the_attestation_after_the_password(self, desk: Desk, nia: Client) -> None:
        handed = desks.issue(desk, at=timezone.now() - timedelta(hours=1))
        place = f"/consents/{handed.consent.pk}/paper/"
        assert b"On paper: print, hand over, scan back" in nia.get(f"/consents/{handed.consent.pk}/").content
        nia.post(f"{place}pack/")
        pack = PaperPack.objects.get()
        got = nia.get(f"{place}{pack.pk}/pack.pdf")
        assert got.content.startswith(b"%PDF")
        assert "Mara" not in got["Content-Disposition"]
        assert b"Type in the answers" not in nia.get(place).content
        nia.post(f"{place}{pack.pk}/handover/")
        assert b"Type in the answers" in nia.get(place).content
        found = services.standing_of(staffroom.fresh(handed.consent), at=timezone.now())
        assert (found.code, found.act, found.is_waiting) == ("paper", "Scan it back", False)
        assert placed(handed.consent) == ("paper", found.since, False)
        wrong = {**desks.ANSWERS["check"], "proven": "a", "document_sha256": handed.sha256}
        again = nia.post(f"{place}answers/check/", wrong, follow=True).content
        assert b"let them tick the right-hand box" in again
        for step, given in {**desks.ANSWERS, "health": desks.health(handed.consent)}.items():
            answer = nia.post(f"{place}answers/{step}/", {**given, "document_sha256": handed.sha256})
            assert answer["Location"] == place, answer.content
        assert nia.post(f"{place}question/", {"section": "risks", "text": " "}).status_code == 422
        nia.post(f"{place}question/", {"section": "risks", "text": "Darf ich danach duschen?"})
        asked = Question.objects.get()
        assert b"Answer it first" in nia.get(place).content
        assert entries_for("consent.question", asked.pk)[0].detail.body["agent"]["kind"] == "user"
        services.answer_question(asked.pk, "Ja.", answered_by="Nia", agent=desk.agent, at=timezone.now())
        assert nia.post(f"{place}scan/", {}).status_code == 422
        bad = SimpleUploadedFile("a.pdf", scans.pdf_of([scans.page_of()]).content)
        assert b"shows no code that can be read" in nia.post(f"{place}scan/", {"scan": bad}).content
        good = SimpleUploadedFile("a.pdf", whole_scan(handed, pack.page_count).content)
        assert nia.post(f"{place}scan/", {"scan": good})["Location"] == place
        scan = PaperScan.objects.get()
        assert nia.get(f"{place}scan/{scan.pk}/0/").content.startswith(b"%PDF")
        assert nia.get(f"{place}scan/{scan.pk}/1/").status_code == 404
        assert nia.get(f"{place}attest/")["Location"].startswith("/accounts/reauthenticate/")
        staffroom.recently_confirmed(nia)
        today = timezone.now().date()
        said = {
            "how": "saw",
            "known_by": "Passport",
            "signed_on_0": today.day,
            "signed_on_1": today.month,
            "signed_on_2": today.year,
        }
        assert nia.post(f"{place}attest/", said).status_code == 422
        assert nia.post(f"{place}attest/", {**said, "is_true": "on"}).status_code == 302
        assert Signature.objects.get().method == "paper"
        assert b"Signed. What was signed stays as it is." in nia.get(place).content
        assert nia.get(f"{place}answers/nothing/").status_code == 404

    def test_a_stranger_finds_nothing(self, desk: Desk, inland, signed_in) -> None:
        stranger = signed_in(make_practitioner(inland))
        handed = desks.issue(desk)
        pack = in_hand(desk, handed)
        place = f"/consents/{handed.consent.pk}/paper/"
        for path in ("", f"{pack.pk}/pack.pdf", "scan/", "attest/", "answers/check/"):
            assert stranger.get(place + path).status_code == 404
