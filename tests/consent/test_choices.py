"""Optional choices taken back one by one after the signature: by the patient, by staff, through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from audit.models import LogEntry
from consent import rules, services
from consent.errors import ChoiceRefusedError
from consent.models import ChoiceWithdrawal, StaffTask
from tests.consent import desk as desks
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed
from tests.consent.staffroom import LATER, SIGNED_AT, declare, fresh


def choices(handed: Handed) -> dict[str, services.Choice]:
    return {one.key: one for one in services.choices_of(fresh(handed.consent))}


def withdraw(handed: Handed, key: str = "photos_record", reason: str = "") -> ChoiceWithdrawal:
    return services.withdraw_choice(handed.consent.pk, key, reason, received_by="", agent=None, at=LATER)


class TestTheRule:
    def test_only_what_was_agreed_to_and_still_holds_is_taken_back(self) -> None:
        rules.check_can_withdraw_choice(is_agreed=True, ended_at=None)
        with pytest.raises(ChoiceRefusedError) as refused:
            rules.check_can_withdraw_choice(is_agreed=False, ended_at=None)
        assert refused.value.code == "choice.not_agreed"
        with pytest.raises(ChoiceRefusedError) as refused:
            rules.check_can_withdraw_choice(is_agreed=True, ended_at=LATER)
        assert refused.value.code == "choice.ended"


@pytest.mark.django_db
class TestTakingOneBack:
    def test_leaves_the_rest_of_the_consent_as_it_is(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        row = withdraw(signed, reason="I do not like photos.")
        assert (row.reason, row.received_by) == ("I do not like photos.", "")
        assert "photos" not in bytes(row.sealed_reason).decode("latin-1")
        assert fresh(signed.consent).status == "active"
        found = choices(signed)
        assert not found["photos_record"].is_in_force
        assert found["photos_record"].ended_at == LATER
        task = StaffTask.objects.get(kind="choice")
        assert (task.subject, task.is_open) == ("photos_record", True)
        assert '"consent.choice_withdrawn"' in LogEntry.objects.order_by("leaf_index").last().leaf
        history = services.history_of(fresh(signed.consent))
        assert history.lines[-1].words == "One choice taken back"
        assert (history.changed, history.unlogged) == ((), ())

    def test_twice_is_once(self, signed: Handed) -> None:
        assert withdraw(signed) == withdraw(signed)
        assert LogEntry.objects.filter(leaf__contains='"consent.choice_withdrawn"').count() == 1

    def test_a_no_an_unknown_one_and_one_before_the_signature_are_refused(self, desk: Desk, signed: Handed) -> None:
        for handed, key, code in (
            (signed, "photos_marketing", "choice.not_agreed"),
            (signed, "contact_later", "choice.not_agreed"),
            (signed, "nothing", "choice.unknown"),
            (desks.issue(desk), "photos_record", "choice.unknown"),
        ):
            with pytest.raises(ChoiceRefusedError) as refused:
                withdraw(handed, key)
            assert refused.value.code == code
        assert not ChoiceWithdrawal.objects.exists()

    def test_the_whole_withdrawal_ends_them_all(self, signed: Handed) -> None:
        services.withdraw_consent(signed.consent.pk, "", received_by="", agent=None, at=LATER)
        assert choices(signed)["photos_record"].ended_at == LATER
        with pytest.raises(ChoiceRefusedError, match="with the whole consent"):
            withdraw(signed)

    def test_each_has_the_time_of_its_own_answer(self, desk: Desk) -> None:
        handed = desks.issue(desk)
        desks.read_all(handed)
        before = SIGNED_AT - timedelta(minutes=1)
        answers = {**desks.ANSWERS["choices"], "data_research": "yes"}
        services.answer_step(handed.consent.pk, "choices", answers, shown_sha256=handed.sha256, at=before)
        services.sign_consent(handed.consent.pk, desks.signing(handed), at=SIGNED_AT)
        found = choices(handed)
        assert found["data_research"].chosen_at == before
        assert found["photos_record"].chosen_at < before


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestThePages:
    def test_the_patient_reads_what_stops_and_takes_it_back_from_the_receipt(
        self, signed: Handed, phone: Client
    ) -> None:
        phone.post(signed.path(), MARA_WAS_BORN)
        receipt = phone.get(signed.path("receipt/")).content.decode()
        assert signed.path("choice/photos_record/") in receipt
        assert signed.path("choice/photos_marketing/") not in receipt
        page = phone.get(signed.path("choice/photos_record/")).content.decode()
        assert "What cannot be undone" in page
        assert "must be kept whole" in page
        answer = phone.post(signed.path("choice/photos_record/"), {"reason": ""})
        assert answer.status_code == 302
        receipt = phone.get(signed.path("receipt/")).content.decode()
        assert "taken back" in receipt
        assert signed.path("choice/photos_record/") not in receipt
        assert ChoiceWithdrawal.objects.get().received_by == ""

    def test_without_the_birth_date_nothing_is_taken_back(self, signed: Handed, phone: Client) -> None:
        assert phone.get(signed.path("choice/photos_record/")).status_code == 302
        assert phone.post(signed.path("choice/photos_record/"), {"reason": ""}).status_code == 401
        assert not ChoiceWithdrawal.objects.exists()

    def test_the_page_of_the_whole_withdrawal_says_what_cannot_be_undone(self, signed: Handed, phone: Client) -> None:
        phone.post(signed.path(), MARA_WAS_BORN)
        page = phone.get(signed.path("withdraw/")).content.decode()
        assert "A treatment that has been given." in page
        assert "Nobody uses them for anything else." in page

    def test_staff_record_it_on_the_patients_word(self, signed: Handed, nia: Client) -> None:
        path = f"/consents/{signed.consent.pk}/choices/photos_record/"
        assert path in nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        assert nia.post(path, {"reason": "by phone"}).status_code == 422
        assert nia.post(path, {"how": "by telephone", "reason": "Changed my mind"}).status_code == 302
        row = ChoiceWithdrawal.objects.get()
        assert (row.received_by, row.reason) == ("Dr Nia Penrose, by telephone", "Changed my mind")
        assert "received by Dr Nia Penrose, by telephone" in nia.get(f"/consents/{signed.consent.pk}/").content.decode()
