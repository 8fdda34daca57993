"""The check at the chair: this patient, this batch, today, or the reasons why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.services import entries_for
from consent import services
from consent.errors import ClearanceRefusedError
from consent.models import Clearance, Consent
from consent.records import TreatmentFacts
from consent.rules import DAYS_TO_THINK, check_may_treat, check_treatment, treat_from
from consent.vocabulary import SealKind
from products.models import Batch
from products.services import receive_batch
from tests.cast import NOW, record
from tests.consent import desk as desks
from tests.consent.desk import LOT, Desk, Handed, read_all, signing
from tests.consent.staffroom import AFTER_THINKING, declare, fresh, hold, release, seal_on_paper
from tests.consent.test_issue import product_of

TODAY = date(2026, 11, 25)
FACTS = TreatmentFacts(
    status="active",
    consented_product="p",
    consented_batch="b",
    bound_batch=None,
    product="p",
    batch="b",
    batch_status="RELEASED",
    expiration_date=TODAY,
    on=TODAY,
    treat_from=TODAY,
    superseded=False,
    standing_changed=False,
    is_sealed=True,
)


class TestTheRule:
    def test_all_is_well_on_the_last_day_of_the_batch_and_the_first_after_thinking(self) -> None:
        check_treatment(FACTS)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"status": "draft"}, "the consent is draft"),
            ({"status": "inactive"}, "the consent is inactive"),
            ({"status": "not-done"}, "the consent is declined"),
            ({"is_sealed": False}, "not sealed yet"),
            ({"product": "q"}, "of another product"),
            ({"batch": "c"}, "another one than the patient was told of"),
            ({"consented_batch": None, "bound_batch": "c"}, "another batch was chosen"),
            ({"batch_status": "ON_HOLD"}, "not released"),
            ({"batch_status": "QUARANTINE"}, "not released"),
            ({"expiration_date": TODAY - timedelta(days=1)}, "expired on 24 November 2026"),
            ({"superseded": True}, "a newer text"),
            ({"standing_changed": True}, "the rules for this product"),
            ({"treat_from": TODAY + timedelta(days=1)}, "time to think lasts until 26 November 2026"),
        ],
    )
    def test_each_thing_that_is_wrong_stops_it_and_is_named(self, change: dict[str, object], words: str) -> None:
        with pytest.raises(ClearanceRefusedError, match=words):
            check_treatment(replace(FACTS, **change))  # type: ignore[arg-type]

    def test_everything_that_is_wrong_is_named_at_once(self) -> None:
        with pytest.raises(ClearanceRefusedError) as refusal:
            check_treatment(replace(FACTS, status="inactive", batch_status="RECALLED", superseded=True))
        assert refusal.value.message.count(";") == 2

    def test_the_time_to_think_grows_with_how_invasive_it_is(self) -> None:
        assert DAYS_TO_THINK["G_INTACT"] < DAYS_TO_THINK["G_BREACHED"] < DAYS_TO_THINK["G_INJECT"]
        assert treat_from(date(2026, 11, 19), 7) == date(2026, 11, 26)
        assert treat_from(None, 7) is None


def ready(desk: Desk, **changes: object) -> Handed:
    """A consent that is active and sealed, its batch released."""
    release(desk)
    handed = desks.issue(desk, **changes)
    read_all(handed)
    services.sign_consent(handed.consent.pk, signing(handed), at=NOW + timedelta(minutes=10))
    seal_on_paper(desk, handed)
    declare(desk, handed)
    seal_on_paper(desk, handed, SealKind.COMPLETED)
    return handed


def clear(desk: Desk, handed: Handed, batch: Batch | None = None, at=AFTER_THINKING, **answers: Any) -> Clearance:
    given = {"still_wanted": True, "nothing_changed": True, **answers}
    return services.clear_for_treatment(
        handed.consent.pk, (batch or desk.batch).pk, cleared_by="Dr Nia Penrose", agent=desk.agent, at=at, **given
    )


def second_batch(desk: Desk, lot_number: str = "RSE2602") -> Batch:
    batch = receive_batch(
        desk.product, replace(LOT, lot_number=lot_number), today=TODAY, agent=desk.agent, at=NOW
    ).batch
    batch.status, batch.released_by, batch.released_at = "RELEASED", "lead", NOW
    record(desk.clinic, batch)
    return batch


@pytest.mark.django_db
class TestTheDoor:
    def test_other_rooms_may_ask_for_a_consent_a_batch_and_a_day(self, desk: Desk) -> None:
        handed = ready(desk)
        check_may_treat(fresh(handed.consent), desk.batch, TODAY)

    def test_the_day_after_opening_is_the_first(self, desk: Desk) -> None:
        consent = fresh(ready(desk).consent)
        with pytest.raises(ClearanceRefusedError, match="time to think"):
            check_may_treat(consent, desk.batch, date(2026, 11, 23))
        check_may_treat(consent, desk.batch, date(2026, 11, 24))

    def test_not_without_the_declaration(self, desk: Desk, signed: Handed) -> None:
        release(desk)
        with pytest.raises(ClearanceRefusedError, match="draft, not active"):
            check_may_treat(fresh(signed.consent), desk.batch, TODAY)

    def test_not_before_the_record_is_sealed(self, desk: Desk, signed: Handed) -> None:
        release(desk)
        with pytest.raises(ClearanceRefusedError, match="not sealed yet"):
            check_may_treat(declare(desk, signed), desk.batch, TODAY)

    def test_not_when_the_rules_changed_since_the_signature(self, desk: Desk) -> None:
        consent = fresh(ready(desk).consent)
        consent.jurisdiction = "US"
        with pytest.raises(ClearanceRefusedError, match="rules for this product"):
            check_may_treat(consent, desk.batch, TODAY)


@pytest.mark.django_db
class TestClearing:
    def test_it_is_one_row_and_one_entry(self, desk: Desk) -> None:
        found = clear(desk, ready(desk))
        assert (found.cleared_on, found.cleared_by) == (TODAY, "Dr Nia Penrose")
        assert [entry.kind for entry in entries_for("consent.clearance", found.pk)] == ["consent.cleared_for_treatment"]

    def test_twice_on_a_day_is_once(self, desk: Desk) -> None:
        handed = ready(desk)
        assert clear(desk, handed) == clear(desk, handed, at=AFTER_THINKING + timedelta(hours=1))
        assert Clearance.objects.count() == 1

    def test_a_batch_held_a_moment_ago_stops_it(self, desk: Desk) -> None:
        handed = ready(desk)
        hold(desk)
        with pytest.raises(ClearanceRefusedError, match="not released"):
            clear(desk, handed)
        assert not Clearance.objects.exists()

    def test_a_withdrawal_stops_it(self, desk: Desk) -> None:
        handed = ready(desk)
        services.withdraw_consent(handed.consent.pk, "", received_by="", agent=None, at=AFTER_THINKING)
        with pytest.raises(ClearanceRefusedError, match="inactive"):
            clear(desk, handed)

    def test_a_batch_of_another_product_stops_it(self, desk: Desk) -> None:
        handed = ready(desk)
        other = receive_batch(product_of(desk), LOT, today=TODAY, agent=desk.agent, at=NOW).batch
        with pytest.raises(ClearanceRefusedError, match="of another product"):
            clear(desk, handed, other)

    @pytest.mark.parametrize("answer", ["still_wanted", "nothing_changed"])
    def test_each_answer_is_needed(self, desk: Desk, answer: str) -> None:
        handed = ready(desk)
        with pytest.raises(ClearanceRefusedError) as refusal:
            clear(desk, handed, **{answer: False})
        assert refusal.value.field == answer
        assert not Clearance.objects.exists()

    def test_a_batch_left_open_is_bound_by_the_first_clearance(self, desk: Desk) -> None:
        handed, other = ready(desk, batch=None), second_batch(desk)
        clear(desk, handed, other)
        with pytest.raises(ClearanceRefusedError, match="another batch was chosen"):
            clear(desk, handed, desk.batch)
        clear(desk, handed, other, at=AFTER_THINKING + timedelta(days=7))
        assert Consent.objects.get(pk=handed.consent.pk).batch is None


@pytest.mark.django_db
class TestThePage:
    @pytest.fixture(autouse=True)
    def _on_the_day(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("django.utils.timezone.now", lambda: AFTER_THINKING)

    def post(self, nia: Client, handed: Handed, **fields: str) -> tuple[int, str]:
        answer = nia.post(
            f"/consents/{handed.consent.pk}/clearance/", {"still_wanted": "on", "nothing_changed": "on", **fields}
        )
        return answer.status_code, answer.content.decode()

    def test_earlier_checks_are_listed_once_there_are_any(self, desk: Desk, nia: Client) -> None:
        handed = ready(desk)
        page = f"/consents/{handed.consent.pk}/clearance/"
        assert "Earlier checks" not in nia.get(page).content.decode()
        self.post(nia, handed, scan="(01)00000000000000")
        self.post(nia, handed, batch=str(desk.batch.pk))
        assert "Earlier checks" in nia.get(page).content.decode()

    def test_a_scan_of_the_right_vial_says_that_she_may_be_treated(self, desk: Desk, nia: Client) -> None:
        handed = ready(desk)
        status, page = self.post(nia, handed, scan="(01)09521104000051(17)280119(10)RSE2601")
        assert status == 200
        assert "Mara Ilves may be treated today with batch RSE2601" in page

    def test_a_chosen_batch_does_as_well(self, desk: Desk, nia: Client) -> None:
        assert self.post(nia, ready(desk), batch=str(desk.batch.pk))[0] == 200
        assert Clearance.objects.count() == 1

    def test_the_wrong_vial_says_do_not_treat_and_why(self, desk: Desk, nia: Client) -> None:
        handed = ready(desk)
        second_batch(desk)
        status, page = self.post(nia, handed, scan="(01)09521104000051(17)280119(10)RSE2602")
        assert status == 409
        assert "Do not treat" in page
        assert "another one than the patient was told of" in page
        assert not Clearance.objects.exists()

    def test_a_vial_that_nobody_received_is_refused(self, desk: Desk, nia: Client) -> None:
        status, page = self.post(nia, ready(desk), scan="(01)09521104000051(17)280119(10)NOBODY")
        assert status == 409
        assert "has received no batch NOBODY" in page

    def test_a_wrong_check_digit_is_said_at_the_field(self, desk: Desk, nia: Client) -> None:
        status, page = self.post(nia, ready(desk), scan="(01)09521104000052(17)280119(10)RSE2601")
        assert status == 422
        assert 'href="#id_scan"' in page

    def test_without_a_batch_it_asks_for_one(self, desk: Desk, nia: Client) -> None:
        status, page = self.post(nia, ready(desk))
        assert status == 422
        assert "Scan the code on the vial, or choose the batch." in page
