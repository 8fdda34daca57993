"""Every end is sealed: a no, a withdrawal, a closed consent; each its own file, which names those before it."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import date, timedelta

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import services
from consent.models import SealedFile
from consent.services.endings import ending_of, texts_told
from consent.vocabulary import SealKind
from tests.cast import NOW
from tests.consent import paper
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed
from tests.consent.staffroom import LATER, fresh, seal

pytestmark = [pytest.mark.django_db, pytest.mark.pdf, pytest.mark.usefixtures("sealing_key")]


def declined(desk: Desk, handed: Handed, reason: str = "It costs too much.") -> SealedFile:
    services.decline_consent(handed.consent.pk, reason, at=LATER)
    return seal(desk, handed, SealKind.DECLINED)


def attached(content: bytes, name: str) -> dict[str, object]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        found: dict[str, object] = json.loads(pdf.attachments[name].get_file().read_bytes())
    return found


class TestANo:
    def test_is_sealed_with_the_text_that_was_shown_and_the_reason(self, desk: Desk, handed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "It costs too much.", at=LATER)
        assert services.waiting() == [(handed.consent.pk, SealKind.DECLINED)]
        content = services.read_sealed_file(seal(desk, handed, SealKind.DECLINED))
        assert services.waiting() == []
        told = attached(content, "ending.json")
        assert (told["what"], told["patients_words"]) == ("declined", "It costs too much.")
        assert told["recorded_by"] == "Patient"
        assert attached(content, "document.json")["reference"] == handed.consent.reference
        text = paper.text(content)
        assert "It costs too much." in text
        assert "Nobody knows its long-term risks." in text
        assert text.count(paper.LEGEND) == 1

    def test_that_was_told_to_staff_names_who_was_told(self, desk: Desk, handed: Handed) -> None:
        services.decline_consent(
            handed.consent.pk, "Too new.", received_by="R. Desk, by telephone", agent=desk.agent, at=LATER
        )
        content = services.read_sealed_file(seal(desk, handed, SealKind.DECLINED))
        told = attached(content, "ending.json")
        assert (told["recorded_by"], told["received_by"]) == ("Dr Nia Penrose", "R. Desk, by telephone")
        assert "Told to R. Desk, by telephone" in paper.text(content)

    def test_staff_are_told_that_it_is_genuine(self, desk: Desk, handed: Handed, nia: Client) -> None:
        content = services.read_sealed_file(declined(desk, handed))
        page = nia.post("/verify/", {"file": SimpleUploadedFile("no.pdf", content, "application/pdf")})
        assert page.status_code == 200
        assert "Genuine" in page.content.decode()
        assert "Record of the no" in page.content.decode()

    def test_the_patient_can_take_it_away(self, desk: Desk, handed: Handed, phone: Client, desk_time: None) -> None:
        phone.post(handed.path(), MARA_WAS_BORN)
        phone.post(handed.path("decline/"), {"reason": ""})
        assert "being sealed" in phone.get(handed.path("receipt/")).content.decode()
        seal(desk, handed, SealKind.DECLINED)
        assert handed.path("file/decline-record.pdf") in phone.get(handed.path("receipt/")).content.decode()
        assert phone.get(handed.path("file/decline-record.pdf")).content.startswith(b"%PDF-")


class TestAWithdrawal:
    def test_waits_for_the_signed_record_and_names_it(self, desk: Desk, signed: Handed) -> None:
        services.withdraw_consent(signed.consent.pk, "", received_by="R. Desk", agent=desk.agent, at=LATER)
        assert services.waiting() == [(signed.consent.pk, SealKind.SIGNED)]
        first = seal(desk, signed)
        told = attached(services.read_sealed_file(seal(desk, signed, SealKind.WITHDRAWN)), "ending.json")
        assert told["earlier_files"] == [{"kind": "signed-record", "sha256": first.sha256}]
        assert told["received_by"] == "R. Desk"


class TestBeforeTheSignature:
    def test_the_closing_record_says_which_texts_were_shown_and_keeps_them(self, desk: Desk, handed: Handed) -> None:
        for minutes in (3, 8):
            services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=NOW + timedelta(minutes=minutes))
        services.reissue_document(
            handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=NOW + timedelta(hours=0.5)
        )
        services.void_consent(handed.consent.pk, reason="Asked for twice.", agent=desk.agent, at=LATER)
        first, second = fresh(handed.consent).documents.all()
        content = services.read_sealed_file(seal(desk, handed, SealKind.CLOSED))
        told = attached(content, "ending.json")["texts"]
        template = first.content["template"]
        same = {"name": template["name"], "version": 1, "language": "en-GB", "template_sha256": template["sha256"]}
        assert told == [
            {
                **same,
                "number": 1,
                "document_sha256": first.sha256,
                "issued_at": "2026-11-23T10:12:00Z",
                "first_opened_at": "2026-11-23T10:15:00Z",
                "last_opened_at": "2026-11-23T10:20:00Z",
                "visits": 2,
            },
            {
                **same,
                "number": 2,
                "document_sha256": second.sha256,
                "issued_at": "2026-11-23T10:42:00Z",
                "first_opened_at": None,
                "last_opened_at": None,
                "visits": 0,
            },
        ]
        for name, document in (("document-1.json", first), ("document.json", second)):
            assert attached(content, name) == document.content
        shown = paper.squeezed(paper.text(content))
        for words in (
            "The text that was shown Standard wording, version 1 English (en-GB)",
            "First opened Monday 23 November 2026, 10:15:00 (UTC+00:00, Europe/London).",
            "Opened 2 times, last Monday 23 November 2026, 10:20:00.",
            "Never opened.",
            first.sha256,
            second.sha256,
        ):
            assert paper.squeezed(words) in shown, words

    def test_what_lapsed_unread_was_never_opened(self, handed: Handed) -> None:
        assert services.lapse_due(at=NOW + timedelta(days=184)) == 1
        (text,) = ending_of(fresh(handed.consent), SealKind.CLOSED).facts(fresh(handed.consent))["texts"]
        assert (text["document_sha256"], text["first_opened_at"], text["visits"]) == (handed.sha256, None, 0)

    def test_a_visit_after_the_end_does_not_count(self, desk: Desk, handed: Handed) -> None:
        services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=LATER)
        assert texts_told(handed.consent, until=LATER - timedelta(seconds=1))[0]["first_opened_at"] is None
        assert texts_told(handed.consent, until=LATER)[0]["first_opened_at"] == "2026-11-23T11:12:00Z"


class TestEveryEnd:
    def test_voided_and_then_found_wrong_are_two_ends_and_two_files(self, desk: Desk, handed: Handed) -> None:
        services.void_consent(handed.consent.pk, reason="Asked for twice.", agent=desk.agent, at=LATER)
        after = LATER + timedelta(minutes=5)
        services.invalidate_consent(handed.consent.pk, reason="It was another patient.", agent=desk.agent, at=after)
        made = [seal(desk, handed, kind, after) for kind in (SealKind.CLOSED, SealKind.ERROR)]
        assert services.waiting() == []
        told = [attached(services.read_sealed_file(file), "ending.json") for file in made]
        assert [(one["what"], one["clinics_words"]) for one in told] == [
            ("voided", "Asked for twice."),
            ("entered-in-error", "It was another patient."),
        ]
        assert told[1]["earlier_files"] == [{"kind": "closing-record", "sha256": made[0].sha256}]

    def test_a_second_print_is_the_same_bytes(self, desk: Desk, handed: Handed) -> None:
        file = declined(desk, handed)
        prints = [
            services.export_document(handed.consent, SealKind.DECLINED, agent=desk.agent, at=at)[1]
            for at in (LATER, LATER + timedelta(days=400))
        ]
        assert prints[0] == prints[1]
        assert hashlib.sha256(prints[1]).hexdigest() == file.sha256

    def test_an_erased_patient_s_is_left_alone(self, desk: Desk, handed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "", at=LATER)
        type(desk.patient).objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
        assert services.waiting() == []
        assert fresh(handed.consent).status == "not-done"
