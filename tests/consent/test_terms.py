"""The clinic's terms have effect, and the one way to treat before the time to think is over."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from audit.models import LogEntry
from consent import rules, services
from consent.errors import DeclarationRefusedError, SoonerRefusedError, TermsRefusedError
from consent.models import ConsentTerms, ReviewMark, SoonerRequest
from consent.services.reflection import reflection_told
from consent.vocabulary import Credential, SealKind, StandingCode
from tests.cast import NOW
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.desk import MARA_WAS_BORN, TODAY, Desk, Handed
from tests.consent.staffroom import LATER, declare, fresh, recently_confirmed, release, seal_on_paper

DAYS = dict(rules.DAYS_TO_THINK)
TOMORROW = TODAY + timedelta(days=1)


def set_terms(desk: Desk, reason: str = "our patients are few", good_for: int = 183, **days: int) -> ConsentTerms:
    return services.set_terms(
        desk.clinic, days_to_think={**DAYS, **days}, good_for_days=good_for, reason=reason, agent=desk.agent, at=NOW
    )


def ask(desk: Desk, handed: Handed, on: date = TODAY, reason: str = "You travel on Tuesday.") -> SoonerRequest:
    return services.ask_for_sooner(
        handed.consent.pk, desk.practitioner, treat_on=on, reason=reason, agent=desk.agent, at=LATER
    )


class TestTheRules:
    @pytest.mark.parametrize(
        ("days", "good_for", "reason", "code"),
        [
            ({"G_INJECT": 0}, 183, "why not", "terms.days"),
            ({"G_BREACHED": 91}, 183, "", "terms.days"),
            ({"G_BREACHED": 6}, 183, " ", "terms.reason"),
            ({"G_INJECT": 13}, 183, "", "terms.reason"),
            ({}, 6, "", "terms.good_for"),
            ({}, 1096, "", "terms.good_for"),
        ],
    )
    def test_terms_that_leave_too_little_time_are_refused(self, days, good_for, reason, code) -> None:
        with pytest.raises(TermsRefusedError) as refused:
            rules.check_terms(days_to_think={**DAYS, **days}, good_for_days=good_for, reason=reason)
        assert refused.value.code == code

    def test_longer_needs_no_reason_and_shorter_one(self) -> None:
        rules.check_terms(days_to_think={**DAYS, "G_INJECT": 21}, good_for_days=90, reason="")
        rules.check_terms(days_to_think={**DAYS, "G_INJECT": 3}, good_for_days=90, reason="patch test before")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"is_treating_practitioner": False}, "sooner.other_person"),
            ({"status": "inactive"}, "sooner.closed"),
            ({"treat_from": None}, "sooner.not_opened"),
            ({"treat_on": TODAY - timedelta(days=1)}, "sooner.day"),
            ({"treat_on": TOMORROW}, "sooner.day"),
            ({"is_asked": True}, "sooner.asked"),
            ({"reason": " "}, "sooner.reason"),
        ],
    )
    def test_asking_to_treat_sooner_is_refused(self, changes, code) -> None:
        asked = {
            "status": "active",
            "is_treating_practitioner": True,
            "treat_from": TOMORROW,
            "treat_on": TODAY,
            "today": TODAY,
            "is_asked": False,
            "reason": "travel",
        }
        rules.check_can_ask_for_sooner(**asked)
        with pytest.raises(SoonerRefusedError) as refused:
            rules.check_can_ask_for_sooner(**{**asked, **changes})
        assert refused.value.code == code

    def test_a_declaration_waits_for_a_second_factor_and_for_open_marks(self) -> None:
        said = {"status": "draft", "is_signed": True, "is_treating_practitioner": True}
        rules.check_can_declare(**said)
        for name, code in (("lacks_factor", "declaration.second_factor"), ("changed", "declaration.changed")):
            with pytest.raises(DeclarationRefusedError) as refused:
                rules.check_can_declare(**said, **{name: True})
            assert refused.value.code == code


@pytest.mark.django_db
class TestEachSettingHasEffect:
    def test_the_days_stand_in_the_text_and_hold_back_the_treatment(self, desk: Desk) -> None:
        before = desks.issue(desk)
        set_terms(desk, G_INTACT=9)
        after = desks.issue(desk)
        assert (before.consent.document.days_to_think, after.consent.document.days_to_think) == (1, 9)
        content = fresh(after.consent).document.content
        assert content["treatment"]["days_to_think"] == 9
        assert "at least 9 days pass" in str(content["sections"])
        services.confirm_identity(after.link.pk, date(1984, 3, 14), at=NOW)
        services.confirm_identity(before.link.pk, date(1984, 3, 14), at=NOW)
        assert fresh(after.consent).treat_from == TODAY + timedelta(days=9)
        assert fresh(before.consent).treat_from == TOMORROW
        assert '"consent.terms_set"' in "".join(entry.leaf for entry in LogEntry.objects.all())

    def test_the_board_knows_who_still_thinks_for_longer_than_our_own_days(self, desk: Desk) -> None:
        set_terms(desk, G_INTACT=30)
        handed = desks.issue(desk)
        services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=NOW)
        desks.read_all(handed)
        services.sign_consent(handed.consent.pk, desks.signing(handed), at=NOW)
        release(desk)
        declare(desk, handed)
        for kind in (SealKind.SIGNED, SealKind.COMPLETED):
            seal_on_paper(desk, handed, kind)
        found = services.board(desk.clinic, at=NOW + timedelta(days=25))
        assert [(one.pk, one.code) for one in found.thinking] == [(handed.consent.pk, StandingCode.THINKING)]
        later = NOW + timedelta(days=31)
        assert not services.board(desk.clinic, at=later).placed
        [place] = services.places_on_page([handed.consent.pk], desk.clinic, at=later)
        assert place.code == StandingCode.ACTIVE

    def test_the_age_limit_marks_what_is_older(self, desk: Desk, signed: Handed) -> None:
        old = NOW + timedelta(days=20)
        services.compare_now(signed.consent.pk, at=old)
        assert not ReviewMark.objects.filter(kind="age-limit").exists()
        set_terms(desk, good_for=10)
        services.compare_now(signed.consent.pk, at=old)
        assert ReviewMark.objects.filter(kind="age-limit").exists()
        with pytest.raises(DeclarationRefusedError, match="nobody has decided on it"):
            declare(desk, signed, at=old)

    def test_a_declaration_by_password_alone_is_refused_where_a_second_factor_is_wanted(
        self, desk: Desk, signed: Handed
    ) -> None:
        services.set_terms(
            desk.clinic,
            days_to_think=DAYS,
            good_for_days=183,
            needs_second_factor=True,
            reason="",
            agent=desk.agent,
            at=NOW,
        )
        with pytest.raises(DeclarationRefusedError, match="second factor"):
            declare(desk, signed)
        services.declare(
            signed.consent.pk,
            desk.practitioner,
            read=desks.shown_answers(signed),
            talk=desks.TALK,
            agent=desk.agent,
            at=LATER,
            credential=Credential.PASSKEY,
        )
        assert fresh(signed.consent).declaration.credential == "passkey"


@pytest.mark.django_db
class TestTreatingSooner:
    def test_only_the_patients_own_yes_brings_the_day_forward(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        asked = ask(desk, signed)
        assert fresh(signed.consent).treat_from == TOMORROW
        services.answer_sooner(asked.pk, signed.link.pk, is_agreed=True, at=LATER)
        consent = fresh(signed.consent)
        assert (consent.treat_from, consent.thinking_until) == (TODAY, TOMORROW)
        batch = staffroom.release(desk)
        services_facts = consent.treatment_facts(batch, TODAY)
        assert services_facts.treat_from == TODAY
        told = reflection_told(consent, until=LATER)
        assert told["sooner"][0]["reason"] == "You travel on Tuesday."
        assert told["sooner"][0]["is_agreed"] is True
        assert reflection_told(consent, until=LATER - timedelta(seconds=1))["sooner"] == []
        history = services.history_of(consent)
        assert (history.changed, history.unlogged) == ((), ())

    def test_a_no_keeps_the_whole_time_and_is_given_once(self, desk: Desk, signed: Handed) -> None:
        asked = ask(desk, signed)
        services.answer_sooner(asked.pk, signed.link.pk, is_agreed=False, at=LATER)
        services.answer_sooner(asked.pk, signed.link.pk, is_agreed=True, at=LATER)
        assert fresh(signed.consent).treat_from == TOMORROW


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestThePages:
    def test_practitioner_asks_and_patient_agrees(self, desk: Desk, signed: Handed, nia: Client, phone: Client) -> None:
        path = f"/consents/{signed.consent.pk}/sooner/"
        assert nia.get(path).status_code == 302
        recently_confirmed(nia)
        assert path in nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        day = {"treat_on_0": "23", "treat_on_1": "11", "treat_on_2": "2026"}
        assert nia.post(path, {**day, "reason": ""}).status_code == 422
        assert nia.post(path, {**day, "reason": "You travel on Tuesday."}).status_code == 302
        phone.post(signed.path(), MARA_WAS_BORN)
        assert signed.path("sooner/") in phone.get(signed.path("receipt/")).content.decode()
        assert "You travel on Tuesday." in phone.get(signed.path("sooner/")).content.decode()
        assert phone.post(signed.path("sooner/"), {}).status_code == 422
        assert phone.post(signed.path("sooner/"), {"answer": "yes"}).status_code == 302
        words = " ".join(re.sub(r"<[^>]+>", "", phone.get(signed.path("receipt/")).content.decode()).split())
        assert "treated on 23 November 2026 at the earliest" in words
        assert "You are asked" not in words
        assert "as the patient agreed" in nia.get(f"/consents/{signed.consent.pk}/").content.decode()

    def test_a_lead_sets_the_terms_and_others_read_them(
        self, desk: Desk, nia: Client, signed_in: SignedIn, lead
    ) -> None:
        assert "14 days" in nia.get("/consents/terms/").content.decode()
        ada = signed_in(lead)
        sent = {"G_INTACT": "1", "G_BREACHED": "3", "G_INJECT": "14", "G_SYSTEMIC": "14", "good_for_days": "183"}
        assert ada.post("/consents/terms/", sent).status_code == 422
        assert nia.post("/consents/terms/", {**sent, "reason": "x"}).status_code == 200
        assert not ConsentTerms.objects.exists()
        assert ada.post("/consents/terms/", {**sent, "reason": "patch test"}).status_code == 302
        assert services.terms_of(desk.clinic).days_to_think["G_BREACHED"] == 3
        assert "patch test" in nia.get("/consents/terms/").content.decode()

    def test_the_declaration_wants_the_second_factor_of_who_has_one(
        self, desk: Desk, signed: Handed, nia: Client
    ) -> None:
        secret = generate_totp_secret()
        TOTP.activate(staffroom.user_of(desk), secret)
        path = f"/consents/{signed.consent.pk}/declare/"
        assert nia.get(path).url.startswith("/accounts/reauthenticate/")
        recently_confirmed(nia)
        page = nia.get(path)
        assert page.url.startswith("/accounts/2fa/reauthenticate/")
        code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
        assert nia.post(page.url, {"code": code}).status_code == 302
        shown = nia.get(path)
        assert shown.status_code == 200
        read = " ".join(sorted(desks.shown_answers(signed)))
        assert (
            nia.post(
                path, {"read": read, "is_true": "on", "is_able": "yes", "is_free": "yes", "needs": "None found"}
            ).status_code
            == 302
        )
        assert fresh(signed.consent).declaration.credential == "password-and-code"
