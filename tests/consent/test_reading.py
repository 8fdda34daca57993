"""The link, the birth date, reading and asking: the services."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.conf import settings

from audit.models import LogEntry
from clinic.errors import TextRefusedError
from consent import services
from consent.errors import (
    DocumentChangedError,
    IdentityLockedError,
    IdentityRefusedError,
    LinkExpiredError,
    LinkInvalidError,
    LinkSupersededError,
    TransitionError,
)
from consent.models import Acknowledgement, Opening, PatientLink, Question
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed, at_once

HERS = date(1984, 3, 14)
WRONG = date(1984, 4, 14)


class TestFindingALink:
    """A token opens one consent, or nothing."""

    def test_opens_its_consent(self, handed: Handed) -> None:
        assert services.find_link(handed.token, at=NOW).consent == handed.consent

    def test_is_not_stored(self, handed: Handed) -> None:
        row = PatientLink.objects.values().get()
        assert handed.token not in str(row)

    def test_unknown_cut_and_lengthened_tokens_get_one_answer(self, handed: Handed) -> None:
        token = handed.token
        answers = set()
        for wrong in (
            "",
            "x",
            token[:-1],
            token + "=",
            token + " ",
            " " + token,
            token.swapcase(),
            "x" * 10_240,
            "\x00",
        ):
            with pytest.raises(LinkInvalidError) as refused:
                services.find_link(wrong, at=NOW)
            answers.add((refused.value.code, refused.value.message))
        assert len(answers) == 1
        assert answers.pop()[0] == "link.invalid"

    def test_expires_after_its_days(self, handed: Handed) -> None:
        end = NOW + timedelta(days=settings.PATIENT_LINK_DAYS)
        services.find_link(handed.token, at=end - timedelta(seconds=1))
        with pytest.raises(LinkExpiredError) as refused:
            services.find_link(handed.token, at=end)
        assert refused.value.code == "link.expired"

    def test_stops_working_when_a_newer_link_is_made(self, desk: Desk, handed: Handed) -> None:
        newer = desks.link_for(desk, handed.consent)
        with pytest.raises(LinkExpiredError) as refused:
            services.find_link(handed.token, at=NOW)
        assert refused.value.code == "link.revoked"
        assert services.find_link(newer.token, at=NOW).pk == newer.link.pk

    def test_is_superseded_by_a_newer_text(self, desk: Desk, handed: Handed) -> None:
        services.reissue_document(handed.consent.pk, batch=None, cost=None, agent=desk.agent, at=NOW)
        with pytest.raises(LinkSupersededError):
            services.find_link(handed.token, at=NOW)
        assert services.successor_of(handed.link.pk, at=NOW) is None
        newer = desks.link_for(desk, handed.consent)
        assert services.successor_of(handed.link.pk, at=NOW) == newer.link


class TestConfirmingWhoIsThere:
    """Five guesses, then a pause; the link survives."""

    def test_the_right_date_opens_and_is_logged(self, handed: Handed) -> None:
        opening = services.confirm_identity(handed.link.pk, HERS, at=NOW)
        assert opening.document.sha256 == handed.sha256
        assert '"consent.opened"' in LogEntry.objects.order_by("leaf_index").last().leaf

    @pytest.mark.parametrize("given", [WRONG, None, date(2084, 3, 14)])
    def test_a_wrong_date_is_refused_and_logged(self, handed: Handed, given: date | None) -> None:
        with pytest.raises(IdentityRefusedError) as refused:
            services.confirm_identity(handed.link.pk, given, at=NOW)
        assert refused.value.code == "identity.mismatch"
        assert not Opening.objects.exists()
        assert '"consent.identity_refused"' in LogEntry.objects.order_by("leaf_index").last().leaf

    def test_after_five_wrong_dates_not_even_the_right_one_is_compared(self, handed: Handed) -> None:
        for _ in range(5):
            with pytest.raises(IdentityRefusedError):
                services.confirm_identity(handed.link.pk, WRONG, at=NOW)
        with pytest.raises(IdentityLockedError) as refused:
            services.confirm_identity(handed.link.pk, HERS, at=NOW + timedelta(minutes=14))
        assert refused.value.code == "identity.locked"
        assert not Opening.objects.exists()

    def test_the_link_survives_the_pause(self, handed: Handed) -> None:
        for _ in range(5):
            with pytest.raises(IdentityRefusedError):
                services.confirm_identity(handed.link.pk, WRONG, at=NOW)
        services.confirm_identity(handed.link.pk, HERS, at=NOW + timedelta(minutes=15))

    def test_a_right_date_forgives_the_wrong_ones(self, handed: Handed) -> None:
        for _ in range(2):
            for _ in range(4):
                with pytest.raises(IdentityRefusedError):
                    services.confirm_identity(handed.link.pk, WRONG, at=NOW)
            services.confirm_identity(handed.link.pk, HERS, at=NOW)

    def test_fifty_guesses_at_once_are_no_more_than_five(self, committed: None) -> None:
        handed = desks.issue(desks.open_desk())

        def guess(number: int) -> str:
            try:
                services.confirm_identity(handed.link.pk, date(1950, 1, 1) + timedelta(days=number), at=NOW)
            except (IdentityRefusedError, IdentityLockedError) as refusal:
                return refusal.code
            return "opened"

        answers = at_once(guess, 50)
        assert answers.count("identity.mismatch") == 5
        assert answers.count("identity.locked") == 45
        assert PatientLink.objects.get(pk=handed.link.pk).revoked_at is None


class TestReading:
    """“I have read this part.”"""

    def test_is_recorded_once_with_its_first_time(self, handed: Handed) -> None:
        for minute in (0, 5):
            services.acknowledge(
                handed.consent.pk, "risks", shown_sha256=handed.sha256, at=NOW + timedelta(minutes=minute)
            )
        assert Acknowledgement.objects.get().acknowledged_at == NOW

    def test_a_part_that_is_not_there_is_refused(self, handed: Handed) -> None:
        with pytest.raises(LinkInvalidError):
            services.acknowledge(handed.consent.pk, "promises", shown_sha256=handed.sha256, at=NOW)

    @pytest.mark.parametrize("shown", ["", "ab" * 32])
    def test_another_text_is_refused(self, handed: Handed, shown: str) -> None:
        with pytest.raises(DocumentChangedError):
            services.acknowledge(handed.consent.pk, "risks", shown_sha256=shown, at=NOW)
        assert not Acknowledgement.objects.exists()

    def test_a_closed_consent_takes_nothing_more(self, handed: Handed) -> None:
        services.decline_consent(handed.consent.pk, "", at=NOW)
        with pytest.raises(TransitionError):
            services.acknowledge(handed.consent.pk, "risks", shown_sha256=handed.sha256, at=NOW)

    def test_what_was_signed_takes_nothing_more(self, signed: Handed) -> None:
        read = Acknowledgement.objects.count()
        for act in (
            lambda: services.acknowledge(signed.consent.pk, "risks", shown_sha256=signed.sha256, at=NOW),
            lambda: services.ask_question(signed.consent.pk, "risks", "Late?", shown_sha256=signed.sha256, at=NOW),
        ):
            with pytest.raises(TransitionError) as refused:
                act()
            assert refused.value.code == "consent.signed"
        assert (Acknowledgement.objects.count(), Question.objects.count()) == (read, 0)


class TestAsking:
    """Questions and their answers."""

    def test_the_words_are_kept_sealed(self, handed: Handed) -> None:
        question = services.ask_question(
            handed.consent.pk, "risks", "Does a mole matter?\r\nIt was removed.", shown_sha256=handed.sha256, at=NOW
        )
        assert question.text == "Does a mole matter?\nIt was removed."
        assert question.is_open
        assert b"mole" not in bytes(Question.objects.values_list("sealed_text", flat=True).get())

    def test_an_answer_is_given_once(self, desk: Desk, handed: Handed) -> None:
        question = services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
        answer = {"answered_by": "Dr Nia Penrose", "agent": desk.agent, "at": NOW}
        answered = services.answer_question(question.pk, "After two days.", **answer)
        assert (answered.answer, answered.is_open) == ("After two days.", False)
        with pytest.raises(TransitionError) as refused:
            services.answer_question(question.pk, "Never.", **answer)
        assert refused.value.code == "question.answered"

    def test_one_that_is_no_longer_needed_waits_for_nobody(self, handed: Handed) -> None:
        question = services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
        assert not services.drop_question(question.pk, at=NOW).is_open

    def test_no_answer_is_added_to_one_that_was_dropped(self, desk: Desk, handed: Handed) -> None:
        question = services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
        services.drop_question(question.pk, at=NOW)
        with pytest.raises(TransitionError) as refused:
            services.answer_question(question.pk, "We told you.", answered_by="Dr N", agent=desk.agent, at=NOW)
        assert refused.value.code == "question.dropped"

    def test_no_answer_is_added_to_a_consent_that_is_closed(self, desk: Desk, handed: Handed) -> None:
        question = services.ask_question(handed.consent.pk, "risks", "May I swim?", shown_sha256=handed.sha256, at=NOW)
        services.decline_consent(handed.consent.pk, "", at=NOW)
        with pytest.raises(TransitionError) as refused:
            services.answer_question(question.pk, "You may.", answered_by="Dr N", agent=desk.agent, at=NOW)
        assert refused.value.code == "consent.not_open"

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("\u3164", "text.blank"),
            ("a\x00b", "text.nul"),
            ("a\u202eb", "text.bidi_control"),
            ("x" * 2001, "text.too_long"),
        ],
    )
    def test_words_that_cannot_be_kept_are_refused(self, handed: Handed, text: str, code: str) -> None:
        with pytest.raises(TextRefusedError) as refused:
            services.ask_question(handed.consent.pk, "risks", text, shown_sha256=handed.sha256, at=NOW)
        assert (refused.value.code, refused.value.field) == (code, "text")
        assert not Question.objects.exists()


class TestThePauseBeginsWithTheLastGuess:
    def test_so_that_a_process_which_dies_before_its_answer_leaves_no_lock_without_an_end(self, handed: Handed) -> None:
        for _ in range(5):
            with pytest.raises(IdentityRefusedError):
                services.confirm_identity(handed.link.pk, date(1901, 1, 1), at=NOW)
        link = PatientLink.objects.get(pk=handed.link.pk)
        assert (link.failed_guesses, link.locked_until) == (5, NOW + timedelta(minutes=15))
