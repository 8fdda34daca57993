"""Saying no, and taking back: two different things, each once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from audit.models import LogEntry
from clinic.errors import TextRefusedError
from consent import services
from consent.errors import DeclarationRefusedError, TransitionError
from consent.models import Consent, Decline, Withdrawal
from consent.vocabulary import ConsentStatus, StatusReason
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed

LATER = NOW + timedelta(hours=1)


def state(handed: Handed) -> tuple[str, str]:
    consent = Consent.objects.get(pk=handed.consent.pk)
    return consent.status, consent.status_reason


class TestSayingNo:
    def test_needs_nothing_read_and_no_reason(self, handed: Handed) -> None:
        decline = services.decline_consent(handed.consent.pk, "", at=LATER)
        assert decline.reason == ""
        assert state(handed) == (ConsentStatus.NOT_DONE, StatusReason.DECLINED)
        assert '"consent.declined"' in LogEntry.objects.order_by("leaf_index").last().leaf

    def test_keeps_the_patients_words_sealed(self, handed: Handed) -> None:
        decline = services.decline_consent(handed.consent.pk, "Too dear.\r\nAnd too new.", at=LATER)
        assert decline.reason == "Too dear.\nAnd too new."
        assert b"dear" not in bytes(decline.sealed_reason)

    def test_counts_once(self, handed: Handed) -> None:
        first = services.decline_consent(handed.consent.pk, "No.", at=LATER)
        again = services.decline_consent(handed.consent.pk, "Still no.", at=LATER + timedelta(minutes=1))
        assert again == first
        assert Decline.objects.get().reason == "No."

    def test_a_consent_that_was_declined_cannot_be_signed(self, read: Handed) -> None:
        services.decline_consent(read.consent.pk, "", at=LATER)
        with pytest.raises(TransitionError) as refused:
            services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        assert refused.value.code == "consent.not_open"

    def test_a_signed_one_is_taken_back_instead(self, signed: Handed) -> None:
        with pytest.raises(TransitionError) as refused:
            services.decline_consent(signed.consent.pk, "", at=LATER)
        assert refused.value.code == "consent.signed"
        assert state(signed) == (ConsentStatus.DRAFT, "")

    def test_a_reason_that_cannot_be_printed_changes_nothing(self, handed: Handed) -> None:
        with pytest.raises(TextRefusedError) as refused:
            services.decline_consent(handed.consent.pk, "no\u202e", at=LATER)
        assert refused.value.field == "reason"
        assert state(handed) == (ConsentStatus.DRAFT, "")


class TestTakingBack:
    def withdraw(self, handed: Handed, reason: str = "", minutes: int = 0) -> Withdrawal:
        return services.withdraw_consent(
            handed.consent.pk, reason, received_by="", agent=None, at=LATER + timedelta(minutes=minutes)
        )

    def test_stops_a_signed_consent(self, signed: Handed) -> None:
        self.withdraw(signed, "I thought it over.")
        assert state(signed) == (ConsentStatus.INACTIVE, StatusReason.WITHDRAWN)
        assert Withdrawal.objects.get().reason == "I thought it over."
        assert '"consent.withdrawn"' in LogEntry.objects.order_by("leaf_index").last().leaf

    def test_stops_one_in_force(self, desk: Desk, signed: Handed) -> None:
        services.declare(
            signed.consent.pk,
            desk.practitioner,
            read=desks.shown_answers(signed),
            talk=desks.TALK,
            agent=desk.agent,
            at=LATER,
        )
        assert state(signed) == (ConsentStatus.ACTIVE, "")
        self.withdraw(signed, minutes=5)
        assert state(signed) == (ConsentStatus.INACTIVE, StatusReason.WITHDRAWN)

    def test_leaves_the_signature_on_record(self, signed: Handed) -> None:
        self.withdraw(signed)
        assert Consent.objects.get(pk=signed.consent.pk).signature.document_sha256 == signed.sha256

    def test_counts_once(self, signed: Handed) -> None:
        assert self.withdraw(signed) == self.withdraw(signed, "again", 3)
        assert Withdrawal.objects.get().reason == ""

    def test_nothing_signed_is_nothing_to_take_back(self, read: Handed) -> None:
        with pytest.raises(TransitionError) as refused:
            self.withdraw(read)
        assert refused.value.code == "consent.not_signed"

    def test_it_can_no_longer_be_declared(self, desk: Desk, signed: Handed) -> None:
        self.withdraw(signed)
        with pytest.raises(DeclarationRefusedError):
            services.declare(
                signed.consent.pk,
                desk.practitioner,
                read=desks.shown_answers(signed),
                talk=desks.TALK,
                agent=desk.agent,
                at=LATER,
            )
