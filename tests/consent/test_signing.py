"""What makes a signature: the rules without a database, the service, the strokes, and many at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from audit.errors import Refusal
from audit.models import LogEntry
from clinic.errors import TextRefusedError
from clinic.records import PatientIdentity
from clinic.services import register_patient
from consent import services
from consent.errors import (
    BodyTooLargeError,
    DocumentChangedError,
    HashRequiredError,
    SignatureTypeError,
    SigningRefusedError,
    TransitionError,
    UnderAgeError,
)
from consent.models import Consent, PatientLink, Signature
from consent.records import SigningFacts
from consent.rules import check_can_sign
from consent.services import decide
from consent.strokes import MOST_POINTS, read_strokes
from consent.vocabulary import ConsentStatus, SigningMethod
from tests.cast import NOW, make_clinic
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed, at_once

LATER = NOW + timedelta(minutes=12)


def facts(**changes: object) -> SigningFacts:
    """Everything as it should be."""
    return SigningFacts(
        **{
            "status": ConsentStatus.DRAFT,
            "document_sha256": "ab" * 32,
            "shown_sha256": "ab" * 32,
            "required_sections": frozenset({"risks", "cost"}),
            "acknowledged_sections": frozenset({"risks", "cost", "rights"}),
            "open_questions": 0,
            "birth_date": date(1984, 3, 14),
            "on": date(2026, 11, 23),
            "meaning_confirmed": True,
            "method": SigningMethod.DRAWN,
            "ink_length": 900.0,
            "typed_name": "",
            **changes,
        }
    )


class TestWhoCanSign:
    """Rules, no database."""

    def test_all_is_well(self) -> None:
        check_can_sign(facts())
        check_can_sign(facts(method=SigningMethod.TYPED, typed_name="Mara Ilves", ink_length=0.0))

    @pytest.mark.parametrize(
        ("changes", "error", "code"),
        [
            ({"status": ConsentStatus.ACTIVE}, TransitionError, "consent.not_open"),
            ({"status": ConsentStatus.NOT_DONE}, TransitionError, "consent.not_open"),
            ({"status": ConsentStatus.INACTIVE}, TransitionError, "consent.not_open"),
            ({"status": ConsentStatus.ENTERED_IN_ERROR}, TransitionError, "consent.not_open"),
            ({"shown_sha256": ""}, HashRequiredError, "document.hash_required"),
            ({"shown_sha256": "cd" * 32}, DocumentChangedError, "document.changed"),
            ({"birth_date": date(2008, 11, 24)}, UnderAgeError, "patient.under_18"),
            ({"acknowledged_sections": frozenset({"risks"})}, SigningRefusedError, "signature.unread"),
            ({"acknowledged_sections": frozenset()}, SigningRefusedError, "signature.unread"),
            ({"open_questions": 1}, SigningRefusedError, "signature.question_open"),
            ({"meaning_confirmed": False}, SigningRefusedError, "signature.meaning"),
            ({"ink_length": 0.0}, SigningRefusedError, "signature.blank"),
            ({"ink_length": 3.0}, SigningRefusedError, "signature.too_small"),
            ({"is_replayed": True}, SigningRefusedError, "signature.replay"),
            ({"method": SigningMethod.TYPED}, SigningRefusedError, "signature.blank"),
        ],
    )
    def test_each_refusal_has_its_own_code(self, changes: dict[str, object], error: type[Refusal], code: str) -> None:
        with pytest.raises(error) as refused:
            check_can_sign(facts(**changes))
        assert refused.value.code == code

    def test_eighteen_is_reached_on_the_birthday(self) -> None:
        check_can_sign(facts(birth_date=date(2008, 11, 23)))

    def test_somebody_born_on_a_leap_day_is_eighteen_on_the_first_of_march(self) -> None:
        leap = facts(birth_date=date(2008, 2, 29), on=date(2026, 2, 28))
        with pytest.raises(UnderAgeError):
            check_can_sign(leap)
        check_can_sign(replace(leap, on=date(2026, 3, 1)))


class TestStrokes:
    """What a browser may send as a drawing."""

    def test_a_drawing_is_read_as_numbers(self) -> None:
        assert read_strokes("[[[0, 12.5, 0], [1000, 40, 16]]]") == (((0.0, 12.5, 0), (1000.0, 40.0, 16)),)

    @pytest.mark.parametrize("empty", ["", "   ", "[]", "[[]]"])
    def test_an_empty_box_is_no_drawing(self, empty: str) -> None:
        assert read_strokes(empty) == ()

    @pytest.mark.parametrize(
        "text",
        [
            "iVBORw0KGgo!!", "{}", '{"0": []}', "null", "1", '"x"', "[1]", "[[1]]", "[[[1, 2]]]", "[[[1, 2, 3, 4]]]",
            '[[["1", 2, 3]]]', "[[[1, null, 3]]]", "[[[true, 2, 3]]]", "[[[1, 2, 3.5]]]", "[[[1, 2, -1]]]",
            "[[[NaN, 2, 3]]]", "[[[1, Infinity, 3]]]", "[[[1e999, 2, 3]]]", "[[[-1, 2, 3]]]", "[[[1001, 2, 3]]]",
            "[[[1, 4001, 3]]]", "[[[1, 2, 86400001]]]", "[[[1, 2, 3]]", "[" * 30_000, "[[[" + "9" * 5000 + ", 1, 1]]]",
            "[[[1, 2, 3]]]]", '[[[1, 2, "<script>"]]]', "\x00",
        ],
    )  # fmt: skip
    def test_whatever_is_no_drawing_is_refused(self, text: str) -> None:
        with pytest.raises(SigningRefusedError) as refused:
            read_strokes(text)
        assert refused.value.code == "signature.encoding"

    @pytest.mark.parametrize(
        "text",
        [
            "data:image/gif;base64,R0lGODlhAQABAAAAACw=", "data:image/jpeg;base64,/9j/4AAQ", "DATA:image/png;base64,iVBO",
            "http://example.org/signature.png", "https://example.org/x", "file:///etc/passwd", "<svg onload=alert(1)>",
            "GIF89a",
        ],
    )  # fmt: skip
    def test_pictures_and_addresses_are_of_the_wrong_type(self, text: str) -> None:
        with pytest.raises(SignatureTypeError) as refused:
            read_strokes(text)
        assert refused.value.code == "signature.type"

    def test_five_thousand_points_are_enough(self) -> None:
        allowed = [[[1, 2, 3]] * MOST_POINTS]
        assert len(read_strokes(json.dumps(allowed))[0]) == MOST_POINTS
        with pytest.raises(BodyTooLargeError) as refused:
            read_strokes(json.dumps([[[1, 2, 3]] * MOST_POINTS, [[1, 2, 3]]]))
        assert refused.value.code == "body.too_large"

    def test_a_million_points_are_refused_unread(self) -> None:
        with pytest.raises(BodyTooLargeError):
            read_strokes("[[" + "[1,2,3]," * 1_000_000)


class TestSigning:
    """The service."""

    def test_a_drawing_is_kept_with_what_it_means(self, read: Handed) -> None:
        signature = services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        record = signature.signing_record
        assert record["document_sha256"] == read.sha256 == signature.document_sha256
        assert record["signature"]["method"] == "drawn"
        assert record["signature"]["printed_name"] == "Mara Ilves"
        assert "experimental" in record["signature"]["meaning"]
        assert record["signature"]["strokes"][0][0] == [60, 201, 0]
        assert record["signed_at"] == "2026-11-23T10:24:00Z"
        assert [row["section"] for row in record["acknowledged"]] == desks.keys_of(read.consent)
        assert record["identity"] == [
            {"step": "link", "way": "qr", "at": "2026-11-23T10:12:00Z", "result": "made"},
            {"step": "birth_date", "at": "2026-11-23T10:12:00Z", "result": "confirmed"},
        ]
        assert record["assurance"]["level"] == signature.assurance == "birth-date"

    def test_the_state_waits_for_the_practitioner(self, read: Handed) -> None:
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        assert Consent.objects.get(pk=read.consent.pk).status == ConsentStatus.DRAFT

    def test_it_is_the_last_entry_of_the_clinics_log(self, read: Handed) -> None:
        before = LogEntry.objects.count()
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        entry = LogEntry.objects.order_by("leaf_index").last()
        assert LogEntry.objects.count() == before + 1
        assert entry is not None
        assert '"kind":"consent.signed"' in entry.leaf
        assert "Mara" not in entry.leaf

    def test_a_second_time_answers_with_the_first(self, read: Handed) -> None:
        first = services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        again = services.sign_consent(
            read.consent.pk, desks.signing(read, strokes=desks.strokes(2)), at=LATER + timedelta(seconds=1)
        )
        assert again == first
        assert again.signed_at == LATER
        assert Signature.objects.count() == 1

    def test_a_refusal_writes_nothing(self, handed: Handed) -> None:
        before = LogEntry.objects.count()
        with pytest.raises(SigningRefusedError):
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=LATER)
        assert (Signature.objects.count(), LogEntry.objects.count()) == (0, before)

    def test_every_part_must_have_been_read(self, handed: Handed) -> None:
        desks.services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=NOW)
        for key in desks.keys_of(handed.consent)[:-1]:
            services.acknowledge(handed.consent.pk, key, shown_sha256=handed.sha256, at=NOW)
        with pytest.raises(SigningRefusedError, match="Not every part of the text is marked as read"):
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=LATER)

    def test_a_waiting_question_holds_it_back_until_it_is_dropped(self, read: Handed) -> None:
        question = services.ask_question(read.consent.pk, "risks", "May I swim?", shown_sha256=read.sha256, at=NOW)
        with pytest.raises(SigningRefusedError) as refused:
            services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        assert refused.value.code == "signature.question_open"
        services.drop_question(question.pk, at=LATER)
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)

    def test_a_new_text_needs_reading_again(self, desk: Desk, read: Handed) -> None:
        stale = desks.signing(read)
        services.reissue_document(read.consent.pk, batch=None, cost=None, agent=desk.agent, at=LATER)
        with pytest.raises(DocumentChangedError):
            services.sign_consent(read.consent.pk, stale, at=LATER)
        with pytest.raises(SigningRefusedError) as refused:
            services.sign_consent(read.consent.pk, replace(stale, shown_sha256=read.sha256), at=LATER)
        assert refused.value.code == "signature.unread"

    def test_strokes_of_another_consent_are_no_signature(self, desk: Desk, signed: Handed) -> None:
        other = desks.issue(desk)
        desks.read_all(other)
        with pytest.raises(SigningRefusedError) as refused:
            services.sign_consent(other.consent.pk, desks.signing(other), at=LATER)
        assert refused.value.code == "signature.replay"
        services.sign_consent(other.consent.pk, desks.signing(other, strokes=desks.strokes(2)), at=LATER)

    @pytest.mark.django_db
    def test_the_clinics_day_decides_who_is_eighteen(self) -> None:
        # 23:30 UTC on the eve of the birthday is the birthday in London's summer.
        clinic = make_clinic(time_zone="Europe/London")
        eve = datetime(2026, 7, 14, 23, 30, tzinfo=UTC)
        young = register_patient(
            clinic, PatientIdentity("Young", "Person", date(2008, 7, 15)),
            agent=desks.Agent("operator", "command-line", clinic.pk), at=NOW,
        )  # fmt: skip
        desk = desks.open_desk(clinic, patient=young)
        handed = desks.issue(desk)
        services.confirm_identity(handed.link.pk, date(2008, 7, 15), at=NOW)
        for key in desks.keys_of(handed.consent):
            services.acknowledge(handed.consent.pk, key, shown_sha256=handed.sha256, at=NOW)
        desks.answer_all(handed)
        with pytest.raises(UnderAgeError):
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=eve - timedelta(hours=1))
        services.sign_consent(handed.consent.pk, desks.signing(handed), at=eve)


class TestTypedNames:
    """A typed name counts as a drawing does, in every script that we can print."""

    @pytest.mark.parametrize(
        "name", ["Mara Ilves", "مارا إلفيس", "山田太郎", "Nguyễn Thị Ánh", "O’Brien", "Мара Ильвес"]
    )
    def test_a_name_is_kept_as_typed(self, read: Handed, name: str) -> None:
        typed = desks.signing(read, method=SigningMethod.TYPED, strokes=(), typed_name=name)
        signature = services.sign_consent(read.consent.pk, typed, at=LATER)
        assert signature.signing_record["signature"]["typed"] == name
        assert signature.signing_record["signature"]["strokes"] is None
        assert signature.strokes_sha256 == ""

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("Mara 😀", "text.no_glyph"), ("Ma\u200bra", "text.invisible"), ("Ma\u00adra", "text.invisible"),
            ("\u3164", "text.blank"), ("Ma\x01ra", "text.control"), ("Ma\x00ra", "text.nul"), ("𝓜ara", "text.styled"),
            ("Ma\u202era", "text.bidi_control"), ("M" * 300, "text.too_long"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_printed_is_refused_in_words(self, read: Handed, name: str, code: str) -> None:
        typed = desks.signing(read, method=SigningMethod.TYPED, strokes=(), typed_name=name)
        with pytest.raises(TextRefusedError) as refused:
            services.sign_consent(read.consent.pk, typed, at=LATER)
        assert (refused.value.code, refused.value.field) == (code, "typed_name")

    def test_two_people_may_type_the_same_name(self, desk: Desk) -> None:
        for _ in range(2):
            handed = desks.issue(desk)
            desks.read_all(handed)
            typed = desks.signing(handed, method=SigningMethod.TYPED, strokes=(), typed_name="Mara Ilves")
            services.sign_consent(handed.consent.pk, typed, at=LATER)
        assert Signature.objects.count() == 2


class TestManyAtOnce:
    """Twenty fingers on one button. SQLite's test database is one connection, so there they come one after the other."""

    def test_twenty_signatures_are_one(self, committed: None) -> None:
        handed = desks.issue(desks.open_desk())
        desks.read_all(handed)

        def sign(seed: int) -> str:
            signing = desks.signing(handed, strokes=desks.strokes(seed))
            return str(services.sign_consent(handed.consent.pk, signing, at=LATER).pk)

        assert len(set(at_once(sign, 20))) == 1
        assert Signature.objects.count() == 1
        assert LogEntry.objects.filter(leaf__contains='"kind":"consent.signed"').count() == 1

    @pytest.mark.postgresql
    @pytest.mark.parametrize("act", ["sign", "read"])
    def test_who_waits_while_the_text_is_written_anew_is_told_so(self, committed: None, act: str) -> None:
        desk = desks.open_desk()
        handed, is_written = desks.issue(desk), Event()
        desks.read_all(handed)
        pk, key = handed.consent.pk, desks.keys_of(handed.consent)[0]
        acts = {
            "sign": lambda: services.sign_consent(pk, desks.signing(handed), at=LATER),
            "read": lambda: services.acknowledge(pk, key, shown_sha256=handed.sha256, at=LATER),
        }

        def do(number: int) -> str:
            if number == 1:
                with transaction.atomic():
                    services.reissue_document(
                        handed.consent.pk, batch=None, cost=desks.COST, agent=desk.agent, at=LATER
                    )
                    is_written.set()
                    desks.wait_for_a_waiting_lock()
                return "written"
            is_written.wait(timeout=30)
            with pytest.raises(Refusal) as refused:
                acts[act]()
            return refused.value.code

        assert at_once(do, 2) == ["written", "document.changed"]

    @pytest.mark.postgresql
    def test_negative_control_without_the_lock_the_race_is_real_and_the_constraint_stands_behind(
        self, committed: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handed, everybody = desks.issue(desks.open_desk()), Barrier(4)
        desks.read_all(handed)

        def without_lock(consent_id: UUID, link: PatientLink | None) -> Consent:
            consent = Consent.objects.select_related("patient", "organization", "document").get(pk=consent_id)
            everybody.wait(timeout=30)
            return consent

        monkeypatch.setattr(decide, "_locked_to_sign", without_lock)

        def sign(seed: int) -> str:
            try:
                services.sign_consent(handed.consent.pk, desks.signing(handed, strokes=desks.strokes(seed)), at=LATER)
            except IntegrityError:
                return "held back"
            return "signed"

        assert sorted(at_once(sign, 4)) == ["held back"] * 3 + ["signed"]
        assert Signature.objects.count() == 1
