"""Claims: corrected with a reason, never lost, never changed; and the standing that two people can change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from audit.errors import AppendOnlyError
from audit.services import entries_for
from products import disclosure
from products.errors import ClaimRefusedError, StandingRefusedError
from products.services import (
    ClaimDraft,
    RegulatoryDraft,
    Upload,
    add_regulatory_record,
    confirm_release,
    correct_claim,
    propose_release,
    rebuilt_snapshot,
)
from tests.cast import NOW
from tests.products.conftest import TODAY, pdf

pytestmark = pytest.mark.django_db
FROZEN = ClaimDraft("formulation", "FROZEN_M20", "STATED")
TRIAL = RegulatoryDraft("GB", "ID_SC", "TRIAL", "DOCUMENT_SEEN", "MHRA", "CTA 12345", upload=Upload(pdf(), "cta.pdf"))


class TestCorrectClaim:
    def test_the_earlier_value_stays_with_the_reason(self, rosaline, nia):
        claim = correct_claim(rosaline, FROZEN, correction_reason="The box says so.", agent=nia, at=NOW)
        assert claim.supersedes.basis == "NOT_STATED"
        assert claim.correction_reason == "The box says so."
        rosaline.refresh_from_db()
        assert rosaline.snapshot["formulation"]["value"] == "FROZEN_M20"
        assert rosaline.snapshot == rebuilt_snapshot(rosaline)
        assert len(entries_for("products.product", rosaline.pk)) == 2

    @pytest.mark.parametrize("reason", ["", " \n "])
    def test_not_without_a_reason(self, reason, rosaline, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            correct_claim(rosaline, FROZEN, correction_reason=reason, agent=nia, at=NOW)
        assert refused.value.field == "correction_reason"
        assert rosaline.claims.count() == 12

    def test_not_over_a_value_that_the_person_did_not_see(self, rosaline, nia):
        seen = rosaline.snapshot["formulation"]["claim"]
        correct_claim(rosaline, FROZEN, correction_reason="first", expected=seen, agent=nia, at=NOW)
        with pytest.raises(ClaimRefusedError) as refused:
            correct_claim(rosaline, FROZEN, correction_reason="second", expected=seen, agent=nia, at=NOW)
        assert refused.value.code == "claim.stale"

    @pytest.mark.parametrize("field", ["gtin", "manufacturer", "size"])
    def test_not_what_names_the_thing(self, field, rosaline, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            correct_claim(rosaline, ClaimDraft(field, "x", "STATED"), correction_reason="why", agent=nia, at=NOW)
        assert refused.value.code == "claim.not_correctable"

    def test_application_and_database_refuse_to_change_a_claim(self, rosaline):
        claim = rosaline.claims.first()
        with pytest.raises(AppendOnlyError):
            claim.delete()
        for statement in ("UPDATE products_claim SET basis = 'STATED'", "DELETE FROM products_claim"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


class TestRegulatoryRecord:
    def test_a_newer_record_supersedes_the_older_for_the_same_use(self, rosaline, nia):
        first = add_regulatory_record(
            rosaline, RegulatoryDraft("GB", "ID_SC", "UNKNOWN", "NONE"), today=TODAY, agent=nia, at=NOW
        )
        second = add_regulatory_record(rosaline, TRIAL, today=TODAY, agent=nia, at=NOW)
        assert second.supersedes == first
        assert list(rosaline.regulatory_records.in_force()) == [second]

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (RegulatoryDraft("GB", "ID_SC", "TRIAL", "REGISTER_CHECKED", reference="1"), "checked_on"),
            (RegulatoryDraft("GB", "ID_SC", "TRIAL", "REGISTER_CHECKED", checked_on=TODAY), "reference"),
            (RegulatoryDraft("GB", "ID_SC", "TRIAL", "DOCUMENT_SEEN"), "evidence"),
            (RegulatoryDraft("GB", "ID_SC", "TRIAL", "NONE", checked_on=date(2027, 1, 1)), "checked_on"),
            (RegulatoryDraft("GB", "ID_SC", "TRIAL", "NONE", review_due_on=date(2026, 1, 1)), "review_due_on"),
        ],
    )
    def test_what_is_claimed_of_the_evidence_must_be_borne_out(self, draft, field, rosaline, nia):
        with pytest.raises(StandingRefusedError) as refused:
            add_regulatory_record(rosaline, draft, today=TODAY, agent=nia, at=NOW)
        assert refused.value.field == field


class TestStopRelease:
    def severity(self, product):
        return disclosure.standing(product, jurisdiction="GB", route="ID_SC", on=TODAY).severity

    def test_a_stop_is_lifted_by_a_proven_record_and_two_people(self, rosaline, ada, ben):
        assert self.severity(rosaline) == "STOP"
        record = add_regulatory_record(rosaline, TRIAL, today=TODAY, agent=ada, at=NOW)
        release = propose_release(record, reason="This trial, this route.", agent=ada, at=NOW)
        assert self.severity(rosaline) == "STOP"
        confirm_release(release, agent=ben, at=NOW)
        found = disclosure.standing(rosaline, jurisdiction="GB", route="ID_SC", on=TODAY)
        assert (found.severity, found.status) == ("WARN", "TRIAL")
        assert found.as_json()["lifted"]["confirmed_by"] == "Ben Lead"

    def test_two_leads_of_one_name_are_two_people(self, rosaline, ada, ben):
        record = add_regulatory_record(rosaline, TRIAL, today=TODAY, agent=ada, at=NOW)
        release = propose_release(record, reason="This trial.", agent=ada, at=NOW)
        confirm_release(release, agent=replace(ben, name=ada.name), at=NOW)
        assert self.severity(rosaline) == "WARN"

    def test_not_by_one_person_alone(self, rosaline, ada):
        record = add_regulatory_record(rosaline, TRIAL, today=TODAY, agent=ada, at=NOW)
        release = propose_release(record, reason="This trial.", agent=ada, at=NOW)
        with pytest.raises(StandingRefusedError) as refused:
            confirm_release(release, agent=ada, at=NOW)
        assert refused.value.code == "standing.second_person"
        assert self.severity(rosaline) == "STOP"

    @pytest.mark.parametrize(
        ("status", "level"), [("COSMETIC_NOTIFIED", "DOCUMENT_SEEN"), ("TRIAL", "SUPPLIER_STATED")]
    )
    def test_not_by_a_record_that_proves_no_permission(self, status, level, rosaline, ada):
        draft = RegulatoryDraft("GB", "ID_SC", status, level, reference="1")
        record = add_regulatory_record(rosaline, draft, today=TODAY, agent=ada, at=NOW)
        with pytest.raises(StandingRefusedError) as refused:
            propose_release(record, reason="please", agent=ada, at=NOW)
        assert refused.value.code == "standing.cannot_lift"

    def test_a_later_record_makes_the_stop_stand_again(self, rosaline, ada, ben):
        record = add_regulatory_record(rosaline, TRIAL, today=TODAY, agent=ada, at=NOW)
        confirm_release(propose_release(record, reason="Trial.", agent=ada, at=NOW), agent=ben, at=NOW)
        add_regulatory_record(
            rosaline, RegulatoryDraft("GB", "ID_SC", "REVOKED", "SUPPLIER_STATED"), today=TODAY, agent=ada, at=NOW
        )
        assert self.severity(rosaline) == "STOP"
