"""Open consents that a newer rule set concerns are listed, and not treated on."""

from __future__ import annotations

import pytest

from audit.records import Agent
from clinic.models import User
from consent import services
from consent.errors import ClearanceRefusedError
from products.services import decide_rule_set, import_rule_set
from tests.cast import NOW, agent_for
from tests.conftest import SignedIn
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import AFTER_THINKING, declare, release, seal
from tests.products.test_rule_sets import STRICTER, table

pytestmark = pytest.mark.django_db


class TestAnotherVerdict:
    def test_lists_the_open_consents_with_both_verdicts(
        self, desk: Desk, handed: Handed, lead: User, signed_in: SignedIn
    ) -> None:
        version = import_rule_set(
            desk.clinic, table(GB_06=STRICTER), source="Counsel", agent=agent_for(lead, desk.clinic), at=NOW
        )
        [found] = services.consents_that_change(desk.clinic, version)
        assert found.consent.pk == handed.consent.pk
        page = signed_in(lead).get(f"/rules/{version.pk}/consents/").content.decode()
        assert handed.consent.reference in page
        assert "STOP" in page

    def test_closed_consents_are_left_out(self, desk: Desk, handed: Handed) -> None:
        services.void_consent(handed.consent.pk, reason="issued twice", agent=desk.agent, at=NOW)
        version = import_rule_set(desk.clinic, table(GB_06=STRICTER), source="x", agent=desk.agent, at=NOW)
        assert services.consents_that_change(desk.clinic, version) == []

    def test_a_signed_consent_is_not_treated_on_once_the_rules_are_in_force(
        self, desk: Desk, signed: Handed, sealing_key: object
    ) -> None:
        release(desk)
        declare(desk, signed)
        seal(desk, signed)
        version = import_rule_set(desk.clinic, table(GB_06=STRICTER), source="x", agent=desk.agent, at=NOW)
        second = Agent("user", "second", desk.clinic.pk, "Ben Lead")
        decide_rule_set(version, is_approved=True, reason="a", agent=second, at=NOW)
        with pytest.raises(ClearanceRefusedError, match="rules for this product here have changed"):
            services.clear_for_treatment(
                signed.consent.pk,
                desk.batch.pk,
                still_wanted=True,
                nothing_changed=True,
                cleared_by="Dr Nia Penrose",
                agent=desk.agent,
                at=AFTER_THINKING,
            )
