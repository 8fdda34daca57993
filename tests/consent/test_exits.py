"""Every exit has who, when and why; a correction is a new record; each check before a treatment is on record."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from threading import Event

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from consent import rules, services
from consent.errors import ClearanceRefusedError, EndingRefusedError, IssueRefusedError, ReviewRefusedError
from consent.models import Consent, DayCheck, Ending, ReviewMark
from consent.rendering import grounds
from consent.vocabulary import MarkOutcome, SealKind
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent import paper
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import AFTER_THINKING, LATER, declare, fresh, seal
from tests.consent.test_clearance import clear, ready

WHY = "Issued for the wrong sister."
JUST_BEFORE = AFTER_THINKING - timedelta(minutes=5)


def void(desk: Desk, handed: Handed, reason: str = WHY) -> Consent:
    return services.void_consent(handed.consent.pk, reason=reason, agent=desk.agent, at=LATER)


def invalidate(desk: Desk, handed: Handed, reason: str = WHY) -> Consent:
    return services.invalidate_consent(handed.consent.pk, reason=reason, agent=desk.agent, at=LATER)


class TestTheRules:
    def test_nobody_stops_a_consent_without_a_reason(self) -> None:
        rules.check_can_end(reason="x")
        with pytest.raises(EndingRefusedError):
            rules.check_can_end(reason="  ")

    def test_a_correction_names_a_record_in_error_of_the_same_patient(self) -> None:
        rules.check_can_correct(status="entered-in-error", is_same_patient=True)
        for changes in ({"status": "active"}, {"is_same_patient": False}):
            with pytest.raises(IssueRefusedError):
                rules.check_can_correct(**{"status": "entered-in-error", "is_same_patient": True, **changes})

    def test_only_what_is_too_old_lapses(self) -> None:
        rules.check_can_lapse(kinds=frozenset({"age-limit", "batch"}))
        with pytest.raises(ReviewRefusedError):
            rules.check_can_lapse(kinds=frozenset({"batch"}))

    def test_each_answer_of_the_day_stops_and_says_what_to_do(self) -> None:
        rules.check_day_answers(still_wanted=True, nothing_changed=True)
        with pytest.raises(ClearanceRefusedError, match="record on the consent’s page that they took it back"):
            rules.check_day_answers(still_wanted=False, nothing_changed=True)
        with pytest.raises(ClearanceRefusedError, match="issue a new consent"):
            rules.check_day_answers(still_wanted=True, nothing_changed=False)


@pytest.mark.django_db
class TestExits:
    def test_voided_and_in_error_say_who_when_and_why_and_are_told_apart(self, desk: Desk) -> None:
        one, other = desks.issue(desk), desks.issue(desk)
        void(desk, one)
        invalidate(desk, other)
        for handed, status, kind in ((one, "inactive", "voided"), (other, "entered-in-error", "invalidated")):
            consent = fresh(handed.consent)
            ending = consent.ending
            assert (consent.status, ending.kind, ending.reason) == (status, kind, WHY)
            assert (ending.ended_by_name, ending.ended_at) == ("Dr Nia Penrose", LATER)
            assert "wrong sister" not in bytes(ending.sealed_reason).decode("latin-1")
            assert WHY in services.standing_of(consent, at=LATER).why
            history = services.history_of(consent)
            assert (history.changed, history.unlogged) == ((), ())

    def test_what_was_never_signed_lapses_at_the_age_of_the_clinic(self, desk: Desk, signed: Handed) -> None:
        handed = desks.issue(desk)
        later = NOW + timedelta(days=184)
        assert services.lapse_due(at=NOW + timedelta(days=182)) == 0
        assert services.lapse_due(at=later) == 1
        assert services.lapse_due(at=later) == 0
        consent = fresh(handed.consent)
        assert (consent.status_reason, consent.ending.ended_by_name) == ("lapsed", "Candour")
        assert "183 days" in consent.ending.reason
        assert fresh(signed.consent).status == "draft"

    def test_what_was_signed_lapses_by_a_persons_decision_on_its_age(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        old = NOW + timedelta(days=200)
        services.compare_now(signed.consent.pk, at=old)
        shown = frozenset(str(mark.pk) for mark in ReviewMark.objects.open().filter(consent=signed.consent))
        services.decide_on_changes(
            signed.consent.pk, shown, MarkOutcome.LAPSES, "Half a year ago.", agent=desk.agent, at=old
        )
        consent = fresh(signed.consent)
        assert (consent.status_reason, consent.ending.reason) == ("lapsed", "Half a year ago.")

    def test_a_correction_is_a_new_record_that_names_the_old_one(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(IssueRefusedError, match="entered in error first"):
            desks.issue(desk, corrects=signed.consent)
        invalidate(desk, signed)
        old = fresh(signed.consent)
        new = fresh(desks.issue(desk, corrects=old).consent)
        assert (new.corrects, list(old.corrected_by.all())) == (old, [new])
        content = new.document.content
        assert content["corrects"] == {
            "reference": old.reference,
            "document_sha256": old.document.sha256,
            "issued_on": "2026-11-23",
            "reason": WHY,
        }
        told = str(content["sections"][0])
        assert f"The record {old.reference} had a mistake" in told
        assert f"It was written on 23 November 2026. What was wrong: {WHY}" in told
        assert old.signature.document.content == fresh(signed.consent).signature.document.content


@pytest.mark.django_db
@pytest.mark.pdf
class TestACorrectionOnPaper:
    def test_it_says_on_top_of_page_one_which_record_it_corrects_and_why(self, desk: Desk, signed: Handed) -> None:
        invalidate(desk, signed)
        new = fresh(desks.issue(desk, corrects=fresh(signed.consent)).consent)
        first = paper.pages(services.unsigned_copy(new))[0]
        line = f"This record corrects record {signed.consent.reference} of 23 November 2026, because: {WHY}"
        assert line in first
        assert first.index(line) < first.index("This treatment is experimental")
        assert "This record corrects" not in paper.text(services.unsigned_copy(fresh(signed.consent)))

    def test_a_record_of_before_the_reason_was_kept_names_the_other_one(self) -> None:
        document = {"corrects": {"reference": "HC-7F3K-2Q9M", "document_sha256": "0" * 64}}
        assert grounds.corrects(document) == "This record corrects record HC-7F3K-2Q9M."

    @pytest.mark.usefixtures("sealing_key", "desk_time")
    def test_whoever_checks_or_opens_the_old_one_is_led_to_the_new_one(
        self, desk: Desk, signed: Handed, nia: Client
    ) -> None:
        content = services.read_sealed_file(seal(desk, signed))
        invalidate(desk, signed)
        new = desks.issue(desk, corrects=fresh(signed.consent)).consent
        link = f'href="/consents/{new.pk}/">{new.reference}</a>'
        checked = nia.post("/verify/", {"file": SimpleUploadedFile("old.pdf", content, "application/pdf")})
        page = checked.content.decode()
        assert "Genuine" in page
        assert "Entered in error" in page
        assert f'Corrected by</dt><dd><a class="mono" {link}' in page
        status = nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        assert f'Record <a class="mono" {link} corrects this one.' in status


@pytest.mark.django_db
class TestTheChecksOfTheDay:
    def test_passed_and_stopped_ones_are_on_record(self, desk: Desk) -> None:
        handed = ready(desk)
        with pytest.raises(ClearanceRefusedError):
            clear(desk, handed, at=JUST_BEFORE, nothing_changed=False)
        passed = clear(desk, handed)
        stopped, good = DayCheck.objects.all()
        assert (stopped.is_passed, stopped.nothing_changed) == (False, False)
        assert "something has changed" in stopped.stopped_by
        assert (good.clearance, good.stopped_by) == (passed, "")
        history = services.history_of(fresh(handed.consent))
        assert (history.changed, history.unlogged) == ((), ())
        assert [line.kind for line in history.lines][-2:] == [
            "consent.day_check_stopped",
            "consent.cleared_for_treatment",
        ]

    @pytest.mark.pdf
    @pytest.mark.usefixtures("sealing_key")
    def test_the_first_passed_one_is_a_sealed_file_that_names_those_before_it(self, desk: Desk) -> None:
        handed = ready(desk)
        with pytest.raises(ClearanceRefusedError):
            clear(desk, handed, at=JUST_BEFORE, still_wanted=False, note="She was not sure.")
        clear(desk, handed)
        assert (handed.consent.pk, SealKind.DAY_OF) in services.waiting()
        content = services.read_sealed_file(seal(desk, handed, SealKind.DAY_OF, AFTER_THINKING))
        assert (handed.consent.pk, SealKind.DAY_OF) not in services.waiting()
        with pikepdf.open(io.BytesIO(content)) as pdf:
            told = json.loads(pdf.attachments["day-of.json"].get_file().read_bytes())
        signed = fresh(handed.consent).sealed_files.get(kind=SealKind.SIGNED)
        assert told["earlier_files"][0] == {"kind": "signed-record", "sha256": signed.sha256}
        assert [row["is_passed"] for row in told["checks"]] == [False, True]
        text = paper.text(content)
        for words in ("She was not sure.", "RSE2601", "Time to think", "Nothing has changed."):
            assert words in text
        assert services.verify_pdf(content).verdict.outcome == "genuine"

    def test_the_page_keeps_what_has_changed(self, desk: Desk, nia: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        handed = ready(desk)
        monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_THINKING)
        path = f"/consents/{handed.consent.pk}/clearance/"
        answers = {"still_wanted": "on", "batch": str(desk.batch.pk), "note": "New medicine since Monday."}
        answer = nia.post(path, answers)
        assert answer.status_code == 409
        assert DayCheck.objects.get().note == "New medicine since Monday."
        assert "New medicine since Monday." in nia.get(path).content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestThePages:
    def test_a_record_is_corrected_in_two_steps(self, desk: Desk, signed: Handed, nia: Client) -> None:
        path = f"/consents/{signed.consent.pk}/"
        assert nia.post(f"{path}error/", {"reason": ""}).status_code == 422
        assert nia.post(f"{path}error/", {"reason": WHY}).status_code == 302
        page = nia.get(path).content.decode()
        assert WHY in page
        assert f"corrects={signed.consent.pk}" in page
        assert Ending.objects.get().kind == "invalidated"
        new = desks.issue(desk, corrects=fresh(signed.consent))
        assert signed.consent.reference in nia.get(f"/consents/{new.consent.pk}/").content.decode()
        assert new.consent.reference in nia.get(path).content.decode()


@pytest.mark.postgresql
@pytest.mark.parametrize("act", ["sign", "write anew"])
def test_what_is_signed_or_written_anew_while_the_sweep_waits_does_not_lapse(committed: None, act: str) -> None:
    desk, later, is_done = desks.open_desk(), NOW + timedelta(days=184), Event()
    handed = desks.issue(desk)
    desks.read_all(handed)
    pk = handed.consent.pk
    acts = {
        "sign": lambda: services.sign_consent(pk, desks.signing(handed), at=later),
        "write anew": lambda: services.reissue_document(pk, batch=None, cost=desks.COST, agent=desk.agent, at=later),
    }

    def do(number: int) -> int:
        if number == 2:
            is_done.wait(timeout=30)
            return services.lapse_due(at=later)
        with transaction.atomic():
            acts[act]()
            is_done.set()
            desks.wait_for_a_waiting_lock()
        return 1

    assert desks.at_once(do, 2) == [1, 0]
    assert Consent.objects.get(pk=pk).status == "draft"
