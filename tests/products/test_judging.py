"""What is found is kept with every act, answered by named people, read before release, and judged anew when numbers change."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from audit.models import LogEntry
from audit.records import Agent
from products import assessment
from products.errors import FindingRefusedError
from products.models import Batch, FindingAnswer, Product, ThresholdSetting
from products.rules.findings import product_findings
from products.services import (
    MarketingDraft,
    answer_finding,
    attach_certificate,
    judge_waiting,
    let_wait,
    read_findings,
    receive_batch,
    record_marketing_claim,
    set_threshold,
    state_size,
)
from products.vocabulary import ClaimPlace
from tests.cast import NOW
from tests.products.conftest import LOT, TODAY, certificate

pytestmark = pytest.mark.django_db


def kept(row: Product | Batch) -> list[str]:
    """The codes that are kept on a row, as the database has them."""
    row.refresh_from_db()
    return [one["code"] for one in row.findings]


def found(batch: Batch, on: date = TODAY) -> list[str]:
    batch.refresh_from_db()
    return sorted(one.finding.code for one in assessment.findings_of_batch(batch, on=on))


def judged(batch: Batch, code: str) -> assessment.Judged:
    batch.refresh_from_db()
    return next(one for one in assessment.findings_of_batch(batch, on=TODAY) if one.finding.code == code)


def answer(
    batch: Batch, code: str, agent: Agent, *, reason: str = "The maker explained it.", lead: bool = True
) -> FindingAnswer:
    return answer_finding(
        batch,
        judged(batch, code).finding.digest,
        reason=reason,
        may_answer_contradictions=lead,
        today=TODAY,
        agent=agent,
        at=NOW,
    )


def again(*options: str) -> object:
    out = io.StringIO()
    call_command("find_again", *options, stdout=out)
    return json.loads(out.getvalue())


class TestWhatIsKept:
    def test_follows_every_act(self, lot, nia):
        assert kept(lot) == found(lot)
        assert "EV014" in kept(lot)
        state_size(lot, mode_nm=12, particles_per_ml=1e10, agent=nia, at=NOW)
        assert kept(lot) == found(lot)
        assert "EV001" in kept(lot)
        attach_certificate(lot, certificate(lot_number="OTHER"), today=TODAY, agent=nia, at=NOW)
        assert kept(lot) == found(lot)
        assert "QB001" in kept(lot)
        assert lot.provenance_state == "CONTRADICTORY"

    def test_on_a_product_too(self, rosaline, nia):
        assert kept(rosaline) == ["EV016"]
        draft = MarketingDraft("FDA approved", ClaimPlace.LABEL)
        record_marketing_claim(rosaline, draft, today=TODAY, agent=nia, at=NOW)
        assert kept(rosaline) == ["EV016", "RG001"]
        assert kept(rosaline) == [one.code for one in product_findings(assessment.product_facts(rosaline))]

    def test_says_nothing_of_the_day_or_of_other_batches(self, lot, rosaline, nia):
        second = receive_batch(
            rosaline, replace(LOT, lot_number="RSE2602", serial_number="R2"), today=TODAY, agent=nia, at=NOW
        ).batch
        for batch in (lot, second):
            state_size(batch, mode_nm=100, particles_per_ml=1e10, agent=nia, at=NOW)
        assert "EV022" in found(lot)
        assert "EV022" not in kept(lot)
        assert "QB011" in found(lot, on=date(2030, 1, 1))
        assert "QB011" not in found(lot)

    def test_is_made_again_for_what_waits(self, lot):
        before = kept(lot)
        let_wait()
        Batch.objects.update(findings=[], gravity=0)
        assert judge_waiting() == 1
        assert kept(lot) == before
        assert judge_waiting() == 0

    def test_all_of_it_is_made_again_by_a_command(self, lot, rosaline, inland, monkeypatch):
        monkeypatch.setattr("products.services.judging.AT_ONCE", 1)
        before = kept(lot), kept(rosaline)
        Batch.objects.update(findings=[], provenance_state="COMPLETE", gravity=0)
        Product.objects.update(findings=[])
        assert again("--clinic", inland.short_code, "--json") == {"products": 0, "batches": 0}
        assert kept(lot) == []
        assert again("--json") == {"products": 1, "batches": 1}
        assert (kept(lot), kept(rosaline)) == before
        assert Batch.objects.get().gravity > 0

    def test_for_a_clinic_that_is_here(self, lot, capsys):
        with pytest.raises(SystemExit):
            call_command("find_again", "--clinic", "NONE", "--json")
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "clinic.unknown"

    def test_all_findings_of_a_batch_take_a_fixed_number_of_questions(self, lot, django_assert_max_num_queries):
        batch = Batch.objects.select_related(
            "product__organization", "product__manufacturer", "product__importer"
        ).get()
        with django_assert_max_num_queries(12):
            assessment.findings_of_batch(batch, on=TODAY)


class TestAnswers:
    def test_a_finding_stays_visible_with_its_answer(self, lot, nia):
        answer(lot, "EV014", nia)
        one = judged(lot, "EV014")
        assert not one.is_open
        assert one.answers[0].answered_by_name == "Dr Nia Penrose"

    def test_a_changed_fact_opens_it_again(self, lot, nia):
        answer(lot, "EV014", nia)
        assert judged(lot, "EV014").finding.found == "neither a size nor a method"
        state_size(lot, mode_nm=100, particles_per_ml=None, agent=nia, at=NOW)
        assert judged(lot, "EV014").is_open

    def test_what_cannot_be_is_answered_by_a_lead_and_then_no_longer_open(self, lot, nia, ada):
        state_size(lot, mode_nm=12, particles_per_ml=None, agent=nia, at=NOW)
        lot.refresh_from_db()
        assert [one.finding.code for one in assessment.open_contradictions(lot, on=TODAY)] == ["EV001"]
        with pytest.raises(FindingRefusedError) as refused:
            answer(lot, "EV001", nia, lead=False)
        assert refused.value.code == "finding.lead"
        gravity = Batch.objects.get().gravity
        answer(lot, "EV001", ada)
        assert assessment.open_contradictions(lot, on=TODAY) == []
        assert Batch.objects.get().gravity < gravity
        assert Batch.objects.get().provenance_state == "CONTRADICTORY"

    @pytest.mark.parametrize(
        ("digest", "reason", "agent_of", "code"),
        [
            ("0" * 64, "why", "nia", "finding.stale"),
            ("", " ", "nia", "finding.reason"),
            ("", "why", "operator", "finding.person"),
        ],
    )
    def test_not_for_another_finding_nor_without_a_reason_or_a_name(self, digest, reason, agent_of, code, lot, nia):
        agent = nia if agent_of == "nia" else Agent("operator", "command-line", nia.organization_id)
        with pytest.raises(FindingRefusedError) as refused:
            answer_finding(
                lot,
                digest or judged(lot, "EV014").finding.digest,
                reason=reason,
                may_answer_contradictions=True,
                today=TODAY,
                agent=agent,
                at=NOW,
            )
        assert refused.value.code == code
        assert not FindingAnswer.objects.exists()

    def test_an_expiry_is_not_argued_away(self, lot, ada):
        late = date(2030, 1, 1)
        expired = next(one for one in assessment.findings_of_batch(lot, on=late) if one.finding.code == "QB011")
        with pytest.raises(FindingRefusedError, match="stays expired"):
            answer_finding(
                lot, expired.finding.digest, reason="why", may_answer_contradictions=True, today=late, agent=ada, at=NOW
            )


class TestReading:
    def test_holds_until_something_else_is_found(self, lot, nia):
        assert not assessment.has_been_read(lot, on=TODAY)
        digest = assessment.reading_digest(assessment.findings_of_batch(lot, on=TODAY))
        read_findings(lot, digest, today=TODAY, agent=nia, at=NOW)
        assert assessment.has_been_read(lot, on=TODAY)
        state_size(lot, mode_nm=12, particles_per_ml=None, agent=nia, at=NOW)
        lot.refresh_from_db()
        assert not assessment.has_been_read(lot, on=TODAY)

    def test_of_a_list_that_changed_meanwhile_is_refused(self, lot, nia):
        with pytest.raises(FindingRefusedError) as refused:
            read_findings(lot, "0" * 64, today=TODAY, agent=nia, at=NOW)
        assert refused.value.code == "finding.stale"


class TestThresholds:
    def test_a_clinic_sets_one_and_its_batches_are_judged_anew(self, lot, nia, ada, harbour):
        state_size(lot, mode_nm=25, particles_per_ml=None, agent=nia, at=NOW)
        assert "EV002" in kept(lot)
        set_threshold(harbour, "smallest_mode_nm", Decimal(28), reason="Our own limit.", agent=ada, at=NOW)
        assert assessment.thresholds_of(harbour).smallest_mode_nm == 28
        assert "EV001" in kept(lot)
        assert LogEntry.objects.order_by("pk").last().kind == "products.threshold_set"

    def test_a_later_one_takes_the_place_of_an_earlier(self, harbour, ada):
        for number in (25, 22):
            set_threshold(harbour, "smallest_mode_nm", Decimal(number), reason="Because.", agent=ada, at=NOW)
        assert ThresholdSetting.objects.count() == 2
        assert assessment.thresholds_of(harbour).smallest_mode_nm == 22

    def test_it_is_no_other_clinics(self, harbour, inland, ada):
        set_threshold(harbour, "smallest_mode_nm", Decimal(25), reason="Because.", agent=ada, at=NOW)
        assert assessment.thresholds_of(inland).smallest_mode_nm == 20

    @pytest.mark.parametrize(
        ("name", "value", "reason", "code"),
        [
            ("smallest_mode_nm", "9.9", "why", "number.range"),
            ("smallest_mode_nm", "30.1", "why", "number.range"),
            ("smallest_mode_nm", "NaN", "why", "number.range"),
            ("smallest_mode_nm", "20", "why", "threshold.same"),
            ("smallest_mode_nm", "25", "  ", "threshold.reason"),
            ("sterility_days", "13", "why", "number.range"),
            ("shoe_size", "40", "why", "threshold.unknown"),
        ],
    )
    def test_a_number_outside_its_limits_or_without_a_reason_is_refused(self, name, value, reason, code, harbour, ada):
        with pytest.raises(FindingRefusedError) as refused:
            set_threshold(harbour, name, Decimal(value), reason=reason, agent=ada, at=NOW)
        assert refused.value.code == code
        assert not ThresholdSetting.objects.exists()
